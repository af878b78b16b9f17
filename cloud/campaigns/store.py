"""SQL of campaigns: what is wanted, by whom, in which rings, and what was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from psycopg.rows import class_row

from cloud.campaigns.domain import Finding, Line, Opens, Reach, RingPlan, RingState, State, Wanted
from cloud.db.pool import Connection
from cloud.db.queries import load_queries

Q = load_queries(__file__, "campaigns.sql")
ROWS_AT_ONCE = 5_000
Row = TypeVar("Row")


@dataclass(frozen=True)
class CampaignRow:
    """A campaign without its lines and rings."""

    campaign_id: str
    name: str
    reason: str
    state: State
    book_id: str
    """Empty: the own book of each line's zone."""
    starts_at_ms: int | None
    source: str
    made_by: str
    made_at_ms: int
    authors: list[str]
    changed_at_ms: int
    checked_at_ms: int | None
    finding_count: int
    asked_by: str
    asked_at_ms: int | None
    decided_by: str
    decided_at_ms: int | None
    decision_note: str
    published_by: str
    published_at_ms: int | None
    completed_at_ms: int | None
    recalled_by: str
    recalled_at_ms: int | None
    recall_reason: str
    line_count: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", State(self.state))


@dataclass(frozen=True)
class ListedLine:
    """A line with what a check said of it. `findings`: codes."""

    line_no: int
    zone: str
    currency: str
    minor_digits: int
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    price_minor: int
    to_ms: int | None
    checked: bool
    before_minor: int | None
    unchanged: bool
    findings: list[str]


@dataclass(frozen=True)
class LineCounts:
    """What the lines come to."""

    changing: int
    unchanged: int
    rises: int
    cuts: int
    first_prices: int
    zones: list[str]


@dataclass(frozen=True)
class Issued:
    """A price the campaign issued and that is still its own."""

    book_id: str
    zone: str
    store_id: str
    item_id: str
    revision: int


@dataclass(frozen=True)
class Publication:
    """One time something was published; `release_id` '': one feed alone."""

    ring_no: int
    recall: bool
    at_ms: int
    release_id: str
    feed_count: int


@dataclass(frozen=True)
class Checked:
    """What a check found out about the lines of one zone."""

    item_id: str
    before_minor: int | None
    unchanged: bool


@dataclass(frozen=True)
class Author:
    """Who does it, and when."""

    login: str
    now_ms: int


async def add(tx: Connection, campaign_id: str, wanted: Wanted, author: Author) -> None:
    """A new draft without lines and rings."""
    await tx.execute(Q["add"], {"campaign_id": campaign_id, **_words(wanted, author)})


def _words(wanted: Wanted, author: Author) -> dict[str, object]:
    return {
        "name": wanted.name.strip(),
        "reason": wanted.reason.strip(),
        "book_id": wanted.book_id,
        "starts_at_ms": wanted.starts_at_ms,
        "person": author.login,
        "now_ms": author.now_ms,
    }


async def lock(tx: Connection, campaign_id: str) -> None:
    """Nobody else changes it until the transaction ends."""
    await tx.execute(Q["lock"], {"campaign_id": campaign_id})


async def get(tx: Connection, campaign_id: str) -> CampaignRow | None:
    """One campaign."""
    async with tx.cursor(row_factory=class_row(CampaignRow)) as cursor:
        await cursor.execute(Q["get"], {"campaign_id": campaign_id})
        return await cursor.fetchone()


async def list_campaigns(tx: Connection, before: str, limit: int) -> list[CampaignRow]:
    """Below an id, newest first."""
    async with tx.cursor(row_factory=class_row(CampaignRow)) as cursor:
        await cursor.execute(Q["list"], {"before": before, "limit": limit})
        return await cursor.fetchall()


async def change(tx: Connection, campaign_id: str, wanted: Wanted, author: Author) -> None:
    """Other words, book or start: a draft again, and whoever changed it is one of its authors."""
    await tx.execute(Q["change"], {"campaign_id": campaign_id, **_words(wanted, author)})


