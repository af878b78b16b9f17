"""Feed snapshots as a stream: one line of header JSON, then a zstd stream of `["key",body]` lines, each ended by a newline.

`write_snapshot` yields chunks, `SnapshotReader` takes chunks of any size and gives rows back; neither holds the whole feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import zstandard

from protocols.sync import limits
from protocols.sync.delta import FeedOp, decode_op, encode_op
from protocols.sync.feed_hash import row_hash
from protocols.sync.messages import UNREADABLE, MessageError
from protocols.sync.packing import ZSTD_LEVEL
from protocols.sync.release import Release

CONTENT_TYPE_SNAPSHOT = "application/vnd.tallystick.snapshot"
_SLICE_BYTES = 512
"""Compressed bytes unpacked at a time: 512 bytes can hold at most ~128 zstd blocks of 128 KB."""
_CHUNK_BYTES = 64 * 1024


class SnapshotHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first line of a snapshot."""

    feed_id: str
    epoch: str
    version: int
    state_hash: str
    count: int
    release: Release | None = None
    """Everything that was released together with what is in it: the lowest version of each other feed it may stand with."""


_encoder = msgspec.json.Encoder()
_header_decoder = msgspec.json.Decoder(SnapshotHeader)


def write_snapshot(header: SnapshotHeader, rows: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield the bytes of a snapshot in chunks. `rows` are (key, body), in any order, exactly `header.count` of them."""
    yield _encoder.encode(header) + b"\n"
    compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj()
    waiting = bytearray()
    for key, body in rows:
        waiting += encode_op(FeedOp(key, body)) + b"\n"
        if len(waiting) >= _CHUNK_BYTES:
            packed = compressor.compress(bytes(waiting))
            waiting.clear()
            if packed:
                yield packed
    yield compressor.compress(bytes(waiting)) + compressor.flush()


class SnapshotReader:
    """Reads a snapshot chunk by chunk: `feed` returns the rows that became complete, `finish` proves the whole."""

    def __init__(self) -> None:
        self.header: SnapshotHeader | None = None
        self._start = bytearray()
        self._line = bytearray()
        self._count = 0
        self._total = 0
        self._ended = False
        self._unpacker = zstandard.ZstdDecompressor().decompressobj()

    def feed(self, chunk: bytes) -> list[tuple[str, bytes]]:
        """Take bytes as they arrive; return (key, body) rows. Raises `MessageError`."""
        if self.header is None:
            self._start += chunk
            end = self._start.find(b"\n")
            if end < 0:
                if len(self._start) > limits.SNAPSHOT_HEADER_BYTES_MAX:
                    raise MessageError("snapshot: no header line", field="header", remedy="fetch it again")
                return []
            self.header = _read_header(bytes(self._start[:end]))
            chunk = bytes(self._start[end + 1 :])
            self._start.clear()
        rows: list[tuple[str, bytes]] = []
        for at in range(0, len(chunk), _SLICE_BYTES):
            rows += self._unpack(chunk[at : at + _SLICE_BYTES])
        return rows

    def finish(self) -> SnapshotHeader:
        """All bytes are in: check end, count and state hash. Raises `MessageError` when cut short or altered."""
        header = self.header
        if header is None or not self._ended or self._line:
            raise MessageError("snapshot: cut short", field="body", remedy="fetch it again")
        if self._count != header.count:
            raise MessageError(f"snapshot {header.feed_id}: {self._count} rows", field="count", remedy="fetch it again")
        if f"{self._total % (1 << 256):064x}" != header.state_hash:
            raise MessageError(f"snapshot {header.feed_id}: state hash differs", field="state_hash", remedy="fetch it again")
        return header

    def _unpack(self, piece: bytes) -> list[tuple[str, bytes]]:
        if self._ended:
            raise MessageError("snapshot: bytes after its end", field="body", remedy="fetch it again")
        try:
            self._line += self._unpacker.decompress(piece)
        except zstandard.ZstdError as error:
            raise MessageError(f"snapshot: damaged ({error})", field="body", remedy="fetch it again") from error
        self._ended = self._unpacker.eof
        *lines, rest = bytes(self._line).split(b"\n")
        if len(rest) > limits.ROW_BYTES_MAX + limits.HEADER_BYTES_MAX:
            raise MessageError("snapshot: a row without end", field="body", remedy="fetch it again")
        self._line = bytearray(rest)
        return [self._row(line) for line in lines]

    def _row(self, line: bytes) -> tuple[str, bytes]:
        op = decode_op(line)
        if op.body is None:
            raise MessageError(f"snapshot: row {op.key!r} has no body", field="body", remedy="fetch it again")
        self._count += 1
        self._total += row_hash(op.key, op.body)
        return op.key, op.body


def _read_header(line: bytes) -> SnapshotHeader:
    try:
        return _header_decoder.decode(line)
    except UNREADABLE as error:
        raise MessageError(f"snapshot header: {error}", field="header", remedy="see docs/protocol.md, Feeds") from error
