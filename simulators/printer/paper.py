"""What stands on the paper: operations become rows, rows become a receipt when the paper is cut."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass, field

from protocols.escpos.operations import Align, Barcode, Cut, Feed, Initialize, Operation, Qr, Raster, Style, Text

ROWS_MAX = 2000
"""Of one receipt; then the paper is torn off. Bounds what a stream without a cut can hold."""
IMAGE_BYTES_MAX = 2 << 20
_TAB_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """One printed character and how it looks."""

    character: str
    style: Style

    @property
    def columns(self) -> int:
        """Columns it takes on the paper."""
        return character_columns(self.character) * self.style.width


@dataclass(frozen=True, slots=True)
class TextRow:
    """One printed line, empty for a feed."""

    cells: tuple[Cell, ...] = ()
    align: Align = "left"

    @property
    def text(self) -> str:
        """Its characters."""
        return "".join(cell.character for cell in self.cells)


@dataclass(frozen=True, slots=True)
class GraphicRow:
    """A bar code, a QR code or an image across the paper."""

    graphic: Barcode | Qr | Raster
    align: Align = "left"


Row = TextRow | GraphicRow


@dataclass(slots=True)
class Paper:
    """The strip hanging out of the printer."""

    columns: int
    rows: list[Row] = field(default_factory=list)
    _line: list[Cell] = field(default_factory=list)
    _taken: int = 0
    """Columns of the line so far."""
    _style: Style = field(default_factory=Style)
    _image_bytes: int = 0

    def put(self, operation: Operation) -> tuple[Row, ...] | None:
        """Print one operation. Returns the rows of the receipt when this ended one, else None."""
        match operation:
            case Initialize():
                self._line, self._taken, self._style = [], 0, Style()
            case Style():
                self._style = operation
            case Text(text):
                for character in text:
                    self._put_character(character)
            case Feed(lines):
                self._end_line(always=False)
                self.rows.extend(TextRow() for _ in range(max(0, lines - 1)))
            case Barcode() | Qr() | Raster():
                self._end_line(always=False)
                self.rows.append(GraphicRow(operation, self._style.align))
                self._image_bytes += len(operation.rows) if isinstance(operation, Raster) else 0
            case Cut():
                return self.tear()
            case _:
                pass
        full = len(self.rows) >= ROWS_MAX or self._image_bytes >= IMAGE_BYTES_MAX
        return self.tear() if full else None

    def tear(self) -> tuple[Row, ...] | None:
        """Take off what hangs out; None when nothing does."""
        self._end_line(always=False)
        rows, self.rows, self._image_bytes = tuple(self.rows), [], 0
        return rows or None

    def text(self) -> str:
        """What hangs out, as text."""
        return as_text((*self.rows, TextRow(tuple(self._line), self._style.align)), self.columns).rstrip("\n")

    def _put_character(self, character: str) -> None:
        if character == "\n":
            self._end_line(always=True)
            return
        if character == "\t":
            for _ in range(_TAB_COLUMNS - self._taken % _TAB_COLUMNS):
                self._put_character(" ")
            return
        cell = Cell(character, self._style)
        columns = cell.columns
        if self._taken + columns > self.columns:
            self._end_line(always=False)
        self._line.append(cell)
        self._taken += columns

    def _end_line(self, *, always: bool) -> None:
        if self._line or always:
            self.rows.append(TextRow(tuple(self._line), self._style.align))
            self._line, self._taken = [], 0


@functools.lru_cache(maxsize=4_096)
def character_columns(character: str) -> int:
    """Columns of a character in the printer's plain font: two for Chinese."""
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def as_text(rows: tuple[Row, ...], columns: int) -> str:
    """A receipt as text, one line per row, aligned as on the paper; graphics in brackets."""
    return "".join(_row_text(row, columns).rstrip() + "\n" for row in rows)


def _row_text(row: Row, columns: int) -> str:
    if isinstance(row, TextRow):
        text, taken = row.text, sum(cell.columns for cell in row.cells)
    else:
        text = _graphic_text(row.graphic)
        taken = len(text)
    free = max(0, columns - taken)
    return {"left": "", "centre": " " * (free // 2), "right": " " * free}[row.align] + text


def _graphic_text(graphic: Barcode | Qr | Raster) -> str:
    match graphic:
        case Barcode(symbology, data):
            return f"[{symbology} {data}]"
        case Qr(data):
            return f"[qr {data}]"
        case Raster():
            return f"[image {graphic.width_bytes * 8}x{graphic.height_dots}]"
