"""What every command stands on: connections with errors a person understands, and the words for the person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeAlias
from urllib.parse import urlsplit

import psycopg
from psycopg_pool import PoolTimeout

from cloud.audit import store as audit
from cloud.audit.domain import COMMAND_LINE, Entry
from cloud.clock import SystemClock, SystemRandom
from cloud.db.migrate import OwnerConnection, pending
from cloud.db.pool import Connection, Database, Scope
from cloud.settings import HqSettings
from cloud.stores.authority import Authority

Say: TypeAlias = Callable[[str], None]
"""Takes one line for the person at the keyboard."""

CONNECT_SECONDS = 5
OPEN_SECONDS = 10.0


class CommandFailed(RuntimeError):
    """A command did not happen; the text says why and what to do."""


@contextmanager
def as_owner(settings: HqSettings) -> Iterator[OwnerConnection]:
    """The owner in autocommit mode, all stores in scope. Raises `CommandFailed`, `SettingsError`."""
    with connected(settings.need_owner_url()) as connection:
        connection.execute("SELECT set_config('app.scope', 'all', false)")
        yield connection


@contextmanager
def connected(url: str) -> Iterator[OwnerConnection]:
    """A connection in autocommit mode. Raises `CommandFailed` when the database cannot be reached or refuses."""
    try:
        connection = psycopg.connect(
            url, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name="tallystick-command"
        )
    except psycopg.OperationalError as error:
        raise CommandFailed(unreachable(url, error)) from error
    with connection:
        yield connection


def unreachable(url: str, error: Exception) -> str:
    """One line on why a database cannot be used; the address without its password."""
    parts = urlsplit(url)
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    where = f"{parts.hostname or 'on this machine'}:{parts.port or 5432}{parts.path} as {parts.username or 'nobody'}"
    return f"the database {where} cannot be used: {reason}"


def check_database(conninfo: str) -> None:
    """Before a process starts: the database answers and is up to date. Raises `CommandFailed` or `MigrationRefused`."""
    with connected(conninfo) as connection:
        if waiting := pending(connection):
            names = ", ".join(migration.name for migration in waiting)
            raise CommandFailed(f"the database lacks {names}: run `python -m cloud migrate`")


@asynccontextmanager
async def everything(settings: HqSettings) -> AsyncIterator[Connection]:
    """One transaction of the application's role over all stores. Raises `CommandFailed`, `SettingsError`."""
    async with application(settings) as database, database.transaction(Scope.everything()) as tx:
        yield tx


@asynccontextmanager
async def application(settings: HqSettings) -> AsyncIterator[Database]:
    """The application's role. Raises `CommandFailed`, `SettingsError`."""
    conninfo = settings.app_conninfo()
    check_database(conninfo)
    database = Database(conninfo, size_max=2, application="tallystick-command")
    try:
        await database.open(timeout_seconds=OPEN_SECONDS)
    except PoolTimeout as error:
        raise CommandFailed(unreachable(conninfo, error)) from error
    try:
        yield database
    finally:
        await database.close()


async def note(tx: Connection, entry: Entry) -> None:
    """Leave a row in the audit trail, in the change's own transaction: the command line did it."""
    await audit.add(tx, COMMAND_LINE, entry, SystemClock().now_ms())


def authority_of(settings: HqSettings) -> Authority:
    """HQ's certificate authority. Raises `AuthorityMissing` before `init`."""
    return Authority.load(settings.folder.ca_cert, settings.folder.ca_key, clock=SystemClock(), rng=SystemRandom())
