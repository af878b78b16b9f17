"""Replay mode: devices on links in memory, a virtual clock, and an event log that is the same for the same seed."""
