"""One receipt line as a picture, for what a printer's charset cannot write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from edge.checkout.documents import ReceiptLine
from protocols.escpos.operations import Qr, Raster
from protocols.labels.qr import QUIET_MODULES, qr_matrix
from protocols.labels.template import Correction

COLUMN_DOTS = 12
"""Font A of 80 mm printers: 12 by 24 dots."""
LINE_DOTS = 30
TEXT_DOTS = 24


class LinePainter:
    """Paints lines with the first font that has all their characters, else the last (which draws boxes)."""

    def __init__(self, fonts: Sequence[Path]) -> None:
        self._fonts = [ImageFont.truetype(str(path), TEXT_DOTS) for path in fonts]
        self._large = [ImageFont.truetype(str(path), TEXT_DOTS * 2) for path in fonts]

    def picture(self, line: ReceiptLine, columns: int) -> Raster:
        """Left and right text in one line, black on white."""
        large = line.style == "title"
        width = columns * COLUMN_DOTS // 8 * 8
        image = Image.new("1", (width, LINE_DOTS * (2 if large else 1)), 1)
        draw = ImageDraw.Draw(image)
        font = _font_for(line.left + line.right, self._large if large else self._fonts)
        left_x = (width - draw.textlength(line.left, font=font)) / 2 if line.style in {"title", "centre"} else 0
        draw.text((max(0, left_x), 0), line.left, font=font, fill=0)
        if line.right:
            draw.text((width - draw.textlength(line.right, font=font), 0), line.right, font=font, fill=0)
        inverted = bytes(byte ^ 0xFF for byte in image.tobytes())
        return Raster(width // 8, inverted)


def qr_picture(code: Qr) -> Raster:
    """A QR code as an image, quiet zone included, for printers that draw none. Raises QrRefused for a very long text."""
    matrix, dots = qr_matrix(code.data, Correction.LOW), code.module_dots
    width = -(-(matrix.size + 2 * QUIET_MODULES) * dots // 8)
    rows = bytearray(width * QUIET_MODULES * dots)
    for bits in matrix.rows:
        row = bytearray(width)
        for x in range(matrix.size):
            if bits >> (matrix.size - 1 - x) & 1:
                for dot in range((x + QUIET_MODULES) * dots, (x + QUIET_MODULES + 1) * dots):
                    row[dot // 8] |= 0x80 >> dot % 8
        rows += bytes(row) * dots
    return Raster(width, bytes(rows) + bytes(width * QUIET_MODULES * dots))


def _font_for(text: str, fonts: Sequence[ImageFont.FreeTypeFont]) -> ImageFont.FreeTypeFont:
    for font in fonts:
        blank = font.getmask("\U0010ffff").getbbox()
        if all(character.isspace() or font.getmask(character).getbbox() != blank for character in set(text)):
            return font
    return fonts[-1]
