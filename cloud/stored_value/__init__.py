"""Stored value: gift cards, points and single-use coupons as one append-only ledger of lots."""
