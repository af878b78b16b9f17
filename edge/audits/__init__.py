"""Price checks in the store: a sample of shelf prices, read by a person and compared with the till."""
