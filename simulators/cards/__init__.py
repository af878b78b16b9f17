"""Cards to put on a card reader: they speak as the card side of vpcd, a virtual reader of the real pcscd."""
