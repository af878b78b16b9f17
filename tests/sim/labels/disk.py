"""The box's store database without threads, and the life of one boot: it ends between two instructions or inside a commit.

`kill -9` leaves the page cache, so what was committed stays; power cuts have their own simulation (`tests/sim/day`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from edge.store_db.connection import Connection, Cursor, SqlValue, connect_sqlite
from edge.store_db.database import Database, Outcome, Tx, _Job
from edge.store_db.errors import StoreClosed

T = TypeVar("T")


class Life:
    """One boot. Once `over`, nothing it does reaches a disk or a wire."""

    def __init__(self, rng: random.Random) -> None:
        self.over = False
        self.ended = asyncio.Event()
        self.armed = False
        """The next durable commit is the last thing it does, or just fails to do."""
        self._rng = rng

    def end(self) -> None:
        """Killed."""
        self.over = True
        self.ended.set()

    def survives_commit(self) -> bool:
        """Whether a commit under way when it is killed is on the disk."""
        return self._rng.random() < 0.5


class _NoSync:
    """A connection that never waits for the disk: nothing here cuts the power."""

    def __init__(self, inner: Connection) -> None:
        self._inner = inner

    def execute(self, sql: str, parameters: Sequence[SqlValue] = ()) -> Cursor:
        if sql.startswith("PRAGMA synchronous"):
            sql = "PRAGMA synchronous = OFF"
        return self._inner.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[SqlValue]]) -> object:
        return self._inner.executemany(sql, parameters)

    def close(self) -> None:
        self._inner.close()


def _connect(path: Path, read_only: bool) -> Connection:
    return _NoSync(connect_sqlite(path, read_only))


class _Killed(Exception):
    """Inside a transaction: roll back."""


class InlineDatabase(Database):
    """See `edge.store_db.database.Database`: a transaction runs where it is asked for."""

    def __init__(self, path: Path, life: Life) -> None:
        super().__init__(path, kind="store", connect=_connect)
        self._life = life
        self.transactions = 0

    def reader(self) -> Connection:
        """The one connection: there is one thread."""
        return self._writer.reader()

    def _enqueue(self, job: _Job[T]) -> None:
        job.over(self._outcome(job))

    def _outcome(self, job: _Job[T]) -> Outcome[T]:
        if self._life.over:
            return StoreClosed("killed")
        dies = self._life.armed and job.durable
        kept = not dies or self._life.survives_commit()

        def transaction(tx: Tx) -> T:
            result = job.run(tx)
            if not kept:
                raise _Killed
            return result

        self.transactions += 1
        (outcome,) = self._writer.transact_all([(transaction, job.durable)])
        if dies and (isinstance(outcome, _Killed) or not isinstance(outcome, Exception)):
            self._life.end()
            return StoreClosed("killed")
        return outcome
