"""A ZVT payment terminal that is not there: the codec turned round, with an honest ledger."""
