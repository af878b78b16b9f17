"""A store file to begin from: migrated and already holding the feeds that many stores share, so that a thousand start cheaply."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from edge.catalogue.apply import Applied, replace_feed
from edge.clock import SystemClock
from edge.settings import HqSettings
from edge.store_db import journal
from edge.store_db.database import Tx, Writer
from edge.store_db.journal import FeedPosition
from edge.sync.build import credentials_of
from edge.sync.feeds import prove_snapshot, rows_of
from edge.sync.https_line import HqHttps


async def make_template(path: Path, hq: HqSettings, store_id: str, feed_ids: Sequence[str]) -> None:
    """Write a file without an identity, with these feeds as HQ has them now. Raises `FetchFailed`, `MessageError`."""
    path.unlink(missing_ok=True)
    https = HqHttps(hq.https_url, store_id, credentials_of(hq).context())
    writer = Writer(path, kind="store")
    try:
        with tempfile.TemporaryDirectory(prefix="tallystick-template-") as scratch:
            for number, feed_id in enumerate(feed_ids):
                snapshot = Path(scratch) / f"{number}.snapshot"
                await https.snapshot(feed_id, snapshot)
                writer.transact(lambda tx, snapshot=snapshot: _hold(tx, snapshot), durable=True)
    finally:
        writer.close()
        await https.close()


def _hold(tx: Tx, snapshot: Path) -> None:
    header = prove_snapshot(snapshot)
    replace_feed(tx, header.feed_id, rows_of(snapshot), Applied())
    feed = FeedPosition(header.feed_id, header.epoch, header.version, header.state_hash)
    journal.save_feed(tx, feed, now_ms=SystemClock().now_ms())


def begin_from(template: Path, data_dir: Path) -> None:
    """Copy the template to where a store that has no file yet will look for its own."""
    target = data_dir / "store.db"
    if not target.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(template, target)
