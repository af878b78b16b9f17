"""Durable journal rows per second in batch mode, against a bare loop on the same disk in the same run.

The bare loop is what nobody can avoid: SHA-256 over the previous hash and the fact's bytes, the same INSERT into the same
table, one synced transaction per batch; its facts are made beforehand. The journal makes its facts too: ids, stamps, JSON.
Rounds alternate, so that a busy machine burdens both; each side's median counts.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from edge.catalogue import lookup
from edge.clock import SystemClock, SystemRandom
from edge.store_db import journal
from edge.store_db.database import Database, Tx
from edge.store_db.journal import Journal
from protocols.clock import IdSource
from protocols.contract.facts import FactBody, StockMoved, encode_fact
from protocols.contract.values import ClockQuality, Place, Stream
from protocols.sync.chain import genesis
from tests.bench.report import report

BATCH_ROWS = 1_000
BATCHES = 20
ROUNDS = 5


def body(number: int) -> StockMoved:
    """One fact of ordinary size."""
    return StockMoved(
        move_id=f"move-{number:08d}",
        item_id=f"i-{number % 5000:06d}",
        place=Place.SALES_FLOOR,
        quantity_thousandths=1_000,
        reason="receipt",
        reference="delivery 4711",
    )


def bare_round(folder: Path, facts: list[bytes]) -> float:
    """Rows per second of the bare loop over a file of its own."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE journal (position INTEGER PRIMARY KEY, event_id TEXT NOT NULL, kind TEXT NOT NULL, "
        "at_ms INTEGER NOT NULL, hash BLOB NOT NULL, fact BLOB NOT NULL) STRICT"
    )
    insert = "INSERT INTO journal (position, event_id, kind, at_ms, hash, fact) VALUES (?, ?, ?, ?, ?, ?)"
    event_id = "0" * 36
    previous = bytes(32)
    position = 0
    begun = time.perf_counter()
    for start in range(0, len(facts), BATCH_ROWS):
        connection.execute("BEGIN IMMEDIATE")
        for fact in facts[start : start + BATCH_ROWS]:
            position += 1
            previous = hashlib.sha256(previous + fact).digest()
            connection.execute(insert, (position, event_id, "StockMoved", 1_790_000_000_000, previous, fact))
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begun
    connection.close()
    return len(facts) / seconds


def journal_round(folder: Path, bodies: list[FactBody]) -> float:
    """Rows per second of the journal over a new store database, through its writer thread."""
    database = Database(folder / "store.db", kind="store")
    database.write_and_wait(lambda tx: journal.create_identity(tx, store_id="s", edge_id="e", db_nonce="n", now_ms=1))
    clock = SystemClock()
    log = Journal(clock=clock, ids=IdSource(clock, SystemRandom()), boot_id="0" * 36, time_zone=lookup.time_zone)
    begun = time.perf_counter()
    for start in range(0, len(bodies), BATCH_ROWS):
        batch = bodies[start : start + BATCH_ROWS]

        def append(tx: Tx, batch: list[FactBody] = batch) -> None:
            log.append_many(tx, batch)

        database.write_and_wait(append)
    seconds = time.perf_counter() - begun
    head = journal.stream_head(database.reader(), 0, Stream.TXN)
    assert head.last_seq == len(bodies)
    assert head.last_hash != genesis("s", 0, "txn")
    database.close()
    return len(bodies) / seconds


def main() -> None:
    """Print both figures."""
    bodies: list[FactBody] = [body(number) for number in range(BATCH_ROWS * BATCHES)]
    facts = [
        encode_fact(
            each,
            event_id="0" * 36,
            at_ms=1_790_000_000_000,
            mono_ms=1,
            boot_id="0" * 36,
            clock=ClockQuality.SYNCED,
            business_date="2026-01-01",
        )
        for each in bodies
    ]
    bare, ours = [], []
    base = os.environ.get("TALLYSTICK_BENCH_DIR")
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir=base) as folder:
            bare.append(bare_round(Path(folder), facts))
            ours.append(journal_round(Path(folder), bodies))
    bare_rate, our_rate = statistics.median(bare), statistics.median(ours)
    report("journal_share_of_bare", our_rate / bare_rate, "share", peer="bare loop, same run", ratio=our_rate / bare_rate)
    report("journal_rows_per_s", our_rate, "rows/s", peer="bare loop, same run", ratio=our_rate / bare_rate)


if __name__ == "__main__":
    main()
