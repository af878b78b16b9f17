"""Tagged goods at the store's doors: reads become passages, passages become facts, each tag is received once."""
