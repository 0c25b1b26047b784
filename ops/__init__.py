"""The operator's side: the command `cosdrop`, the bundle builder. Never bundled."""
