"""`store` commands: add, renew, change, revoke, list, choose-box. Keys leave HQ only through these, as files in a folder."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cloud.audit.domain import Entry
from cloud.clock import SystemClock
from cloud.commands.ground import CommandFailed, Say, application, authority_of, note
from cloud.db.pool import Connection, Database, Scope
from cloud.settings import HqSettings
from cloud.stores import broker_files, service, store
from cloud.stores.authority import Authority, Issued, write_private, write_public
from cloud.stores.domain import OrderKind, StoreSettings
from cloud.stores.store import StandingRow

AUTHOR = "command line"
LIST_MAX = 10_000
CERT_NAME, KEY_NAME, CA_NAME, TOML_NAME = "store.crt", "store.key", "ca.crt", "hq.toml"


@dataclass(frozen=True)
class Changes:
    """What `store change` may change; None leaves as it is."""

    name: str | None = None
    zone: str | None = None
    time_zone: str | None = None
    receipt_header: tuple[str, ...] | None = None
    receipt_footer: tuple[str, ...] | None = None


async def add(settings: HqSettings, new: StoreSettings, out: Path, say: Say) -> None:
    """Add a store, publish its settings, write its credentials to `out`. Nothing is kept when any of it fails."""
    authority = authority_of(settings)
    _check_out(out)
    async with application(settings) as database:
        await add_one(database, settings, authority, new, out)
        await broker_files.refresh(database, settings.folder, authority, settings.broker_reload)
    say(f"store {new.store_id} added in zone {new.zone}; credentials for its box are in {out}")
    say(f"append {out / TOML_NAME} to the box's settings file, with {CERT_NAME}, {KEY_NAME} and {CA_NAME} beside it")


async def add_many(settings: HqSettings, first: StoreSettings, count: int, out: Path, say: Say) -> None:
    """Add `count` stores alike, numbered after `first`'s id and name (from 1), credentials in `out`/ID.

    Those that are there already are left as they are, so it may be repeated after it was broken off.
    """
    authority = authority_of(settings)
    width = len(str(count))
    async with application(settings) as database:
        added = 0
        for number in range(1, count + 1):
            new = replace(first, store_id=f"{first.store_id}{number:0{width}d}", name=f"{first.name} {number}")
            async with database.transaction(Scope.everything()) as tx:
                known = await store.get_store(tx, new.store_id) is not None
            if not known:
                await add_one(database, settings, authority, new, out / new.store_id)
                added += 1
        await broker_files.refresh(database, settings.folder, authority, settings.broker_reload)
    say(f"{added} stores added in zone {first.zone}; credentials are in {out}")


async def add_one(database: Database, settings: HqSettings, authority: Authority, new: StoreSettings, out: Path) -> None:
    """Store, feed and credentials in one transaction; the files come before the commit."""
    async with database.transaction(Scope.everything()) as tx:
        await service.add_store(tx, new, now_ms=SystemClock().now_ms())
        await note(tx, Entry("store.added", new.store_id, (new.store_id,), new.zone, after=new))
        await _issue(tx, settings, authority, new.store_id, out)


async def renew(settings: HqSettings, store_id: str, out: Path, *, revoke_old: bool, say: Say) -> None:
    """A new key and certificate for a store; with `revoke_old` all former ones end now."""
    authority = authority_of(settings)
    _check_out(out)
    async with application(settings) as database:
        async with database.transaction(Scope.everything()) as tx:
            issued = await _issue(tx, settings, authority, store_id, out)
            revoked: list[str] = []
            if revoke_old:
                revoked = await service.revoke_certificates(
                    tx, store_id, person=AUTHOR, now_ms=SystemClock().now_ms(), keep=issued.serial, reason="renewed"
                )
                await note(tx, _revoked(store_id, revoked, "renewed"))
        await broker_files.refresh(database, settings.folder, authority, settings.broker_reload)
    say(f"store {store_id}: new credentials are in {out}" + (f", {len(revoked)} former revoked" if revoke_old else ""))


async def revoke(settings: HqSettings, store_id: str, serial: str | None, reason: str, say: Say) -> None:
    """Let a box in no longer: one certificate, or all of the store."""
    authority = authority_of(settings)
    async with application(settings) as database:
        async with database.transaction(Scope.everything()) as tx:
            revoked = await service.revoke_certificates(
                tx, store_id, person=AUTHOR, now_ms=SystemClock().now_ms(), serial=serial, reason=reason
            )
            await note(tx, _revoked(store_id, revoked, reason))
        await broker_files.refresh(database, settings.folder, authority, settings.broker_reload)
    say(f"store {store_id}: {', '.join(revoked)} revoked" if revoked else f"store {store_id} had no living certificate")


async def change(settings: HqSettings, store_id: str, changes: Changes, say: Say) -> None:
    """Change settings or zone; the store learns of it at once."""
    authority = authority_of(settings)
    async with application(settings) as database:
        async with database.transaction(Scope.everything()) as tx:
            present = await service.get_store(tx, store_id, lock=True)
            wanted = replace(
                present,
                name=present.name if changes.name is None else changes.name,
                zone=present.zone if changes.zone is None else changes.zone,
                time_zone=present.time_zone if changes.time_zone is None else changes.time_zone,
                receipt_header=present.receipt_header if changes.receipt_header is None else changes.receipt_header,
                receipt_footer=present.receipt_footer if changes.receipt_footer is None else changes.receipt_footer,
            )
            version = await service.change_store(tx, wanted, now_ms=SystemClock().now_ms())
            await note(tx, Entry("store.changed", store_id, (store_id,), wanted.zone, present, wanted))
        await broker_files.refresh(database, settings.folder, authority, settings.broker_reload)
    say(f"store {store_id}: settings are version {version}")


async def choose_box(settings: HqSettings, store_id: str, boot_id: str, say: Say) -> None:
    """After a clone alarm: go on with this box."""
    async with application(settings) as database, database.transaction(Scope.everything()) as tx:
        now_ms = SystemClock().now_ms()
        number = await service.order(tx, store_id, OrderKind.CHOOSE_BOX, boot_id=boot_id, person=AUTHOR, now_ms=now_ms)
        given = {"kind": OrderKind.CHOOSE_BOX, "boot_id": boot_id}
        await note(tx, Entry("order.given", str(number), (store_id,), after=given))
    say(f"store {store_id}: the box of boot {boot_id} will be let in again, the others stay out")


async def list_stores(settings: HqSettings, say: Say) -> None:
    """One line a store: what it is, whether it is online, how far behind."""
    now_ms = SystemClock().now_ms()
    async with application(settings) as database, database.transaction(Scope.everything()) as tx:
        found = await service.list_stores(tx, "", LIST_MAX, now_ms=now_ms)
    rows: list[tuple[str, ...]] = [("store", "name", "zone", "line", "feeds", "oldest unsent", "alarms")]
    rows += [_line(standing) for standing in found]
    for text in _table(rows):
        say(text)


def _line(standing: service.Standing) -> tuple[str, ...]:
    row = standing.row
    age_ms = standing.oldest_unacked_age_ms
    behind = [feed.feed_id for feed in standing.feeds if not feed.in_step]
    alarms = [*row.alarms, *dict.fromkeys(alarm.code for alarm in standing.alarms)]
    return (
        row.store_id,
        row.name,
        row.zone,
        _contact(row),
        "in step" if not behind else f"behind in {', '.join(behind)}",
        "-" if age_ms is None else f"{age_ms // 1000} s",
        ", ".join(alarms) or "-",
    )


def _contact(row: StandingRow) -> str:
    if row.online or not row.heard_at_ms:
        return "online" if row.online else "never seen"
    if not row.silent:
        return "offline"
    heard = datetime.datetime.fromtimestamp(row.heard_at_ms // 1000, datetime.UTC)
    return f"silent since {heard:%Y-%m-%d %H:%M} UTC"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _check_out(out: Path) -> None:
    if (out / KEY_NAME).exists():
        raise CommandFailed(f"{out / KEY_NAME} exists already: name another folder, or move the old key away")


def _revoked(store_id: str, serials: list[str], reason: str) -> Entry:
    return Entry("certificate.revoked", store_id, (store_id,), after=serials, reason=reason)


async def _issue(tx: Connection, settings: HqSettings, authority: Authority, store_id: str, out: Path) -> Issued:
    issued = await service.issue_certificate(tx, store_id, authority)
    given = {"expires_at_ms": issued.expires_at_ms}
    await note(tx, Entry("certificate.issued", issued.serial, (store_id,), after=given))
    write_private(out / KEY_NAME, issued.key_pem)
    write_public(out / CERT_NAME, issued.cert_pem)
    write_public(out / CA_NAME, authority.cert_pem)
    write_public(out / TOML_NAME, _toml(settings, store_id).encode())
    return issued


def _toml(settings: HqSettings, store_id: str) -> str:
    """The [hq] table of the box's settings file (edge/example-store.toml explains the keys)."""
    return f"""# Headquarters, for the box of store {store_id}; its [store] table needs id = "{store_id}".
[hq]
mqtt_url = "{settings.store_mqtt_url}"
https_url = "{settings.store_https_url}"
ca_file = "{CA_NAME}"
cert_file = "{CERT_NAME}"
key_file = "{KEY_NAME}"
shards = {settings.shards}
"""
