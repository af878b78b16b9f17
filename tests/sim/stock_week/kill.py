"""kill -9 at a chosen statement: the box's files as they lie there at that moment become the next box's files.

A killed process loses its memory and what it had not written; the machine keeps the rest. So the copy is taken between two
statements of the writing connection (before the chosen one, or just after it), an open transaction's pages included, and
from then on the dying box can write nothing. What SQLite makes of the copy is what it makes of a killed process's files.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.store_db.connection import Connection, Cursor, SqlValue, connect_sqlite


@dataclass(slots=True)
class Fuse:
    """When the box dies. `left`: writing statements until then; -1: never. `burnt`: it is dead."""

    folder: Path
    left: int = -1
    after: bool = False
    """Just after the statement instead of just before: a commit whose answer nobody gets."""
    burnt: bool = False
    counted: int = 0
    copies: int = field(default=0)

    def arm(self, statements: int, *, after: bool) -> None:
        """Die at the so manieth writing statement from now."""
        self.left, self.after = statements, after

    def next_folder(self) -> Path:
        """Where the files were copied to: the box may be started there."""
        self.burnt = False
        return self.folder

    def due(self) -> bool:
        """One more statement; whether this is the one."""
        if self.burnt:
            raise sqlite3.OperationalError("disk i/o error: the process was killed")
        self.counted += 1
        if self.left < 0:
            return False
        self.left -= 1
        return self.left < 0

    def blow(self) -> None:
        """The process is gone. Raises `sqlite3.OperationalError`."""
        self.copies += 1
        target = self.folder.parent / f"boot-{self.copies}"
        target.mkdir()
        for file in self.folder.iterdir():
            if not file.name.endswith("-shm"):  # shared memory is rebuilt from the log
                shutil.copyfile(file, target / file.name)
        self.folder, self.burnt, self.left = target, True, -1
        raise sqlite3.OperationalError("disk i/o error: the process was killed")


class FusedConnection:
    """A writing connection that dies with its fuse."""

    def __init__(self, fuse: Fuse, inner: Connection) -> None:
        self._fuse = fuse
        self._inner = inner

    def execute(self, sql: str, parameters: Sequence[SqlValue] = ()) -> Cursor:
        due = self._fuse.due()
        if due and not self._fuse.after:
            self._fuse.blow()
        cursor = self._inner.execute(sql, parameters)
        if due:
            self._fuse.blow()
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Sequence[SqlValue]]) -> object:
        due = self._fuse.due()
        if due and not self._fuse.after:
            self._fuse.blow()
        done = self._inner.executemany(sql, parameters)
        if due:
            self._fuse.blow()
        return done

    def close(self) -> None:
        self._inner.close()


def fused(fuse: Fuse) -> object:
    """The connection seam: reading connections are left alone."""

    def connect(path: Path, read_only: bool) -> Connection:
        inner = connect_sqlite(path, read_only)
        return inner if read_only else FusedConnection(fuse, inner)

    return connect
