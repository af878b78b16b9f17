"""SQL of reservations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.reservations.domain import Question
from protocols.contract.feed_stock import ReservationLine

Q = load_queries(__file__, "reservations.sql")


@dataclass(frozen=True)
class Standing:
    """A reservation and how it stands. `state`: asked, cancelled, or the store's newest answer."""

    store_id: str
    reservation_id: str
    order_id: str
    name: str
    due_ms: int
    until_ms: int
    cancelled_ms: int | None
    added_by: str
    added_ms: int
    state: str
    why: str
    answered_ms: int | None
    wanted_thousandths: int
    held_thousandths: int
    line_count: int


@dataclass(frozen=True)
class Line:
    """What is wanted of an item, and what the store holds (None: no answer yet)."""

    item_id: str
    name: str
    wanted_thousandths: int
    held_thousandths: int | None


@dataclass(frozen=True)
class Answer:
    """What a store said, and when."""

    state: str
    why: str
    staff_id: str
    at_ms: int


@dataclass(frozen=True)
class Found:
    """A reservation as it was asked."""

    asked: Question
    cancelled: bool
    in_feed: bool


@dataclass(frozen=True)
class Filter:
    """Which reservations; None: all in scope."""

    store_id: str | None = None
    state: str | None = None
    reservation_id: str | None = None


async def reservations(tx: Connection, wanted: Filter, before: tuple[int, str], limit: int) -> list[Standing]:
    """Reservations in scope, the newest first."""
    values = {
        "store_id": wanted.store_id,
        "state": wanted.state,
        "reservation_id": wanted.reservation_id,
        "before_ms": before[0],
        "before_id": before[1],
        "limit": limit,
    }
    async with tx.cursor(row_factory=class_row(Standing)) as cursor:
        await cursor.execute(Q["reservations"], values)
        return await cursor.fetchall()


async def lines(tx: Connection, store_id: str, reservation_id: str) -> list[Line]:
    """Its lines with what is held."""
    async with tx.cursor(row_factory=class_row(Line)) as cursor:
        await cursor.execute(Q["lines"], {"store_id": store_id, "reservation_id": reservation_id})
        return await cursor.fetchall()


async def answers(tx: Connection, store_id: str, reservation_id: str) -> list[Answer]:
    """Everything the store said, in its order."""
    async with tx.cursor(row_factory=class_row(Answer)) as cursor:
        await cursor.execute(Q["answers"], {"store_id": store_id, "reservation_id": reservation_id})
        return await cursor.fetchall()


async def known_items(tx: Connection, item_ids: Sequence[str]) -> frozenset[str]:
    """Those of the items that there are."""
    rows = await (await tx.execute(Q["known_items"], {"item_ids": list(item_ids)})).fetchall()
    return frozenset(str(row[0]) for row in rows)


async def lock(tx: Connection, store_id: str, reservation_id: str) -> Found | None:
    """One reservation, locked until the transaction ends."""
    named = {"store_id": store_id, "reservation_id": reservation_id}
    row = await (await tx.execute(Q["lock"], named)).fetchone()
    if row is None:
        return None
    asked = await (await tx.execute(Q["lines_asked"], named)).fetchall()
    order_id, name, due_ms, until_ms, cancelled_ms, in_feed = row
    told = tuple(ReservationLine(item_id=item_id, quantity_thousandths=quantity) for item_id, quantity in asked)
    question = Question(store_id, reservation_id, order_id, told, due_ms, until_ms, name)
    return Found(question, cancelled_ms is not None, in_feed)


async def add(tx: Connection, asked: Question, person: str, now_ms: int) -> None:
    """Keep a new one."""
    head = {
        "store_id": asked.store_id,
        "reservation_id": asked.reservation_id,
        "order_id": asked.order_id,
        "name": asked.name,
        "due_ms": asked.due_ms,
        "until_ms": asked.until_ms,
        "person": person,
        "now_ms": now_ms,
    }
    await tx.execute(Q["add"], head)
    for line in asked.lines:
        named = {"store_id": asked.store_id, "reservation_id": asked.reservation_id}
        await tx.execute(Q["add_line"], {**named, "item_id": line.item_id, "quantity": line.quantity_thousandths})


async def cancel(tx: Connection, store_id: str, reservation_id: str, now_ms: int) -> None:
    """Nobody wants the goods any more."""
    await tx.execute(Q["cancel"], {"store_id": store_id, "reservation_id": reservation_id, "now_ms": now_ms})


async def done(tx: Connection, over_ms: int, limit: int) -> list[tuple[str, str]]:
    """Mark those that stores need not know any more; returns (store, reservation). `Scope.everything()`."""
    rows = await (await tx.execute(Q["done"], {"over_ms": over_ms, "limit": limit})).fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


async def held_of_item(tx: Connection, item_id: str) -> dict[str, int]:
    """Thousandths of an item that stores in scope hold for customers."""
    rows = await (await tx.execute(Q["held_of_item"], {"item_id": item_id})).fetchall()
    return {str(row[0]): int(row[1]) for row in rows}
