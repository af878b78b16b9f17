"""The ops stream stays within its limit, says what it dropped, and what follows can still be proven and sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store_db import journal
from edge.store_db.database import Database
from edge.store_db.incarnation import adopt
from edge.sync.position import read_slice
from protocols.contract.facts import FactsShed, decode_body, decode_envelope
from protocols.contract.values import Stream
from protocols.sync.batch import BatchStamp, build_batch, open_batch
from protocols.sync.effects import ReadJournal
from tests.support.box_ground import STORE_ID, alarm, moved, new_journal, open_store


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = open_store(tmp_path)
    yield found
    found.close()


async def test_the_oldest_operational_facts_go_and_a_fact_says_which(database: Database) -> None:
    log = new_journal()
    await database.write(lambda tx: log.append_many(tx, [alarm(n) for n in range(1, 25)]))
    assert await database.write(lambda tx: journal.shed_ops(tx, log, facts_max=20)) == 6
    rows = journal.read_after(database.reader(), 0, Stream.OPS, 0, limit_rows=100)
    assert [row.seq for row in rows] == list(range(7, 26))
    assert decode_body(decode_envelope(rows[-1].fact)) == FactsShed(from_seq=1, to_seq=6, reason="more than 20 facts waited")
    assert await database.write(lambda tx: journal.shed_ops(tx, log, facts_max=20)) == 0


async def test_sales_and_stock_never_go(database: Database) -> None:
    log = new_journal()
    await database.write(lambda tx: log.append_many(tx, [moved(n) for n in range(1, 25)]))
    assert await database.write(lambda tx: journal.shed_ops(tx, log, facts_max=3)) == 0


async def test_facts_after_the_gap_are_still_a_provable_batch(database: Database) -> None:
    log = new_journal()
    await database.write(lambda tx: adopt(tx, incarnation=1, fence="1-secret", moves=()))
    await database.write(lambda tx: log.append_many(tx, [alarm(n) for n in range(1, 25)]))
    await database.write(lambda tx: journal.shed_ops(tx, log, facts_max=20))
    wanted = ReadJournal(stream=Stream.OPS, after_seq=0, limit_rows=256, limit_bytes=60_000)
    found = read_slice(database.reader(), STORE_ID, 1, wanted)
    stamp = BatchStamp(store_id=STORE_ID, boot_id="b", conn_epoch=1, fence="1-secret", incarnation=1, stream=Stream.OPS)
    opened = open_batch(build_batch(stamp, found, 1).payload)
    assert (opened.header.gap_from, opened.header.from_seq, opened.header.gap_reason) == (1, 7, "shed")
    assert len(opened.facts) == 19
