"""Use cases of markdowns: the list, accept (a price of the store until the date), decline."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.markdowns.domain import Proposal, end_of_day_ms, markdown_book
from cloud.pricing import service as pricing
from cloud.pricing.domain import WantedPrice
from cloud.pricing.revisions import Author
from cloud.refusals import Conflict, Missing

Q = load_queries(__file__, "markdowns.sql")
NEWEST = (2**62, "")


@dataclass(frozen=True)
class Filter:
    """Which proposals; None: all in scope."""

    store_id: str | None = None
    proposal_id: str | None = None
    open_only: bool = False


async def proposals(tx: Connection, wanted: Filter, before: tuple[int, str], limit: int, *, now_ms: int) -> list[Proposal]:
    """Proposals in scope, the newest first."""
    values = {
        "store_id": wanted.store_id,
        "proposal_id": wanted.proposal_id,
        "open": wanted.open_only,
        "before_ms": before[0],
        "before_id": before[1],
        "limit": limit,
        "now_ms": now_ms,
        "today": datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC).date().isoformat(),
    }
    async with tx.cursor(row_factory=class_row(Proposal)) as cursor:
        await cursor.execute(Q["proposals"], values)
        return await cursor.fetchall()


@dataclass(frozen=True)
class Accepted:
    """What accepting did."""

    proposal: Proposal
    price_minor: int
    until_ms: int | None
    feed_version: int | None


async def accept(tx: Connection, store_id: str, proposal_id: str, price_minor: int | None, author: Author) -> Accepted:
    """Make the proposal (or another price) a price of the store until the goods' last day.

    Raises `Missing`, `Conflict` (decided, over, no price today, or a guard rail wants a second person) or `Invalid`.
    """
    found = await _open(tx, store_id, proposal_id, author.now_ms)
    wanted_minor = price_minor if price_minor is not None else found.proposed_minor
    if wanted_minor is None:
        raise Conflict("no_price", f"Item '{found.item_id}' has no price in this store.", "Give it a price first.")
    row = await (await tx.execute(Q["time_zone"], {"store_id": store_id})).fetchone()
    until_ms = end_of_day_ms(found.expires, str(row[0]) if row else "UTC")
    book = markdown_book(store_id)
    await pricing.add_book(tx, book, author)
    reason = f"markdown {found.batch} {found.expires}".replace("  ", " ").strip()
    wanted = WantedPrice(found.item_id, wanted_minor, to_ms=until_ms, reason=reason)
    result = await pricing.change_book(tx, book.book_id, [wanted], author)
    pricing.need_no_approval(result)
    await _decide(tx, found, (True, wanted_minor, until_ms, ""), author)
    return Accepted(found, wanted_minor, until_ms, result.feed_version)


async def decline(tx: Connection, store_id: str, proposal_id: str, reason: str, author: Author) -> Proposal:
    """Leave the price as it is. Raises `Missing` or `Conflict`."""
    found = await _open(tx, store_id, proposal_id, author.now_ms)
    await _decide(tx, found, (False, None, None, reason), author)
    return found


async def _open(tx: Connection, store_id: str, proposal_id: str, now_ms: int) -> Proposal:
    found = await proposals(tx, Filter(store_id, proposal_id), NEWEST, 1, now_ms=now_ms)
    if not found:
        raise Missing("no_proposal", f"There is no proposal '{proposal_id}' of store '{store_id}'.", "See the list.")
    if found[0].state != "open":
        raise Conflict("proposal_decided", f"The proposal is {found[0].state}.", "Nothing is left to decide.")
    return found[0]


async def _decide(
    tx: Connection, found: Proposal, decision: tuple[bool, int | None, int | None, str], author: Author
) -> None:
    accepted, price_minor, until_ms, reason = decision
    values = {
        "store_id": found.store_id,
        "proposal_id": found.proposal_id,
        "accepted": accepted,
        "price_minor": price_minor,
        "until_ms": until_ms,
        "reason": reason,
        "person": author.login,
        "now_ms": author.now_ms,
    }
    if await (await tx.execute(Q["decide"], values)).fetchone() is None:
        raise Conflict("proposal_decided", "Somebody has decided at the same moment.", "Look at the list again.")
