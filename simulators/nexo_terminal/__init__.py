"""A Terminal API terminal that is not there, with an honest ledger."""
