"""Writing tables: CSV in any of the dialects this house reads, and Excel workbooks. Pure; bytes out.

A cell of text that a spreadsheet would run as a formula (`=`, `+`, `-`, `@` first) is written so that it stays text: a name
typed at headquarters must do nothing on a colleague's machine.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

import openpyxl
from openpyxl.cell.cell import Cell, WriteOnlyCell
from openpyxl.utils import get_column_letter

Out: TypeAlias = str | Decimal | int | None

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTH_MAX = 48
_RUNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written. The default is what spreadsheets of every language open without asking."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    decimal: str = "."
    guarded: bool = True


def write_csv(heading: Sequence[str], rows: Iterable[Sequence[Out]], dialect: Dialect | None = None) -> bytes:
    """The table as CSV. Numbers carry the dialect's decimal mark and no grouping."""
    how = dialect or Dialect()
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=how.delimiter)
    writer.writerow(heading)
    for row in rows:
        writer.writerow([_text(cell, how) for cell in row])
    mark = "\ufeff" if how.encoding in {"utf-16-le", "utf-16-be"} else ""
    return (mark + out.getvalue()).encode(how.encoding)


def _text(cell: Out, how: Dialect) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if how.guarded and cell.startswith(_RUNS) else cell
    return format(cell, "f").replace(".", how.decimal) if isinstance(cell, Decimal) else str(cell)


def write_xlsx(heading: Sequence[str], rows: Iterable[Sequence[Out]], sheet: str) -> bytes:
    """The table as a workbook of one sheet with a frozen heading. Text is text whatever it begins with."""
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.freeze_panes = "A2"
    for place, title in enumerate(heading):
        page.column_dimensions[get_column_letter(place + 1)].width = min(WIDTH_MAX, max(12, len(title) + 4))

    def made(cell: Out) -> Cell:
        written = WriteOnlyCell(page)
        written.value = cell
        if isinstance(cell, str):
            written.data_type = "s"
        return written

    page.append([made(title) for title in heading])
    for row in rows:
        page.append([made(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
