"""Stores: what HQ decides about each, their credentials, what the broker lets them touch, and how they do."""
