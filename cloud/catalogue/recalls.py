"""Product recalls: goods that may not be sold any more. A till refuses them at the scan."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
from msgspec import structs
from psycopg.rows import class_row, kwargs_row

from cloud.catalogue.store import Q, get_item
from cloud.db.feed_changes import commit_feed, delete_row, put_row
from cloud.db.pool import Connection
from cloud.refusals import FieldProblem, Invalid, Missing
from protocols.contract.feed_rows import CATALOGUE_FEED, RecallRow, encode_row

RECALLS_MAX = 5_000
"""That stand at a time: every store holds them all."""
RECALLS_SHOWN = 200
REASON_LENGTH_MAX = 200
BATCH_LENGTH_MAX = 20
"""Of a batch number, as GS1 has it (AI 10)."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")


def _row(**columns: object) -> RecallRow:
    return msgspec.convert(columns, RecallRow)


_ROWS = kwargs_row(_row)


async def recalls(tx: Connection, item_id: str | None) -> list[RecallRow]:
    """The newest recalls, of one item or all; at most `RECALLS_SHOWN`."""
    async with tx.cursor(row_factory=_ROWS) as cursor:
        await cursor.execute(Q["list_recalls"], {"item_id": item_id, "limit": RECALLS_SHOWN})
        return await cursor.fetchall()


async def present(tx: Connection, recall_id: str) -> RecallRow | None:
    """One recall, locked until the transaction ends."""
    async with tx.cursor(row_factory=_ROWS) as cursor:
        await cursor.execute(Q["lock_recall"], {"recall_id": recall_id})
        return await cursor.fetchone()


async def put_recall(tx: Connection, row: RecallRow, *, now_ms: int) -> int:
    """Add or change a recall; returns the feed version. Raises `Invalid`."""
    problems = _problems(row)
    if problems:
        raise Invalid.fields(problems)
    if await get_item(tx, row.item_id) is None:
        raise Invalid.field("item_id", f"there is no item '{row.item_id}'", "Look the item up first.")
    count = await (await tx.execute(Q["count_recalls"])).fetchone()
    if count is not None and int(count[0]) >= RECALLS_MAX:
        raise Invalid.field("recall_id", f"{RECALLS_MAX} recalls stand already", "End old recalls first.")
    await tx.execute(Q["put_recall"], structs.asdict(row))
    await put_row(tx, CATALOGUE_FEED, row.key(), encode_row(row))
    version = await commit_feed(tx, CATALOGUE_FEED, now_ms)
    await tx.execute(Q["told_recall"], {"recall_id": row.recall_id, "version": version, "now_ms": now_ms})
    return version


@dataclass(frozen=True)
class RecallInStore:
    """How a recall stands in one store. `applied_ms` None: it has not heard. Sales count from the recall's first instant;
    `sold_unknown_thousandths`: sold of the item without its batch being told."""

    store_id: str
    name: str
    applied_ms: int | None
    online: bool
    on_hand_thousandths: int
    quarantine_thousandths: int
    sold_thousandths: int
    sold_unknown_thousandths: int


async def in_stores(tx: Connection, recall_id: str, after: str, limit: int, *, now_ms: int) -> list[RecallInStore]:
    """The stores in scope, by id. Raises `Missing`."""
    if await (await tx.execute(Q["recall_known"], {"recall_id": recall_id})).fetchone() is None:
        raise Missing("no_product_recall", f"There is no recall '{recall_id}'.")
    values = {"recall_id": recall_id, "after": after, "limit": limit, "now_ms": now_ms}
    async with tx.cursor(row_factory=class_row(RecallInStore)) as cursor:
        await cursor.execute(Q["recall_in_stores"], values)
        return await cursor.fetchall()


async def end_recall(tx: Connection, recall_id: str, *, now_ms: int) -> int:
    """The goods may be sold again; returns the feed version. Raises `Missing`."""
    if await (await tx.execute(Q["remove_recall"], {"recall_id": recall_id})).fetchone() is None:
        raise Missing("no_product_recall", f"There is no recall '{recall_id}'.")
    await delete_row(tx, CATALOGUE_FEED, RecallRow(recall_id=recall_id, item_id="", reason="", from_ms=0).key())
    return await commit_feed(tx, CATALOGUE_FEED, now_ms)


def _problems(row: RecallRow) -> list[FieldProblem]:
    problems = []
    if not _ID.fullmatch(row.recall_id):
        problems.append(FieldProblem("recall_id", "not 1 to 40 letters, digits, . _ or -", "Use the number of the notice."))
    if not 1 <= len(row.reason.strip()) <= REASON_LENGTH_MAX:
        problems.append(FieldProblem("reason", "missing or too long", "Say in a few words what is wrong with the goods."))
    if len(row.batch) > BATCH_LENGTH_MAX:
        problems.append(FieldProblem("batch", f"longer than {BATCH_LENGTH_MAX} characters", "Type it as on the pack."))
    return problems
