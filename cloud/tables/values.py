"""What stands in a table: cells as the file holds them, and what is wrong with a line. Pure."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

ROWS_MAX = 200_000
"""Lines below the heading; a larger table is refused."""
BYTES_MAX = 20_000_000
COLUMNS_MAX = 64
CELL_LENGTH_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Damaged:
    """A cell the spreadsheet itself holds no value for; `problem` says why."""

    problem: str
    remedy: str


Cell: TypeAlias = str | Decimal | datetime.datetime | Damaged | None
"""Text, a number or an instant as the workbook holds it; in CSV everything is text. Empty cells are None."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line with something in it. `line_no` as the spreadsheet or a text editor counts, from 1."""

    line_no: int
    cells: tuple[Cell, ...]

    def cell(self, place: int) -> Cell:
        """The cell in a column counted from 0; None beyond the end of a short line."""
        return self.cells[place] if place < len(self.cells) else None


class Severity(enum.StrEnum):
    """An error keeps the whole file out; a warning is for a person to look at."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with one line; `column` is the heading as the file has it, empty when the line as a whole is meant."""

    line_no: int
    column: str
    problem: str
    remedy: str
    severity: Severity = Severity.ERROR


class TableRefused(Exception):
    """The file as a whole cannot be read. `code` is stable; `option` names what the person may choose to help."""

    def __init__(self, code: str, detail: str, remedy: str, option: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.option = option


@dataclass(frozen=True)
class ReadOptions:
    """What the person has chosen instead of letting it be detected; empty = detect."""

    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sheet: str = ""


@dataclass(frozen=True)
class Detected:
    """How the file was read, to be shown. Empty fields do not apply to the format."""

    format: str
    """`csv` or `xlsx`."""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    sheet: str = ""
    heading_line: int = 0


@dataclass(frozen=True)
class ReadTable:
    """A whole file: the heading, the lines below it, and what could not be read in it."""

    detected: Detected
    heading: Row
    rows: tuple[Row, ...]
    problems: tuple[LineProblem, ...] = ()


Tick: TypeAlias = Callable[[int], None]
"""Told now and then how many lines have been read; called in the reading thread."""


def no_tick(_lines: int) -> None:
    """Nobody wants to know."""


def too_many_rows() -> TableRefused:
    """The refusal of a table that is too long."""
    return TableRefused(
        "too_many_rows", f"The table has more than {ROWS_MAX} lines.", f"Split it into files of at most {ROWS_MAX} lines."
    )


def check_size(content: bytes) -> None:
    """Raise `TableRefused` for an empty file or one above the limit."""
    if not content:
        raise TableRefused("empty", "The file is empty.", "Choose the file again.")
    if len(content) > BYTES_MAX:
        megabytes = BYTES_MAX // 1_000_000
        raise TableRefused(
            "too_large", f"The file is larger than {megabytes} MB.", f"Split it into files of at most {megabytes} MB."
        )
