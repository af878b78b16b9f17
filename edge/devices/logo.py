"""The store's picture for the head of its receipts, as dots. One that cannot be used never keeps a till from printing."""

from __future__ import annotations

from pathlib import Path

import structlog
from PIL import Image, UnidentifiedImageError

from edge.devices.receipt_picture import COLUMN_DOTS
from protocols.escpos.operations import Raster

log = structlog.get_logger("tallystick.edge.print")

HEIGHT_DOTS_MAX = 240
FILE_BYTES_MAX = 4_000_000


def logo_of(path: Path | None, columns: int) -> Raster | None:
    """The picture, no wider than the paper, `HEIGHT_DOTS_MAX` high at most; None without one, or (logged) for a bad one."""
    if path is None:
        return None
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise ValueError(f"more than {FILE_BYTES_MAX} bytes")
        with Image.open(path) as picture:
            return _dots(picture, columns * COLUMN_DOTS)
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        log.warning("the picture for receipts cannot be used", path=str(path), error=str(error))
        return None


def _dots(picture: Image.Image, paper_dots: int) -> Raster:
    flat = Image.new("RGBA", picture.size, "white")
    flat.alpha_composite(picture.convert("RGBA"))
    scale = min(1.0, paper_dots / flat.width, HEIGHT_DOTS_MAX / flat.height)
    width, height = max(8, int(flat.width * scale) // 8 * 8), max(1, int(flat.height * scale))
    bits = flat.convert("L").resize((width, height)).convert("1")
    return Raster(width // 8, bytes(byte ^ 0xFF for byte in bits.tobytes()))
