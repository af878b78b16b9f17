"""Use cases of stores: rows and the store's feed change in the caller's one transaction; files are written after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.db.feed_changes import commit_feed, ensure_feed, put_row
from cloud.db.pool import Connection
from cloud.refusals import Conflict, Invalid, Missing
from cloud.stores import store
from cloud.stores.authority import Authority, Issued
from cloud.stores.domain import (
    FeedStanding,
    OrderKind,
    StoreSettings,
    StreamStanding,
    check_store,
    feeds_of,
    oldest_unacked_ms,
)
from cloud.stores.store import AlarmRow, CertificateRow, StandingRow
from cloud.stores.till_settings import TillSettings, check, read_settings, stored_text
from protocols.contract.feed_rows import encode_row, setup_feed

STORE_CHANNEL = "tallystick_store"
"""LISTEN channel: a store was added or changed, its certificates too, or there is an order; the payload is its id."""


@dataclass(frozen=True)
class Standing:
    """How one store does."""

    row: StandingRow
    feeds: Sequence[FeedStanding]
    streams: Sequence[StreamStanding]
    alarms: Sequence[AlarmRow]
    oldest_unacked_age_ms: int | None

    @property
    def in_step(self) -> bool:
        """Whether it holds the newest version of every feed."""
        return all(feed.in_step for feed in self.feeds)


async def add_store(tx: Connection, settings: StoreSettings, *, now_ms: int) -> int:
    """Add a store and publish its settings; returns the feed version. Raises `Invalid`, `Missing` zone or `Conflict`."""
    await _check(tx, settings)
    if not await store.add_store(tx, settings, now_ms):
        raise Conflict("store_taken", f"There is a store '{settings.store_id}' already.", "Choose another id.")
    for feed_id in feeds_of(settings.store_id, settings.zone):
        await ensure_feed(tx, feed_id)
    return await _publish(tx, settings, now_ms)


async def change_store(tx: Connection, settings: StoreSettings, *, now_ms: int) -> int:
    """Change a store's settings or zone; returns the feed version. Raises `Invalid` or `Missing`."""
    await get_store(tx, settings.store_id, lock=True)
    await _check(tx, settings)
    await store.change_store(tx, settings, now_ms)
    return await _publish(tx, settings, now_ms)


async def get_store(tx: Connection, store_id: str, *, lock: bool = False) -> StoreSettings:
    """One store within the caller's scope. Raises `Missing`."""
    found = await store.get_store(tx, store_id, lock=lock)
    if found is None:
        raise Missing("no_store", f"There is no store '{store_id}'.", "See the list of stores.")
    return found


async def till_settings(tx: Connection, store_id: str) -> TillSettings:
    """What the tills of a store hold people to. Raises `Missing`."""
    await get_store(tx, store_id)
    return read_settings(await store.till_settings(tx, store_id))


async def change_till_settings(tx: Connection, store_id: str, settings: TillSettings, *, now_ms: int) -> int:
    """Change it; returns the feed version. Raises `Invalid` or `Missing`."""
    known = await get_store(tx, store_id, lock=True)
    check(settings)
    await store.put_till_settings(tx, store_id, stored_text(settings), now_ms)
    return await _publish(tx, known, now_ms)


async def _check(tx: Connection, settings: StoreSettings) -> None:
    check_store(settings)
    zones = await store.zones(tx)
    if settings.zone not in zones:
        known = f"Zones: {', '.join(zones)}." if zones else "There is none yet: add one first."
        raise Invalid.field("zone", f"there is no price zone '{settings.zone}'", known)


async def _publish(tx: Connection, settings: StoreSettings, now_ms: int) -> int:
    row = read_settings(await store.till_settings(tx, settings.store_id)).into(settings.row())
    await put_row(tx, setup_feed(settings.store_id), row.key(), encode_row(row))
    version = await commit_feed(tx, setup_feed(settings.store_id), now_ms)
    await store.notify(tx, STORE_CHANNEL, settings.store_id)
    return version


