"""Numbered migrations: `NNNN_what.sql` in `migrations/`, applied in order, one transaction each, recorded by name and hash.

A number range belongs to a subject (0001 core, 0100 people and goods, 0200 ingest, 0300 stores), so the record is a table of
names, not one counter. Migrations are run by the owner of the database, never by the application's roles.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import psycopg
from psycopg.rows import TupleRow

from cloud.db.queries import load_queries

Q = load_queries(__file__, "migrate.sql")
FOLDER = Path(__file__).with_name("migrations")
SERVER_VERSION_MIN = 150_000
_NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")

OwnerConnection: TypeAlias = psycopg.Connection[TupleRow]


class MigrationRefused(RuntimeError):
    """The database and the migrations of this software do not fit; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name is its identity, its hash guards its text."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations_in(folder: Path = FOLDER) -> list[Migration]:
    """All migrations in order. Raises `MigrationRefused` for a file that is not named like `0001_core.sql`."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        if not _NAME.fullmatch(path.name):
            raise MigrationRefused(f"{path.name}: name it like 0001_core.sql")
        found.append(Migration(path.name, path.read_text(encoding="utf-8")))
    return found


def pending(connection: OwnerConnection, folder: Path = FOLDER) -> list[Migration]:
    """What is not applied yet. Raises `MigrationRefused` for a database of newer software or a changed migration."""
    known = migrations_in(folder)
    if not _one(connection, "record_exists"):
        return known
    applied: dict[str, str] = dict(connection.execute(Q["applied"]).fetchall())
    if newer := sorted(set(applied) - {migration.name for migration in known}):
        raise MigrationRefused(
            f"this database was migrated by newer software ({', '.join(newer)} unknown here): install that version"
        )
    for migration in known:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationRefused(
                f"migration {migration.name} was changed after it had been applied: restore its text and add a new one"
            )
    return [migration for migration in known if migration.name not in applied]


def migrate(connection: OwnerConnection, folder: Path = FOLDER) -> list[str]:
    """Bring the database up to date and return the names applied now; none when it was. Raises `MigrationRefused`.

    `connection` is in autocommit mode and belongs to the owner. Two callers at once wait for each other.
    """
    _check_server(connection)
    connection.execute(Q["lock"])
    try:
        connection.execute(Q["act_for_all"])
        waiting = pending(connection, folder)
        if waiting:
            connection.execute(Q["create_record"])
        for migration in waiting:
            _apply(connection, migration)
    finally:
        connection.execute(Q["unlock"])
    return [migration.name for migration in waiting]


def _check_server(connection: OwnerConnection) -> None:
    version = connection.info.server_version
    if version < SERVER_VERSION_MIN:
        raise MigrationRefused(
            f"PostgreSQL {SERVER_VERSION_MIN // 10_000} or newer is needed, this server is {version // 10_000}"
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise MigrationRefused(f"the database's encoding is {encoding}: create it with ENCODING 'UTF8' TEMPLATE template0")


def _apply(connection: OwnerConnection, migration: Migration) -> None:
    try:
        with connection.transaction():
            connection.execute(migration.text.encode())
            connection.execute(Q["record"], {"name": migration.name, "sha256": migration.sha256})
    except psycopg.Error as error:
        detail = error.diag.message_primary or str(error)
        hint = f" ({error.diag.message_hint})" if error.diag.message_hint else ""
        raise MigrationRefused(f"migration {migration.name} failed and changed nothing: {detail}{hint}") from error


def _one(connection: OwnerConnection, query: str) -> object:
    row = connection.execute(Q[query]).fetchone()
    return None if row is None else row[0]
