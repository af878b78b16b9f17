"""People who may work in this store: from HQ's feed, known by a PIN."""