async def remove(tx: Connection, campaign_id: str) -> None:
    """Forget one that never was published."""
    await tx.execute(Q["remove"], {"campaign_id": campaign_id})


async def replace_lines(tx: Connection, campaign_id: str, lines: Sequence[Line], source: str, author: Author) -> None:
    """These lines and no others: a draft again."""
    values = {"campaign_id": campaign_id, "source": source, "person": author.login, "now_ms": author.now_ms}
    await tx.execute(Q["back_to_draft"], values)
    await tx.execute(Q["forget_findings"], {"campaign_id": campaign_id})
    await tx.execute(Q["forget_lines"], {"campaign_id": campaign_id})
    await tx.execute(
        Q["add_lines"],
        {
            "campaign_id": campaign_id,
            "zones": [line.zone for line in lines],
            "item_ids": [line.item_id for line in lines],
            "line_nos": [line.line_no for line in lines],
            "prices": [line.price_minor for line in lines],
            "tos": [line.to_ms for line in lines],
        },
    )


async def lines(tx: Connection, campaign_id: str) -> list[Line]:
    """All of them, by zone and item."""
    async with tx.cursor(row_factory=class_row(Line)) as cursor:
        await cursor.execute(Q["lines"], {"campaign_id": campaign_id})
        return await cursor.fetchall()


async def page_of_lines(
    tx: Connection, campaign_id: str, after: tuple[str, str], limit: int, *, odd: bool
) -> list[ListedLine]:
    """Lines after a (zone, item); `odd`: only those with a finding."""
    values = {"campaign_id": campaign_id, "after_zone": after[0], "after_item": after[1], "limit": limit, "odd": odd}
    async with tx.cursor(row_factory=class_row(ListedLine)) as cursor:
        await cursor.execute(Q["page_of_lines"], values)
        return await cursor.fetchall()


async def line_counts(tx: Connection, campaign_id: str) -> LineCounts:
    """What the lines come to."""
    async with tx.cursor(row_factory=class_row(LineCounts)) as cursor:
        await cursor.execute(Q["line_counts"], {"campaign_id": campaign_id})
        found = await cursor.fetchone()
    return found or LineCounts(0, 0, 0, 0, 0, [])


async def known(tx: Connection, item_ids: Sequence[str]) -> tuple[set[str], set[str]]:
    """(which of the items exist, all zones)."""
    items = await (await tx.execute(Q["known_items"], {"item_ids": list(item_ids)})).fetchall()
    zones = await (await tx.execute(Q["known_zones"])).fetchall()
    return {str(row[0]) for row in items}, {str(row[0]) for row in zones}


async def note_check(
    tx: Connection, campaign_id: str, checked: Mapping[str, Sequence[Checked]], findings: Sequence[Finding], now_ms: int
) -> None:
    """Keep what a check found; `checked` by zone."""
    for zone, rows in checked.items():
        await tx.execute(
            Q["note_checked_lines"],
            {
                "campaign_id": campaign_id,
                "zone": zone,
                "item_ids": [row.item_id for row in rows],
                "befores": [row.before_minor for row in rows],
                "unchanged": [row.unchanged for row in rows],
            },
        )
    await tx.execute(Q["forget_findings"], {"campaign_id": campaign_id})
    await tx.execute(
        Q["add_findings"],
        {
            "campaign_id": campaign_id,
            "zones": [row.zone for row in findings],
            "item_ids": [row.item_id for row in findings],
            "codes": [row.code for row in findings],
            "details": [row.detail for row in findings],
        },
    )
    await tx.execute(Q["note_checked"], {"campaign_id": campaign_id, "now_ms": now_ms, "findings": len(findings)})


async def checked(tx: Connection, campaign_id: str) -> dict[tuple[str, str], Checked]:
    """What the last check found, by (zone, item)."""
    rows = await (await tx.execute(Q["checked_lines"], {"campaign_id": campaign_id})).fetchall()
    return {(zone, item_id): Checked(item_id, before_minor, unchanged) for zone, item_id, before_minor, unchanged in rows}


