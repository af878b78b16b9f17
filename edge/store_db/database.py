"""One SQLite file: a single writer thread fed by a bounded queue, and reader connections.

`await db.write(fn)` runs `fn(tx)` as one transaction on the writer thread. A durable transaction is on the disk when `write`
returns (`synchronous=FULL`, WAL); one that is not survives a killed process but perhaps not a power cut. Callbacks given to
`tx.after_commit` run on the event loop after the commit, in order, before `write` returns, and also when the caller was
cancelled meanwhile.

What is `brief` and waits while a commit is on its way to the disk is committed together, each in a savepoint of its own:
several tills share one sync. A transaction that fails takes back its own part alone. What may take long (a feed, pruning)
has a commit to itself, so that no sale waits for more than stood before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from edge.store_db.connection import Connect, Connection, Cursor, SqlValue, connect_sqlite, translate
from edge.store_db.errors import StoreBroken, StoreBusy, StoreClosed, StoreDbError
from edge.store_db.migrate import migrate

T = TypeVar("T")

WRITES_WAITING_MAX = 2_000
"""Policy when reached: `StoreBusy` to the caller at once."""
TOGETHER_MAX = 16
"""Transactions of one commit: more tills than a store has, and few enough that none waits long for the others' work."""
WAL_CHECKPOINT_PAGES = 16_000
"""A commit that finds the WAL longer than this moves it into the file itself; `tidy` does so earlier, beside the commits."""
WAL_TIDY_BYTES = 4_000_000


class Tx:
    """What a use case may do inside its transaction."""

    def __init__(self, connection: Connection, *, durable: bool) -> None:
        self._connection = connection
        self.durable = durable
        """Whether it will be on the disk once committed."""
        self.callbacks: list[Callable[[], None]] = []

    def execute(self, sql: str, parameters: Sequence[SqlValue] = ()) -> Cursor:
        """Run one statement."""
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for many rows."""
        self._connection.executemany(sql, parameters)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run on the event loop once this transaction is committed; never when it is rolled back."""
        self.callbacks.append(callback)


class StoreFile(Protocol):
    """A database file as use cases see it."""

    async def write(self, run: Callable[[Tx], T], *, durable: bool = True, brief: bool = False) -> T:
        """Run one transaction; see `Database.write`."""

    def reader(self) -> Connection:
        """A connection for reading."""


Outcome: TypeAlias = tuple[T, list[Callable[[], None]]] | Exception
"""What a transaction returned, with its callbacks; or its error."""


class _TakenBack(Exception):
    """The only transaction of a commit failed: all of it is taken back."""

    def __init__(self, why: Exception) -> None:
        super().__init__(str(why))
        self.why = why


class _Part:
    """A transaction among others of one commit: what fails in it is taken back alone, and kept in `error`."""

    def __init__(self, connection: Connection, *, alone: bool) -> None:
        self._connection = connection
        self._alone = alone
        self.error: Exception | None = None

    def __enter__(self) -> None:
        if not self._alone:
            self._connection.execute("SAVEPOINT part")

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if error is None:
            if not self._alone:
                self._connection.execute("RELEASE part")
            return False
        if not isinstance(error, Exception):
            return False
        self.error = translate(error) if isinstance(error, sqlite3.Error) else error
        if self._alone:
            raise _TakenBack(self.error) from error
        try:
            self._connection.execute("ROLLBACK TO part")
            self._connection.execute("RELEASE part")
        except sqlite3.Error as gone:
            # A full disk or an I/O error: SQLite has taken everything back. What it said first is why.
            raise (error if isinstance(error, sqlite3.Error) else gone) from None
        return True


@dataclass(frozen=True, slots=True)
class _Job(Generic[T]):
    """A transaction that waits for the writer thread; `over` is told how it ended, on that thread."""

    run: Callable[[Tx], T]
    durable: bool
    brief: bool
    over: Callable[[Outcome[T]], None]


