"""Journal batches: building them in the store, opening and proving them at HQ.

Bytes: one line of header JSON, a newline, then (unless `count` is 0) a zstd frame of the stored facts joined by newlines.
`open_batch` proves everything that needs no database: shape, size, digest, the chain from `prev` to `last`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

import msgspec

from protocols.contract.values import Stream
from protocols.sync import limits
from protocols.sync.chain import HASH_BYTES, link, links
from protocols.sync.messages import UNREADABLE, MessageError
from protocols.sync.packing import CODEC, compress, decompress, split_header


class BatchHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first line of a batch. `from_seq`..`to_seq` are inclusive; with `count` 0, `to_seq` is `from_seq - 1`."""

    store_id: str
    boot_id: str
    conn_epoch: int
    fence: str
    incarnation: int
    stream: Stream
    from_seq: int
    to_seq: int
    count: int
    prev: str
    """Chain hash before `from_seq`, hexadecimal."""
    last: str
    """Chain hash at `to_seq`, hexadecimal."""
    digest: str
    """SHA-256 of the unpacked body, hexadecimal."""
    codec: str = CODEC
    gap_from: int | None = None
    """First sequence of a declared gap that ends at `from_seq - 1`: those facts will never come."""
    gap_reason: Literal["", "shed", "oversize"] = ""
    gap_prev: str = ""
    """Chain hash before `gap_from`, hexadecimal, where the store still knows it: HQ sees a fork behind a gap by it."""
    imported: bool = False
    """Read from an old card: no fence, an older incarnation, only over the HTTPS twin."""


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One fact as the store's journal holds it."""

    seq: int
    fact: bytes
    hash: bytes
    """Chain hash after it."""


@dataclass(frozen=True, slots=True)
class JournalSlice:
    """What a read of the journal returned: consecutive rows after `after_seq`, and the chain hash there.

    `after_seq` is what was asked for, or higher when the rows between are gone (shed or pruned). `after_hash` is None
    when the store no longer knows it.
    """

    stream: Stream
    after_seq: int
    after_hash: bytes | None
    rows: tuple[JournalRow, ...]


@dataclass(frozen=True, slots=True)
class BatchStamp:
    """Who sends: the fields of the header that do not depend on the facts."""

    store_id: str
    boot_id: str
    conn_epoch: int
    fence: str
    incarnation: int
    stream: Stream
    imported: bool = False


@dataclass(frozen=True, slots=True)
class BuiltBatch:
    """A batch ready to send."""

    header: BatchHeader
    payload: bytes


@dataclass(frozen=True, slots=True)
class JournalBatch:
    """A batch that proved itself. `facts[i]` is sequence `header.from_seq + i`, `hashes[i]` the chain hash after it."""

    header: BatchHeader
    prev: bytes
    facts: list[bytes]
    hashes: list[bytes]

    @property
    def last(self) -> bytes:
        return self.hashes[-1] if self.hashes else self.prev


class BatchRefused(MessageError):
    """A malformed or forged batch. `header` is there when at least that could be read."""

    def __init__(self, message: str, *, field: str, remedy: str, header: BatchHeader | None = None) -> None:
        super().__init__(message, field=field, remedy=remedy)
        self.header = header


class JournalDamaged(ValueError):
    """The store's own journal does not chain: the fact at `seq` was changed after it was stored."""

    def __init__(self, stream: Stream, seq: int) -> None:
        super().__init__(f"journal {stream.value}: fact {seq} does not fit its chain hash")
        self.stream = stream
        self.seq = seq


_header_encoder = msgspec.json.Encoder()
_header_decoder = msgspec.json.Decoder(BatchHeader)
EMPTY_DIGEST = sha256(b"").hexdigest()


