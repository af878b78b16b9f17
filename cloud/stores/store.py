"""SQL of stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from psycopg.rows import TupleRow, class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.stores.domain import FeedStanding, OrderKind, StoreSettings, StreamStanding

Q = load_queries(__file__, "stores.sql")


@dataclass(frozen=True)
class StandingRow:
    """A store and what it last said of itself; empty or 0 where it has said nothing."""

    store_id: str
    name: str
    zone: str
    region_id: str
    time_zone: str
    online: bool
    silent: bool
    online_changed_at_ms: int
    heard_at_ms: int
    reported_at_ms: int
    edge_id: str
    incarnation: int
    software: str
    clock: str
    clock_ahead_ms: int | None
    certificate_expires_ms: int | None
    alarms: list[str]
    clone_suspected: bool
    suspects: list[dict[str, str | int]]


@dataclass(frozen=True)
class AlarmRow:
    """An alarm HQ raised and nobody has marked as seen."""

    alarm_id: int
    store_id: str
    code: str
    detail: str
    raised_at_ms: int


@dataclass(frozen=True)
class CertificateRow:
    """One certificate a store was given. `serial`: hexadecimal, small letters."""

    serial: str
    store_id: str
    issued_at_ms: int
    expires_at_ms: int
    revoked_at_ms: int | None
    revoked_by: str
    revoked_reason: str


async def add_store(tx: Connection, settings: StoreSettings, now_ms: int) -> bool:
    """Add; False when the id is taken."""
    return (await tx.execute(Q["add_store"], _values(settings, now_ms))).rowcount == 1


async def change_store(tx: Connection, settings: StoreSettings, now_ms: int) -> None:
    """Replace everything but the id."""
    await tx.execute(Q["change_store"], _values(settings, now_ms))


async def get_store(tx: Connection, store_id: str, *, lock: bool = False) -> StoreSettings | None:
    """One store within the caller's scope; `lock` until the transaction ends."""
    row = await (await tx.execute(Q["lock_store" if lock else "get_store"], {"store_id": store_id})).fetchone()
    if row is None:
        return None
    key, name, zone, time_zone, header, footer, dwell_seconds, task_hours = row
    return StoreSettings(key, name, zone, time_zone, tuple(header), tuple(footer), dwell_seconds, task_hours)


async def zones(tx: Connection) -> list[str]:
    """Names of all price zones."""
    return [str(row[0]) for row in await (await tx.execute(Q["zones"])).fetchall()]


async def notify(tx: Connection, channel: str, store_id: str) -> None:
    """Tell whoever listens, at commit."""
    await tx.execute(Q["notify"], {"channel": channel, "store_id": store_id})


async def list_standing(
    tx: Connection, after: str, limit: int, now_ms: int, *, only: str | None = None, region_id: str | None = None
) -> list[StandingRow]:
    """Stores within the caller's scope in the order of their ids, those of a region, or the one named."""
    async with tx.cursor(row_factory=class_row(StandingRow)) as cursor:
        values = {"after": after, "limit": limit, "now_ms": now_ms, "only": only, "region_id": region_id}
        await cursor.execute(Q["list_standing"], values)
        return await cursor.fetchall()


async def feeds_of(tx: Connection, store_ids: Sequence[str]) -> dict[str, list[FeedStanding]]:
    """The feeds each of these stores should follow, by store."""
    found: dict[str, list[FeedStanding]] = {store_id: [] for store_id in store_ids}
    for store_id, *rest in await _rows(tx, "feeds_of", store_ids):
        found[str(store_id)].append(FeedStanding(*rest))
    return found


async def streams_of(tx: Connection, store_ids: Sequence[str]) -> dict[str, list[StreamStanding]]:
    """Journal streams of these stores, by store."""
    found: dict[str, list[StreamStanding]] = {store_id: [] for store_id in store_ids}
    for store_id, *rest in await _rows(tx, "streams_of", store_ids):
        found[str(store_id)].append(StreamStanding(*rest))
    return found


