"""Every kind of device the box knows: one module per family, listed in `registry` (docs/adding-a-device.md)."""