def build_batch(stamp: BatchStamp, journal: JournalSlice, next_seq: int) -> BuiltBatch:
    """Pack as many rows of `journal` as the limits allow into one batch that follows `next_seq - 1`.

    Where the stream may shed, a slice that starts after `next_seq` makes a declared gap with reason `shed` (elsewhere the
    batch just starts there, and HQ takes it only if it holds what is before). Facts above `FACT_BYTES_MAX` at its head make
    a gap with reason `oversize`. Raises `JournalDamaged` when a row does not chain, `ValueError` when there is nothing
    to send or the gap's hash is unknown.
    """
    if journal.after_hash is None:
        raise ValueError(f"journal {journal.stream.value}: no chain hash at {journal.after_seq}")
    prev, rows = journal.after_hash, journal.rows
    sheds = journal.after_seq >= next_seq and not stream_never_sheds(journal.stream)
    gap_from = next_seq if sheds else None
    gap_reason: Literal["", "shed", "oversize"] = "shed" if sheds else ""
    gap_prev = ""
    first_seq = journal.after_seq + 1
    skipped = 0
    while skipped < len(rows) and len(rows[skipped].fact) > limits.FACT_BYTES_MAX:
        prev = _checked_link(journal.stream, prev, rows[skipped])
        skipped += 1
    if skipped and not sheds:
        gap_from, gap_reason, gap_prev = first_seq, "oversize", journal.after_hash.hex()
    first_seq += skipped
    taken = _rows_that_fit(rows[skipped:])
    if not taken and gap_from is None:
        raise ValueError(f"journal {journal.stream.value}: nothing to send after {next_seq - 1}")
    last = prev
    for row in taken:
        last = _checked_link(journal.stream, last, row)
    facts, frame = _packed(taken)
    header = BatchHeader(
        store_id=stamp.store_id,
        boot_id=stamp.boot_id,
        conn_epoch=stamp.conn_epoch,
        fence=stamp.fence,
        incarnation=stamp.incarnation,
        stream=stamp.stream,
        from_seq=first_seq,
        to_seq=first_seq + len(facts) - 1,
        count=len(facts),
        prev=prev.hex(),
        last=last.hex(),
        digest=sha256(b"\n".join(facts)).hexdigest(),
        gap_from=gap_from,
        gap_reason=gap_reason,
        gap_prev=gap_prev,
        imported=stamp.imported,
    )
    return BuiltBatch(header=header, payload=_header_encoder.encode(header) + b"\n" + frame)


def stream_never_sheds(stream: Stream) -> bool:
    """True for streams on which HQ accepts no gap with reason `shed`."""
    return stream.value not in limits.BATCH_SHED_STREAMS


def open_batch(payload: bytes) -> JournalBatch:
    """Read and prove a batch. Raises `BatchRefused`, naming field and remedy."""
    try:
        line, frame = split_header(payload, limits.MESSAGE_BYTES_MAX)
        header = _header_decoder.decode(line)
    except MessageError as error:
        raise BatchRefused(str(error), field=error.field, remedy="") from error
    except msgspec.ValidationError as error:
        raise BatchRefused(f"batch header: {error}", field="header", remedy="see docs/protocol.md, Journal batch") from error
    except UNREADABLE as error:
        raise BatchRefused(
            f"batch header: not JSON ({error})", field="header", remedy="start with one line of JSON"
        ) from error
    prev = _check_header(header)
    facts = _open_body(header, frame)
    hashes = links(prev, facts)
    if (hashes[-1] if hashes else prev).hex() != header.last:
        raise _refused(header, "last", "the facts do not lead from prev to last", "the batch was altered or built wrongly")
    return JournalBatch(header=header, prev=prev, facts=facts, hashes=hashes)


def restamp(batch: BuiltBatch, **changes: object) -> BuiltBatch:
    """The same facts under a changed header (tests, importers)."""
    header = msgspec.structs.replace(batch.header, **changes)
    return replace(batch, header=header, payload=_header_encoder.encode(header) + b"\n" + batch.payload.partition(b"\n")[2])


