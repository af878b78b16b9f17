"""Use cases of campaigns up to the moment they are published: write, check, ask, decide, discard.

What is changed after a check or an approval is a draft again: a second person approves exactly what is published.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cloud.campaigns import domain, store
from cloud.campaigns.domain import EDITABLE, Finding, Line, RingState, State, Wanted
from cloud.campaigns.store import Author, CampaignRow, Checked, LineCounts
from cloud.db.pool import Connection
from cloud.pricing import effect as pricing_effect
from cloud.pricing import service as pricing
from cloud.pricing.domain import PricePlan, WantedPrice
from cloud.pricing.effect import Effect
from cloud.pricing.price_books import own_book_id
from cloud.pricing.revisions import Author as PriceAuthor
from cloud.refusals import Conflict, FieldProblem, Forbidden, Invalid, Missing
from protocols.clock import IdSource

FINDINGS_SHOWN = 200
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Whole:
    """A campaign with its rings and what its lines come to. `members` by ring: (stores, regions) within scope."""

    row: CampaignRow
    rings: Sequence[RingState]
    members: dict[int, tuple[list[str], list[str]]]
    counts: LineCounts


async def need(tx: Connection, campaign_id: str, *, lock: bool = False) -> CampaignRow:
    """The campaign, locked if wanted. Raises `Missing`."""
    if lock:
        await store.lock(tx, campaign_id)
    found = await store.get(tx, campaign_id)
    if found is None:
        raise Missing("no_campaign", f"There is no campaign '{campaign_id}'.", "See GET /api/v1/campaigns.")
    return found


async def whole(tx: Connection, campaign_id: str) -> Whole:
    """The campaign as people look at it. Raises `Missing`."""
    row = await need(tx, campaign_id)
    rings = await store.rings(tx, campaign_id)
    members = await store.ring_members(tx, campaign_id)
    return Whole(row, rings, members, await store.line_counts(tx, campaign_id))


async def create(tx: Connection, wanted: Wanted, lines: Sequence[Line], author: Author, ids: IdSource) -> str:
    """A new draft; returns its id. Raises `Invalid`."""
    domain.check_wanted(wanted, author.now_ms)
    await _check_members(tx, wanted)
    await _check_book(tx, wanted.book_id)
    campaign_id = ids.new()
    await store.add(tx, campaign_id, wanted, author)
    await store.replace_rings(tx, campaign_id, wanted.rings)
    if lines:
        await put_lines(tx, campaign_id, lines, author)
    return campaign_id


async def change(tx: Connection, campaign_id: str, wanted: Wanted, author: Author) -> CampaignRow:
    """Other words, start or rings; returns what it was. Raises `Missing`, `Conflict` or `Invalid`."""
    before = await _editable(tx, campaign_id)
    domain.check_wanted(wanted, author.now_ms)
    await _check_members(tx, wanted)
    await _check_book(tx, wanted.book_id)
    await store.change(tx, campaign_id, wanted, author)
    await store.replace_rings(tx, campaign_id, wanted.rings)
    return before


async def put_lines(
    tx: Connection, campaign_id: str, lines: Sequence[Line], author: Author, *, source: str = ""
) -> CampaignRow:
    """These lines in place of all others, or none of them; returns what the campaign was.

    Raises `Invalid` with every bad line (`lines/{n}/field`, n from 0), `Missing` or `Conflict`.
    """
    before = await _editable(tx, campaign_id)
    domain.check_lines(lines, before.starts_at_ms or author.now_ms)
    items, zones = await store.known(tx, sorted({line.item_id for line in lines}))
    problems: list[FieldProblem] = []
    for number, line in enumerate(lines):
        if line.item_id not in items:
            problems.append(
                FieldProblem(f"lines/{number}/item_id", f"there is no item '{line.item_id}'", "See GET /api/v1/items.")
            )
        if line.zone not in zones:
            problems.append(
                FieldProblem(f"lines/{number}/zone", f"there is no zone '{line.zone}'", "See GET /api/v1/zones.")
            )
    if problems:
        raise Invalid.fields(problems)
    await store.replace_lines(tx, campaign_id, lines, source, author)
    return before


async def discard(tx: Connection, campaign_id: str) -> CampaignRow:
    """Forget one that was never published. Raises `Missing` or `Conflict`."""
    row = await _editable(tx, campaign_id)
    await store.remove(tx, campaign_id)
    return row


async def check(tx: Connection, campaign_id: str, author: Author) -> list[Finding]:
    """Hold every line against the prices there are; publishes nothing. Returns the findings.

    Raises `Missing`, `Conflict` (nothing would change, or nothing to check) or `Invalid` (lines that cannot be).
    """
    row = await _editable(tx, campaign_id)
    lines = await store.lines(tx, campaign_id)
    if not lines:
        raise Conflict("no_lines", "The campaign has no lines.", "Add prices first.")
    if row.starts_at_ms is not None and row.starts_at_ms <= author.now_ms:
        raise Invalid.field("starts_at_ms", "in the past", "Leave it out to start when it is published.")
    checked: dict[str, list[Checked]] = {}
    findings: list[Finding] = []
    for zone, of_zone in by_zone(lines).items():
        wanted = wanted_prices(of_zone, row)
        who = PriceAuthor(author.login, author.now_ms)
        result = await pricing.change_book(tx, await book_of(tx, row, zone), wanted, who, dry_run=True)
        checked[zone] = [_checked(plan) for plan in result.plans]
        findings += [Finding(zone, each.item_id, each.code, each.detail) for each in result.findings]
        findings += _odd(zone, result.plans, {(each.item_id, each.code) for each in result.findings})
    if all(each.unchanged for rows in checked.values() for each in rows):
        raise Conflict("nothing_changes", "These are the prices already.", "There is nothing to publish.")
    await store.note_check(tx, campaign_id, checked, findings, author.now_ms)
    return findings


def by_zone(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Lines by zone, zones in order (everybody locks them in this one)."""
    found: dict[str, list[Line]] = defaultdict(list)
    for line in sorted(lines, key=lambda each: (each.zone, each.item_id)):
        found[line.zone].append(line)
    return dict(found)


