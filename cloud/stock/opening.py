"""Opening stock on its way to the stores. HQ sends, the store decides and answers: it is the one writer of its shelves.

A line becomes a row of the feed `store/{id}/opening-stock`. The box answers it once, with a stock move of reason `opening`
whose id is known here before, or with a refusal (`OpeningRefused`). Answered rows leave the feed again, so that a new box of
the store does not open its shelves a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.feed_changes import change_rows, commit_feed
from cloud.db.pool import Connection, Database, Scope
from cloud.db.queries import load_queries
from protocols.contract.feed_rows import OpeningStockRow, encode_row, opening_stock_feed
from protocols.contract.values import Place

Q = load_queries(__file__, "opening.sql")

ROWS_PER_VERSION = 500
"""The box applies a version in one transaction, and its till waits for that."""
RETIRED_AT_ONCE = 2_000


@dataclass(frozen=True)
class OpeningLine:
    """What a file says of one item at one place of a store."""

    line_no: int
    store_id: str
    item_id: str
    place: Place
    quantity_thousandths: int


@dataclass(frozen=True)
class Answers:
    """How far an import has come in one store."""

    store_id: str
    sent: int
    opened: int
    refused: int


@dataclass(frozen=True)
class RefusedLine:
    """A line the store did not take."""

    line_no: int
    store_id: str
    item_id: str
    place: str
    reason: str


async def taken(tx: Connection, store_ids: Sequence[str], item_ids: Sequence[str]) -> set[tuple[str, str]]:
    """(store, item) pairs of these that have stock or moves already, as far as HQ has heard, or an opening on its way."""
    values = {"store_ids": list(store_ids), "item_ids": list(item_ids)}
    rows = await (await tx.execute(Q["taken"], values)).fetchall()
    return {(str(store_id), str(item_id)) for store_id, item_id in rows}


async def send(tx: Connection, import_id: str, lines: Sequence[OpeningLine], *, now_ms: int) -> dict[str, int]:
    """Put the lines into the stores' feeds; returns the newest feed version by store."""
    await tx.execute(
        Q["add_lines"],
        {
            "import_id": import_id,
            "lines": [line.line_no for line in lines],
            "stores": [line.store_id for line in lines],
            "items": [line.item_id for line in lines],
            "places": [line.place.value for line in lines],
            "quantities": [line.quantity_thousandths for line in lines],
            "moves": [_row(import_id, line).move_id() for line in lines],
        },
    )
    versions: dict[str, int] = {}
    for store_id in sorted({line.store_id for line in lines}):
        feed = opening_stock_feed(store_id)
        mine = [_row(import_id, line) for line in lines if line.store_id == store_id]
        for begin in range(0, len(mine), ROWS_PER_VERSION):
            rows = mine[begin : begin + ROWS_PER_VERSION]
            await change_rows(tx, feed, [(row.key(), encode_row(row)) for row in rows])
            versions[store_id] = await commit_feed(tx, feed, now_ms)
    return versions


def _row(import_id: str, line: OpeningLine) -> OpeningStockRow:
    return OpeningStockRow(
        import_id=import_id,
        line_no=line.line_no,
        item_id=line.item_id,
        place=line.place,
        quantity_thousandths=line.quantity_thousandths,
    )


async def answers(tx: Connection, import_id: str) -> list[Answers]:
    """How far an import has come, by store in scope."""
    async with tx.cursor(row_factory=class_row(Answers)) as cursor:
        await cursor.execute(Q["answers"], {"import_id": import_id})
        return await cursor.fetchall()


async def refused(tx: Connection, import_id: str, limit: int) -> list[RefusedLine]:
    """Lines stores did not take, in file order."""
    async with tx.cursor(row_factory=class_row(RefusedLine)) as cursor:
        await cursor.execute(Q["refused"], {"import_id": import_id, "limit": limit})
        return await cursor.fetchall()


async def retire_answered(database: Database, now_ms: int) -> int:
    """Take answered rows out of the stores' feeds, one short transaction a store; returns how many rows."""
    async with database.transaction(Scope.everything()) as tx:
        waiting = [str(row[0]) for row in await (await tx.execute(Q["stores_answered"])).fetchall()]
    retired = 0
    for store_id in waiting:
        async with database.transaction(Scope.everything()) as tx:
            values = {"store_id": store_id, "limit": RETIRED_AT_ONCE}
            rows = await (await tx.execute(Q["retire"], values)).fetchall()
            feed = opening_stock_feed(store_id)
            await change_rows(tx, feed, [(OpeningStockRow.key_of(import_id, line_no), None) for import_id, line_no in rows])
            await commit_feed(tx, feed, now_ms)
        retired += len(rows)
    return retired
