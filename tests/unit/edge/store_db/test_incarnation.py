"""A new incarnation: facts HQ lacks move into it with their bytes, in order; what HQ has stays where it is."""

from pathlib import Path

import pytest

from edge.store_db import journal
from edge.store_db.database import Database
from edge.store_db.incarnation import Move, adopt
from protocols.contract.values import Stream
from protocols.sync.chain import genesis, link
from tests.support.box_ground import STORE_ID, alarm, moved, new_journal, open_store


@pytest.fixture
def database(tmp_path: Path):  # type: ignore[no-untyped-def]
    database = open_store(tmp_path)
    yield database
    database.close()


def facts(database: Database, incarnation: int, stream: Stream = Stream.TXN) -> list[bytes]:
    rows = journal.read_after(database.reader(), incarnation, stream, 0, limit_rows=100)
    previous = genesis(STORE_ID, incarnation, stream.value)
    for seq, row in enumerate(rows, start=1):
        previous = link(previous, row.fact)
        assert (row.seq, row.hash) == (seq, previous)
    head = journal.stream_head(database.reader(), incarnation, stream)
    assert (head.last_seq, head.last_hash) == (len(rows), previous)
    return [row.fact for row in rows]


def grant(database: Database, incarnation: int, *moves: Move) -> None:
    database.write_and_wait(lambda tx: adopt(tx, incarnation=incarnation, fence=f"f{incarnation}", moves=moves))


def test_the_first_grant_takes_everything_decided_before_it(database: Database) -> None:
    log = new_journal()
    database.write_and_wait(lambda tx: log.append_many(tx, [moved(1), alarm(1), moved(2)]))
    txn, ops = facts(database, 0), facts(database, 0, Stream.OPS)
    grant(database, 1, Move(Stream.TXN, 0, 0), Move(Stream.OPS, 0, 0))
    assert facts(database, 1) == txn
    assert facts(database, 1, Stream.OPS) == ops
    assert facts(database, 0) == []
    identity = journal.identity(database.reader())
    assert (identity.incarnation, identity.fence) == (1, "f1")
    database.write_and_wait(lambda tx: log.append(tx, moved(3)))
    assert len(facts(database, 1)) == 3


def test_a_later_grant_moves_only_what_hq_lacks_across_incarnations(database: Database) -> None:
    log = new_journal()
    grant(database, 1)
    database.write_and_wait(lambda tx: log.append_many(tx, [moved(1), moved(2), moved(3)]))
    first = facts(database, 1)
    grant(database, 2)
    database.write_and_wait(lambda tx: log.append_many(tx, [moved(4), moved(5)]))
    second = facts(database, 2)
    grant(database, 3, Move(Stream.TXN, 1, 1))
    assert facts(database, 1) == first[:1]
    assert facts(database, 2) == []
    assert facts(database, 3) == [*first[1:], *second]


def test_facts_are_never_journalled_in_a_transaction_a_power_cut_could_take_back(database: Database) -> None:
    log = new_journal()
    with pytest.raises(ValueError, match="durable"):
        database.write_and_wait(lambda tx: log.append(tx, moved(1)), durable=False)
