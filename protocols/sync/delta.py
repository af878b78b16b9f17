"""Feed deltas: one step from version n-1 to n.

Bytes: one line of header JSON, a newline, then a zstd frame of op lines. An op is a JSON array: `["key",body]` puts a row
(body is JSON, its bytes exactly as hashed), `["key"]` deletes one. A pointer delta has no body: pull it over HTTPS.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from protocols.sync import limits
from protocols.sync.messages import UNREADABLE, MessageError
from protocols.sync.packing import CODEC, compress, decompress, split_header
from protocols.sync.release import Release


class DeltaHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first line of a delta."""

    feed_id: str
    epoch: str
    version: int
    state_hash: str
    """Of the feed after this delta."""
    count: int
    digest: str
    """SHA-256 of the unpacked body."""
    effective_at_ms: int | None = None
    """When the change is meant to take effect; None: at once. Rows carry their own instants, this is for display."""
    pointer: bool = False
    codec: str = CODEC
    release: Release | None = None
    """The manifest this version belongs to; a store takes up all its feeds together."""


@dataclass(frozen=True, slots=True)
class FeedOp:
    """One change of a row: `body` None deletes it."""

    key: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Delta:
    """A delta as read. `ops` is empty when `header.pointer`."""

    header: DeltaHeader
    ops: tuple[FeedOp, ...]


_encoder = msgspec.json.Encoder()
_header_decoder = msgspec.json.Decoder(DeltaHeader)
_parts_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_key_decoder = msgspec.json.Decoder(str)


def encode_op(op: FeedOp) -> bytes:
    """One op line, without newline. Raises `MessageError` for a row above the limit or with a raw newline in its body."""
    if op.body is None:
        return b"[" + _encoder.encode(op.key) + b"]"
    if b"\n" in op.body or len(op.body) > limits.ROW_BYTES_MAX:
        raise MessageError(
            f"row {op.key!r}: {len(op.body)} bytes",
            field="body",
            remedy=f"one line of JSON, at most {limits.ROW_BYTES_MAX} bytes",
        )
    return b"[" + _encoder.encode(op.key) + b"," + op.body + b"]"


def decode_op(line: bytes) -> FeedOp:
    """Read an op line; the body keeps its exact bytes. Raises `MessageError`."""
    try:
        parts: list[msgspec.Raw] = _parts_decoder.decode(line)
        key = _key_decoder.decode(parts[0]) if parts else ""
    except UNREADABLE as error:
        raise MessageError(f"op: {error}", field="ops", remedy='["key",body] or ["key"]') from error
    if not key or len(parts) > 2:
        raise MessageError("op: no key, or more than key and body", field="ops", remedy='["key",body] or ["key"]')
    return FeedOp(key=key, body=bytes(parts[1]) if len(parts) == 2 else None)


def encode_delta(
    *,
    feed_id: str,
    epoch: str,
    version: int,
    state_hash: str,
    ops: Sequence[FeedOp],
    effective_at_ms: int | None = None,
    release: Release | None = None,
) -> bytes:
    """The whole delta, whatever its size: what HQ stores and answers over HTTPS. `published_form` makes it fit MQTT.

    Raises `MessageError` when a row or the release's manifest is too large to travel.
    """
    plain = b"\n".join(encode_op(op) for op in ops)
    header = DeltaHeader(
        feed_id=feed_id,
        epoch=epoch,
        version=version,
        state_hash=state_hash,
        count=len(ops),
        digest=sha256(plain).hexdigest(),
        effective_at_ms=effective_at_ms,
        release=release,
    )
    line = _encoder.encode(header)
    if len(line) > limits.HEADER_BYTES_MAX:
        raise MessageError(f"delta {feed_id}: header of {len(line)} bytes", field="release", remedy="name fewer feeds in it")
    return line + b"\n" + compress(plain)


def published_form(delta: bytes) -> bytes:
    """What goes on `ts1/feed/{feed}/delta`: the delta itself up to `DELTA_BYTES_MAX`, else its header as a pointer."""
    line, frame = split_header(delta, limits.DELTA_PLAIN_BYTES_MAX)
    if len(frame) <= limits.DELTA_BYTES_MAX:
        return delta
    return _encoder.encode(msgspec.structs.replace(_header(line), pointer=True)) + b"\n"


def decode_delta(payload: bytes) -> Delta:
    """Read and prove a delta (digest, count, sizes). Raises `MessageError`."""
    line, frame = split_header(payload, limits.DELTA_PLAIN_BYTES_MAX)
    header = _header(line)
    if header.pointer:
        return Delta(header=header, ops=())
    plain = decompress(frame, limits.DELTA_PLAIN_BYTES_MAX)
    if sha256(plain).hexdigest() != header.digest:
        raise MessageError(
            f"delta {header.feed_id} {header.version}: digest differs", field="digest", remedy="fetch it again"
        )
    ops = tuple(decode_op(text) for text in plain.split(b"\n")) if plain else ()
    if len(ops) != header.count:
        raise MessageError(
            f"delta {header.feed_id} {header.version}: {len(ops)} ops", field="count", remedy="fetch it again"
        )
    return Delta(header=header, ops=ops)


def decode_deltas(bodies: Iterable[bytes]) -> tuple[Delta, ...]:
    """Read the frames of `GET /v1/feeds/{feed}/deltas`. Raises `MessageError`."""
    return tuple(decode_delta(body) for body in bodies)


def _header(line: bytes) -> DeltaHeader:
    try:
        header = _header_decoder.decode(line)
    except UNREADABLE as error:
        raise MessageError(f"delta header: {error}", field="header", remedy="see docs/protocol.md, Feeds") from error
    if header.version < 1 or header.codec != CODEC:
        raise MessageError(
            f"delta {header.feed_id}: version or codec", field="version", remedy="versions count from 1, codec zstd"
        )
    return header
