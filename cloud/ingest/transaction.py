"""One transaction of ingest: lock, decide, write. What it returns may be said only after the commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from cloud.db.pool import Connection
from cloud.feeds.store import db_epoch
from cloud.ingest import store
from cloud.ingest.contact import save_contacts
from cloud.ingest.group import Alarm, Group, Rules, Taken, decide_group
from cloud.ingest.opened import Opened, OpenedHello, OpenedReport
from cloud.ingest.rows import Projected, Unprojectable
from cloud.ingest.store import Blocks, Key, Quarantined, Step
from cloud.ingest.tables import SALE, Table
from protocols.clock import RandomSource
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import Stream
from protocols.sync.hq_hello import HqTerms


@dataclass(frozen=True)
class Ways:
    """How a transaction is to be done. `careful`: look up every key, let each batch, if need be each fact, fail alone."""

    rng: RandomSource
    now_ms: int
    credit: int
    durable_on_commit: bool
    careful: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One fact on its way into the tables."""

    store_id: str
    incarnation: int
    stream: Stream
    seq: int
    fact: bytes
    projected: Projected | Unprojectable


@dataclass
class Writing:
    """What the steps of a transaction still have to write."""

    blocks: Blocks = field(default_factory=Blocks)
    steps: list[Step] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)


async def take_group(tx: Connection, messages: Sequence[Opened], ways: Ways) -> Group:
    """Decide on the messages and write what follows. Raises `psycopg.Error`; then nothing has happened."""
    epoch = await db_epoch(tx)
    greeting = {opened.incoming.store_id for opened in messages if isinstance(opened, OpenedHello | OpenedReport)}
    stores = await store.lock_stores(
        tx,
        {opened.incoming.store_id for opened in messages},
        greeting,
        epoch,
        durable_on_commit=ways.durable_on_commit,
    )
    terms = HqTerms(db_epoch=epoch, credit=ways.credit, now_ms=ways.now_ms)
    group = decide_group(messages, stores, Rules(terms, ways.rng, ways.durable_on_commit))
    await _write_taken(tx, group, ways)
    await store.save_sessions(tx, stores.values())
    await save_contacts(tx, stores.values(), ways.now_ms)
    if group.alarms:
        await store.raise_alarms(tx, group.alarms, ways.now_ms)
    return group


async def _write_taken(tx: Connection, group: Group, ways: Ways) -> None:
    if not group.taken:
        return
    await store.add_batches(tx, group.taken)
    checked = [each for each in group.taken if ways.careful or each.store.may_repeat]
    known = await store.known_keys(tx, _keys(checked)) if checked else {}
    writing = Writing()
    for taken in group.taken:
        seen = known if ways.careful or taken.store.may_repeat else None
        await write_step(tx, writing, taken.store.store_id, rows_of(taken), taken.ingest_rev, seen, careful=ways.careful)
    await finish(tx, writing, ways.now_ms)
    group.alarms += [
        Alarm(store_id, "facts_quarantined", "some facts could not be made into rows; they are kept raw (reproject)")
        for store_id in sorted({each.store_id for each in writing.quarantined})
    ]


def _keys(taken: Sequence[Taken]) -> set[Key]:
    return {
        (each.table, batch.store.store_id, each.key)
        for batch in taken
        for each in batch.projected
        if isinstance(each, Projected)
    }


def rows_of(taken: Taken) -> list[Row]:
    """The new facts of a batch with what they become."""
    header, first = taken.decision.header, taken.decision.first_seq
    store_id = taken.store.store_id
    return [
        Row(store_id, header.incarnation, header.stream, first + place, fact, projected)
        for place, (fact, projected) in enumerate(zip(taken.decision.facts, taken.projected, strict=True))
    ]


async def write_step(
    tx: Connection,
    writing: Writing,
    store_id: str,
    rows: Sequence[Row],
    ingest_rev: int,
    known: dict[Key, str] | None,
    *,
    careful: bool,
) -> None:
    """Put one store's facts into the tables as step `ingest_rev`, leaving out those in `known` (and adding to it)."""
    kept: dict[Table, list[str]] = defaultdict(list)
    taken: list[Row] = []
    sales = 0
    for row in rows:
        projected = row.projected
        if isinstance(projected, Unprojectable):
            writing.quarantined.append(_quarantined(row, projected))
            continue
        if known is not None:
            key = (projected.table, store_id, projected.key)
            if key in known:
                if known[key] != projected.event_id:
                    why = Unprojectable(projected.table.name, f"another fact has {projected.table.key} {projected.key}")
                    writing.quarantined.append(_quarantined(row, why))
                continue
            known[key] = projected.event_id
        if careful:
            taken.append(row)
        for table, text in projected.texts:
            kept[table].append(text)
        sales += projected.table is SALE
    if careful:
        refused = await _copy_alone(tx, kept, taken, ingest_rev)
        writing.quarantined += refused
        sales -= sum(each.why.kind == SALE_KIND for each in refused)
    else:
        writing.blocks.add(kept, ingest_rev)
    writing.steps.append(Step(store_id, ingest_rev, len(rows), sales))


SALE_KIND = SaleClosed.__name__


async def _copy_alone(
    tx: Connection, kept: dict[Table, list[str]], rows: Sequence[Row], ingest_rev: int
) -> list[Quarantined]:
    """Copy one step by itself; if PostgreSQL refuses it, fact by fact. Returns the facts it refuses."""
    blocks = Blocks()
    blocks.add(kept, ingest_rev)
    try:
        async with tx.transaction():
            await store.copy_blocks(tx, blocks)
    except (psycopg.DataError, psycopg.IntegrityError):
        return [each for row in rows if (each := await _copy_fact(tx, row, ingest_rev)) is not None]
    return []


async def _copy_fact(tx: Connection, row: Row, ingest_rev: int) -> Quarantined | None:
    assert isinstance(row.projected, Projected)
    blocks = Blocks()
    blocks.add({table: [text] for table, text in row.projected.texts}, ingest_rev)
    try:
        async with tx.transaction():
            await store.copy_blocks(tx, blocks)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        kind = SALE_KIND if row.projected.table is SALE else row.projected.table.name
        reason = f"PostgreSQL refused it: {error.diag.message_primary or error}"
        return _quarantined(row, Unprojectable(kind, reason))
    return None


def _quarantined(row: Row, why: Unprojectable) -> Quarantined:
    return Quarantined(row.store_id, row.incarnation, row.stream, row.seq, why, row.fact)


async def finish(tx: Connection, writing: Writing, now_ms: int) -> None:
    """Write what the steps left: rows, the order of arrival, quarantine."""
    await store.copy_blocks(tx, writing.blocks)
    await store.add_steps(tx, writing.steps, now_ms)
    if writing.quarantined:
        await store.quarantine(tx, writing.quarantined, now_ms)
