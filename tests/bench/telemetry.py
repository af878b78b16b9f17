"""Measured values per second through HQ: broker, ingest, time table and commit, against text COPY of the same rows.

As tests/bench/ingest.py: ready-made batches over Mosquitto with TLS, `python -m cloud ingest` as a process, acknowledged to
the last. One fact is a store's minute with `SERIES` values. The peer copies the very rows, taken back as text before, into
a table made and partitioned alike. (Ingest also writes the raw journal, cursors, marks for the rollups, and rolls up.)
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from cloud.clock import SystemClock, SystemRandom
from protocols.clock import IdSource
from protocols.contract.facts import FactStamp
from protocols.contract.telemetry import Measured, Series
from protocols.contract.values import ClockQuality, Stream
from protocols.sync.limits import BATCH_FACTS_MAX
from tests.bench import ingest
from tests.bench.report import report
from tests.support.hq_ground import (
    EMBEDDED,
    REAL,
    Broker,
    GroundDatabase,
    HqPki,
    broker,
    fresh_database,
    postgres_server,
)

STORES = 20
BATCHES_A_STORE = 2
SERIES = 32
ROUNDS = 3
ROWS = STORES * BATCHES_A_STORE * BATCH_FACTS_MAX * SERIES
MINUTE_MS = 60_000


def facts_of(count: int) -> list[bytes]:
    """A store's newest `count` minutes: sixteen metrics of the box, two of each of eight devices."""
    clock = SystemClock()
    now_ms = clock.now_ms()
    stamp = FactStamp(
        Measured, at_ms=now_ms, mono_ms=1, boot_id="bench", clock=ClockQuality.SYNCED, business_date="2026-11-25"
    )
    names = [("", f"metric_{number:02d}_ms") for number in range(16)]
    names += [(f"device-{number % 8}", ("reads", "down")[number // 8]) for number in range(16)]
    event_ids = IdSource(clock, SystemRandom()).many(count)
    return [
        stamp.encode(
            Measured(
                at_ms=(now_ms - (count - minute) * MINUTE_MS,),
                series=tuple(Series(*name, (float(minute % 97 + place / 4),)) for place, name in enumerate(names)),
            ),
            event_id,
        )
        for minute, event_id in enumerate(event_ids)
    ]


def bulk_load(pipe: ingest.Pipe, port: int, hq: ingest.Credentials, store_ids: list[str]) -> None:
    """The load generator's process."""
    count = BATCHES_A_STORE * BATCH_FACTS_MAX
    senders = {store_id: ingest.Sender(store_id, Stream.BULK, facts_of(count)) for store_id in store_ids}
    ingest.send_all(pipe, port, hq, senders)


def peer_round(database: GroundDatabase, number: int) -> float:
    """Rows per second of COPY with ready-made text."""
    with database.owner() as owner:
        source = f"COPY (SELECT * FROM measurement WHERE store_id LIKE 'R{number}-%') TO STDOUT"
        with owner.cursor().copy(source) as copy:
            whole = b"".join(bytes(part) for part in copy)
        _peer_table(owner)
    parts = [whole[at : at + ingest.PEER_WRITE_BYTES] for at in range(0, len(whole), ingest.PEER_WRITE_BYTES)]
    with psycopg.connect(database.owner_url) as connection:
        begun = time.perf_counter()
        with connection.cursor().copy("COPY peer_measurement FROM STDIN") as copy:
            for part in parts:
                copy.write(part)
        connection.commit()
        seconds = time.perf_counter() - begun
    return ROWS / seconds


def _peer_table(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    """The same columns, index and partitions."""
    if owner.execute("SELECT to_regclass('peer_measurement')").fetchone() != (None,):
        return
    owner.execute("CREATE TABLE peer_measurement (LIKE measurement INCLUDING ALL) PARTITION BY RANGE (at_ms)")
    bounds: Sequence[tuple[object, ...]] = owner.execute(
        "SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class WHERE relispartition AND relkind = 'r'"
        " AND relname LIKE 'measurement\\_%'"
    ).fetchall()
    for name, bound in bounds:
        owner.execute(f"CREATE TABLE peer_{name} PARTITION OF peer_measurement {bound}".encode())


def bulk_round(database: GroundDatabase, pki: HqPki, running: Broker, number: int) -> float:
    """Rows per second from the first batch sent to the last one acknowledged."""
    seconds = ingest.timed_round(database, pki, running, number, bulk_load, stores=STORES)
    with database.owner() as owner:
        counted = owner.execute("SELECT count(*) FROM measurement WHERE store_id LIKE %s", (f"R{number}-%",)).fetchone()
    assert counted == (ROWS,), counted
    return ROWS / seconds


def main() -> None:
    """Print the figure: the medians of rounds that alternate, so that a busy machine burdens both sides."""
    kind = REAL if Path("/usr/sbin/mosquitto").exists() else EMBEDDED
    ours, peers = [], []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TALLYSTICK_BENCH_DIR")) as name:
        folder = Path(name)
        folder.chmod(0o755)
        pki = HqPki(folder / "hq")
        with (
            postgres_server(EMBEDDED, folder, durable=True) as server,
            fresh_database(server) as database,
            broker(kind, pki, folder / "broker") as running,
            ingest.ingest_process(database, pki, running),
        ):
            for number in range(ROUNDS):
                ours.append(bulk_round(database, pki, running, number))
                peers.append(peer_round(database, number))
    rows, peer = statistics.median(ours), statistics.median(peers)
    words = "text COPY of the same rows into a table partitioned alike, same run"
    report("telemetry_rows_per_s", rows, "rows/s", peer=words, ratio=round(rows / peer, 4))


if __name__ == "__main__":
    main()
