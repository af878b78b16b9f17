"""Use cases of deliveries: announce, withdraw; and what the job does with transfers and receipts that stores report."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.db.feed_changes import change_rows, commit_feed
from cloud.db.pool import Connection
from cloud.db.steps import take_steps
from cloud.deliveries import store
from cloud.deliveries.domain import LINES_MAX, Notice, check_notice, rows_of
from cloud.refusals import Conflict, Invalid, Missing
from protocols.contract.feed_rows import encode_row, stock_feed
from protocols.contract.feed_stock import ASN_PART_LINES_MAX, AsnLine

READER = "deliveries"
STEPS_AT_ONCE = 500


async def announce(tx: Connection, notice: Notice, person: str, *, now_ms: int) -> int:
    """Tell a store of goods on their way, or tell it anew; returns the feed version. Raises `Invalid` or `Conflict`."""
    known = await store.known_items(tx, sorted({line.item_id for line in notice.lines}))
    problems = check_notice(notice, known, now_ms)
    if problems:
        raise Invalid.fields(problems)
    await need_open(tx, notice.store_id, notice.asn_id)
    return await tell(tx, notice, person, now_ms)


async def withdraw(tx: Connection, store_id: str, asn_id: str, *, now_ms: int) -> int:
    """The goods do not come; returns the feed version. Raises `Missing` or `Conflict`."""
    if not await need_open(tx, store_id, asn_id):
        raise Missing(
            "no_delivery", f"There is no delivery '{asn_id}' for store '{store_id}'.", "See the list of deliveries."
        )
    await store.withdraw(tx, store_id, asn_id, now_ms)
    return await _forget(tx, store_id, [asn_id], now_ms)


async def need_open(tx: Connection, store_id: str, asn_id: str) -> bool:
    """Whether there is such a notice; raises `Conflict` when its goods have come."""
    found = await store.lock_asn(tx, store_id, asn_id)
    if found is not None and await store.received(tx, store_id, asn_id):
        raise Conflict("delivery_received", f"The goods of '{asn_id}' have been received.", "Make a new notice.")
    return found is not None


async def tell(tx: Connection, notice: Notice, person: str, now_ms: int) -> int:
    """Keep a checked notice and tell its store; returns the feed version."""
    await store.put(tx, notice, person, now_ms)
    feed = stock_feed(notice.store_id)
    rows = {row.key(): encode_row(row) for row in rows_of(notice)}
    gone: list[tuple[str, bytes | None]] = [
        (key, None) for key in await store.feed_keys(tx, feed, notice.asn_id) if key not in rows
    ]
    await change_rows(tx, feed, [*gone, *rows.items()])
    return await commit_feed(tx, feed, now_ms)


async def _forget(tx: Connection, store_id: str, asn_ids: Sequence[str], now_ms: int) -> int:
    feed = stock_feed(store_id)
    for asn_id in asn_ids:
        await change_rows(tx, feed, [(key, None) for key in await store.feed_keys(tx, feed, asn_id)])
        await store.out_of_feed(tx, store_id, asn_id)
    return await commit_feed(tx, feed, now_ms)


async def follow(tx: Connection, *, now_ms: int) -> int:
    """Tell stores of transfers to them, and take notices out of the feeds whose goods have come; how many steps were read.

    Feeds are locked by store id, as everybody does. `Scope.everything()`.
    """
    steps = await take_steps(tx, READER, STEPS_AT_ONCE)
    store_ids, revs = [step.store_id for step in steps], [step.ingest_rev for step in steps]
    if not steps:
        return 0
    told: dict[str, list[store.Sent]] = {}
    for each in await store.sent_in(tx, store_ids, revs):
        told.setdefault(each.to_store_id, []).append(each)
    ended: dict[str, list[str]] = {}
    for store_id, asn_id in await store.ended_in(tx, store_ids, revs):
        ended.setdefault(store_id, []).append(asn_id)
    for store_id in sorted({*told, *ended}):
        for sent in told.get(store_id, []):
            await _tell_of_transfer(tx, sent, now_ms)
        if store_id in ended:
            await _forget(tx, store_id, ended[store_id], now_ms)
    return len(steps)


async def _tell_of_transfer(tx: Connection, sent: store.Sent, now_ms: int) -> None:
    lines = split_by_tags(await store.sent_lines(tx, sent.store_id, sent.transfer_id))
    notice = Notice(
        store_id=sent.to_store_id,
        asn_id=sent.transfer_id,
        reference=sent.reference or sent.transfer_id,
        sender=f"{sent.name} ({sent.store_id})" if sent.name != sent.store_id else sent.store_id,
        expected_ms=sent.at_ms,
        lines=lines[:LINES_MAX],
        transfer_id=sent.transfer_id,
    )
    await tell(tx, notice, "", now_ms)


def split_by_tags(lines: Sequence[AsnLine]) -> tuple[AsnLine, ...]:
    """The same goods in lines of at most `ASN_PART_LINES_MAX` tags, numbered anew."""
    split: list[AsnLine] = []
    for line in lines:
        left = line.quantity_thousandths
        groups = [line.epcs[at : at + ASN_PART_LINES_MAX] for at in range(0, max(1, len(line.epcs)), ASN_PART_LINES_MAX)]
        for place, epcs in enumerate(groups):
            quantity = left if place == len(groups) - 1 else min(left, len(epcs) * 1_000)
            left -= quantity
            split.append(
                AsnLine(
                    line_no=len(split) + 1,
                    item_id=line.item_id,
                    quantity_thousandths=quantity,
                    batch=line.batch,
                    expires=line.expires,
                    epcs=epcs,
                )
            )
    return tuple(split)
