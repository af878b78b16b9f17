"""Sensors of a store: temperature, doors, energy, people. Codecs of both roles, and rules for values and silence. Pure."""