async def alarms_of(tx: Connection, store_ids: Sequence[str]) -> dict[str, list[AlarmRow]]:
    """Alarms of these stores nobody has seen, newest first, by store."""
    found: dict[str, list[AlarmRow]] = {store_id: [] for store_id in store_ids}
    for row in await _rows(tx, "alarms_of", store_ids):
        alarm = AlarmRow(*row)
        found[alarm.store_id].append(alarm)
    return found


async def _rows(tx: Connection, query: str, store_ids: Sequence[str]) -> list[TupleRow]:
    return await (await tx.execute(Q[query], {"store_ids": list(store_ids)})).fetchall()


async def mark_seen(tx: Connection, store_id: str, alarm_id: int, person: str, now_ms: int) -> AlarmRow | None:
    """The alarm; None when there is no such one, or somebody has seen it."""
    values = {"store_id": store_id, "alarm_id": alarm_id, "person": person, "now_ms": now_ms}
    row = await (await tx.execute(Q["mark_seen"], values)).fetchone()
    return None if row is None else AlarmRow(*row)


async def add_order(tx: Connection, store_id: str, kind: OrderKind, boot_id: str, person: str, now_ms: int) -> int:
    """Note an order for ingest to carry out; its number."""
    values = {"store_id": store_id, "kind": kind, "boot_id": boot_id, "person": person, "now_ms": now_ms}
    row = await (await tx.execute(Q["add_order"], values)).fetchone()
    assert row is not None
    return int(row[0])


async def add_certificate(tx: Connection, row: CertificateRow) -> None:
    """Record what was issued."""
    await tx.execute(Q["add_certificate"], asdict(row))


async def certificates_of(tx: Connection, store_id: str) -> list[CertificateRow]:
    """All certificates a store ever had, oldest first."""
    async with tx.cursor(row_factory=class_row(CertificateRow)) as cursor:
        await cursor.execute(Q["certificates_of"], {"store_id": store_id})
        return await cursor.fetchall()


async def revoke(
    tx: Connection, store_id: str, *, serial: str | None, keep: str, person: str, reason: str, now_ms: int
) -> list[str]:
    """Revoke one living certificate, or all but `keep`; the serials revoked now."""
    values = {
        "store_id": store_id,
        "serial": serial,
        "keep": keep,
        "person": person,
        "reason": reason,
        "now_ms": now_ms,
    }
    return [str(row[0]) for row in await (await tx.execute(Q["revoke"], values)).fetchall()]


async def till_settings(tx: Connection, store_id: str) -> str:
    """The settings of a store's tills as stored."""
    row = await (await tx.execute(Q["till_settings"], {"store_id": store_id})).fetchone()
    return "{}" if row is None else str(row[0])


async def put_till_settings(tx: Connection, store_id: str, settings: str, now_ms: int) -> None:
    """Keep them."""
    await tx.execute(Q["put_till_settings"], {"store_id": store_id, "settings": settings, "now_ms": now_ms})


async def revoked(tx: Connection) -> list[tuple[str, int]]:
    """(serial, revoked_at_ms) of every revoked certificate."""
    return [(str(serial), int(at_ms)) for serial, at_ms in await (await tx.execute(Q["revoked"])).fetchall()]


async def is_living(tx: Connection, store_id: str, serial: str) -> bool:
    """Whether HQ gave this store a certificate of this serial and has not revoked it. The edge API asks."""
    row = await (await tx.execute(Q["is_living"], {"store_id": store_id, "serial": serial})).fetchone()
    return bool(row is not None and row[0])


async def admitted(tx: Connection) -> list[tuple[str, str]]:
    """(store id, zone) of stores that have a living certificate: the broker's access list."""
    return [(str(store_id), str(zone)) for store_id, zone in await (await tx.execute(Q["admitted"])).fetchall()]


def _values(settings: StoreSettings, now_ms: int) -> dict[str, object]:
    return {
        **asdict(settings),
        "receipt_header": list(settings.receipt_header),
        "receipt_footer": list(settings.receipt_footer),
        "now_ms": now_ms,
    }