async def findings(tx: Connection, campaign_id: str, limit: int) -> list[Finding]:
    """What the check found, the gravest zone by zone."""
    async with tx.cursor(row_factory=class_row(Finding)) as cursor:
        await cursor.execute(Q["findings"], {"campaign_id": campaign_id, "limit": limit})
        return await cursor.fetchall()


async def ask(tx: Connection, campaign_id: str, author: Author) -> None:
    """Wait for a second person."""
    await tx.execute(Q["ask"], {"campaign_id": campaign_id, "person": author.login, "now_ms": author.now_ms})


async def decide(tx: Connection, campaign_id: str, state: State, note: str, author: Author) -> None:
    """What the second person said."""
    values = {"campaign_id": campaign_id, "state": state.value, "note": note}
    await tx.execute(Q["decide"], {**values, "person": author.login, "now_ms": author.now_ms})


async def note_published(tx: Connection, campaign_id: str, state: State, author: Author) -> None:
    """It is out."""
    values = {"campaign_id": campaign_id, "state": state.value, "person": author.login, "now_ms": author.now_ms}
    await tx.execute(Q["published"], values)


async def set_state(tx: Connection, campaign_id: str, state: State, now_ms: int) -> None:
    """It has come further by itself."""
    await tx.execute(Q["set_state"], {"campaign_id": campaign_id, "state": state.value, "now_ms": now_ms})


async def note_recalled(tx: Connection, campaign_id: str, reason: str, author: Author) -> None:
    """It is over."""
    values = {"campaign_id": campaign_id, "reason": reason, "person": author.login, "now_ms": author.now_ms}
    await tx.execute(Q["recalled"], values)


async def replace_rings(tx: Connection, campaign_id: str, rings: Sequence[RingPlan]) -> None:
    """These rings and no others, numbered from 1."""
    await tx.execute(Q["forget_rings"], {"campaign_id": campaign_id})
    for ring_no, ring in enumerate(rings, 1):
        where = {"campaign_id": campaign_id, "ring_no": ring_no}
        plan = {"name": ring.name, "reach": ring.reach.value, "opens": ring.opens.value}
        await tx.execute(Q["add_ring"], {**where, **plan, "percent": ring.percent, "minutes": ring.minutes})
        await tx.execute(Q["add_ring_regions"], {**where, "regions": sorted(set(ring.regions))})
        await tx.execute(Q["add_ring_stores"], {**where, "stores": sorted(set(ring.stores))})


async def unknown(tx: Connection, stores: Sequence[str], regions: Sequence[str]) -> tuple[list[str], list[str]]:
    """Which of these stores and regions do not exist."""
    no_stores = await (await tx.execute(Q["unknown_stores"], {"stores": list(stores)})).fetchall()
    no_regions = await (await tx.execute(Q["unknown_regions"], {"regions": list(regions)})).fetchall()
    return [str(row[0]) for row in no_stores], [str(row[0]) for row in no_regions]


async def rings(tx: Connection, campaign_id: str) -> list[RingState]:
    """The rings as they stand, the first first."""
    rows = await (await tx.execute(Q["rings"], {"campaign_id": campaign_id})).fetchall()
    return [
        RingState(ring_no, name, Reach(reach), Opens(opens), percent, minutes, opened_at, opened_by, ready_since, waits)
        for ring_no, name, reach, opens, percent, minutes, opened_at, opened_by, ready_since, waits in rows
    ]


async def ring_members(tx: Connection, campaign_id: str) -> dict[int, tuple[list[str], list[str]]]:
    """By ring: the (stores, regions) it names, as far as the caller may see them."""
    rows = await (await tx.execute(Q["ring_members"], {"campaign_id": campaign_id})).fetchall()
    return {int(ring_no): (list(stores), list(regions)) for ring_no, stores, regions in rows}


