"""The demo's own pictures, as code."""
