"""Prices by zone, effective-dated, with a revision that only grows; published as `zone/{zone}/price`."""
