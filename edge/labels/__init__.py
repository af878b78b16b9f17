"""Price truth on the shelf: which label shows what, what to send next, and the lowest price a label may be showing."""
