"""SQL of a group commit: locks and reads, then everything it writes. All under `Scope.everything()`, as the ingest role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import msgspec
from psycopg import sql

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.feeds.store import heads_of
from cloud.ingest.group import Alarm, StoreInHand, Taken
from cloud.ingest.rows import Unprojectable
from cloud.ingest.tables import COPY_ORDER, REV, Table
from cloud.stores.domain import feeds_of
from protocols.contract.values import Stream
from protocols.sync.hq_record import Cursor, StoreRecord, decode_record, encode_record
from protocols.sync.presence import Presence

Q = load_queries(__file__, "ingest.sql")
UNSEEN_ALARMS_MAX = 100
"""Of one store; more of them would say nothing new."""

_COPY = {
    table: Q["copy"].format(
        table=sql.Identifier(table.name), columns=sql.SQL(", ").join(sql.Identifier(name) for name in table.columns)
    )
    for table in COPY_ORDER
}
_KNOWN = {
    table: Q["known_keys"].format(table=sql.Identifier(table.name), key=sql.Identifier(table.key)) for table in COPY_ORDER
}

Key = tuple[Table, str, str]
"""Facts by (table, store id, key)."""


async def lock_stores(
    tx: Connection, store_ids: Iterable[str], greeting: set[str], epoch: str, *, durable_on_commit: bool
) -> dict[str, StoreInHand]:
    """Lock the known ones of these stores, by id, and read where they stand. `greeting`: said hello or reported."""
    wanted = sorted(set(store_ids))
    rows = await _locked(tx, wanted)
    if len(rows) < len(wanted):
        await _add_sessions(tx, sorted(set(wanted) - {str(row[0]) for row in rows}))
        rows = await _locked(tx, wanted)
    stores: dict[str, StoreInHand] = {}
    zones: dict[str, str] = {}
    for store_id, record, last_rev, zone, presence in rows:
        known = msgspec.json.decode(presence, type=Presence) if presence else Presence()
        stores[store_id] = StoreInHand(store_id, decode_record(record), {}, last_rev, known)
        zones[store_id] = zone
    async with tx.cursor(binary=True) as cursor:
        await cursor.execute(Q["cursors"], {"store_ids": list(stores)})
        for store_id, incarnation, stream, seq, chain_hash, durable_seq in await cursor.fetchall():
            key = (incarnation, Stream(stream))
            durable = seq if durable_on_commit else durable_seq
            stores[store_id].cursors[key] = Cursor(incarnation, key[1], seq, bytes(chain_hash), durable)
    await _add_heads(tx, [stores[store_id] for store_id in sorted(greeting & set(stores))], zones, epoch)
    return stores


async def _locked(tx: Connection, store_ids: Sequence[str]) -> list[tuple[str, bytes, int, str, bytes | None]]:
    async with tx.cursor(binary=True) as cursor:
        await cursor.execute(Q["lock_stores"], {"store_ids": list(store_ids)})
        return await cursor.fetchall()


async def _add_sessions(tx: Connection, missing: Sequence[str]) -> None:
    rows = await (await tx.execute(Q["known_stores"], {"store_ids": list(missing)})).fetchall()
    if rows:
        store_ids = [str(row[0]) for row in rows]
        records = [encode_record(StoreRecord(store_id=store_id)) for store_id in store_ids]
        await tx.execute(Q["add_sessions"], {"store_ids": store_ids, "records": records})


async def _add_heads(tx: Connection, greeting: Sequence[StoreInHand], zones: Mapping[str, str], epoch: str) -> None:
    if not greeting:
        return
    followed = {store.store_id: feeds_of(store.store_id, zones[store.store_id]) for store in greeting}
    heads = await heads_of(tx, sorted({feed for feeds in followed.values() for feed in feeds}), epoch)
    for store in greeting:
        store.heads = tuple(heads[feed] for feed in followed[store.store_id] if feed in heads)


async def save_sessions(tx: Connection, stores: Iterable[StoreInHand]) -> None:
    """Write the records, revisions and cursors that changed."""
    changed = [store for store in stores if store.record_changed or store.rev_changed]
    if changed:
        await tx.execute(
            Q["save_sessions"],
            {
                "store_ids": [store.store_id for store in changed],
                "records": [encode_record(store.record) for store in changed],
                "revs": [store.last_rev for store in changed],
            },
        )
    moved = [(store.store_id, store.cursors[key]) for store in changed for key in sorted(store.moved)]
    if moved:
        await tx.execute(
            Q["move_cursors"],
            {
                "store_ids": [store_id for store_id, _ in moved],
                "incarnations": [cursor.incarnation for _, cursor in moved],
                "streams": [cursor.stream.value for _, cursor in moved],
                "seqs": [cursor.seq for _, cursor in moved],
                "hashes": [cursor.hash for _, cursor in moved],
            },
        )


async def add_batches(tx: Connection, taken: Sequence[Taken]) -> None:
    """Keep the batches as they came."""
    await tx.execute(
        Q["add_batches"],
        {
            "store_ids": [each.store.store_id for each in taken],
            "incarnations": [each.decision.header.incarnation for each in taken],
            "streams": [each.decision.header.stream.value for each in taken],
            "first_seqs": [each.decision.first_seq for each in taken],
            "to_seqs": [each.decision.header.to_seq for each in taken],
            "gap_froms": [each.decision.gap.from_seq if each.decision.gap else None for each in taken],
            "gap_reasons": [each.decision.gap.reason if each.decision.gap else "" for each in taken],
            "revs": [each.ingest_rev for each in taken],
            "payloads": [each.opened.incoming.payload for each in taken],
        },
        binary=True,
    )


@dataclass(frozen=True, slots=True)
class Step:
    """What one step brought, for `ingest_step`."""

    store_id: str
    ingest_rev: int
    fact_count: int
    sale_count: int


async def add_steps(tx: Connection, steps: Sequence[Step], now_ms: int) -> None:
    """Write the order of arrival."""
    await tx.execute(
        Q["add_steps"],
        {
            "store_ids": [step.store_id for step in steps],
            "revs": [step.ingest_rev for step in steps],
            "facts": [step.fact_count for step in steps],
            "sales": [step.sale_count for step in steps],
            "at_ms": now_ms,
        },
    )


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A fact that stays raw for now."""

    store_id: str
    incarnation: int
    stream: Stream
    seq: int
    why: Unprojectable
    fact: bytes


