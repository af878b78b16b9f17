"""The box's database files on a disk that can lose power, without threads: a transaction runs where it is asked for."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from edge.store_db.connection import Connect, Connection
from edge.store_db.database import Database, _Job
from edge.store_db.errors import StoreClosed
from tests.support.lossy_disk import Disk

T = TypeVar("T")

TIDY_BYTES = 1_000_000
LOG_MAX = 8_000
"""Operations of the disk remembered before what is synced is folded away; more when much is not synced yet."""


class Power:
    """The power of one boot. Cut in the middle of a transaction when `armed`, or at any moment by `cut`."""

    def __init__(self, disk: Disk, rng: random.Random) -> None:
        self.disk = disk
        self.on = True
        self.armed = False
        self.came_up: Disk | None = None
        """The disk as it comes up again, once the power is cut."""
        self.when_cut: Callable[[], None] = lambda: None
        self._rng = rng
        self._fold_at = LOG_MAX

    def fold(self) -> None:
        """Keep the disk's record short."""
        if len(self.disk.log) > self._fold_at:
            self.disk.fold()
            self._fold_at = max(LOG_MAX, 2 * len(self.disk.log))

    def cut(self, from_operation: int | None = None) -> None:
        """Now, or (`from_operation`) somewhere in what was done to the disk since then and nobody has heard of yet."""
        if not self.on:
            return
        done = len(self.disk.log)
        at = done if from_operation is None else self._rng.randint(from_operation, done)
        [(_, self.came_up)] = self.disk.images_at([at], self._rng)
        self.on = False
        self.when_cut()


class InlineDatabase(Database):
    """See `edge.store_db.database.Database`. Once the power is off, whoever writes fails."""

    def __init__(self, path: Path, *, kind: str, connect: Connect, power: Power) -> None:
        super().__init__(path, kind=kind, connect=connect)
        self._power = power

    def reader(self) -> Connection:
        """The one connection: there is one thread."""
        return self._writer.reader()

    async def tidy(self) -> None:
        """Move a long WAL into the file."""
        wal = self._power.disk.files.get(f"{self.path}-wal")
        if self._power.on and wal is not None and len(wal) > TIDY_BYTES:
            self.reader().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _enqueue(self, job: _Job[T]) -> None:
        if not self._power.on:
            job.over(StoreClosed("no power"))
            return
        begun = len(self._power.disk.log)
        (outcome,) = self._writer.transact_all([(job.run, job.durable)])
        if self._power.armed and job.durable and not isinstance(outcome, Exception):
            self._power.cut(begun)
            job.over(StoreClosed("no power"))
            return
        self._power.fold()
        job.over(outcome)


def opener(power: Power) -> Callable[..., Database]:
    """See `edge.seams.OpenFile`."""

    def open_file(path: Path, *, kind: str, connect: Connect, commit_delay: Callable[[], None] | None = None) -> Database:
        assert commit_delay is None
        return InlineDatabase(path, kind=kind, connect=connect, power=power)

    return open_file
