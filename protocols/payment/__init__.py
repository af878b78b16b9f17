"""Payments between a till and whoever takes the money: the port's values (`port`), and our own terminal wire (`wire`)."""