class Writer:
    """The transactions of one connection, without a thread: what the writer thread runs, and the power-cut tests too."""

    def __init__(
        self, path: Path, *, kind: str, connect: Connect = connect_sqlite, commit_delay: Callable[[], None] | None = None
    ) -> None:
        self._commit_delay = commit_delay
        self._synchronous = ""
        try:
            self._connection = connect(path, False)
            for pragma in ("journal_mode = WAL", "foreign_keys = ON", f"wal_autocheckpoint = {WAL_CHECKPOINT_PAGES}"):
                self._connection.execute(f"PRAGMA {pragma}").fetchall()
            self._set_synchronous("FULL")
            migrate(self._connection, kind)
        except sqlite3.Error as error:
            raise translate(error) from error

    def transact(self, run: Callable[[Tx], T], *, durable: bool) -> tuple[T, list[Callable[[], None]]]:
        """Run one transaction. An error inside rolls everything back and is raised; SQLite's own as `StoreDbError`."""
        (outcome,) = self.transact_all([(run, durable)])
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def transact_all(self, runs: Sequence[tuple[Callable[[Tx], T], bool]]) -> list[Outcome[T]]:
        """Run transactions in order and commit them together, durably when one of them is to be (the flag beside each).

        For each what it returned and its callbacks, or its error: its own part alone is taken back then. When the file
        refuses the commit, or gives the whole up, all have the same error.
        """
        begun = False
        try:
            self._set_synchronous("FULL" if any(durable for _, durable in runs) else "NORMAL")
            self._connection.execute("BEGIN IMMEDIATE")
            begun = True
            outcomes = [self._part(run, durable, alone=len(runs) == 1) for run, durable in runs]
            if any(durable for _, durable in runs) and self._commit_delay is not None:
                self._commit_delay()
            self._connection.execute("COMMIT")
            begun = False
        except _TakenBack as error:
            return [error.why]
        except sqlite3.Error as error:
            return [translate(error)] * len(runs)
        finally:
            if begun:
                self._roll_back()
        return outcomes

    def _part(self, run: Callable[[Tx], T], durable: bool, *, alone: bool) -> Outcome[T]:
        """One transaction inside the begun one. Raises `sqlite3.Error` when SQLite has given the whole up."""
        tx = Tx(self._connection, durable=durable)
        part = _Part(self._connection, alone=alone)
        with part:
            return run(tx), tx.callbacks
        assert part.error is not None, "it was left with an error"
        return part.error

    def reader(self) -> Connection:
        """The writing connection itself, for callers without threads (power-cut tests)."""
        return self._connection

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            # SQLite already rolled back by itself after a full disk or an I/O error.
            if "no transaction" not in str(error).lower():
                raise translate(error) from error

    def _set_synchronous(self, level: str) -> None:
        if level != self._synchronous:
            self._connection.execute(f"PRAGMA synchronous = {level}")
            self._synchronous = level

    def close(self) -> None:
        """Close the file; SQLite checkpoints the WAL."""
        self._connection.close()


