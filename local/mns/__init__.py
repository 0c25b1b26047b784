"""A local MNS (SMQ) queue server that the unmodified official SDKs drive."""
