"""ESC/POS, the byte language of receipt printers: operations, their bytes, and what the printer answers. Both roles."""
