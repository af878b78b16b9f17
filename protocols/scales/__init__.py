"""Checkout scales, one protocol per module, both roles each."""
