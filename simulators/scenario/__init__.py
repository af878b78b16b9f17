"""Scenarios: what people and faults do in a store, as YAML, played against the bench and a box in real or virtual time."""
