"""Sensors of the store: the newest value of each, cold-chain alarms, people who came and went."""
