"""SQL of events, captures and named queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from psycopg import sql
from psycopg.rows import class_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.epcis.index import EventRow

Q = load_queries(__file__, "epcis.sql")
COLUMNS = {
    "eventTypes": "event_type",
    "bizSteps": "biz_step",
    "bizLocations": "biz_location",
    "readPoints": "read_point",
    "dispositions": "disposition",
}
_NAMES = {name: Q["names_of"].format(column=sql.Identifier(column)) for name, column in COLUMNS.items()}


@dataclass(frozen=True)
class Wanted:
    """Which events; None: whatever it is. Words are bare, EPCs are keys (cloud/epcis/ids.py)."""

    types: list[str] | None = None
    actions: list[str] | None = None
    steps: list[str] | None = None
    dispositions: list[str] | None = None
    read_points: list[str] | None = None
    locations: list[str] | None = None
    event_ids: list[str] | None = None
    from_ms: int | None = None
    before_ms: int | None = None
    recorded_from_ms: int | None = None
    recorded_before_ms: int | None = None
    errors_only: bool | None = None
    epcs: list[str] | None = None
    any_epcs: list[str] | None = None
    begins: str | None = None
    any_begins: str | None = None


@dataclass(frozen=True)
class Kept:
    """An event as it is kept. `place`: where a page goes on."""

    place: int
    event_id: str
    recorded_ms: int
    body: str
    context: str


@dataclass(frozen=True)
class Capture:
    """A capture job. `errors`: problems as a JSON array."""

    capture_id: str
    behaviour: str
    created_ms: int
    finished_ms: int | None
    success: bool
    events: int
    errors: str


@dataclass(frozen=True)
class NamedQuery:
    """A query by name. `query`: its parameters as a JSON object."""

    name: str
    query: str
    created_ms: int


async def add(tx: Connection, rows: Iterable[EventRow], now_ms: int) -> None:
    """Keep events; one that is there already stays as it is."""
    values = [{**asdict(row), "recorded_ms": now_ms} for row in rows]
    if values:
        async with tx.cursor() as cursor:
            await cursor.executemany(Q["add"], values)


async def known(tx: Connection, event_ids: Sequence[str]) -> set[str]:
    """Those of the ids that are taken."""
    rows = await (await tx.execute(Q["known"], {"event_ids": list(event_ids)})).fetchall()
    return {str(row[0]) for row in rows}


async def events(tx: Connection, wanted: Wanted, after: int, limit: int) -> list[Kept]:
    """Events in scope, in the order they were recorded."""
    async with tx.cursor(row_factory=class_row(Kept)) as cursor:
        await cursor.execute(Q["events"], {**asdict(wanted), "after": after, "limit": limit})
        return await cursor.fetchall()


async def names(tx: Connection, resource: str, after: str, limit: int) -> list[str]:
    """The different values of a resource (`bizSteps`, `epcs` …) in scope."""
    query = Q["epc_names"] if resource == "epcs" else _NAMES[resource]
    return [str(row[0]) for row in await (await tx.execute(query, {"after": after, "limit": limit})).fetchall()]


async def add_capture(tx: Connection, job: Capture, person: str) -> None:
    """Keep a job."""
    await tx.execute(Q["add_capture"], {**asdict(job), "person": person})


async def capture(tx: Connection, capture_id: str) -> Capture | None:
    """One job."""
    async with tx.cursor(row_factory=class_row(Capture)) as cursor:
        await cursor.execute(Q["capture"], {"capture_id": capture_id})
        return await cursor.fetchone()


async def captures(tx: Connection, before: str, limit: int) -> list[Capture]:
    """Jobs, the newest first (ids sort by time)."""
    async with tx.cursor(row_factory=class_row(Capture)) as cursor:
        await cursor.execute(Q["captures"], {"before": before, "limit": limit})
        return await cursor.fetchall()


async def put_query(tx: Connection, query: NamedQuery, person: str) -> bool:
    """Keep a query; False when its name is taken."""
    values = {"name": query.name, "query": query.query, "now_ms": query.created_ms, "person": person}
    return await (await tx.execute(Q["put_query"], values)).fetchone() is not None


async def query(tx: Connection, name: str) -> NamedQuery | None:
    """One query."""
    async with tx.cursor(row_factory=class_row(NamedQuery)) as cursor:
        await cursor.execute(Q["query"], {"name": name})
        return await cursor.fetchone()


async def queries(tx: Connection) -> list[NamedQuery]:
    """Every query."""
    async with tx.cursor(row_factory=class_row(NamedQuery)) as cursor:
        await cursor.execute(Q["queries"])
        return await cursor.fetchall()


async def remove_query(tx: Connection, name: str) -> bool:
    """Whether there was one."""
    return await (await tx.execute(Q["remove_query"], {"name": name})).fetchone() is not None