async def book_of(tx: Connection, row: CampaignRow, zone: str) -> str:
    """The book its prices of a zone go to. Raises `Invalid` when its book is of another zone."""
    if not row.book_id:
        return own_book_id(zone)
    book = await pricing.need_book(tx, row.book_id)
    if book.zone != zone:
        problem = f"the book '{row.book_id}' is not of zone '{zone}'"
        raise Invalid.field("lines", problem, f"Only prices of zone '{book.zone}' in this campaign.")
    return book.book_id


def wanted_prices(lines: Sequence[Line], row: CampaignRow, *, starts_at_ms: int | None = None) -> list[WantedPrice]:
    """The lines as pricing takes them. `starts_at_ms`: in place of the campaign's own start."""
    start_ms = row.starts_at_ms if starts_at_ms is None else starts_at_ms
    reason = row.reason or row.name
    return [WantedPrice(line.item_id, line.price_minor, start_ms, line.to_ms, reason) for line in lines]


def _checked(plan: PricePlan) -> Checked:
    return Checked(plan.item_id, None if plan.before is None else plan.before.price_minor, plan.unchanged)


def _odd(zone: str, plans: Sequence[PricePlan], known: set[tuple[str, str]]) -> list[Finding]:
    """Prices that are probably a slip of the finger, whatever guard rails the zone has."""
    return [
        Finding(zone, plan.item_id, warning.code, warning.detail)
        for plan in plans
        for warning in plan.warnings
        if warning.code == "big_change" and (plan.item_id, warning.code) not in known
    ]


async def ask(tx: Connection, campaign_id: str, author: Author) -> CampaignRow:
    """Ask a second person. Raises `Missing` or `Conflict`."""
    row = await need(tx, campaign_id, lock=True)
    domain.need_state(row.state, State.CHECKED)
    await store.ask(tx, campaign_id, author)
    return row


async def decide(tx: Connection, campaign_id: str, author: Author, note: str, *, approve: bool) -> CampaignRow:
    """What the second person says: approved, or back to a draft. Raises `Missing`, `Conflict` or `Forbidden`."""
    row = await need(tx, campaign_id, lock=True)
    domain.need_state(row.state, State.AWAITING_APPROVAL)
    domain.need_second_person(row.authors, author.login)
    if row.asked_by == author.login:
        raise Forbidden("own_campaign", "You asked for this approval.", "Somebody else gives it.")
    await store.decide(tx, campaign_id, State.APPROVED if approve else State.DRAFT, note, author)
    return row


async def effect(tx: Connection, campaign_id: str, day: str, now_ms: int) -> tuple[datetime.date, list[Effect]]:
    """(the business day, by zone what its sales would have come to); day '': yesterday. Raises `Missing` or `Invalid`."""
    row = await need(tx, campaign_id)
    try:
        chosen = datetime.date.fromisoformat(day or _yesterday(now_ms))
    except ValueError:
        raise Invalid.field("day", f"'{day}' is no date", "Give it as 2026-11-27.") from None
    found = []
    for zone, lines in by_zone(await store.lines(tx, campaign_id)).items():
        book_id = await book_of(tx, row, zone)
        found.append(await pricing_effect.effect(tx, book_id, wanted_prices(lines, row), chosen))
    return chosen, found


def _yesterday(now_ms: int) -> str:
    return datetime.datetime.fromtimestamp((now_ms - DAY_MS) / 1000, datetime.UTC).date().isoformat()


async def _editable(tx: Connection, campaign_id: str) -> CampaignRow:
    row = await need(tx, campaign_id, lock=True)
    if row.state not in EDITABLE:
        raise Conflict("published", "The campaign has been published.", "Recall it, or make a new one.")
    return row


async def _check_book(tx: Connection, book_id: str) -> None:
    if book_id and (await pricing.need_book(tx, book_id)).zone is None:
        raise Invalid.field("book_id", "a book of one store", "Choose a book of a zone, or none; rings say which stores.")


async def _check_members(tx: Connection, wanted: Wanted) -> None:
    stores = sorted({each for ring in wanted.rings for each in ring.stores})
    regions = sorted({each for ring in wanted.rings for each in ring.regions})
    no_stores, no_regions = await store.unknown(tx, stores, regions)
    problems = [FieldProblem("rings", f"there is no store '{name}'", "See GET /api/v1/stores.") for name in no_stores]
    problems += [FieldProblem("rings", f"there is no region '{name}'", "See GET /api/v1/regions.") for name in no_regions]
    if problems:
        raise Invalid.fields(problems)