async def list_stores(
    tx: Connection, after: str, limit: int, *, now_ms: int, region_id: str | None = None
) -> list[Standing]:
    """How the stores within the caller's scope (and a region) do, in the order of their ids."""
    return await _standing(tx, await store.list_standing(tx, after, limit, now_ms, region_id=region_id), now_ms)


async def standing_of(tx: Connection, store_id: str, *, now_ms: int) -> Standing:
    """How one store does. Raises `Missing`."""
    found = await _standing(tx, await store.list_standing(tx, "", 1, now_ms, only=store_id), now_ms)
    if not found:
        raise Missing("no_store", f"There is no store '{store_id}'.", "See the list of stores.")
    return found[0]


async def _standing(tx: Connection, rows: Sequence[StandingRow], now_ms: int) -> list[Standing]:
    store_ids = [row.store_id for row in rows]
    feeds = await store.feeds_of(tx, store_ids)
    streams = await store.streams_of(tx, store_ids)
    alarms = await store.alarms_of(tx, store_ids)
    return [
        Standing(
            row=row,
            feeds=feeds[row.store_id],
            streams=streams[row.store_id],
            alarms=alarms[row.store_id],
            oldest_unacked_age_ms=oldest_unacked_ms(streams[row.store_id], row.reported_at_ms, now_ms),
        )
        for row in rows
    ]


async def issue_certificate(tx: Connection, store_id: str, authority: Authority) -> Issued:
    """A new key and certificate for a store; former ones stay good until they are revoked. Raises `Missing`."""
    await get_store(tx, store_id)
    issued = authority.issue_client(store_id)
    await store.add_certificate(
        tx, CertificateRow(issued.serial, store_id, issued.issued_at_ms, issued.expires_at_ms, None, "", "")
    )
    await store.notify(tx, STORE_CHANNEL, store_id)
    return issued


async def revoke_certificates(
    tx: Connection, store_id: str, *, person: str, now_ms: int, serial: str | None = None, keep: str = "", reason: str = ""
) -> list[str]:
    """Revoke one certificate, or all of a store but `keep`; returns their serials. Raises `Missing`."""
    await get_store(tx, store_id)
    revoked = await store.revoke(tx, store_id, serial=serial, keep=keep, person=person, reason=reason, now_ms=now_ms)
    if serial is not None and not revoked:
        raise Missing("no_certificate", f"Store '{store_id}' has no living certificate '{serial}'.")
    await store.notify(tx, STORE_CHANNEL, store_id)
    return revoked


async def order(tx: Connection, store_id: str, kind: OrderKind, *, boot_id: str, person: str, now_ms: int) -> int:
    """Order something of a store's session; ingest carries it out. Raises `Missing`, `Invalid` or `Conflict`."""
    standing = await standing_of(tx, store_id, now_ms=now_ms)
    if kind is OrderKind.CHOOSE_BOX:
        if not standing.row.clone_suspected:
            raise Conflict("no_clone", f"No clone of store '{store_id}' is suspected.", "There is nothing to choose.")
        boots = [str(suspect.get("boot_id", "")) for suspect in standing.row.suspects]
        if boot_id not in boots:
            raise Invalid.field("boot_id", "none of the boxes that claim to be this store", f"One of: {', '.join(boots)}.")
    number = await store.add_order(tx, store_id, kind, boot_id, person, now_ms)
    await store.notify(tx, STORE_CHANNEL, store_id)
    return number


async def mark_seen(tx: Connection, store_id: str, alarm_id: int, *, person: str, now_ms: int) -> AlarmRow:
    """An operator has seen an alarm; returns it. Raises `Missing`."""
    await get_store(tx, store_id)
    seen = await store.mark_seen(tx, store_id, alarm_id, person, now_ms)
    if seen is None:
        raise Missing("no_alarm", f"Store '{store_id}' has no unseen alarm {alarm_id}.")
    return seen
