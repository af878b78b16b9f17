"""Devices of the stores as they are now: state, reason, and since when."""
