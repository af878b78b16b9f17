"""Shelf labels: what one says, how it looks, and the one renderer that previews, box and tests share."""
