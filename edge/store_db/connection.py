"""The seam to SQLite: the few calls the house uses, so that tests run the same code over another SQLite binding."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from edge.store_db.errors import StoreBroken, StoreDbError, StoreFull

SqlValue = str | int | bytes | None
Row = tuple[Any, ...]
"""A row as SQLite gives it; the store modules turn it into a typed value at once."""

BUSY_TIMEOUT_MS = 5_000


class Cursor(Protocol):
    """The result of one statement."""

    def fetchone(self) -> Row | None: ...

    def fetchall(self) -> list[Row]: ...

    def __iter__(self) -> Iterator[Row]: ...


class Connection(Protocol):
    """One SQLite connection in autocommit mode: transactions are begun and ended by statements.

    Errors are `sqlite3.Error` whatever the binding.
    """

    def execute(self, sql: str, parameters: Sequence[SqlValue] = ...) -> Cursor: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[SqlValue]]) -> object: ...

    def close(self) -> None: ...


Connect = Callable[[Path, bool], Connection]
"""Open a file; the flag says read-only."""


def connect_sqlite(path: Path, read_only: bool) -> Connection:
    """Open with the standard library's SQLite, usable from the one thread that owns it."""
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"file:{path}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return connection


_BROKEN = ("disk i/o", "malformed", "readonly", "read-only", "not a database", "unable to open", "locking protocol")


def translate(error: sqlite3.Error) -> StoreDbError:
    """Turn SQLite's error into ours, by SQLite's own words."""
    words = str(error).lower()
    if "full" in words:
        return StoreFull("the disk is full: free space on the store's data directory; nothing stored was lost")
    if any(word in words for word in _BROKEN):
        return StoreBroken(f"the store database cannot be used: {error}")
    return StoreDbError(f"{type(error).__name__}: {error}")
