"""Numbered migrations: `NNNN_what.sql` in a folder, applied in order, each in one transaction, recorded by name and hash.

A number range belongs to a subject (0001 store core, 0100 labels ...), so the record is a table of names, not one counter.
"""

from __future__ import annotations

import functools
import hashlib
from importlib import resources

from edge.store_db.connection import Connection
from edge.store_db.errors import StoreBroken
from edge.store_db.queries import load


@functools.cache
def migrations_of(kind: str) -> list[tuple[str, str]]:
    """(name, text) of every migration of `store` or `basket`, in order."""
    folder = resources.files("edge.store_db").joinpath("migrations").joinpath(kind)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(name, folder.joinpath(name).read_text(encoding="utf-8")) for name in names]


def statements_of(text: str) -> list[str]:
    """Split a migration at semicolons that end a line; comments are dropped."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("--")]
    statements: list[str] = []
    current: list[str] = []
    for line in lines:
        current.append(line)
        if line.rstrip().endswith(";"):
            statements.append("\n".join(current).rstrip().rstrip(";"))
            current = []
    if current:
        statements.append("\n".join(current))
    return statements


def migrate(connection: Connection, kind: str) -> None:
    """Bring the file up to date. Raises `StoreBroken` when an applied migration's text has changed since."""
    queries = load("edge.store_db")
    connection.execute(queries["create_migration_record"])
    applied: dict[str, str] = dict(connection.execute(queries["recorded_migrations"]).fetchall())
    for name, text in migrations_of(kind):
        digest = hashlib.sha256(text.encode()).hexdigest()
        if name in applied:
            if applied[name] != digest:
                raise StoreBroken(
                    f"migration {name} was changed after it had been applied; restore its text and add a new one"
                )
            continue
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements_of(text):
            connection.execute(statement)
        connection.execute(queries["record_migration"], (name, digest))
        connection.execute("COMMIT")
