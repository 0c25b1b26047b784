"""The deterministic world: both functions on the local engines, one virtual clock, and a fault at every call.

`python -m tests.simulation SCENARIO --faults 16:crash_after,40:reply_lost` replays one life and prints its trace.
"""
