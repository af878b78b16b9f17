"""A payment terminal that is not there: an honest ledger behind our own terminal wire, with switches for what goes wrong."""
