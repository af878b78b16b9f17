"""The lines of a campaign from a CSV or Excel file: item, zone, price, until. What is wrong is named by its line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
from msgspec import structs

from cloud.campaigns.domain import LINES_MAX, Line
from cloud.db.pool import Connection
from cloud.imports import prices
from cloud.imports.domain import Choices, Problems, open_table
from cloud.imports.prices import PlannedPrice
from cloud.tables.values import LineProblem, Severity, TableRefused, no_tick

KIND = replace(prices.KIND, columns=tuple(column for column in prices.COLUMNS if column.name not in {"from", "reason"}))
"""As the import of price books, but the campaign says when it starts and why."""
PROBLEMS_KEPT = 500
_plans = msgspec.msgpack.Decoder(list[PlannedPrice])


@dataclass(frozen=True)
class ReadLines:
    """What a file says. With errors, or when it cannot be read as a whole (`refused_*`), there are no lines."""

    lines: Sequence[Line] = ()
    problems: Sequence[LineProblem] = ()
    error_count: int = 0
    line_count: int = 0
    format: str = ""
    refused_code: str = ""
    refused_detail: str = ""
    refused_remedy: str = ""
    refused_option: str = ""


async def read_lines(tx: Connection, content: bytes, choices: Choices, now_ms: int) -> ReadLines:
    """Read a file and hold it against the goods and zones there are; changes nothing."""
    problems = Problems()
    try:
        table = await asyncio.to_thread(open_table, KIND, content, choices, problems, no_tick)
        if table.map.has("zone"):  # the file knows better than what was chosen for files without
            table = replace(table, choices=structs.replace(choices, zone=""))
        if len(table.rows) > LINES_MAX:
            raise TableRefused(
                "too_many_rows", f"The file has more than {LINES_MAX} lines.", "Make several campaigns of it."
            )
        checked = await KIND.check(tx, table, problems, now_ms)
    except TableRefused as refused:
        return ReadLines(
            problems=problems.rows[:PROBLEMS_KEPT],
            refused_code=refused.code,
            refused_detail=refused.detail,
            refused_remedy=refused.remedy,
            refused_option=refused.option,
        )
    found = sorted(problems.rows, key=lambda row: (row.line_no, row.severity))
    errors = sum(row.severity is Severity.ERROR for row in found)
    planned = [] if errors else _plans.decode(checked.plan)
    lines = [Line(number, row.zone, row.item_id, row.price_minor, row.to_ms) for number, row in enumerate(planned, 1)]
    return ReadLines(lines, found[:PROBLEMS_KEPT], errors, len(table.rows), table.detected.format)
