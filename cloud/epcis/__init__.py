"""EPCIS 2.0: what partners may read of our goods, and what they tell us (docs/epcis.md)."""
