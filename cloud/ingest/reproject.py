"""Make rows of facts that could not be projected when they came: of unknown kinds, or malformed for older software.

Runs beside the workers, under the same locks: each store's facts become one more step of that store, each fact at most once.
What still cannot be projected stays in quarantine, with the newest reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from cloud.clock import SystemClock
from cloud.db.pool import Connection, Database, Scope
from cloud.ingest import store
from cloud.ingest.group import StoreInHand
from cloud.ingest.projections import project
from cloud.ingest.rows import Origin, Projected, Unprojectable
from cloud.ingest.store import Key, Quarantined
from cloud.ingest.transaction import Row, Writing, finish, write_step
from cloud.settings import HqSettings
from protocols.clock import Clock
from protocols.contract.values import Stream

Q = store.Q
FACTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A fact in quarantine."""

    quarantine_id: int
    store_id: str
    incarnation: int
    stream: Stream
    seq: int
    fact: bytes


@dataclass
class Result:
    """How many facts became rows, and how many stay."""

    projected: int = 0
    staying: int = 0


async def run(settings: HqSettings, say: Callable[[str], None]) -> None:
    """Go through the whole quarantine once and say what became of it. Raises `SettingsError`, `psycopg.OperationalError`."""
    async with Database(settings.ingest_conninfo(), size_max=2, application="tallystick-reproject") as database:
        result = await reproject(database, SystemClock())
    say(f"{result.projected} facts were made into rows; {result.staying} stay in quarantine")


async def reproject(database: Database, clock: Clock) -> Result:
    """Go through the whole quarantine once."""
    result = Result()
    after = 0
    while True:
        async with database.transaction(Scope.everything()) as tx:
            found = await _waiting(tx, after)
        if not found:
            return result
        after = found[-1].quarantine_id
        for store_id, facts in groupby(sorted(found, key=lambda fact: fact.store_id), key=lambda fact: fact.store_id):
            async with database.transaction(Scope.everything()) as tx:
                await _reproject_store(tx, store_id, list(facts), clock.now_ms(), result)


async def _waiting(tx: Connection, after: int) -> list[Waiting]:
    async with tx.cursor(binary=True) as cursor:
        await cursor.execute(Q["waiting_facts"], {"after": after, "limit": FACTS_AT_ONCE})
        return [
            Waiting(number, store_id, incarnation, Stream(stream), seq, bytes(fact))
            for number, store_id, incarnation, stream, seq, fact in await cursor.fetchall()
        ]


async def _reproject_store(tx: Connection, store_id: str, facts: Sequence[Waiting], now_ms: int, result: Result) -> None:
    """Under the store's lock: project what is still waiting as one step."""
    stores = await store.lock_stores(tx, [store_id], set(), "", durable_on_commit=True)
    ids = [fact.quarantine_id for fact in facts]
    still = {row[0] for row in await (await tx.execute(Q["still_waiting"], {"ids": ids})).fetchall()}
    rows = {fact.quarantine_id: _row(fact, now_ms) for fact in facts if fact.quarantine_id in still}
    ready = {number: row for number, row in rows.items() if isinstance(row.projected, Projected)}
    refused = await _write(tx, stores[store_id], list(ready.values()), now_ms) if ready else []
    refused += [_stays(row, row.projected) for row in rows.values() if isinstance(row.projected, Unprojectable)]
    reasons = {(each.incarnation, each.stream, each.seq): each.why for each in refused}
    done = []
    for number, row in rows.items():
        why = reasons.get((row.incarnation, row.stream, row.seq))
        if why is None:
            done.append(number)
        else:
            reason = store.storable(why.reason)[:500]
            await tx.execute(Q["note_reason"], {"id": number, "kind": store.storable(why.kind)[:100], "reason": reason})
    await tx.execute(Q["projected"], {"ids": done, "now_ms": now_ms})
    result.projected += len(done)
    result.staying += len(rows) - len(done)


async def _write(tx: Connection, mine: StoreInHand, rows: Sequence[Row], now_ms: int) -> list[Quarantined]:
    """Returns the facts PostgreSQL refuses."""
    mine.last_rev += 1
    mine.rev_changed = True
    known = await store.known_keys(tx, _keys(rows))
    writing = Writing()
    await write_step(tx, writing, mine.store_id, rows, mine.last_rev, known, careful=True)
    refused, writing.quarantined = writing.quarantined, []
    await finish(tx, writing, now_ms)
    await store.save_sessions(tx, [mine])
    return refused


def _keys(rows: Iterable[Row]) -> set[Key]:
    return {(row.projected.table, row.store_id, row.projected.key) for row in rows if isinstance(row.projected, Projected)}


def _row(fact: Waiting, now_ms: int) -> Row:
    projected = project(Origin(fact.store_id, fact.incarnation, now_ms), fact.seq, fact.fact)
    return Row(fact.store_id, fact.incarnation, fact.stream, fact.seq, fact.fact, projected)


def _stays(row: Row, why: Unprojectable) -> Quarantined:
    return Quarantined(row.store_id, row.incarnation, row.stream, row.seq, why, row.fact)
