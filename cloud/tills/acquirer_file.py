"""The acquirer's file: CSV or Excel, one line for every movement of money. Pure.

Known headings are in `COLUMNS`. Amounts stand in a column of minor units, or in one of the currency itself; what was given
back is negative. Times without an offset are the store's own.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from cloud.refusals import FieldProblem, Invalid
from cloud.tables.columns import Column, ColumnMap, titles_of
from cloud.tables.instants import NotAnInstant, read_instant_ms
from cloud.tables.numbers import NotANumber, decide_mark, read_number, scaled
from cloud.tables.read import read_table
from cloud.tables.values import Damaged, Row, TableRefused
from cloud.tills.reconcile import AcquirerLine

COLUMNS = (
    Column("reference", ("reference", "acquirer reference", "transaction id", "参考号", "交易号")),
    Column("attempt_id", ("attempt id", "merchant reference", "order number", "商户订单号")),
    Column("terminal_id", ("terminal id", "terminal", "tid", "终端号")),
    Column("method", ("method", "scheme", "支付方式")),
    Column("amount_minor", ("amount minor", "minor units"), number=True),
    Column("amount", ("amount", "金额"), number=True),
    Column("currency", ("currency", "币种")),
    Column("at", ("at", "time", "date", "timestamp", "交易时间")),
    Column("card_tail", ("card tail", "card", "last four", "卡号后四位")),
)
PROBLEMS_SHOWN = 20
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Place:
    """The store whose file it is."""

    currency: str
    minor_digits: int
    zone: zoneinfo.ZoneInfo


def read_lines(content: bytes, place: Place) -> list[AcquirerLine]:
    """Every line of the file. Raises `Invalid` naming lines and columns; a file with one bad line is not taken at all."""
    try:
        table = read_table(content, known=titles_of(COLUMNS))
        columns, _unread = ColumnMap.of(table.heading, COLUMNS)
        columns.need_one_of(COLUMNS, "amount_minor", "amount")
        columns.need_one_of(COLUMNS, "reference", "attempt_id")
        columns.need_one_of(COLUMNS, "at")
        mark = (
            decide_mark(((row.line_no, columns.cell(row, "amount")) for row in table.rows), "")
            if columns.has("amount")
            else ""
        )
    except TableRefused as refused:
        raise Invalid(refused.code, refused.detail, refused.remedy) from refused
    reader = _Reader(columns, place, mark)
    lines = [reader.line(row) for row in table.rows]
    problems = [
        FieldProblem(f"line {each.line_no}, {each.column}", each.problem, each.remedy) for each in table.problems
    ] + reader.problems
    if problems:
        raise Invalid.fields(problems[:PROBLEMS_SHOWN])
    return lines


class _Reader:
    def __init__(self, columns: ColumnMap, place: Place, mark: str) -> None:
        self._columns = columns
        self._place = place
        self._mark = mark
        self.problems: list[FieldProblem] = []

    def line(self, row: Row) -> AcquirerLine:
        """One line; what is wrong with it is noted, and a zero stands in."""
        currency = self._text(row, "currency") or self._place.currency
        if currency != self._place.currency:
            self._wrong(
                row, "currency", f"'{currency[:8]}' is not the store's", f"The store sells in {self._place.currency}."
            )
        return AcquirerLine(
            line_no=row.line_no,
            reference=self._text(row, "reference"),
            attempt_id=self._text(row, "attempt_id"),
            method=self._text(row, "method"),
            amount_minor=self._amount_minor(row),
            currency=currency,
            at_ms=self._read(row, "at", lambda: read_instant_ms(self._columns.cell(row, "at"), self._place.zone)),
            card_tail=self._text(row, "card_tail")[-4:],
            terminal_id=self._text(row, "terminal_id"),
        )

    def _amount_minor(self, row: Row) -> int:
        if self._columns.has("amount_minor"):
            cell = self._columns.cell(row, "amount_minor")
            return self._read(row, "amount_minor", lambda: scaled(read_number(cell, "point"), 0))
        cell = self._columns.cell(row, "amount")
        return self._read(row, "amount", lambda: scaled(read_number(cell, self._mark), self._place.minor_digits))

    def _read(self, row: Row, name: str, read: Callable[[], int]) -> int:
        try:
            return read()
        except (NotANumber, NotAnInstant) as wrong:
            self._wrong(row, name, str(wrong), wrong.remedy)
            return 0

    def _wrong(self, row: Row, name: str, problem: str, remedy: str) -> None:
        self.problems.append(FieldProblem(f"line {row.line_no}, {self._columns.heading(name)}", problem, remedy))

    def _text(self, row: Row, name: str) -> str:
        cell = self._columns.cell(row, name)
        if cell is None or isinstance(cell, Damaged):
            return ""
        return format(cell, "f") if isinstance(cell, Decimal) else str(cell).strip()
