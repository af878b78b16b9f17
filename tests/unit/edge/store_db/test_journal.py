"""The journal: gapless sequences per stream, a hash chain over the bytes, deletion only of what is durable and old."""

from pathlib import Path

import pytest

from edge.store_db import journal
from edge.store_db.database import Database, Tx
from edge.store_db.journal import JournalRow
from protocols.clock import FakeClock
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.values import Stream
from protocols.sync.chain import genesis, link
from tests.support.box_ground import STORE_ID, alarm, moved, new_journal, open_store

DAY_MS = 86_400_000


@pytest.fixture
def database(tmp_path: Path):  # type: ignore[no-untyped-def]
    database = open_store(tmp_path)
    yield database
    database.close()


def rows_of(database: Database, stream: Stream = Stream.TXN, after: int = 0) -> list[JournalRow]:
    return journal.read_after(database.reader(), 0, stream, after, limit_rows=1000)


async def test_each_stream_counts_from_one_without_gaps_and_chains_its_bytes(database: Database) -> None:
    log = new_journal()
    await database.write(lambda tx: log.append_many(tx, [moved(1), alarm(1), moved(2)]))
    await database.write(lambda tx: log.append(tx, moved(3)))
    rows = rows_of(database)
    assert [row.seq for row in rows] == [1, 2, 3]
    assert [row.seq for row in rows_of(database, Stream.OPS)] == [1]
    previous = genesis(STORE_ID, 0, "txn")
    for row in rows:
        previous = link(previous, row.fact)
        assert row.hash == previous
    assert [decode_body(decode_envelope(row.fact)) for row in rows] == [moved(1), moved(2), moved(3)]
    assert journal.stream_head(database.reader(), 0, Stream.TXN).last_hash == previous


async def test_a_rolled_back_transaction_leaves_no_gap(database: Database) -> None:
    log = new_journal()

    def fails(tx: Tx) -> None:
        log.append(tx, moved(1))
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fails)
    await database.write(lambda tx: log.append(tx, moved(2)))
    assert [row.seq for row in rows_of(database)] == [1]


async def test_listeners_hear_the_newest_row_of_each_stream_after_the_commit(database: Database) -> None:
    log = new_journal()
    heard: list[tuple[Stream, int]] = []
    log.listen(lambda row: heard.append((row.stream, row.seq)))
    await database.write(lambda tx: log.append_many(tx, [moved(1), moved(2), alarm(1)]))
    assert heard == [(Stream.TXN, 2), (Stream.OPS, 1)]


async def test_facts_carry_the_business_date_of_the_stores_zone() -> None:
    evening_utc = 1_790_000_000_000 // DAY_MS * DAY_MS + 20 * 3_600_000
    assert journal.business_date(evening_utc, "UTC") < journal.business_date(evening_utc, "Asia/Shanghai")
    assert journal.business_date(evening_utc, "No/Such_Zone") == journal.business_date(evening_utc, "UTC")
    assert journal.business_date(-1, "UTC") == "1969-12-31"
    assert journal.business_date(10**17, "UTC") == "9999-12-31"


async def test_business_dates_agree_with_the_calendar_at_every_midnight_of_odd_zones() -> None:
    # Kathmandu (+05:45) and Eucla (+08:45) have the finest steps in use.
    day_ms = 1_790_000_000_000 // DAY_MS * DAY_MS
    for zone, offset_minutes in (("Asia/Kathmandu", 345), ("Australia/Eucla", 525)):
        midnight = day_ms + DAY_MS - offset_minutes * 60_000
        assert journal.business_date(midnight - 1, zone) < journal.business_date(midnight, zone)


async def test_facts_go_only_when_hq_has_held_them_durably_for_days_and_the_newest_stays(database: Database) -> None:
    clock = FakeClock()
    log = new_journal(clock)
    await database.write(lambda tx: log.append_many(tx, [moved(n) for n in range(1, 8)]))
    hashes = {row.seq: row.hash for row in rows_of(database)}

    def hear(durable_upto: int) -> None:
        database.write_and_wait(
            lambda tx: journal.save_ack(
                tx, Stream.TXN, acked_upto=7, acked_hash=hashes[7], durable_upto=durable_upto, db_epoch="e"
            )
        )

    def prune() -> list[int]:
        database.write_and_wait(lambda tx: journal.prune(tx, now_ms=clock.now_ms(), keep_days=30))
        return [row.seq for row in rows_of(database)]

    clock.advance(400 * DAY_MS)
    hear(3)
    assert prune() == [1, 2, 3, 4, 5, 6, 7], "old, but HQ has only just said that it holds them"
    clock.advance(20 * DAY_MS)
    hear(5)
    assert prune() == [1, 2, 3, 4, 5, 6, 7]
    clock.advance(11 * DAY_MS)
    assert prune() == [4, 5, 6, 7], "the first three: held for 31 days; acked is not durable"
    assert journal.stream_head(database.reader(), 0, Stream.TXN).first_seq == 4
    assert journal.hash_at(database.reader(), STORE_ID, 0, Stream.TXN, 3) == hashes[3], "what follows stays provable"
    hear(7)
    assert prune() == [4, 5, 6, 7]
    clock.advance(31 * DAY_MS)
    assert prune() == [7], "the newest fact is the proof of where the chain stands"


async def test_an_hq_put_back_to_a_backup_takes_its_marks_with_it(database: Database) -> None:
    clock = FakeClock()
    log = new_journal(clock)
    await database.write(lambda tx: log.append_many(tx, [moved(n) for n in range(1, 6)]))
    hashes = {row.seq: row.hash for row in rows_of(database)}

    def hear_and_prune(durable_upto: int) -> int:
        def run(tx: Tx) -> None:
            journal.save_ack(
                tx,
                Stream.TXN,
                acked_upto=durable_upto,
                acked_hash=hashes[durable_upto],
                durable_upto=durable_upto,
                db_epoch="e",
            )
            journal.prune(tx, now_ms=clock.now_ms(), keep_days=30)

        database.write_and_wait(run)
        return len(rows_of(database))

    assert hear_and_prune(4) == 5
    clock.advance(29 * DAY_MS)
    assert hear_and_prune(1) == 5, "HQ was restored"
    clock.advance(2 * DAY_MS)
    assert hear_and_prune(4) == 5, "what HQ got again counts from now; the first it held only since the restore"
    clock.advance(31 * DAY_MS)
    assert hear_and_prune(4) == 1


async def test_the_oldest_unacked_fact_is_known(database: Database) -> None:
    clock = FakeClock(now_ms=1_000)
    log = new_journal(clock)
    assert journal.oldest_unacked_at_ms(database.reader()) is None
    await database.write(lambda tx: log.append(tx, moved(1)))
    clock.advance(500)
    await database.write(lambda tx: log.append(tx, moved(2)))
    assert journal.oldest_unacked_at_ms(database.reader()) == 1_000
    digest = rows_of(database)[0].hash
    await database.write(
        lambda tx: journal.save_ack(tx, Stream.TXN, acked_upto=1, acked_hash=digest, durable_upto=0, db_epoch="")
    )
    assert journal.oldest_unacked_at_ms(database.reader()) == 1_500
    assert journal.hash_at(database.reader(), STORE_ID, 0, Stream.TXN, 1) == digest


async def test_boots_are_counted_over_restarts(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        database = open_store(tmp_path)
        assert database.write_and_wait(journal.count_boot) == expected
        database.close()
