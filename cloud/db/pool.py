"""Connections to PostgreSQL: a bounded pool, and transactions that see only the rows of their scope.

The roles of the pools are never superusers and own nothing, so row-level security binds them. A transaction states its
scope before anything else; without one, no row of a store is visible.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from cloud.db.queries import load_queries

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]
"""A connection inside a transaction, as subjects see it."""

Q = load_queries(__file__, "db.sql")

WAITING_MAX = 64
"""Callers that may wait for a connection; the next one fails at once."""
WAIT_SECONDS = 10.0
STATEMENT_SECONDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Scope:
    """Which stores' rows a transaction may see and change. Make it with `everything` or `of_stores`."""

    all_stores: bool
    stores: tuple[str, ...] = ()

    @classmethod
    def everything(cls) -> Scope:
        """All stores, and what belongs to the whole chain."""
        return cls(all_stores=True)

    @classmethod
    def of_stores(cls, stores: Iterable[str]) -> Scope:
        """Only these stores, and what every store may read. Store ids contain no comma."""
        return cls(all_stores=False, stores=tuple(stores))


class Database:
    """A pool of one role. Open it once at start; every use is a `transaction`."""

    def __init__(self, conninfo: str, *, size_max: int = 8, application: str = "tallystick") -> None:
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            conninfo,
            min_size=1,
            max_size=size_max,
            open=False,
            max_waiting=WAITING_MAX,
            timeout=WAIT_SECONDS,
            kwargs={"application_name": application, "options": f"-c statement_timeout={STATEMENT_SECONDS_MAX}s"},
            check=AsyncConnectionPool.check_connection,
            name=application,
        )

    async def open(self, *, timeout_seconds: float = 30.0) -> None:
        """Connect. Raises `psycopg_pool.PoolTimeout` when the database does not answer in time."""
        opened = False
        try:
            await self._pool.open(wait=True, timeout=timeout_seconds)
            opened = True
        finally:
            if not opened:  # its workers would go on trying, and keep a process alive that wants to end
                await self._pool.close()

    async def close(self) -> None:
        """End all connections."""
        await self._pool.close()

    def stats(self) -> Mapping[str, int]:
        """What the pool counts: pool_size, pool_available, requests_waiting, requests_num, requests_errors and more."""
        return self._pool.get_stats()

    async def __aenter__(self) -> Database:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def transaction(self, scope: Scope, *, reading: bool = False) -> AsyncIterator[Connection]:
        """One transaction bound to a scope; commits at the end of the block, rolls back when it raises.

        With `reading` the database itself refuses every write in it (`psycopg.errors.ReadOnlySqlTransaction`).
        Raises `psycopg_pool.TooManyRequests` or `PoolTimeout` when too much waits already.
        """
        async with self._pool.connection() as connection, connection.transaction():
            await set_scope(connection, scope, reading=reading)
            yield connection


async def set_scope(connection: Connection, scope: Scope, *, reading: bool = False) -> None:
    """Bind the running transaction to a scope, and to reading if wanted."""
    query = "set_reading_scope" if reading else "set_scope"
    values = {"scope": "all" if scope.all_stores else "stores", "stores": ",".join(scope.stores)}
    await connection.execute(Q[query], values)
