"""Member cards behind a PC/SC reader: what reader and card say to each other, both roles. No I/O, no clock, no keys kept."""
