"""What both functions need: the job log, the one decision, the engine that performs it, and thin adapters."""
