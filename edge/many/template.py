"""A store file to begin from, migrated and holding the feeds that many stores share: so a thousand start cheaply."""

from __future__ import annotations

import functools
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
    https = HqHttps(hq.https_url, store_id, credentials_of(hq).context())
    _new_file(_baskets(path), "basket").close()
    writer = _new_file(path, "store")
    try:
        with tempfile.TemporaryDirectory(prefix="tallystick-template-") as scratch:
            for number, feed_id in enumerate(feed_ids):
                snapshot = Path(scratch) / f"{number}.snapshot"
                await https.snapshot(feed_id, snapshot)
                writer.transact(functools.partial(_hold, snapshot), durable=True)
    finally:
        writer.close()
        await https.close()


def _new_file(path: Path, kind: str) -> Writer:
    path.unlink(missing_ok=True)
    return Writer(path, kind=kind)


def _hold(snapshot: Path, tx: Tx) -> None:
    header = prove_snapshot(snapshot)
    replace_feed(tx, header.feed_id, rows_of(snapshot), Applied())
    feed = FeedPosition(header.feed_id, header.epoch, header.version, header.state_hash)
    journal.save_feed(tx, feed, now_ms=SystemClock().now_ms())


def begin_from(template: Path, data_dir: Path) -> None:
    """Copy the template to where a store that has no files yet will look for its own."""
    data_dir.mkdir(parents=True, exist_ok=True)
    for source, target in ((template, data_dir / "store.db"), (_baskets(template), data_dir / "basket.db")):
        if not target.exists():
            shutil.copyfile(source, target)


def _baskets(template: Path) -> Path:
    return template.with_suffix(".baskets")
