"""Images on the wire in the ways that are not `GS v 0`: columns (`ESC *`, all that impact printers know) and graphics
(`GS ( L`, `GS 8 L`). Both roles. Source: Epson ESC/POS reference.
"""

from __future__ import annotations

from protocols.escpos.operations import Raster

COLUMN_ROWS = {0: 8, 1: 8, 32: 24, 33: 24}
"""Dot rows of one `ESC *`, by its mode; odd modes have double the dots across."""
DOUBLE_24, DOUBLE_8 = 33, 1
_STORE, _PRINT = b"0p0", (b"02", b"0\x02")
"""`GS ( L` functions: store an image (112), print what is stored (50, or as the number 2)."""
_STORE_HEAD = 10


def column_bytes(image: Raster, *, rows: int = 24) -> bytes:
    """An image as `ESC *` strips of 24 (or 8) rows, each ended by a line feed of exactly its height; then the plain line
    spacing again. `rows`: 24 for thermal printers, 8 for impact printers of the TM-U220 class."""
    if rows not in {8, 24}:
        raise ValueError(f"a strip has 8 or 24 rows, not {rows}")
    mode, across = (DOUBLE_24 if rows == 24 else DOUBLE_8), image.width_bytes * 8
    head = b"\x1b*" + bytes([mode]) + across.to_bytes(2, "little")
    strips = (head + _strip(image, top, rows) + b"\n" for top in range(0, image.height_dots, rows))
    spacing = b"\x1b3" + bytes([rows * 2 if rows == 8 else rows])
    return b"".join((spacing, *strips, b"\x1b2"))


def read_columns(mode: int, across: int, data: bytes) -> Raster | None:
    """The image of one `ESC *`; None for a mode that is none."""
    rows = COLUMN_ROWS.get(mode)
    if rows is None or not across:
        return None
    deep, wide = rows // 8, -(-across // 8)
    lines = [bytearray(wide) for _ in range(rows)]
    for column in range(across):
        for part, byte in enumerate(data[column * deep : column * deep + deep]):
            for bit in range(8):
                if byte & (0x80 >> bit):
                    lines[part * 8 + bit][column // 8] |= 0x80 >> column % 8
    return Raster(wide, b"".join(bytes(line) for line in lines))


def read_graphics(block: bytes) -> Raster | bool | None:
    """One `GS ( L` block: the image it stores, True when it prints what is stored, None for any other."""
    if block in _PRINT:
        return True
    if block[:3] != _STORE or len(block) < _STORE_HEAD:
        return None
    across, rows = int.from_bytes(block[6:8], "little"), int.from_bytes(block[8:10], "little")
    wide, data = -(-across // 8), block[_STORE_HEAD:]
    return Raster(wide, data) if wide and rows and len(data) == wide * rows else None


def _strip(image: Raster, top: int, rows: int) -> bytes:
    out = bytearray()
    for column in range(image.width_bytes * 8):
        for part in range(rows // 8):
            byte = 0
            for bit in range(8):
                row = top + part * 8 + bit
                dark = row < image.height_dots and image.rows[row * image.width_bytes + column // 8] & (0x80 >> column % 8)
                byte |= (0x80 >> bit) if dark else 0
            out.append(byte)
    return bytes(out)
