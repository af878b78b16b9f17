"""Excel workbooks (.xlsx) through openpyxl's read-only mode, behind guards.

A workbook is a zip of XML. Before anything is unpacked its size is summed up from the directory (the zip module never
unpacks more than the directory says), document types are refused, and the sheet's XML is looked through for merged cells
and formulas: neither is visible in read-only mode, and both would silently lose values. openpyxl gives numbers as floating
point; they become decimals here, at the 15 digits a spreadsheet itself keeps, so that 0.1 + 0.2 reads 0.3 as on its screen.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, cast

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from cloud.tables.columns import said
from cloud.tables.values import (
    CELL_LENGTH_MAX,
    COLUMNS_MAX,
    ROWS_MAX,
    Cell,
    Damaged,
    LineProblem,
    Row,
    TableRefused,
    Tick,
    too_many_rows,
)

UNPACKED_BYTES_MAX = 256_000_000
SHARED_STRINGS_BYTES_MAX = 64_000_000
PARTS_MAX = 1_000
LINES_MAX = 1_048_576
TICK_ROWS = 2_000
HEADING_LOOK_LINES = 20
CHUNK_BYTES = 1 << 16
MERGES_SHOWN = 50

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_OVERLAP = 256
_NO_VALUE = Damaged("a formula without a stored value", "Open the file in a spreadsheet, save it, and upload it again.")


class _Cell(Protocol):
    value: object
    data_type: str


class _Sheet(Protocol):
    """A sheet in read-only mode, as far as it is used here."""

    title: str
    sheet_state: str
    _worksheet_path: str

    def reset_dimensions(self) -> None:
        """Forget the size the file claims: it is often wrong."""

    def iter_rows(self, *, max_row: int, max_col: int) -> Iterable[Sequence[_Cell]]:
        """Every line from the first, empty ones too, each `max_col` wide."""


def is_workbook(content: bytes) -> bool:
    """Whether this is a zip, as workbooks are."""
    return content.startswith(_ZIP)


def check_not_old(content: bytes) -> None:
    """Raise `TableRefused` for the format before 2007 and for workbooks with a password."""
    if content.startswith(_OLE):
        raise TableRefused(
            "not_xlsx",
            "The file is an old Excel file (.xls) or protected by a password.",
            "Save it as .xlsx without a password, or as 'CSV UTF-8'.",
        )


@dataclass
class _Look:
    """What the sheet's XML shows before it is read."""

    formulas: bool = False
    merges: list[tuple[str, int, str, int]] = field(default_factory=list)