async def quarantine(tx: Connection, facts: Sequence[Quarantined], now_ms: int) -> None:
    """Keep them for `reproject`."""
    await tx.execute(
        Q["quarantine"],
        {
            "store_ids": [each.store_id for each in facts],
            "incarnations": [each.incarnation for each in facts],
            "streams": [each.stream.value for each in facts],
            "seqs": [each.seq for each in facts],
            "kinds": [storable(each.why.kind)[:100] for each in facts],
            "reasons": [storable(each.why.reason)[:500] for each in facts],
            "facts": [each.fact for each in facts],
            "at_ms": now_ms,
        },
    )


@dataclass
class Blocks:
    """Row texts by table, ready for COPY."""

    parts: dict[Table, list[str]] = field(default_factory=dict)

    def add(self, texts: Mapping[Table, Sequence[str]], ingest_rev: int) -> None:
        """Rows of one step."""
        rev = str(ingest_rev)
        for table, rows in texts.items():
            self.parts.setdefault(table, []).append("".join(rows).replace(REV, rev))


async def copy_blocks(tx: Connection, blocks: Blocks) -> None:
    """Fill the tables. Raises `psycopg.errors.UniqueViolation` and `psycopg.DataError`."""
    async with tx.cursor() as cursor:
        for table in COPY_ORDER:
            if table in blocks.parts:
                async with cursor.copy(_COPY[table]) as copy:
                    await copy.write("".join(blocks.parts[table]).encode())


async def known_keys(tx: Connection, asked: Set[Key]) -> dict[Key, str]:
    """Which of these facts are projected already, each with its event id."""
    found: dict[Key, str] = {}
    for table in COPY_ORDER:
        mine = sorted((store_id, key) for asked_table, store_id, key in asked if asked_table is table)
        if mine:
            wanted = {"store_ids": [row[0] for row in mine], "keys": [storable(row[1]) for row in mine]}
            rows = await (await tx.execute(_KNOWN[table], wanted)).fetchall()
            found.update({(table, str(store_id), str(key)): str(event_id) for store_id, key, event_id in rows})
    return found


async def raise_alarms(tx: Connection, alarms: Sequence[Alarm], now_ms: int) -> None:
    """Tell the console; an unseen alarm that says the same is not repeated."""
    await tx.execute(
        Q["raise_alarms"],
        {
            "store_ids": [alarm.store_id for alarm in alarms],
            "codes": [alarm.code for alarm in alarms],
            "details": [storable(alarm.detail) for alarm in alarms],
            "now_ms": now_ms,
            "unseen_max": UNSEEN_ALARMS_MAX,
        },
    )


async def mend_arrivals(tx: Connection) -> None:
    """After a restore into a younger server, steps may carry transactions of its future: put them into its past."""
    await tx.execute(Q["mend_arrivals"])


def storable(text: str) -> str:
    """PostgreSQL's text holds no NUL."""
    return text.replace("\x00", "\N{SYMBOL FOR NULL}")
