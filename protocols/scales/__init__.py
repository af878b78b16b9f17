"""Retail scales: one module per protocol, each with both roles."""
