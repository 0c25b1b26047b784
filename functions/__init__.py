"""The two functions that Function Compute runs; each folder becomes one bundle."""
