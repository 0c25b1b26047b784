"""Thin adapters over the vendor's SDKs. Their import costs more than all our code: only where used."""
