"""Promotions in the store: which of headquarters' rows are used here, as one bundle, and the bundles of earlier sales."""
