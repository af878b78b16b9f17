"""What staff should look at now: one list, whatever it comes from."""
