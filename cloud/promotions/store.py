"""SQL of promotions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.promotions.domain import Finding, Placement, Severity, State
from protocols.promotions.bundle import decode_promotion
from protocols.promotions.rules import Promotion

Q = load_queries(__file__, "promotions.sql")


@dataclass(frozen=True)
class Author:
    """Who does it, and when."""

    login: str
    now_ms: int


@dataclass(frozen=True)
class PromotionRow:
    """A promotion with the revision being written, or published last."""

    promotion_id: str
    zone: str
    state: State
    revision: int
    rule: str
    reason: str
    made_by: str
    made_at_ms: int
    authors: list[str]
    changed_at_ms: int
    checked_at_ms: int | None
    asked_by: str
    asked_at_ms: int | None
    decided_by: str
    decided_at_ms: int | None
    decision_note: str
    currency: str
    minor_digits: int
    approve_count: int
    error_count: int

    @property
    def promotion(self) -> Promotion:
        """The rule. It was valid when it was saved."""
        return decode_promotion(self.rule.encode())


@dataclass(frozen=True)
class PlacedRow:
    """A placement as somebody may see it; `store_count` 0: all stores of the zone."""

    promotion_id: str
    revision: int
    rule: str
    stores: list[str]
    store_count: int
    published_ms: int
    published_by: str


@dataclass(frozen=True)
class EventRow:
    """What happened to a promotion in the stores."""

    what: str
    revision: int
    stores: list[str]
    store_count: int
    at_ms: int
    person: str
    reason: str
    feed_version: int


async def add(tx: Connection, row: Promotion, rule: bytes, zone: str, reason: str, author: Author) -> bool:
    """A new draft; False when the id is taken."""
    values = {"promotion_id": row.promotion_id, "zone": zone, "rule": rule.decode(), "reason": reason, **vars(author)}
    return (await tx.execute(Q["add"], values)).rowcount == 1


async def count(tx: Connection) -> int:
    """How many there are."""
    row = await (await tx.execute(Q["count"])).fetchone()
    return 0 if row is None else int(row[0])


async def get(tx: Connection, promotion_id: str) -> PromotionRow | None:
    """One promotion."""
    async with tx.cursor(row_factory=class_row(PromotionRow)) as cursor:
        await cursor.execute(Q["get"], {"promotion_id": promotion_id})
        return await cursor.fetchone()


async def list_promotions(tx: Connection, zone: str, after: str, limit: int) -> list[PromotionRow]:
    """Promotions by id, of a zone or of all ('')."""
    async with tx.cursor(row_factory=class_row(PromotionRow)) as cursor:
        await cursor.execute(Q["list"], {"zone": zone, "after": after, "limit": limit})
        return await cursor.fetchall()


async def lock(tx: Connection, promotion_id: str) -> None:
    """Nobody else changes it until the transaction ends."""
    await tx.execute(Q["lock"], {"promotion_id": promotion_id})


async def change(tx: Connection, row: Promotion, rule: bytes, reason: str, author: Author, *, fresh: bool) -> None:
    """Another rule: a draft again. `fresh`: the first words of a new revision, so its authors begin anew."""
    values = {"promotion_id": row.promotion_id, "revision": row.revision, "rule": rule.decode(), "reason": reason}
    await tx.execute(Q["clear_findings"], values)
    await tx.execute(Q["change"], {**values, **vars(author), "fresh": fresh})


async def remove(tx: Connection, promotion_id: str) -> None:
    """Forget one that was never published."""
    await tx.execute(Q["remove"], {"promotion_id": promotion_id})


async def note_check(tx: Connection, promotion_id: str, findings: Sequence[Finding], now_ms: int, *, passed: bool) -> None:
    """What a check found; `passed`: it may go on."""
    await tx.execute(Q["clear_findings"], {"promotion_id": promotion_id})
    for number, each in enumerate(findings, 1):
        params = msgspec.json.encode(each.params).decode()
        row = {"severity": each.severity, "code": each.code, "detail": each.detail, "params": params}
        await tx.execute(Q["add_finding"], {"promotion_id": promotion_id, "finding_no": number, **row})
    if passed:
        await tx.execute(Q["checked"], {"promotion_id": promotion_id, "now_ms": now_ms})


async def findings(tx: Connection, promotion_id: str) -> list[Finding]:
    """What the last check found."""
    rows = await (await tx.execute(Q["findings"], {"promotion_id": promotion_id})).fetchall()
    return [
        Finding(Severity(row[0]), row[1], row[2], msgspec.json.decode(row[3], type=dict[str, int | str])) for row in rows
    ]


async def ask(tx: Connection, promotion_id: str, author: Author) -> None:
    """Somebody else is asked."""
    await tx.execute(Q["ask"], {"promotion_id": promotion_id, **vars(author)})


async def decide(tx: Connection, promotion_id: str, state: State, note: str, author: Author) -> None:
    """What the second person said."""
    await tx.execute(Q["decide"], {"promotion_id": promotion_id, "state": state, "note": note, **vars(author)})


async def set_state(tx: Connection, promotion_id: str, state: State) -> None:
    """How far it has come."""
    await tx.execute(Q["set_state"], {"promotion_id": promotion_id, "state": state})


async def lock_placements(tx: Connection) -> None:
    """No other publication happens until the transaction ends."""
    await tx.execute(Q["lock_placements"])


async def placements(tx: Connection, zone: str) -> list[Placement]:
    """What stores of a zone hold."""
    rows = await (await tx.execute(Q["placements"], {"zone": zone})).fetchall()
    return [Placement(row[0], row[1], row[2].encode(), tuple(row[3]), row[4], row[5]) for row in rows]


async def replace_placements(tx: Connection, promotion_id: str, zone: str, after: Sequence[Placement]) -> None:
    """Make these what stores hold of a promotion."""
    await tx.execute(Q["clear_placements"], {"promotion_id": promotion_id})
    for each in after:
        row = {**vars(each), "zone": zone, "rule": each.rule.decode(), "stores": list(each.stores)}
        await tx.execute(Q["add_placement"], row)


async def placed(tx: Connection, *, zone: str = "", promotion_id: str = "") -> list[PlacedRow]:
    """What stores hold, as the asker may see it."""
    async with tx.cursor(row_factory=class_row(PlacedRow)) as cursor:
        await cursor.execute(Q["placed"], {"zone": zone, "promotion_id": promotion_id})
        return await cursor.fetchall()


async def landing(tx: Connection, zone: str, stores: Sequence[str], version: int) -> tuple[int, int]:
    """(stores in scope it is for, those of them that hold this version of the feed)."""
    values = {"zone": zone, "stores": list(stores), "version": version}
    row = await (await tx.execute(Q["landing"], values)).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


async def last_published(tx: Connection, promotion_id: str) -> int:
    """The highest revision stores were ever given; 0: none."""
    row = await (await tx.execute(Q["was_published"], {"promotion_id": promotion_id})).fetchone()
    return 0 if row is None else int(row[0])


async def add_event(
    tx: Connection, placement: Placement, what: str, author: Author, *, reason: str = "", feed_version: int
) -> None:
    """Note what happened."""
    row = {"promotion_id": placement.promotion_id, "revision": placement.revision, "stores": list(placement.stores)}
    await tx.execute(Q["add_event"], {**row, **vars(author), "what": what, "reason": reason, "feed_version": feed_version})


async def events(tx: Connection, promotion_id: str, limit: int) -> list[EventRow]:
    """What happened, the latest first."""
    async with tx.cursor(row_factory=class_row(EventRow)) as cursor:
        await cursor.execute(Q["events"], {"promotion_id": promotion_id, "limit": limit})
        return await cursor.fetchall()


async def unknown_stores(tx: Connection, zone: str, stores: Sequence[str]) -> list[str]:
    """Those that are no stores of the zone."""
    rows = await (await tx.execute(Q["unknown_stores"], {"zone": zone, "stores": list(stores)})).fetchall()
    return [str(row[0]) for row in rows]
