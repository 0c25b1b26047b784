"""The local stack: OSS, MNS, DashScope and Function Compute on loopback, for the unmodified SDKs. Never bundled.

Each server is an engine (a class without sockets, the clock injected) under a thin HTTP skin; see docs/local-cloud.md.
"""
