"""A receipt as a picture: thermal paper with the printer's cells, bar codes one can scan, and the edge the blade left."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from protocols.escpos.operations import Barcode, Qr, Raster
from protocols.labels.qr import QrMatrix, QrRefused, qr_matrix
from protocols.labels.template import Correction
from simulators.printer.bars import caption, modules
from simulators.printer.paper import Cell, GraphicRow, Row, TextRow

CELL_WIDTH, CELL_HEIGHT, LINE_GAP = 12, 24, 6
"""Dots of the printer's font A, 203 dots an inch, and of the space between lines."""
MARGIN, TOOTH, FRAME = 36, 8, 16
_PAPER, _EDGE, _INK, _BEHIND = (253, 252, 246), (214, 210, 198), (38, 36, 40), (236, 236, 238)
_RASTER_ROWS_MAX = 4000
_QUIET = 2
"""Modules above and below a QR code; the rest of its quiet zone is the line spacing."""
_CORRECTIONS = {"L": Correction.LOW, "M": Correction.MEDIUM, "Q": Correction.QUARTILE, "H": Correction.HIGH}
PICTURE_DOTS_MAX = 20_000
"""Height of a picture; what would stand below is left out."""

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Typeface:
    """The printer's letters from font files: each character from the first file that has it."""

    def __init__(self, fonts: Sequence[Path]) -> None:
        self._paths = [str(path) for path in fonts if path.exists()]
        self._sizes: dict[int, list[_Font]] = {}
        self._masks: dict[tuple[str, int], Image.Image] = {}

    def glyph(self, character: str, width: int, height: int) -> Image.Image:
        """The ink (mode L) of a character in a cell of `width` by `height` dots."""
        size = max(8, round(height * 0.82))
        key = (character, width * 1000 + height)
        if key not in self._masks:
            if len(self._masks) > 4000:
                self._masks.clear()
            self._masks[key] = self._draw(character, size, width, height)
        return self._masks[key]

    def _draw(self, character: str, size: int, width: int, height: int) -> Image.Image:
        font = self._font_for(character, size)
        natural = max(1, round(font.getlength(character)))
        image = Image.new("L", (max(natural, 1), height), 0)
        ImageDraw.Draw(image).text((0, round(height * 0.8)), character, fill=255, font=font, anchor="ls")
        if natural > width or width >= 2 * natural:
            return image.resize((width, height), Image.Resampling.LANCZOS)
        cell = Image.new("L", (width, height), 0)
        cell.paste(image, ((width - natural) // 2, 0))
        return cell

    def _font_for(self, character: str, size: int) -> _Font:
        fonts = self._sizes.setdefault(size, self._load(size))
        return next((font for font in fonts if _has(font, character)), fonts[0])

    def _load(self, size: int) -> list[_Font]:
        fonts: list[_Font] = [ImageFont.truetype(path, size) for path in self._paths]
        return fonts or [ImageFont.load_default(size)]


def _has(font: _Font, character: str) -> bool:
    """Whether a font has a glyph of its own for a character: it draws another picture than for a character nobody has."""
    return character.isspace() or bytes(font.getmask(character)) != bytes(font.getmask("\U0010fffe"))


def draw_png(rows: Sequence[Row], columns: int, typeface: Typeface) -> bytes:
    """The receipt as PNG."""
    width = columns * CELL_WIDTH
    heights = [_row_height(row) for row in rows]
    paper = Image.new("L", (width, max(1, min(sum(heights), PICTURE_DOTS_MAX))), 0)
    top = 0
    for row, height in zip(rows, heights, strict=True):
        if top + height > paper.height:
            break
        _draw_row(paper, row, top, typeface)
        top += height
    return _as_png(_on_paper(paper))


def _row_height(row: Row) -> int:
    if isinstance(row, TextRow):
        return max((CELL_HEIGHT * cell.style.height for cell in row.cells), default=CELL_HEIGHT) + LINE_GAP
    graphic = row.graphic
    if isinstance(graphic, Barcode):
        return graphic.height_dots + (CELL_HEIGHT + 2 if graphic.caption else 0) + 2 * LINE_GAP
    if isinstance(graphic, Raster):
        return min(graphic.height_dots, _RASTER_ROWS_MAX)
    matrix = _matrix(graphic)
    return (25 if matrix is None else matrix.size + 2 * _QUIET) * graphic.module_dots + 2 * LINE_GAP


def _draw_row(ink: Image.Image, row: Row, top: int, typeface: Typeface) -> None:
    if isinstance(row, TextRow):
        left = _left(ink.width, sum(cell.columns for cell in row.cells) * CELL_WIDTH, row)
        bottom = top + _row_height(row) - LINE_GAP
        for cell in row.cells:
            left += _draw_cell(ink, cell, left, bottom, typeface)
    elif isinstance(row.graphic, Barcode):
        _draw_barcode(ink, row, row.graphic, top + LINE_GAP, typeface)
    elif isinstance(row.graphic, Raster):
        _draw_raster(ink, row, row.graphic, top)
    else:
        _draw_qr(ink, row, row.graphic, top + LINE_GAP, typeface)


def _left(width: int, taken: int, row: Row) -> int:
    free = max(0, width - taken)
    return {"left": 0, "centre": free // 2, "right": free}[row.align]


def _draw_cell(ink: Image.Image, cell: Cell, left: int, bottom: int, typeface: Typeface) -> int:
    width, height = cell.columns * CELL_WIDTH, CELL_HEIGHT * cell.style.height
    glyph = typeface.glyph(cell.character, width, height)
    place = (left, bottom - height)
    if cell.style.invert:
        ink.paste(255, (left, bottom - height, left + width, bottom))
        ink.paste(0, place, glyph)
    else:
        ink.paste(255, place, glyph)
        if cell.style.bold:
            ink.paste(255, (left + 1, bottom - height), glyph)
    if cell.style.underline:
        ink.paste(255, (left, bottom - 2, left + width, bottom))
    return width


def _draw_barcode(ink: Image.Image, row: GraphicRow, barcode: Barcode, top: int, typeface: Typeface) -> None:
    bars, dots = modules(barcode.symbology, barcode.data), barcode.module_dots
    text = caption(barcode.symbology, barcode.data)
    if bars is None:
        _draw_unknown(ink, row, barcode, top, typeface)
        return
    if len(bars) * dots > ink.width:
        return  # as the device: a bar code too wide for the paper is not printed
    left = _left(ink.width, len(bars) * dots, row)
    for place, module in enumerate(bars):
        if module == "1":
            ink.paste(255, (left + place * dots, top, left + (place + 1) * dots, top + barcode.height_dots))
    if barcode.caption:
        middle = left + (len(bars) * dots - len(text) * CELL_WIDTH) // 2
        _draw_caption(ink, text, max(0, middle), top + barcode.height_dots + 2, typeface)


def _draw_caption(ink: Image.Image, text: str, left: int, top: int, typeface: Typeface) -> None:
    for place, character in enumerate(text):
        glyph = typeface.glyph(character, CELL_WIDTH, CELL_HEIGHT)
        ink.paste(255, (left + place * CELL_WIDTH, top), glyph)


def _draw_unknown(ink: Image.Image, row: GraphicRow, barcode: Barcode, top: int, typeface: Typeface) -> None:
    """A frame with its name: bars this simulator does not draw."""
    text = f"{barcode.symbology} {barcode.data}"
    width = min(ink.width, (len(text) + 2) * CELL_WIDTH)
    left = _left(ink.width, width, row)
    ImageDraw.Draw(ink).rectangle((left, top, left + width - 1, top + barcode.height_dots - 1), outline=255, width=2)
    _draw_caption(ink, text, left + CELL_WIDTH, top + max(0, (barcode.height_dots - CELL_HEIGHT) // 2), typeface)


def _draw_raster(ink: Image.Image, row: GraphicRow, raster: Raster, top: int) -> None:
    height = min(raster.height_dots, _RASTER_ROWS_MAX)
    image = Image.frombytes("1", (raster.width_bytes * 8, height), raster.rows[: raster.width_bytes * height]).convert("L")
    ink.paste(255, (_left(ink.width, image.width, row), top), image)


def _matrix(qr: Qr) -> QrMatrix | None:
    try:
        return qr_matrix(qr.data, _CORRECTIONS[qr.level])
    except QrRefused:
        return None


def _draw_qr(ink: Image.Image, row: GraphicRow, qr: Qr, top: int, typeface: Typeface) -> None:
    """The code, or a frame in its place when it is longer than what is drawn here (version 10)."""
    matrix, dots = _matrix(qr), qr.module_dots
    if matrix is None:
        side = 25 * dots
        left = _left(ink.width, side, row)
        ImageDraw.Draw(ink).rectangle((left, top, left + side - 1, top + side - 1), outline=255, width=3)
        _draw_caption(ink, "QR", left + side // 2 - CELL_WIDTH, top + (side - CELL_HEIGHT) // 2, typeface)
        return
    left = _left(ink.width, matrix.size * dots, row)
    for y, bits in enumerate(matrix.rows):
        for x in range(matrix.size):
            if bits >> (matrix.size - 1 - x) & 1:
                at = (left + x * dots, top + (y + _QUIET) * dots)
                ink.paste(255, (*at, at[0] + dots, at[1] + dots))


def _on_paper(ink: Image.Image) -> Image.Image:
    """The ink on a strip of paper: a straight edge above, the blade's teeth below, a soft shadow around."""
    width, height = ink.width + 2 * MARGIN, ink.height + 2 * MARGIN
    image = Image.new("RGB", (width + 2 * FRAME, height + TOOTH + 2 * FRAME), _BEHIND)
    pen = ImageDraw.Draw(image)
    left, top, right, bottom = FRAME, FRAME, FRAME + width - 1, FRAME + height
    teeth = [
        (left + place, bottom + (TOOTH if place // TOOTH % 2 else 0)) for place in range(0, width, TOOTH)
    ]  # fmt: skip
    outline = [(left, top), (right, top), (right, bottom), *reversed(teeth)]
    for depth in (6, 4, 2):
        shade = 236 - (8 - depth) * 3
        pen.polygon([(x + depth // 2, y + depth) for x, y in outline], fill=(shade, shade, shade + 2))
    pen.polygon(outline, fill=_PAPER, outline=_EDGE)
    image.paste(_INK, (left + MARGIN, top + MARGIN), ink)
    return image


def _as_png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
