"""A live copy, on a second medium, of the facts HQ does not hold durably yet.

Segment files `00000001.facts`, each a run of records: length and CRC-32 of the payload (big endian, 4 bytes each), then the
payload: one `CopiedFact` as MessagePack array. A torn tail ends a segment; every start begins a new one. A segment is
deleted once HQ holds all of it durably. At `bytes_max` copying stops with an alarm rather than dropping the oldest: HQ can
only take facts that follow on what it has.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from edge.store_db import journal
from edge.store_db.connection import Connection
from protocols.contract.values import Stream

SEGMENT_BYTES_MAX = 4 * 1024 * 1024
ROWS_PER_READ = 500
_FRAME = struct.Struct(">II")
_PAYLOAD_BYTES_MAX = 16 * 1024 * 1024
_SUFFIX = ".facts"


class CopiedFact(msgspec.Struct, frozen=True, array_like=True):
    """One fact as the second medium keeps it. `previous_hash` lets a reader prove and import it without its neighbours."""

    store_id: str
    incarnation: int
    stream: Stream
    seq: int
    at_ms: int
    previous_hash: bytes
    hash: bytes
    fact: bytes


class MediumFull(OSError):
    """The copy reached its stated limit."""


def read_copy(folder: Path) -> Iterator[CopiedFact]:
    """Every readable fact of a second medium, in the order written. Damaged tails are left out."""
    for path in _segments(folder):
        yield from _read_segment(path)


def _segments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdigit())


def _read_segment(path: Path) -> Iterator[CopiedFact]:
    decoder = msgspec.msgpack.Decoder(CopiedFact)
    with path.open("rb") as file:
        while len(frame := file.read(_FRAME.size)) == _FRAME.size:
            length, checksum = _FRAME.unpack(frame)
            payload = file.read(min(length, _PAYLOAD_BYTES_MAX))
            if len(payload) != length or zlib.crc32(payload) != checksum:
                return
            try:
                yield decoder.decode(payload)
            except msgspec.MsgspecError:
                return


class SecondMedium:
    """The writing side. Every method may raise OSError: the caller decides what that means."""

    def __init__(self, folder: Path, *, store_id: str, bytes_max: int) -> None:
        """Open the copy in `folder` (made when missing) and learn what it already holds."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._store_id = store_id
        self._bytes_max = bytes_max
        self._encoder = msgspec.msgpack.Encoder()
        self._held: dict[tuple[int, Stream], int] = {}
        self._last_of: dict[Path, dict[tuple[int, Stream], int]] = {}
        self._bytes = 0
        self._file: int | None = None
        self._path = folder
        self._file_bytes = 0
        for path in _segments(folder):
            self._bytes += path.stat().st_size
            self._last_of[path] = {}
            for copied in _read_segment(path):
                if copied.store_id == store_id:
                    self._note(path, copied)
        numbers = [int(path.stem) for path in self._last_of]
        self._next_number = max(numbers, default=0) + 1

    def copy_from(self, source: Connection) -> int:
        """Copy and sync every fact of the current incarnation that HQ does not hold durably. Returns how many were new."""
        incarnation = journal.identity(source).incarnation
        count = 0
        for stream in (Stream.TXN, Stream.OPS):  # measurements are not worth the room
            head = journal.stream_head(source, incarnation, stream)
            self._forget(incarnation, stream, head.durable_upto)
            after = max(self._held.get((incarnation, stream), 0), head.durable_upto)
            previous = journal.hash_at(source, self._store_id, incarnation, stream, after) or b""
            while rows := journal.read_after(source, incarnation, stream, after, limit_rows=ROWS_PER_READ):
                copied = list(self._chained(rows, previous))
                self._append(copied)
                count += len(rows)
                after, previous = rows[-1].seq, rows[-1].hash
        return count

    def close(self) -> None:
        """Close the open segment."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _chained(self, rows: Sequence[journal.JournalRow], previous: bytes) -> Iterator[CopiedFact]:
        for row in rows:
            yield CopiedFact(self._store_id, row.incarnation, row.stream, row.seq, row.at_ms, previous, row.hash, row.fact)
            previous = row.hash

    def _append(self, facts: Iterable[CopiedFact]) -> None:
        facts = list(facts)
        payloads = [self._encoder.encode(fact) for fact in facts]
        data = b"".join(_FRAME.pack(len(payload), zlib.crc32(payload)) + payload for payload in payloads)
        if self._bytes + len(data) > self._bytes_max:
            raise MediumFull(f"the copy reached its limit of {self._bytes_max} bytes")
        file = self._open_segment()
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(file, view) :]
            os.fdatasync(file)
        except OSError:
            # Whatever was written may be torn: the next facts go into a new segment.
            self.close()
            raise
        self._bytes += len(data)
        self._file_bytes += len(data)
        for fact in facts:
            self._note(self._path, fact)

    def _open_segment(self) -> int:
        if self._file is not None and self._file_bytes < SEGMENT_BYTES_MAX:
            return self._file
        self.close()
        self._path = self._folder / f"{self._next_number:08d}{_SUFFIX}"
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._next_number += 1
        self._file_bytes = 0
        self._last_of[self._path] = {}
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return self._file

    def _note(self, path: Path, fact: CopiedFact) -> None:
        key = (fact.incarnation, fact.stream)
        self._held[key] = max(self._held.get(key, 0), fact.seq)
        self._last_of[path][key] = fact.seq

    def _forget(self, incarnation: int, stream: Stream, durable_upto: int) -> None:
        """Mark what HQ holds durably; delete segments that hold nothing else."""
        for path, last in list(self._last_of.items()):
            if last.get((incarnation, stream), durable_upto + 1) <= durable_upto:
                del last[incarnation, stream]
                if not last and path != self._path:
                    self._bytes -= path.stat().st_size
                    path.unlink()
                    del self._last_of[path]


FAILURES = (OSError, sqlite3.Error)
"""What may go wrong while copying."""