class Database:
    """One file as the daemon uses it."""

    def __init__(
        self,
        path: Path,
        *,
        kind: str,
        connect: Connect = connect_sqlite,
        commit_delay: Callable[[], None] | None = None,
        thread: ThreadPoolExecutor | None = None,
    ) -> None:
        """Open (or create) and migrate the file of `kind` `store` or `basket`. `commit_delay` stands for a slow card.

        `thread`: an executor of ONE thread that writes for several files (many stores in a process); the file does not end
        it. Raises `StoreBroken` when the file cannot be used, `StoreFull` when there is no room.
        """
        self.path = path
        self._connect = connect
        self._writer = Writer(path, kind=kind, connect=connect, commit_delay=commit_delay)
        self._own_thread = thread is None
        self._thread = thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"writer-{kind}")
        self._room = threading.BoundedSemaphore(WRITES_WAITING_MAX)
        self._jobs: deque[_Job[Any]] = deque()
        self._closed = False
        self._readers = threading.local()
        self.failure: StoreBroken | None = None
        """Set once the file proved unusable: the daemon ends."""

    async def write(self, run: Callable[[Tx], T], *, durable: bool = True, brief: bool = False) -> T:
        """Run `run` as one transaction on the writer thread and return what it returned. `brief`: it takes some milliseconds
        at the most, and may share its commit with others of this kind.

        Once queued it runs even if the caller is cancelled: an answer may be lost, a half-done sale not.
        Raises `StoreBusy`, `StoreFull`, `StoreBroken`, `StoreClosed`, or whatever `run` raised (rolled back).
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def over(outcome: Outcome[T]) -> None:
            # The loop is closed only when the whole daemon has ended: nobody is left to hear.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, done, outcome)

        self._enqueue(_Job(run, durable, brief, over))
        return await done

    def write_and_wait(self, run: Callable[[Tx], T], *, durable: bool = True) -> T:
        """The same for callers without an event loop (start-up, command line); callbacks run on the writer thread."""
        done: Future[T] = Future()
        self._enqueue(_Job(run, durable, False, lambda outcome: _settle(done, outcome)))
        return done.result()

    def reader(self) -> Connection:
        """This thread's read-only connection; sees everything committed before each statement."""
        connection: Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._connect(self.path, True)
            self._readers.connection = connection
        return connection

    @property
    def writes_waiting(self) -> int:
        """How many transactions wait for the writer thread."""
        return len(self._jobs)

    async def tidy(self) -> None:
        """Move a long WAL into the file, in a thread beside running transactions, so that no till waits for those syncs."""
        wal = self.path.with_name(self.path.name + "-wal")
        if not self._closed and wal.exists() and wal.stat().st_size > WAL_TIDY_BYTES:
            await asyncio.to_thread(self._checkpoint)

    def _checkpoint(self) -> None:
        try:
            connection = self._connect(self.path, False)
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise translate(error) from error

    def close(self) -> None:
        """Finish what is queued, then close. Later writes raise `StoreClosed`."""
        if self._closed:
            return
        self._closed = True
        if self._own_thread:
            self._thread.shutdown(wait=True)
        else:
            self._thread.submit(lambda: None).result()  # what is queued before this is done
        # A thread may be in the middle of a read: each reader is closed with its last use.
        self._readers = threading.local()
        self._writer.close()

    def _enqueue(self, job: _Job[T]) -> None:
        if self._closed:
            raise StoreClosed("the store database is closed")
        if not self._room.acquire(blocking=False):
            raise StoreBusy(f"{WRITES_WAITING_MAX} writes are already waiting")
        self._jobs.append(job)
        self._thread.submit(self._work)

    def _work(self) -> None:
        """Carry out the next job, with the brief ones behind it when it is brief itself. Called once per job: it finds
        nothing when an earlier call took its job along."""
        if not self._jobs:
            return
        jobs = [self._jobs.popleft()]
        while jobs[-1].brief and len(jobs) < TOGETHER_MAX and self._jobs and self._jobs[0].brief:
            jobs.append(self._jobs.popleft())
        for _ in jobs:
            self._room.release()
        outcomes = self._outcomes(jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, StoreBroken):
                self.failure = outcome
            job.over(outcome)

    def _outcomes(self, jobs: list[_Job[Any]]) -> list[Outcome[Any]]:
        try:
            return self._writer.transact_all([(job.run, job.durable) for job in jobs])
        except StoreDbError as error:
            return [error] * len(jobs)  # It could not even be rolled back.


def _settle(done: Future[T] | asyncio.Future[T], outcome: Outcome[T]) -> None:
    """Call back, then answer whoever still waits."""
    if isinstance(outcome, BaseException):
        if not done.cancelled():
            done.set_exception(outcome)
        return
    result, callbacks = outcome
    for callback in callbacks:
        callback()
    if not done.cancelled():
        done.set_result(result)
