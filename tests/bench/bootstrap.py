"""A new store's first day: an empty box until it holds the whole catalogue and every price of 20,000 items.

The box is real and starts from nothing: process start, database files, hello over MQTT, snapshots over HTTPS with mutual
TLS, their hashes proven, rows and projections written and synced. Time runs from the start of the process until both feeds
stand in its database as headquarters has them. Bytes are those of the snapshots as they cross the line (TLS framing left
out). Compared with writing the same rows, already in memory, into one bare table with one synced commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

from deploy.processes import file_probe, python
from edge.settings import load
from edge.sync.build import credentials_of
from edge.sync.https_line import HqHttps
from tests.bench.report import report
from tests.light.chain import KINDS, ZONE, LightChain, light_chain

ITEMS = 20_000
FEEDS = ("global/catalogue", f"zone/{ZONE}/price")
WITHIN_SECONDS = 300.0
LOOK_SECONDS = 0.02


def bootstrap(chain: LightChain) -> tuple[float, Path]:
    """(seconds, the store's database)."""
    store_id = chain.store_ids[0]
    config = chain.config_of(store_id)
    ready, database = config.parent / "ready", config.parent / "data" / "store.db"
    began = time.monotonic()
    chain.system.group.add(
        "new-store",
        python("-m", "edge", "many", str(config), "--labels", "0", "--ready-file", str(ready)),
        ready=file_probe(ready),
    )
    while not holds_all(database):
        if time.monotonic() - began > WITHIN_SECONDS:
            raise TimeoutError(f"the new store does not hold {' and '.join(FEEDS)} after {WITHIN_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)
    seconds = time.monotonic() - began
    chain.system.group["new-store"].stop()
    return seconds, database


def holds_all(database: Path) -> bool:
    """Whether both feeds stand in the store's database."""
    if not database.exists():
        return False
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            (held,) = connection.execute(
                "SELECT count(*) FROM feed WHERE version > 0 AND feed_id IN (?, ?)", FEEDS
            ).fetchone()
    except sqlite3.OperationalError:
        return False  # its tables are being made
    return bool(held == len(FEEDS))


async def snapshot_bytes(config: Path, scratch: Path) -> int:
    """Bytes of both snapshots as the store pulls them."""
    settings = load(config)
    if settings.hq is None:
        raise TypeError(f"{config} names no headquarters")
    https = HqHttps(settings.hq.https_url, settings.store.id, credentials_of(settings.hq).context())
    total = 0
    for number, feed_id in enumerate(FEEDS):
        path = scratch / f"{number}.snapshot"
        await https.snapshot(feed_id, path)
        total += path.stat().st_size
    await https.close()
    return total


def bare(database: Path, scratch: Path) -> tuple[float, int]:
    """(seconds, rows) of writing the same rows into one table."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as source:
        rows = source.execute("SELECT feed_id, key, body FROM feed_row WHERE feed_id IN (?, ?)", FEEDS).fetchall()
    target = sqlite3.connect(scratch / "bare.db")
    target.execute("PRAGMA journal_mode = WAL")
    target.execute("PRAGMA synchronous = FULL")
    target.execute("CREATE TABLE row (feed_id TEXT, key TEXT, body BLOB, PRIMARY KEY (feed_id, key)) WITHOUT ROWID")
    began = time.monotonic()
    with target:
        target.executemany("INSERT INTO row VALUES (?, ?, ?)", rows)
    seconds = time.monotonic() - began
    target.close()
    return seconds, len(rows)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, light_chain(KINDS[0], Path(folder), stores=1, items=ITEMS) as chain:
        seconds, database = bootstrap(chain)
        size = asyncio.run(snapshot_bytes(chain.config_of(chain.store_ids[0]), Path(folder)))
        bare_seconds, rows = bare(database, Path(folder))
    more = {"items": ITEMS, "rows": rows}
    peer = "the same rows into one bare table"
    report("bootstrap_20k_s", seconds, "s", **more, peer=peer, ratio=round(seconds / bare_seconds, 2))
    report("bootstrap_20k_bytes", size, "bytes", **more, bytes_per_item=round(size / ITEMS, 1))


if __name__ == "__main__":
    main()
