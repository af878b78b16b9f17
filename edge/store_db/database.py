"""One SQLite file: a single writer thread fed by a bounded queue, and reader connections.

`await db.write(fn)` runs `fn(tx)` in one `BEGIN IMMEDIATE` transaction on the writer thread. A durable transaction is on the
disk when `write` returns (`synchronous=FULL`, WAL); one that is not survives a killed process but perhaps not a power
cut. Callbacks given to `tx.after_commit` run on the event loop after the commit, in order, before `write` returns, and
also when the caller was cancelled meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from edge.store_db.connection import Connect, Connection, Cursor, SqlValue, connect_sqlite, translate
from edge.store_db.errors import StoreBroken, StoreBusy, StoreClosed
from edge.store_db.migrate import migrate

T = TypeVar("T")

WRITES_WAITING_MAX = 2_000
"""Policy when reached: `StoreBusy` to the caller at once."""
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

    async def write(self, run: Callable[[Tx], T], *, durable: bool = True) -> T:
        """Run one transaction; see `Database.write`."""

    def reader(self) -> Connection:
        """A connection for reading."""


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
        tx = Tx(self._connection, durable=durable)
        begun = False
        try:
            self._set_synchronous("FULL" if durable else "NORMAL")
            self._connection.execute("BEGIN IMMEDIATE")
            begun = True
            result = run(tx)
            if durable and self._commit_delay is not None:
                self._commit_delay()
            self._connection.execute("COMMIT")
            begun = False
        except sqlite3.Error as error:
            raise translate(error) from error
        finally:
            if begun:
                self._roll_back()
        return result, tx.callbacks

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
        self._queued = 0
        self._begun = 0
        self._closed = False
        self._readers = threading.local()
        self._open_readers: list[Connection] = []
        self.failure: StoreBroken | None = None
        """Set once the file proved unusable: the daemon ends."""

    async def write(self, run: Callable[[Tx], T], *, durable: bool = True) -> T:
        """Run `run` in one transaction on the writer thread and return what it returned.

        Once queued it runs even if the caller is cancelled: an answer may be lost, a half-done sale not.
        Raises `StoreBusy`, `StoreFull`, `StoreBroken`, `StoreClosed`, or whatever `run` raised (rolled back).
        """
        loop = asyncio.get_running_loop()

        def call_back(callback: Callable[[], None]) -> None:
            # The loop is closed only when the whole daemon has ended: nobody is left to hear.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(callback)

        return await asyncio.shield(asyncio.wrap_future(self._enqueue(run, durable, call_back)))

    def write_and_wait(self, run: Callable[[Tx], T], *, durable: bool = True) -> T:
        """The same for callers without an event loop (start-up, command line); callbacks run on the writer thread."""
        return self._enqueue(run, durable, lambda callback: callback()).result()

    def reader(self) -> Connection:
        """This thread's read-only connection; sees everything committed before each statement."""
        connection: Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._connect(self.path, True)
            self._readers.connection = connection
            self._open_readers.append(connection)
        return connection

    @property
    def writes_waiting(self) -> int:
        """How many transactions wait for the writer thread."""
        return max(0, self._queued - self._begun)

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
        for connection in self._open_readers:
            connection.close()
        self._writer.close()

    def _enqueue(self, run: Callable[[Tx], T], durable: bool, call_back: Callable[[Callable[[], None]], None]) -> Future[T]:
        if self._closed:
            raise StoreClosed("the store database is closed")
        if not self._room.acquire(blocking=False):
            raise StoreBusy(f"{WRITES_WAITING_MAX} writes are already waiting")
        self._queued += 1
        return self._thread.submit(self._transact, run, durable, call_back)

    def _transact(self, run: Callable[[Tx], T], durable: bool, call_back: Callable[[Callable[[], None]], None]) -> T:
        self._room.release()
        self._begun += 1
        try:
            result, callbacks = self._writer.transact(run, durable=durable)
        except StoreBroken as error:
            self.failure = error
            raise
        for callback in callbacks:
            call_back(callback)
        return result
