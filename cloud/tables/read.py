"""Reading a file of either format into one shape."""

from __future__ import annotations

from collections.abc import Collection

from cloud.tables import csv_text, xlsx
from cloud.tables.values import (
    ROWS_MAX,
    Detected,
    LineProblem,
    ReadOptions,
    ReadTable,
    Row,
    TableRefused,
    Tick,
    check_size,
    no_tick,
    too_many_rows,
)


def read_table(
    content: bytes, options: ReadOptions | None = None, known: Collection[str] = (), tick: Tick = no_tick
) -> ReadTable:
    """The table in a file; its first line with something in it is the heading. `known`: titles as `columns.said` makes them.

    Raises `TableRefused` when the file as a whole cannot be read; lines that cannot are among the problems.
    """
    check_size(content)
    xlsx.check_not_old(content)
    chosen = options or ReadOptions()
    rows: list[Row]
    problems: list[LineProblem]
    if xlsx.is_workbook(content):
        rows, problems, sheet = xlsx.read_xlsx(content, chosen.sheet, known, tick)
        detected = Detected("xlsx", sheet=sheet, heading_line=rows[0].line_no if rows else 0)
    else:
        rows, problems, encoding, delimiter = csv_text.read_csv(content, chosen, known, tick)
        heading_line = rows[0].line_no if rows else 0
        detected = Detected("csv", encoding=encoding, delimiter=delimiter, heading_line=heading_line)
    if not rows:
        raise TableRefused("empty", "The table is empty.", "The first line holds the headings, each further line one entry.")
    if len(rows) == 1:
        raise TableRefused("empty", "There is nothing below the headings.", "Each line below them is one entry.")
    if len(rows) > ROWS_MAX + 1:
        raise too_many_rows()
    return ReadTable(detected, rows[0], tuple(rows[1:]), tuple(problems))
