"""The broker's lists on disk follow the database: access list, revocation list, serials."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

import psycopg
import structlog
from psycopg.rows import TupleRow
from psycopg_pool import PoolTimeout

from cloud.db.pool import Database, Scope
from cloud.settings import HqFolder
from cloud.stores import store
from cloud.stores.authority import Authority, write_public
from cloud.stores.broker_access import access_list
from cloud.stores.rabbit_definitions import definitions
from cloud.stores.store import Q

log = structlog.get_logger("cloud.stores")
RELOAD_SECONDS_MAX = 15.0
EVERY_SECONDS = 60.0
RETRY_SECONDS = 2.0


async def refresh(database: Database, folder: HqFolder, authority: Authority, reload_command: str = "") -> bool:
    """Bring the files up to date and tell the broker; True when anything changed. Raises `OSError` for a full disk."""
    async with database.transaction(Scope.everything()) as tx:
        admitted = await store.admitted(tx)
        revoked = await store.revoked(tx)
    serials = "".join(f"{serial}\n" for serial, _ in revoked).encode()
    changed = _write_if_changed(folder.rabbit_definitions, definitions(admitted))
    changed = _write_if_changed(folder.access_list, access_list(admitted).encode()) or changed
    if not folder.crl.exists() or not _holds(folder.revoked, serials):
        write_public(folder.crl, authority.revocation_list(revoked))
        write_public(folder.revoked, serials)  # last: what it says is surely in the list
        changed = True
    if changed and reload_command:
        await _run(reload_command)
    return changed


def _write_if_changed(path: Path, data: bytes) -> bool:
    if _holds(path, data):
        return False
    write_public(path, data)
    return True


def _holds(path: Path, data: bytes) -> bool:
    return path.exists() and path.read_bytes() == data


async def _run(command: str) -> None:
    """Run the operator's reload command; a failure is logged, the lists are right in any case."""
    try:
        process = await asyncio.create_subprocess_exec(*shlex.split(command), stdin=asyncio.subprocess.DEVNULL)
        async with asyncio.timeout(RELOAD_SECONDS_MAX):
            code = await process.wait()
    except (OSError, ValueError, TimeoutError) as error:
        log.error("broker_not_reloaded", command=command, reason=str(error) or type(error).__name__)
        return
    if code != 0:
        log.error("broker_not_reloaded", command=command, reason=f"exit code {code}")


async def keep(
    database: Database, conninfo: str, folder: HqFolder, authority: Authority, reload_command: str, stop: asyncio.Event
) -> None:
    """Follow the database until `stop`: at once when a store changes, and every minute in any case."""
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            try:
                await _follow(database, conninfo, folder, authority, reload_command, stopping)
            except (psycopg.OperationalError, PoolTimeout, OSError) as error:
                log.warning("broker_lists_wait", reason=str(error).strip() or type(error).__name__)
                await asyncio.wait({stopping}, timeout=RETRY_SECONDS)
    finally:
        stopping.cancel()


async def _follow(
    database: Database,
    conninfo: str,
    folder: HqFolder,
    authority: Authority,
    reload_command: str,
    stopping: asyncio.Task[bool],
) -> None:
    heard = asyncio.Event()
    async with await psycopg.AsyncConnection.connect(
        conninfo, autocommit=True, application_name="tallystick-lists", connect_timeout=5
    ) as listening:
        await listening.execute(Q["listen"])
        ear = asyncio.create_task(_hear(listening, heard))
        try:
            while not stopping.done():
                heard.clear()
                await refresh(database, folder, authority, reload_command)
                waiting = asyncio.create_task(heard.wait())
                await asyncio.wait({waiting, ear, stopping}, timeout=EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if ear.done():
                    ear.result()
                    return
        finally:
            ear.cancel()
            await asyncio.wait({ear})


async def _hear(listening: psycopg.AsyncConnection[TupleRow], heard: asyncio.Event) -> None:
    async for _ in listening.notifies():
        heard.set()
