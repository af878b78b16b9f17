"""Use cases of promotions that reach stores: publish to some or all, recall at once. Row and feed in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from cloud.db.feed_changes import CommitFeed, change_rows, commit_feed
from cloud.db.pool import Connection
from cloud.promotions import domain, service, store
from cloud.promotions.domain import KEPT_AFTER_END_MS, LIVE_MAX, Placement, Severity, State
from cloud.promotions.store import Author, PromotionRow
from cloud.refusals import Conflict
from protocols.contract.feed_rows import PromotionRow as FeedRow
from protocols.contract.feed_rows import encode_row, promotion_feed
from protocols.promotions.bundle import decode_promotion


@dataclass(frozen=True)
class Published:
    """What stores hold now of a promotion, and the feed version that says so."""

    row: PromotionRow
    placements: tuple[Placement, ...]
    feed_version: int


async def publish(
    tx: Connection, promotion_id: str, stores: Sequence[str], author: Author, *, commit: CommitFeed = commit_feed
) -> Published:
    """Give the present revision to some stores of its zone, or to all (`stores` empty).

    Raises `Missing`, `Invalid` or `Conflict`: not checked, a second person must look first, or the check would say more now.
    """
    row = await service.need(tx, promotion_id, lock=True)
    domain.need_state(row.state, State.CHECKED, State.APPROVED, State.PUBLISHED)
    if row.state == State.CHECKED and row.approve_count:
        raise Conflict("approval_needed", "Its findings ask for a second person.", "Ask for approval first.")
    wanted = await service.need_stores(tx, row.zone, stores)
    await store.lock_placements(tx)
    await _refuse_stale(tx, row, author)
    held = await store.placements(tx, row.zone)
    new = Placement(promotion_id, row.revision, row.rule.encode(), wanted, author.now_ms, author.login)
    mine = service.of_promotion(held, promotion_id)
    after = domain.after_publishing(mine, new)
    gone = await _sweep(tx, row.zone, [each for each in held if each not in mine], author)
    live = {each.promotion_id for each in held} - {each.promotion_id for each in gone}
    if promotion_id not in live and len(live) >= LIVE_MAX:
        raise Conflict("too_many_live", f"{LIVE_MAX} promotions are in the stores of this zone.", "Recall some first.")
    version = await _place(tx, row.zone, [*mine, *gone], after, author, commit)
    await store.replace_placements(tx, promotion_id, row.zone, after)
    await store.set_state(tx, promotion_id, State.PUBLISHED)
    await store.add_event(tx, new, "published", author, reason=row.reason, feed_version=version)
    return Published(row, after, version)


async def recall(
    tx: Connection, promotion_id: str, reason: str, author: Author, *, commit: CommitFeed = commit_feed
) -> Published:
    """Take every revision of it from all stores, at once. Raises `Missing` or `Conflict`."""
    row = await service.need(tx, promotion_id, lock=True)
    await store.lock_placements(tx)
    mine = service.of_promotion(await store.placements(tx, row.zone), promotion_id)
    if not mine:
        raise Conflict("not_in_stores", "No store has this promotion.", "There is nothing to recall.")
    version = await _place(tx, row.zone, mine, (), author, commit)
    await store.replace_placements(tx, promotion_id, row.zone, ())
    await store.set_state(tx, promotion_id, State.RECALLED)
    await store.add_event(tx, mine[-1], "recalled", author, reason=reason, feed_version=version)
    return Published(row, (), version)


async def _refuse_stale(tx: Connection, row: PromotionRow, author: Author) -> None:
    """What was checked, and perhaps approved, must still be what would happen."""
    known = {(each.severity, each.code) for each in await store.findings(tx, row.promotion_id)}
    for each in await service.look_at(tx, row.promotion, row.zone, author.now_ms):
        if each.severity is Severity.WARNING or (each.severity, each.code) in known:
            continue
        raise Conflict("stale", f"A check says more now: {each.detail}", "Check again, look at it, then publish it.")


async def _sweep(tx: Connection, zone: str, held: Sequence[Placement], author: Author) -> list[Placement]:
    """Take out what has been over for a while; returns what stood there. Its state stays: it was published."""
    ended: list[Placement] = []
    for each in held:
        ends_ms = decode_promotion(each.rule).ends_ms
        if ends_ms is not None and ends_ms + KEPT_AFTER_END_MS <= author.now_ms:
            ended.append(each)
    for promotion_id in sorted({each.promotion_id for each in ended}):
        rest = [each for each in held if each.promotion_id == promotion_id and each not in ended]
        await store.replace_placements(tx, promotion_id, zone, rest)
        last = [each for each in ended if each.promotion_id == promotion_id][-1]
        await store.add_event(tx, last, "ended", author, feed_version=0)
    return ended


async def _place(
    tx: Connection,
    zone: str,
    before: Sequence[Placement],
    after: Sequence[Placement],
    author: Author,
    commit: CommitFeed,
) -> int:
    """Make one feed version of it."""
    feed_id = promotion_feed(zone)
    rows: list[tuple[str, bytes | None]] = [(_feed_row(each).key(), None) for each in before if each not in after]
    rows += [(row.key(), encode_row(row)) for row in map(_feed_row, after)]
    await change_rows(tx, feed_id, rows)
    return await commit(tx, feed_id, author.now_ms)


def _feed_row(placement: Placement) -> FeedRow:
    return FeedRow(
        promotion_id=placement.promotion_id,
        revision=placement.revision,
        rule=msgspec.Raw(placement.rule),
        stores=placement.stores,
        published_ms=placement.published_ms,
    )
