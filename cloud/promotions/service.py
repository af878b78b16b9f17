"""Use cases of promotions up to the moment they are published: write, check, ask, decide, discard.

What is changed after a check or an approval is a draft again: a second person approves exactly what is published. A revision
that was published never changes; the next words begin the next revision, and the former goes on in the stores meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs

from cloud.db.pool import Connection
from cloud.promotions import checks, domain, ground, store
from cloud.promotions.domain import PROMOTIONS_MAX, Finding, Placement, Severity, State, bundle_of
from cloud.promotions.ground import Good
from cloud.promotions.probes import PROBES_MAX, Part, scopes_of, wanted_of
from cloud.promotions.store import Author, PromotionRow
from cloud.refusals import Conflict, Invalid, Missing
from protocols.promotions.rules import Promotion, Scope

LINTED_MAX = 2_000
"""Goods of the zone the lint looks at, beside those of the promotion."""
OPEN = (State.DRAFT, State.CHECKED, State.AWAITING_APPROVAL, State.APPROVED)


@dataclass(frozen=True)
class Saved:
    """What a promotion was before, when it was, and is now."""

    before: Promotion | None
    after: Promotion


async def need(tx: Connection, promotion_id: str, *, lock: bool = False) -> PromotionRow:
    """The promotion, locked if wanted. Raises `Missing`."""
    if lock:
        await store.lock(tx, promotion_id)
    found = await store.get(tx, promotion_id)
    if found is None:
        raise Missing("no_promotion", f"There is no promotion '{promotion_id}'.", "See GET /api/v1/promotions.")
    return found


async def create(tx: Connection, promotion: Promotion, zone: str, reason: str, author: Author) -> Saved:
    """A new draft, revision 1. Raises `Invalid` or `Conflict`."""
    await ground.rules_of(tx, zone)
    if await store.count(tx) >= PROMOTIONS_MAX:
        raise Conflict("too_many_promotions", f"There are {PROMOTIONS_MAX} promotions.", "Discard some never published.")
    first = structs.replace(promotion, revision=1)
    if not await store.add(tx, first, domain.check_shape(first), zone, reason, author):
        raise Conflict("id_taken", f"There is a promotion '{first.promotion_id}' already.", "Choose another id.")
    return Saved(None, first)


async def change(tx: Connection, promotion: Promotion, reason: str, after_revision: int, author: Author) -> Saved:
    """Another rule. `after_revision`: the one they began with, so nobody overwrites another's work unseen.

    Raises `Missing`, `Conflict` or `Invalid`.
    """
    row = await need(tx, promotion.promotion_id, lock=True)
    if after_revision != row.revision:
        remedy = f"Look at revision {row.revision}, then write yours on top of it."
        raise Conflict("newer_revision", f"Revision {row.revision} was written meanwhile.", remedy)
    before = row.promotion
    published = await store.last_published(tx, row.promotion_id)
    wanted = structs.replace(promotion, revision=max(row.revision, published + 1))
    if structs.replace(wanted, revision=row.revision) == before and row.state in OPEN and reason == row.reason:
        return Saved(before, before)
    fresh = wanted.revision != row.revision
    await store.change(tx, wanted, domain.check_shape(wanted), reason, author, fresh=fresh)
    return Saved(before, wanted)


async def discard(tx: Connection, promotion_id: str) -> PromotionRow:
    """Forget one that no store was ever given. Raises `Missing` or `Conflict`."""
    row = await need(tx, promotion_id, lock=True)
    if await store.last_published(tx, promotion_id):
        raise Conflict("was_published", f"Promotion '{promotion_id}' was published.", "Recall it instead.")
    await store.remove(tx, promotion_id)
    return row


async def check(tx: Connection, promotion_id: str, author: Author) -> list[Finding]:
    """Look at the draft; publishes nothing. With an error it stays a draft. Raises `Missing` or `Conflict`."""
    row = await need(tx, promotion_id, lock=True)
    domain.need_state(row.state, *OPEN, State.RECALLED)
    found = await look_at(tx, row.promotion, row.zone, author.now_ms)
    passed = all(each.severity is not Severity.ERROR for each in found)
    if not passed:
        await store.set_state(tx, promotion_id, State.DRAFT)
    await store.note_check(tx, promotion_id, found, author.now_ms, passed=passed)
    return found


async def look_at(tx: Connection, promotion: Promotion, zone: str, now_ms: int) -> list[Finding]:
    """What there is to say about a promotion, saved or not. Raises `Invalid` for a zone that is not there."""
    rules = await ground.rules_of(tx, zone)
    if found := checks.impossible(promotion, now_ms):
        return found
    scopes = [promotion.scope, *scopes_of(promotion)]
    items = sorted({each for scope in scopes for each in (*scope.items, *scope.excluded_items)})
    missing = await ground.unknown_items(tx, items)
    words = await ground.unknown_words(tx, scopes)
    at_ms = max(promotion.starts_ms, now_ms)
    parts = [
        Part(scope, await ground.goods_of(tx, rules, scope, at_ms, PROBES_MAX), units, reach_minor)
        for scope, units, reach_minor in wanted_of(promotion)
    ]
    live = await others_live(tx, zone, promotion.promotion_id)
    found = checks.unknown(missing, words)
    catalogue = _each_once(await ground.goods_of(tx, rules, Scope(), at_ms, LINTED_MAX), parts)
    return found + await asyncio.to_thread(checks.check, promotion, rules, parts, live, now_ms, catalogue)


def _each_once(goods: Sequence[Good], parts: Sequence[Part]) -> list[Good]:
    return list({good.item_id: good for found in (goods, *(part.goods for part in parts)) for good in found}.values())


async def others_live(tx: Connection, zone: str, promotion_id: str = "") -> list[Promotion]:
    """What all stores of a zone hold, without this one."""
    bundle = bundle_of(await store.placements(tx, zone))
    return [each for each in bundle.promotions if each.promotion_id != promotion_id]


async def ask(tx: Connection, promotion_id: str, author: Author) -> PromotionRow:
    """Ask a second person. Raises `Missing` or `Conflict`."""
    row = await need(tx, promotion_id, lock=True)
    domain.need_state(row.state, State.CHECKED)
    await store.ask(tx, promotion_id, author)
    return row


async def decide(tx: Connection, promotion_id: str, author: Author, note: str, *, approve: bool) -> PromotionRow:
    """What the second person says: approved, or back to a draft. Raises `Missing`, `Conflict` or `Forbidden`."""
    row = await need(tx, promotion_id, lock=True)
    domain.need_state(row.state, State.AWAITING_APPROVAL)
    domain.need_second_person(row.authors, row.asked_by, author.login)
    await store.decide(tx, promotion_id, State.APPROVED if approve else State.DRAFT, note, author)
    return row


async def need_stores(tx: Connection, zone: str, stores: Sequence[str]) -> tuple[str, ...]:
    """Store ids of the zone, each once, sorted. Raises `Invalid`."""
    wanted = tuple(sorted(set(stores)))
    if unknown := await store.unknown_stores(tx, zone, wanted):
        raise Invalid.field("stores", f"there is no store '{unknown[0]}' in zone '{zone}'", "See GET /api/v1/store-names.")
    return wanted


def of_promotion(placements: Sequence[Placement], promotion_id: str) -> list[Placement]:
    """Those of one promotion."""
    return [each for each in placements if each.promotion_id == promotion_id]
