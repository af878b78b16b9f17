"""The ground: what two parties must agree on. Pure: no I/O, no clock, no randomness, no log."""
