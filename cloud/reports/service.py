"""Asking a report, inside the asker's scope, and writing its answer as CSV."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from cloud.db.pool import Connection
from cloud.reports.report import ROWS_MAX, Answered, Asked, ColumnKind, Report, Value, check

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is a formula to a spreadsheet (CWE-1236)."""


async def ask(tx: Connection, report: Report, asked: Asked) -> Answered:
    """The report's rows in the transaction's scope. Raises `Invalid` for an impossible period."""
    check(asked)
    values = {
        "store_id": asked.store_id,
        "from_date": asked.from_date,
        "upto_date": asked.upto_date,
        "limit": ROWS_MAX + 1,
    }
    rows = await (await tx.execute(report.query, values)).fetchall()
    return Answered([tuple(row) for row in rows[:ROWS_MAX]], len(rows) > ROWS_MAX)


def as_csv(report: Report, answered: Answered, minor_digits: dict[str, int]) -> str:
    """RFC 4180 text with a head line. Money and amounts as decimals; texts that look like formulas get a quote before them.

    `minor_digits`: decimals of each currency; 2 for one that is not there.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        column.name.removesuffix("_minor").removesuffix("_thousandths").removesuffix("_bp") for column in report.columns
    )
    currency_place = next((place for place, column in enumerate(report.columns) if column.name == "currency"), None)
    for row in answered.rows:
        currency = "" if currency_place is None else str(row[currency_place])
        digits = minor_digits.get(currency, 2)
        writer.writerow(_cell(column.kind, value, digits) for column, value in zip(report.columns, row, strict=True))
    return out.getvalue()


def _cell(kind: ColumnKind, value: Value, minor_digits: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    match kind:
        case ColumnKind.MONEY:
            return str(Decimal(value).scaleb(-minor_digits))
        case ColumnKind.AMOUNT:
            return str(Decimal(value).scaleb(-3).normalize()) if value % 1000 else str(value // 1000)
        case ColumnKind.SHARE:
            return str(Decimal(value).scaleb(-4))
        case _:
            return str(value)
