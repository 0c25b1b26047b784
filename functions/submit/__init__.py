"""OSS event -> job recorded -> submitted when the slot is free."""
