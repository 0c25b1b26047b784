"""Thin adapters over the vendor's SDKs. Each is imported only where it is used: their import costs more than our code."""