async def stores_of_ring(tx: Connection, campaign_id: str, ring_no: int) -> list[tuple[str, str]]:
    """(store, zone) of those a ring reaches and no former one has."""
    rows = await (await tx.execute(Q["stores_of_ring"], {"campaign_id": campaign_id, "ring_no": ring_no})).fetchall()
    return [(str(store_id), str(zone)) for store_id, zone in rows]


async def open_ring(tx: Connection, campaign_id: str, ring_no: int, author: Author) -> None:
    """Note that a ring is open."""
    values = {"campaign_id": campaign_id, "ring_no": ring_no, "person": author.login, "now_ms": author.now_ms}
    await tx.execute(Q["open_ring"], values)


async def note_waits(tx: Connection, campaign_id: str, ring: RingState) -> None:
    """Note why a ring does not open yet."""
    values = {"campaign_id": campaign_id, "ring_no": ring.ring_no, "ready_since_ms": ring.ready_since_ms}
    await tx.execute(Q["note_waits"], {**values, "waits": ring.waits})


async def add_prices(
    tx: Connection, campaign_id: str, where: Issued, ring_no: int, revisions: Sequence[tuple[str, int]]
) -> None:
    """Remember (item, revision) rows issued in a book; of `where` only book, zone and store count."""
    for batch in _batches(revisions):
        await tx.execute(
            Q["add_prices"],
            {
                "campaign_id": campaign_id,
                "book_id": where.book_id,
                "zone": where.zone,
                "store_id": where.store_id,
                "ring_no": ring_no,
                "item_ids": [item_id for item_id, _ in batch],
                "revisions": [revision for _, revision in batch],
            },
        )


async def issued(tx: Connection, campaign_id: str, *, of_stores: bool) -> list[Issued]:
    """Prices that are still the campaign's own; `of_stores`: only those of single stores."""
    async with tx.cursor(row_factory=class_row(Issued)) as cursor:
        await cursor.execute(Q["issued"], {"campaign_id": campaign_id, "of_stores": of_stores})
        return await cursor.fetchall()


async def withdraw(tx: Connection, campaign_id: str, *, of_stores: bool) -> None:
    """Note that they are its own no more."""
    await tx.execute(Q["withdraw"], {"campaign_id": campaign_id, "of_stores": of_stores})


async def add_feeds(
    tx: Connection,
    campaign_id: str,
    versions: Mapping[str, int],
    ring_no: int,
    release_id: str,
    now_ms: int,
    *,
    recall: bool,
) -> None:
    """Remember what was published."""
    common = {"campaign_id": campaign_id, "ring_no": ring_no, "recall": recall, "release_id": release_id, "now_ms": now_ms}
    for feed_id, version in versions.items():
        await tx.execute(Q["add_feed"], {**common, "feed_id": feed_id, "version": version})


async def publications(tx: Connection, campaign_id: str) -> list[Publication]:
    """What was published when, as far as the caller sees its feeds; the first first."""
    async with tx.cursor(row_factory=class_row(Publication)) as cursor:
        await cursor.execute(Q["publications"], {"campaign_id": campaign_id})
        return await cursor.fetchall()


async def put_stores(
    tx: Connection, campaign_id: str, ring_no: int, rows: Sequence[tuple[str, str, str, int]], now_ms: int
) -> None:
    """(store, zone, feed, version): what each must hold now."""
    for batch in _batches(rows):
        await tx.execute(
            Q["put_stores"],
            {
                "campaign_id": campaign_id,
                "ring_no": ring_no,
                "now_ms": now_ms,
                "store_ids": [row[0] for row in batch],
                "zones": [row[1] for row in batch],
                "feed_ids": [row[2] for row in batch],
                "versions": [row[3] for row in batch],
            },
        )


async def stores_reached(tx: Connection, campaign_id: str) -> list[tuple[str, str, int]]:
    """(store, zone, ring) of every store a ring has reached."""
    rows = await (await tx.execute(Q["stores_reached"], {"campaign_id": campaign_id})).fetchall()
    return [(str(store_id), str(zone), int(ring_no)) for store_id, zone, ring_no in rows]


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[begin : begin + ROWS_AT_ONCE]
