"""Use cases of reservations: ask, cancel, forget what is over."""

from __future__ import annotations

from cloud.db.feed_changes import change_rows, commit_feed, put_row
from cloud.db.pool import Connection
from cloud.refusals import Conflict, Invalid, Missing
from cloud.reservations import store
from cloud.reservations.domain import KEPT_AFTER_MS, Question, check_question, row_of
from protocols.contract.feed_rows import encode_row, stock_feed
from protocols.contract.feed_stock import ReservationRow

AT_ONCE = 500


async def ask(tx: Connection, asked: Question, person: str, *, now_ms: int) -> int:
    """Ask a store to hold goods; returns the feed version. Raises `Invalid`, or `Conflict` (id taken)."""
    known = await store.known_items(tx, [line.item_id for line in asked.lines])
    problems = check_question(asked, known, now_ms)
    if problems:
        raise Invalid.fields(problems)
    feed = stock_feed(asked.store_id)
    found = await store.lock(tx, asked.store_id, asked.reservation_id)
    if found is not None:
        if _same(found, asked):
            return await commit_feed(tx, feed, now_ms)
        detail = f"There is another reservation '{asked.reservation_id}'."
        raise Conflict("reservation_exists", detail, "Cancel it, and ask again under another id.")
    await store.add(tx, asked, person, now_ms)
    row = row_of(asked)
    await put_row(tx, feed, row.key(), encode_row(row))
    return await commit_feed(tx, feed, now_ms)


def _same(found: store.Found, asked: Question) -> bool:
    lines = sorted((line.item_id, line.quantity_thousandths) for line in asked.lines)
    told = [(line.item_id, line.quantity_thousandths) for line in found.asked.lines]
    heads = [(each.order_id, each.due_ms, each.until_ms, each.name) for each in (found.asked, asked)]
    return not found.cancelled and lines == told and heads[0] == heads[1]


async def cancel(tx: Connection, store_id: str, reservation_id: str, *, now_ms: int) -> int:
    """The store may let the goods go; returns the feed version. Raises `Missing` or `Conflict`."""
    found = await store.lock(tx, store_id, reservation_id)
    if found is None:
        detail = f"There is no reservation '{reservation_id}' in store '{store_id}'."
        raise Missing("no_reservation", detail, "See the list of reservations.")
    if not found.in_feed:
        raise Conflict("reservation_over", f"The reservation '{reservation_id}' is over.", "Nothing is held any more.")
    await store.cancel(tx, store_id, reservation_id, now_ms)
    feed, row = stock_feed(store_id), row_of(found.asked, cancelled=True)
    await put_row(tx, feed, row.key(), encode_row(row))
    return await commit_feed(tx, feed, now_ms)


async def forget(tx: Connection, *, now_ms: int) -> int:
    """Take reservations that are over out of the stores' feeds; returns how many. `Scope.everything()`."""
    over = await store.done(tx, now_ms - KEPT_AFTER_MS, AT_ONCE)
    gone: dict[str, list[tuple[str, bytes | None]]] = {}
    for store_id, reservation_id in over:
        key = ReservationRow(reservation_id=reservation_id, order_id="", lines=(), due_ms=0, until_ms=0).key()
        gone.setdefault(store_id, []).append((key, None))
    for store_id in sorted(gone):  # everybody locks feeds in one order
        await change_rows(tx, stock_feed(store_id), gone[store_id])
        await commit_feed(tx, stock_feed(store_id), now_ms)
    return len(over)
