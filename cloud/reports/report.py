"""What a report is: a name, words, columns and one query over a period. Pure."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass

from psycopg import sql

from cloud.refusals import FieldProblem, Invalid

DAYS_MAX = 400
"""The longest period a report is asked for."""
ROWS_MAX = 5_000
"""Rows of one answer; when there are more, the answer says so."""

Value = int | str | None
"""A cell: text, a count, minor units of money, or thousandths of a stock unit. Never a float."""


class ColumnKind(enum.StrEnum):
    """How a column's values are to be read and shown."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    """Minor units; the row's `currency` column says of what."""
    AMOUNT = "amount"
    """Thousandths of the stock unit."""
    SHARE = "share"
    """Basis points: 9,800 is 98 %."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `title` is English and the key of its translation."""

    name: str
    title: str
    kind: ColumnKind = ColumnKind.TEXT


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `query` has the parameters `store_id` (null: all in scope), `from_date`, `upto_date` and `limit`.

    `plot`: names of the columns along and up, for people who would rather look than read; None: nothing to draw.
    """

    name: str
    title: str
    what: str
    columns: tuple[Column, ...]
    query: sql.SQL
    plot: tuple[str, str] | None = None

    def place(self, column_name: str) -> int:
        """Where a column stands in a row."""
        return [column.name for column in self.columns].index(column_name)


@dataclass(frozen=True, slots=True)
class Asked:
    """A report's parameters. Both days are business dates of the stores and belong to the period."""

    from_date: datetime.date
    upto_date: datetime.date
    store_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The rows, in the report's own order. `cut`: there are more than `ROWS_MAX`."""

    rows: list[tuple[Value, ...]]
    cut: bool


def check(asked: Asked) -> None:
    """Raise `Invalid` for a period that ends before it begins or is longer than `DAYS_MAX` days."""
    days = (asked.upto_date - asked.from_date).days + 1
    if days < 1:
        raise Invalid.fields([FieldProblem("upto_date", "before from_date", "Exchange the two dates.")])
    if days > DAYS_MAX:
        raise Invalid.fields(
            [FieldProblem("from_date", f"more than {DAYS_MAX} days before upto_date", "Ask for a shorter period.")]
        )
