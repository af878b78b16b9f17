"""Rules of prices that headquarters and stores must agree on. Pure."""