def read_xlsx(content: bytes, sheet: str, known: Collection[str], tick: Tick) -> tuple[list[Row], list[LineProblem], str]:
    """(lines, problems, name of the sheet). Raises `TableRefused`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _guard(packed)
        values = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            name = _choose(_visible(values), sheet, known)
            sheet_read = _sheet(values, name)
            look = _look_through(content, sheet_read._worksheet_path.lstrip("/"))  # openpyxl has no public name for it
            formulas = _formula_places(content, name) if look.formulas else frozenset()
            rows = list(_rows(sheet_read, formulas, tick))
        finally:
            values.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError, EOFError, OSError) as error:
        raise TableRefused(
            "not_xlsx", f"The workbook cannot be read: {error}.", "Open it in a spreadsheet and save it again."
        ) from error
    return rows, [_merged(merge) for merge in look.merges], name


def _guard(packed: zipfile.ZipFile) -> None:
    parts = packed.infolist()
    size = sum(part.file_size for part in parts)
    strings = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    if len(parts) > PARTS_MAX or size > UNPACKED_BYTES_MAX or strings > SHARED_STRINGS_BYTES_MAX:
        raise TableRefused(
            "too_large_unpacked",
            f"Unpacked, the workbook is larger than {UNPACKED_BYTES_MAX // 1_000_000} MB.",
            "Keep the one sheet with the table, or save it as 'CSV UTF-8'.",
        )
    if any(part.flag_bits & 1 for part in parts):
        raise TableRefused("not_xlsx", "The workbook is protected by a password.", "Save it without a password.")
    for part in parts:
        if part.filename.lower().endswith((".xml", ".rels")):
            with packed.open(part) as file:
                if b"<!DOCTYPE" in file.read(2_048):
                    raise TableRefused(
                        "not_xlsx", "The workbook holds a document type, which no spreadsheet writes.", "Save it again."
                    )


def _visible(book: openpyxl.Workbook) -> list[_Sheet]:
    sheets = [cast("_Sheet", page) for page in book.worksheets if isinstance(page, ReadOnlyWorksheet)]
    return [sheet for sheet in sheets if sheet.sheet_state == "visible"]


def _sheet(book: openpyxl.Workbook, name: str) -> _Sheet:
    sheet = cast("_Sheet", book[name])
    sheet.reset_dimensions()
    return sheet


def _choose(sheets: list[_Sheet], wanted: str, known: Collection[str]) -> str:
    """The sheet to read: the chosen one, the only one, or the only one whose heading is known."""
    titles = [sheet.title for sheet in sheets]
    if wanted:
        if wanted not in titles:
            raise TableRefused("sheet", f"There is no sheet '{wanted}'.", f"The workbook has: {', '.join(titles)}.", "sheet")
        return wanted
    if len(sheets) == 1:
        return titles[0]
    fitting = [sheet.title for sheet in sheets if _heading_fits(sheet, known)]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(fitting or titles)
    problem = "Several sheets hold such a table" if fitting else "No sheet has the headings this import needs"
    raise TableRefused("sheet", f"{problem}: {listed}.", "Choose the sheet.", "sheet")


def _heading_fits(sheet: _Sheet, known: Collection[str]) -> bool:
    sheet.reset_dimensions()
    for cells in sheet.iter_rows(max_row=HEADING_LOOK_LINES, max_col=COLUMNS_MAX):
        words = [said(cell.value) for cell in cells if isinstance(cell.value, str)]
        if words:
            return sum(word in known for word in words) >= 2
    return False


def _look_through(content: bytes, part: str) -> _Look:
    look = _Look()
    seen: set[tuple[str, int, str, int]] = set()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, packed.open(part) as file:
        before = b""
        while chunk := file.read(CHUNK_BYTES):
            text = before + chunk
            look.formulas = look.formulas or _FORMULA.search(text) is not None
            for found in _MERGE.finditer(text):
                seen.add((found[1].decode(), int(found[2]), found[3].decode(), int(found[4])))
            before = text[-_OVERLAP:]
    look.merges = sorted(seen, key=lambda merge: (merge[1], merge[0]))[:MERGES_SHOWN]
    return look


def _merged(merge: tuple[str, int, str, int]) -> LineProblem:
    first, top, last, bottom = merge
    return LineProblem(top, "", f"merged cells {first}{top}:{last}{bottom}", "Unmerge them: each line needs its own values.")


def _formula_places(content: bytes, name: str) -> frozenset[tuple[int, int]]:
    """(line, column from 0) of every formula of the sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        return frozenset(
            (line_no, place)
            for line_no, cells in enumerate(_sheet(book, name).iter_rows(max_row=LINES_MAX, max_col=COLUMNS_MAX), 1)
            for place, cell in enumerate(cells)
            if cell.data_type == "f"
        )
    finally:
        book.close()


def _rows(sheet: _Sheet, formulas: frozenset[tuple[int, int]], tick: Tick) -> Iterator[Row]:
    count = 0
    for line_no, found in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX, max_row=LINES_MAX), 1):
        cells = tuple(
            _NO_VALUE if cell.value is None and (line_no, place) in formulas else _cell(cell.value, cell.data_type)
            for place, cell in enumerate(found)
        )
        if all(cell is None for cell in cells):
            continue
        count += 1
        if count > ROWS_MAX + 1:
            raise too_many_rows()
        if count % TICK_ROWS == 0:
            tick(count)
        while cells and cells[-1] is None:
            cells = cells[:-1]
        yield Row(line_no, cells)


def _cell(value: object, kind: str) -> Cell:
    if kind == "e":
        return Damaged(f"the spreadsheet shows an error: {value}", "Correct the formula.")
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(format(value, ".15g"))
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a sheet's dates have no zone; the import gives one
    text = str(value)
    if len(text) > CELL_LENGTH_MAX:
        return Damaged(f"a cell longer than {CELL_LENGTH_MAX} characters", "Shorten it.")
    return text if text.strip() else None
