"""Goods on their way to stores: notices of suppliers, and transfers between stores (docs/stock-at-hq.md)."""