def _check_header(header: BatchHeader) -> bytes:
    if header.codec != CODEC:
        raise _refused(header, "codec", f"codec {header.codec!r} is not known", f"use {CODEC!r}")
    if not 0 <= header.count <= limits.BATCH_FACTS_MAX:
        raise _refused(header, "count", f"count is {header.count}", f"send 1 to {limits.BATCH_FACTS_MAX} facts in a batch")
    if header.from_seq < 1 or header.incarnation < 1:
        raise _refused(header, "from_seq", "from_seq and incarnation start at 1", "say hello to be granted an incarnation")
    if header.to_seq - header.from_seq + 1 != header.count:
        raise _refused(
            header, "count", f"{header.from_seq}..{header.to_seq} is not {header.count} facts", "count them again"
        )
    if header.count == 0 and header.gap_from is None:
        raise _refused(header, "count", "a batch without facts", "only a declared gap may come alone")
    if header.gap_from is not None and not (1 <= header.gap_from < header.from_seq and header.gap_reason):
        raise _refused(header, "gap_from", "the gap is empty or has no reason", "it runs from gap_from to from_seq - 1")
    if header.gap_reason == "shed" and stream_never_sheds(header.stream):
        raise _refused(header, "gap_reason", f"{header.stream.value} never sheds", "only ops may declare shed facts")
    try:
        prev = bytes.fromhex(header.prev)
    except ValueError:
        prev = b""
    if len(prev) != HASH_BYTES:
        raise _refused(header, "prev", "prev is not a chain hash", "64 hexadecimal digits")
    return prev


def _open_body(header: BatchHeader, frame: bytes) -> list[bytes]:
    if header.count == 0:
        if frame:
            raise _refused(header, "body", "a body behind a batch without facts", "leave it empty")
        return []
    if header.count > 1 and len(frame) > limits.BATCH_COMPRESSED_BYTES_MAX:
        raise _refused(
            header, "body", f"{len(frame)} bytes", f"at most {limits.BATCH_COMPRESSED_BYTES_MAX} for two facts or more"
        )
    try:
        plain = decompress(frame, limits.BATCH_PLAIN_BYTES_MAX)
    except MessageError as error:
        raise BatchRefused(str(error), field=error.field, remedy="", header=header) from error
    if sha256(plain).hexdigest() != header.digest:
        raise _refused(header, "digest", "the body does not match its digest", "it was altered on the way; send it again")
    facts = plain.split(b"\n")
    if len(facts) != header.count:
        raise _refused(header, "count", f"{len(facts)} facts in the body, count says {header.count}", "one fact a line")
    return facts


def _refused(header: BatchHeader, field: str, message: str, remedy: str) -> BatchRefused:
    where = f"batch {header.stream.value} {header.from_seq}..{header.to_seq}"
    return BatchRefused(f"{where}: {field}: {message}", field=field, remedy=remedy, header=header)


def _checked_link(stream: Stream, previous: bytes, row: JournalRow) -> bytes:
    computed = link(previous, row.fact)
    if computed != row.hash:
        raise JournalDamaged(stream, row.seq)
    return computed


def _rows_that_fit(rows: Sequence[JournalRow]) -> Sequence[JournalRow]:
    """The longest head of `rows` within the fact count and the plain size, ending before an oversize fact."""
    taken = 0
    plain_bytes = 0
    for row in rows[: limits.BATCH_FACTS_MAX]:
        plain_bytes += len(row.fact) + 1
        if len(row.fact) > limits.FACT_BYTES_MAX or (taken and plain_bytes > limits.BATCH_PLAIN_BYTES_MAX):
            break
        taken += 1
    while taken > 1 and len(_packed(rows[:taken])[1]) > limits.BATCH_COMPRESSED_BYTES_MAX:
        taken //= 2
    return rows[:taken]


def _packed(rows: Sequence[JournalRow]) -> tuple[list[bytes], bytes]:
    facts = [row.fact for row in rows]
    return facts, compress(b"\n".join(facts)) if facts else b""
