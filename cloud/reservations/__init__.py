"""Goods held for customers: headquarters asks a store, the store answers (docs/stock-at-hq.md)."""
