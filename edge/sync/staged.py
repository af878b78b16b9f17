"""What is held back for a release, in the store database: deltas as bytes, snapshots as files beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.store_db.connection import Connection, Row
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.sync.delta import Delta, decode_delta, encode_delta
from protocols.sync.feed_hash import FeedHash
from protocols.sync.release import Release, Staged
from protocols.sync.snapshot import SnapshotReader

queries = load("edge.sync", "staged.sql")
CHUNK_BYTES = 64 * 1024

_encoder = msgspec.json.Encoder()
_release_decoder = msgspec.json.Decoder(Release)


@dataclass(frozen=True, slots=True)
class Kept:
    """A staged version and where its rows are: `delta`, or the name of a snapshot file."""

    item: Staged
    delta: bytes | None
    file: str | None


def kept(source: Connection | Tx, feed_id: str | None = None) -> list[Kept]:
    """What is staged, of one feed or of all, each feed's in its order."""
    rows = source.execute(queries["all"]) if feed_id is None else source.execute(queries["of_feed"], (feed_id,))
    return [_kept(row) for row in rows.fetchall()]


def _kept(row: Row) -> Kept:
    feed_id, epoch, version, state_hash, release, delta, file = row
    manifest = None if release is None else _release_decoder.decode(bytes(release))
    item = Staged(feed_id, epoch, version, state_hash, manifest, snapshot=file is not None)
    return Kept(item, None if delta is None else bytes(delta), file)


def keep_delta(tx: Tx, delta: Delta) -> Staged:
    """Keep a delta behind those staged before it; a version staged earlier under its number makes room."""
    header = delta.header
    drop_from(tx, header.feed_id, header.version)
    item = Staged(header.feed_id, header.epoch, header.version, header.state_hash, header.release)
    payload = encode_delta(
        feed_id=header.feed_id,
        epoch=header.epoch,
        version=header.version,
        state_hash=header.state_hash,
        ops=delta.ops,
        effective_at_ms=header.effective_at_ms,
        release=header.release,
    )
    _add(tx, item, payload, None)
    return item


def keep_snapshot(tx: Tx, item: Staged, file: str) -> None:
    """Keep a snapshot in place of all that was staged of its feed."""
    drop_from(tx, item.feed_id, 0)
    _add(tx, item, None, file)


def _add(tx: Tx, item: Staged, delta: bytes | None, file: str | None) -> None:
    release = None if item.release is None else _encoder.encode(item.release)
    tx.execute(queries["add"], (item.feed_id, item.epoch, item.version, item.state_hash, release, delta, file))


def drop_from(tx: Tx, feed_id: str, version: int) -> None:
    """Forget what is staged of a feed from a version on."""
    tx.execute(queries["drop_from"], (feed_id, version))


def drop_upto(tx: Tx, feed_id: str, version: int) -> None:
    """Forget what was taken up."""
    tx.execute(queries["drop_upto"], (feed_id, version))


def hash_after(tx: Tx, before: list[Kept], held_hash: str, delta: Delta, folder: Path) -> str:
    """The state hash of the feed after what is staged of it and this delta. Raises `MessageError`, OSError."""
    changed = _bodies(before, {op.key for op in delta.ops}, folder)
    state = FeedHash.from_hex(before[-1].item.state_hash if before else held_hash)
    whole = any(each.file is not None for each in before)
    for op in delta.ops:
        if op.key in changed or whole:
            old = changed.get(op.key)
        else:
            row = tx.execute(queries["row_body"], (delta.header.feed_id, op.key)).fetchone()
            old = None if row is None else bytes(row[0])
        state.replace(op.key, old, op.body)
        changed[op.key] = op.body
    return state.hex()


def _bodies(before: list[Kept], keys: set[str], folder: Path) -> dict[str, bytes | None]:
    """The bodies of these keys as the staged versions have them; keys they do not touch are left out."""
    found: dict[str, bytes | None] = {}
    for each in before:
        if each.delta is not None:
            found.update((op.key, op.body) for op in decode_delta(each.delta).ops if op.key in keys)
        elif each.file is not None:
            found = {}
            reader = SnapshotReader()
            with (folder / each.file).open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    found.update((key, body) for key, body in reader.feed(chunk) if key in keys)
    return found
