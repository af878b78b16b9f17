"""Publishing a campaign ring by ring, and taking it back: prices, releases and what is remembered, in one transaction.

A ring before the last gives each of its stores the prices in a book of that store, ranked just above the usual prices of
its zone and below every promotion. The last ring gives the zones their prices and takes the stores' away again: each such
store is told of the zone's version in the manifest, so that it never stands without either (`releasing(standing=...)`).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cloud.campaigns import domain, store
from cloud.campaigns.domain import PUBLISHED, Line, Reach, RingState, State
from cloud.campaigns.service import book_of, by_zone, need, wanted_prices
from cloud.campaigns.store import Author, CampaignRow, Checked, Issued
from cloud.db.pool import Connection
from cloud.db.releases import OpenRelease, releasing
from cloud.pricing import revisions
from cloud.pricing import service as pricing
from cloud.pricing.domain import PricePlan, Revision
from cloud.pricing.price_books import NAME_LENGTH_MAX, PRIORITY_MAX, Book
from cloud.pricing.revisions import Author as PriceAuthor
from cloud.refusals import Conflict, Invalid
from protocols.contract.feed_rows import price_feed, store_price_feed
from protocols.sync.release import RELEASE_FEEDS_MAX


@dataclass
class Published:
    """What became of it. `parts`: (release id or '' for a feed alone, its feeds' versions); `stores`: newly reached."""

    ring_no: int
    parts: list[tuple[str, dict[str, int]]] = field(default_factory=list)
    stores: list[str] = field(default_factory=list)

    def take(self, release: OpenRelease) -> None:
        """Add what a release published."""
        if release.versions:
            self.parts.append((release.release_id, release.versions))

    @property
    def versions(self) -> dict[str, int]:
        """Every feed that got a version."""
        return {feed_id: version for _, versions in self.parts for feed_id, version in versions.items()}


def trial_book(store_id: str, base: Book) -> Book:
    """The book of a store's prices in rings before the last: as `base`, and just above it."""
    priority = min(base.priority + 1, PRIORITY_MAX)
    shape = f"{store_id}/{base.price_kind}/{base.customer_group}/{priority}"
    name = hashlib.sha256(shape.encode()).hexdigest()[:20]
    return replace(
        base,
        book_id=f"ring-{name}",
        feed_id=store_price_feed(store_id),
        name=f"Rings: {store_id}"[:NAME_LENGTH_MAX],
        zone=None,
        priority=priority,
        own=False,
    )


async def publish(tx: Connection, campaign_id: str, author: Author) -> Published:
    """Open the first ring. Raises `Missing`, or `Conflict`: not checked, not approved, or prices changed since the check."""
    row = await need(tx, campaign_id, lock=True)
    if row.finding_count and row.state is State.CHECKED:
        raise Conflict("needs_approval", f"{row.finding_count} finding(s) ask for a second person.", "Ask for approval.")
    domain.need_state(row.state, State.CHECKED, State.APPROVED)
    if row.starts_at_ms is not None and row.starts_at_ms <= author.now_ms:
        raise Conflict("start_passed", "The start has passed.", "Choose another start and check again.")
    await _refuse_stale(tx, row, author)
    state = State.SCHEDULED if row.starts_at_ms is not None else State.RUNNING
    await store.note_published(tx, campaign_id, state, author)
    return await _open(tx, row, (await store.rings(tx, campaign_id))[0], author)


async def open_ring(tx: Connection, campaign_id: str, ring_no: int, author: Author) -> Published:
    """Open the next ring. Raises `Missing` or `Conflict`."""
    row = await need(tx, campaign_id, lock=True)
    domain.need_state(row.state, State.SCHEDULED, State.RUNNING)
    rings = await store.rings(tx, campaign_id)
    following = next((ring for ring in rings if ring.opened_at_ms is None), None)
    if following is None or following.ring_no != ring_no:
        raise Conflict("not_next", f"Ring {ring_no} is not the next one.", "Rings open one after the other.")
    return await _open(tx, row, following, author)


async def recall(tx: Connection, campaign_id: str, reason: str, author: Author) -> Published:
    """Take back everything it published: what was in force before is in force again. Raises `Missing` or `Conflict`."""
    row = await need(tx, campaign_id, lock=True)
    domain.need_state(row.state, *sorted(PUBLISHED))
    mine = await store.issued(tx, campaign_id, of_stores=False)
    done = await _take_back(tx, row, mine, author)
    await store.withdraw(tx, campaign_id, of_stores=False)
    await store.note_recalled(tx, campaign_id, reason, author)
    await _remember(tx, campaign_id, done, author, recall=True)
    already = await store.stores_reached(tx, campaign_id)
    await _watch(tx, row, done, [(store_id, zone) for store_id, zone, _ in already], author)
    return done


async def _open(tx: Connection, row: CampaignRow, ring: RingState, author: Author) -> Published:
    lines = await _changing(tx, row.campaign_id)
    already = await store.stores_reached(tx, row.campaign_id)
    reached = await store.stores_of_ring(tx, row.campaign_id, ring.ring_no)
    if ring.reach is Reach.ALL:
        done = await _give_zones(tx, row, ring, lines, author)
    else:
        _bound(lines, reached)
        done = await _give_stores(tx, row, ring, lines, reached, author)
    done.stores = [store_id for store_id, _ in reached]
    await store.open_ring(tx, row.campaign_id, ring.ring_no, author)
    await _remember(tx, row.campaign_id, done, author, recall=False)
    await _watch(tx, row, done, reached, author)
    if ring.reach is Reach.ALL:
        await _watch(tx, row, done, [(store_id, zone) for store_id, zone, _ in already], author)
    return done


async def _remember(tx: Connection, campaign_id: str, done: Published, author: Author, *, recall: bool) -> None:
    for release_id, versions in done.parts:
        await store.add_feeds(tx, campaign_id, versions, done.ring_no, release_id, author.now_ms, recall=recall)


async def _changing(tx: Connection, campaign_id: str) -> dict[str, list[Line]]:
    """The lines that change something, by zone."""
    known = await store.checked(tx, campaign_id)
    lines = await store.lines(tx, campaign_id)
    return by_zone([line for line in lines if not known[line.zone, line.item_id].unchanged])


def _bound(lines: Mapping[str, Sequence[Line]], reached: Sequence[tuple[str, str]]) -> None:
    count = sum(len(lines.get(zone, ())) for _, zone in reached)
    if count > domain.STORE_PRICES_MAX:
        raise Conflict(
            "ring_too_large",
            f"{count} prices of single stores in one ring, at most {domain.STORE_PRICES_MAX}.",
            "Name fewer stores or regions in this ring; the last ring has no such limit.",
        )


def _start(row: CampaignRow, author: Author) -> int | None:
    """When prices published now start; None: at once."""
    return row.starts_at_ms if row.starts_at_ms is not None and row.starts_at_ms > author.now_ms else None


async def _give_stores(
    tx: Connection,
    row: CampaignRow,
    ring: RingState,
    lines: Mapping[str, Sequence[Line]],
    reached: Sequence[tuple[str, str]],
    author: Author,
) -> Published:
    """Prices of single stores; up to `RELEASE_FEEDS_MAX` stores a release, for no store follows the feed of another."""
    done = Published(ring.ring_no)
    who = PriceAuthor(author.login, author.now_ms)
    bases = {zone: await pricing.need_book(tx, await book_of(tx, row, zone)) for zone in lines}
    for begin in range(0, len(reached), RELEASE_FEEDS_MAX):
        async with releasing(tx, _what(row, ring), author.login, now_ms=author.now_ms) as release:
            for store_id, zone in reached[begin : begin + RELEASE_FEEDS_MAX]:
                book = trial_book(store_id, bases[zone])
                await pricing.add_book(tx, book, who)
                wanted = wanted_prices(lines[zone], row, starts_at_ms=_start(row, author) or author.now_ms)
                result = await pricing.change_book(tx, book.book_id, wanted, who, commit=release.commit)
                await _note(tx, row, ring, Issued(book.book_id, zone, store_id, "", 0), result.plans)
        done.take(release)
    return done


async def _give_zones(
    tx: Connection, row: CampaignRow, ring: RingState, lines: Mapping[str, Sequence[Line]], author: Author
) -> Published:
    """The zones' prices, then the end of those of single stores, which waits for them in each store."""
    done = Published(ring.ring_no)
    who = PriceAuthor(author.login, author.now_ms)
    trials = _by_book(await store.issued(tx, row.campaign_id, of_stores=True))
    room = RELEASE_FEEDS_MAX - len(lines)
    if room < 1:
        raise Invalid.field("lines", f"{len(lines)} zones", f"At most {RELEASE_FEEDS_MAX - 1} zones in one campaign.")
    async with releasing(tx, _what(row, ring), author.login, now_ms=author.now_ms) as release:
        for zone, of_zone in lines.items():
            wanted = wanted_prices(of_zone, row, starts_at_ms=_start(row, author) or author.now_ms)
            book_id = await book_of(tx, row, zone)
            result = await pricing.change_book(tx, book_id, wanted, who, commit=release.commit)
            await _note(tx, row, ring, Issued(book_id, zone, "", "", 0), result.plans)
    done.take(release)
    for begin in range(0, len(trials), room):
        batch = dict(trials[begin : begin + room])
        standing = release.versions
        async with releasing(tx, _what(row, ring), author.login, now_ms=author.now_ms, standing=standing) as further:
            await _withdraw(tx, batch, author, further)
        done.take(further)
    await store.withdraw(tx, row.campaign_id, of_stores=True)
    return done


async def _take_back(tx: Connection, row: CampaignRow, mine: Sequence[Issued], author: Author) -> Published:
    rings = await store.rings(tx, row.campaign_id)
    done = Published(max(ring.ring_no for ring in rings if ring.opened_at_ms is not None))
    books = _by_book(mine)
    for begin in range(0, len(books), RELEASE_FEEDS_MAX):
        async with releasing(tx, f"recall of campaign {row.name}", author.login, now_ms=author.now_ms) as release:
            await _withdraw(tx, dict(books[begin : begin + RELEASE_FEEDS_MAX]), author, release)
        done.take(release)
    return done


async def _withdraw(
    tx: Connection, books: Mapping[str, Sequence[tuple[str, int]]], author: Author, release: OpenRelease
) -> None:
    """Recall in each book what is still there: a price that is over, or that somebody took back before, stays as it is."""
    who = PriceAuthor(author.login, author.now_ms)
    for book_id, prices in books.items():
        held = await revisions.open_revisions(tx, book_id, [item_id for item_id, _ in prices])
        still = [
            (item_id, number)
            for item_id, issued in prices
            if (number := _present(held.get(item_id, ()), issued, author.now_ms)) is not None
        ]
        if still:
            await pricing.recall(tx, book_id, still, who, commit=release.commit)


def _present(held: Sequence[Revision], issued: int, now_ms: int) -> int | None:
    """The number under which stores hold a price now: its own, or that of the same price issued again; None: it is over."""
    same = [row for row in held if row.revision == issued and (row.to_ms is None or row.to_ms > now_ms)]
    return same[0].revision if same else None


def _by_book(prices: Sequence[Issued]) -> list[tuple[str, list[tuple[str, int]]]]:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for each in prices:
        found[each.book_id].append((each.item_id, each.revision))
    return sorted(found.items())


async def _note(tx: Connection, row: CampaignRow, ring: RingState, where: Issued, plans: Sequence[PricePlan]) -> None:
    """Remember what was asked for (later changes issued again are not the campaign's), and who approved it."""
    prices = [(plan.item_id, plan.added[0].revision) for plan in plans if plan.added]
    await store.add_prices(tx, row.campaign_id, where, ring.ring_no, prices)
    if row.decided_at_ms is not None:
        who = PriceAuthor(row.decided_by, row.decided_at_ms)
        await pricing.approve(tx, where.book_id, prices, who, row.decision_note)


async def _watch(
    tx: Connection, row: CampaignRow, done: Published, stores: Sequence[tuple[str, str]], author: Author
) -> None:
    """These (store, zone) must now hold what was published: their zone's version, or their own feed's."""
    versions = done.versions
    rows = []
    for store_id, zone in stores:
        feed_id = next((each for each in (price_feed(zone), store_price_feed(store_id)) if each in versions), None)
        if feed_id is not None:
            rows.append((store_id, zone, feed_id, versions[feed_id]))
    await store.put_stores(tx, row.campaign_id, done.ring_no, rows, author.now_ms)


async def _refuse_stale(tx: Connection, row: CampaignRow, author: Author) -> None:
    """What was checked, and perhaps approved, must still be what would happen."""
    known = await store.checked(tx, row.campaign_id)
    for zone, lines in by_zone(await store.lines(tx, row.campaign_id)).items():
        who = PriceAuthor(author.login, author.now_ms)
        result = await pricing.change_book(tx, await book_of(tx, row, zone), wanted_prices(lines, row), who, dry_run=True)
        for plan in result.plans:
            before = None if plan.before is None else plan.before.price_minor
            if Checked(plan.item_id, before, plan.unchanged) != known.get((zone, plan.item_id)):
                raise Conflict(
                    "stale",
                    f"The price of item {plan.item_id} in zone {zone} is another one since the check.",
                    "Check again, look at it, then publish it.",
                )


def _what(row: CampaignRow, ring: RingState) -> str:
    return f"campaign {row.name}, ring {ring.ring_no}"
