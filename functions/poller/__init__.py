"""Timer tick -> results saved, tasks looked at, the next photo submitted."""
