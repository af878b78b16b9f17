"""Tag reports as typed records, quickly: a report is a table whose row layout is found once and then proven, not parsed.

For a whole report the bytes that its first tag's layout holds constant are compared column by column, then one
`struct.iter_unpack` reads all rows. A report whose tags differ is read tag by tag. Every byte a layout relies on is
compared for every tag: a report is never taken for another.
"""

from __future__ import annotations

import struct
import typing
from collections.abc import Callable
from itertools import repeat, starmap

import msgspec

from protocols.llrp.errors import Malformed
from protocols.llrp.report_layouts import (
    COLUMN_OF,
    COUNT,
    CUSTOM,
    EPC,
    EPC_96,
    EPC_BITS,
    EPC_DATA,
    EXTRAS,
    NUMBER_BITS,
    OWN,
    OWN_COLUMN_OF,
    OWN_TID,
    OWN_VALUE_BYTES,
    SHORT_LENGTHS,
    TID,
    TLV,
    Layout,
    find_layout,
)

LAYOUTS_MAX = 256
"""Layouts kept. Policy when reached: reports of further ones are read tag by tag, which is slower and still right."""
LAYOUTS_OF_LENGTH_MAX = 8
"""Layouts of one length kept, likewise."""
ROWS_AT_ONCE = 1_024
"""A long report is proven and read in pieces of so many tags: they stay in the processor's cache."""
TAG_REPORT_DATA = 240

Told = tuple[int | None, ...]
"""What a tag was told with: antenna, RSSI, first and last seen, count."""
_NOTHING_TOLD: Told = (0, None, None, None, 1)
_NO_EXTRAS: list[None] = [None] * EXTRAS
_BEYOND = bytes(24)
_U64 = struct.Struct(">Q").unpack_from


class TagRecord(msgspec.Struct, frozen=True, gc=False):
    """One tag of a report. Times are microseconds of the reader's own clock (UTC or since its start); None: never told.

    `antenna` 0: not told. `count`: how often it was read since its last report (at most 65,535: it saturates).
    """

    epc: bytes
    antenna: int
    rssi_dbm: int | None
    first_seen_us: int | None
    last_seen_us: int | None
    count: int = 1
    epc_bits: int = 96
    channel: int | None = None
    """Index into the reader's table of frequencies."""
    rssi_cdbm: int | None = None
    """RSSI in hundredths of a dBm (Impinj)."""
    phase: int | None = None
    """0 to 4095 of a full turn (Impinj, Zebra); comparable only within one channel and antenna."""
    doppler: int | None = None
    """Sixteenths of a hertz; above 0: the tag comes nearer (Impinj)."""
    tid: bytes | None = None
    """The tag's own serial number, when it came with the EPC (Impinj FastID). Empty: the tag cannot tell it."""


class ReportReader:
    """Reads the reports of one connection. `carry_forward`: a field that is left out has its last value.

    LLRP lets a reader leave out an enabled field that equals the one sent last, so an absent field is not "unknown". A
    maker's own fields are never carried forward.
    """

    def __init__(self, *, carry_forward: bool = True) -> None:
        self._carry_forward = carry_forward
        self._told = _NOTHING_TOLD
        self._layouts: dict[int, list[Layout]] = {}
        self._layout_count = 0
        self.unreadable_tags = 0
        """Tags in reports that were skipped because their own bytes make no sense."""

    @property
    def layouts_known(self) -> int:
        """How many layouts are kept."""
        return self._layout_count

    def read(self, body: bytes) -> list[TagRecord]:
        """The tags of an RO_ACCESS_REPORT's body (the message without its header), in order.

        Parameters that are no tags are skipped; a tag that makes no sense is skipped and counted, and so is the rest of a
        report from a parameter on that reaches beyond it. Raises Malformed when nothing at all can be read.
        """
        if len(body) < TLV.size:
            if body:
                raise Malformed(f"{len(body)} bytes are too few for a parameter")
            return []
        number, length = TLV.unpack_from(body)
        if number == TAG_REPORT_DATA and length > TLV.size and len(body) % length == 0:
            layout = self._layout_of(body, length)
            if layout is not None:
                return self._read_table(body, layout)
        return self._read_each(body)

    def _read_table(self, body: bytes, layout: Layout) -> list[TagRecord]:
        """Tags of one layout, in pieces. From the first piece on that has another one, tag by tag."""
        if len(body) == layout.length:  # compared when it was looked up
            return self._read_uniform(body, layout)
        step = layout.length * ROWS_AT_ONCE
        if len(body) <= step:
            return self._read_uniform(body, layout) if layout.is_shared_by(body) else self._read_each(body)
        records: list[TagRecord] = []
        for at in range(0, len(body), step):
            piece = body[at : at + step]
            if not layout.is_shared_by(piece):
                return records + self._read_each(body[at:])
            records += self._read_uniform(piece, layout)
        return records

    def _read_uniform(self, body: bytes, layout: Layout) -> list[TagRecord]:
        rows = layout.row.iter_unpack(body)
        if layout.complete and (layout.columns[COUNT] is not None or self._told[-1] == 1):
            records = list(starmap(TagRecord, rows))
        else:
            columns = list(zip(*rows, strict=True))
            told = [
                repeat(was) if index is None else columns[index]
                for index, was in zip(layout.columns, (b"", *self._told), strict=True)
            ]
            extras = [_extra(columns, index, shift) for index, shift in layout.extras]
            records = list(map(TagRecord, *told, repeat(layout.epc_bits), *extras))
        self._remember(records[-1])
        return records

    def _read_each(self, body: bytes) -> list[TagRecord]:  # noqa: PLR0912, PLR0915
        """Tag by tag. What nearly every report has, in its usual order, without loop or call: a third of the time is saved
        so. The rest with `_read_rest`. Zeros behind the end match no parameter, so it is looked for only once."""
        data, at, end = body + _BEYOND, 0, len(body)
        records: list[TagRecord] = []
        told: tuple[typing.Any, ...] = self._told
        (antenna, rssi, first, last, count), add = told, records.append
        while at < end:
            length = data[at + 2] << 8 | data[at + 3]
            stop = at + length
            if data[at] or data[at + 1] != TAG_REPORT_DATA or length < 4 or stop > end:
                number = (data[at] << 8 | data[at + 1]) & NUMBER_BITS
                if data[at] & 0x80 or length < 4 or stop > end:
                    self._lost(records, f"parameter {number} says it has {length} bytes, {end - at} are there")
                    break
                if number != TAG_REPORT_DATA:
                    at = stop
                    continue
            if not self._carry_forward:
                antenna, rssi, first, last, count = _NOTHING_TOLD
            at += 4
            epc, bits, channel = None, 0, None
            if data[at] == 0x8D:
                epc, bits = data[at + 1 : at + 13], 96
                at += 13
            elif data[at] == 0 and data[at + 1] == EPC_DATA:
                bits = data[at + 4] << 8 | data[at + 5]
                if (data[at + 2] << 8 | data[at + 3]) == 6 + (bits + 7) // 8:
                    epc = data[at + 6 : at + 6 + (bits + 7) // 8]
                    at += 6 + len(epc)
            kind = data[at]
            if kind == 0x89:
                kind = data[at := at + 5]
            if kind == 0x8E:
                kind = data[at := at + 3]
            if kind == 0x8A:
                kind = data[at := at + 3]
            if kind == 0x81:
                antenna = data[at + 1] << 8 | data[at + 2]
                kind = data[at := at + 3]
            if kind == 0x87:
                channel = data[at + 1] << 8 | data[at + 2]
                kind = data[at := at + 3]
            if kind == 0x86:
                rssi = data[at + 1]
                rssi -= rssi >> 7 << 8
                kind = data[at := at + 2]
            if 0x82 <= kind <= 0x83:
                (first,) = _U64(data, at + 1)
                kind = data[at := at + 9]
            if 0x84 <= kind <= 0x85:
                (last,) = _U64(data, at + 1)
                kind = data[at := at + 9]
            if kind == 0x88:
                count = data[at + 1] << 8 | data[at + 2]
                at += 3
            if at == stop and epc is not None:
                add(TagRecord(epc, antenna, rssi, first, last, count, bits, channel))
                continue
            fields: list[typing.Any] = [epc, antenna, rssi, first, last, count, bits, channel, *_NO_EXTRAS[1:]]
            if at < stop and _read_rest(data, at, stop, fields):
                add(TagRecord(*fields))
            else:
                self.unreadable_tags += 1
            antenna, rssi, first, last, count = _told(records[-1]) if records else self._told
            at = stop
        if records:
            self._remember(records[-1])
        return records

    def _lost(self, records: list[TagRecord], why: str) -> None:
        """The rest of a report makes no sense: the tags before it are kept. Raises Malformed when there are none."""
        if not records:
            raise Malformed(why)
        self.unreadable_tags += 1

    def _remember(self, last: TagRecord) -> None:
        if self._carry_forward:
            self._told = _told(last)

    def _layout_of(self, body: bytes, length: int) -> Layout | None:
        """The layout of the first tag; None when it cannot be read."""
        known = self._layouts.get(length, [])
        tag = int.from_bytes(body[:length], "big")
        for layout in known:
            if tag & layout.mask == layout.pattern:
                return layout
        if self._layout_count >= LAYOUTS_MAX or len(known) >= LAYOUTS_OF_LENGTH_MAX:
            return None
        new = find_layout(body, 0, length)
        if new is not None:
            self._layouts.setdefault(length, []).append(new)
            self._layout_count += 1
        return new


def _extra(columns: list[tuple[typing.Any, ...]], index: int | None, shift: int) -> typing.Iterable[typing.Any]:
    if index is None:
        return repeat(None)
    return [value >> shift for value in columns[index]] if shift else columns[index]


_SHORTS: list[tuple[int, int, Callable[[bytes, int], tuple[typing.Any, ...]]] | None] = [None] * 256
"""By type byte: length with it, record field (or -1), reader of that field."""
for _number, _length in SHORT_LENGTHS.items():
    _field, _code = (EPC, "12s") if _number == EPC_96 else COLUMN_OF.get(_number, (-1, ""))
    _SHORTS[0x80 | _number] = (1 + _length, _field, struct.Struct(">" + _code).unpack_from)


def _read_rest(body: bytes, at: int, end: int, fields: list[typing.Any]) -> bool:
    """Read further parameters of one tag into a record's fields; False when they make no sense (and `fields` hold anything).

    Whether a parameter reaches beyond the tag is seen at the end, once.
    """
    try:
        while at < end:
            first = body[at]
            short = _SHORTS[first]
            if short is not None:
                length, field, read = short
                if field >= 0:
                    fields[field] = read(body, at + 1)[0]
                    if field == EPC:
                        fields[EPC_BITS] = 96
            elif first & 0x80:  # its length is on no wire and in no table: the rest of this tag is lost, the tag is not
                at = end
                break
            else:
                length = body[at + 2] << 8 | body[at + 3]
                if length < 4:
                    return False
                kind = (first & 3) << 8 | body[at + 1]
                if kind == EPC_DATA:
                    bits = body[at + 4] << 8 | body[at + 5]
                    size = (bits + 7) // 8
                    if size + 6 > length:
                        return False
                    fields[EPC], fields[EPC_BITS] = body[at + 6 : at + 6 + size], bits
                elif kind == CUSTOM and length >= OWN_VALUE_BYTES:
                    _read_own(body, at, length, fields)
            at += length
    except (struct.error, IndexError):
        return False
    return at == end and fields[EPC] is not None


def _read_own(body: bytes, at: int, length: int, fields: list[typing.Any]) -> None:
    """A maker's own parameter of at least two bytes; unknown ones, and known ones of another length, are skipped."""
    whose = OWN.unpack_from(body, at + 4)
    value = body[at + 12] << 8 | body[at + 13]
    if whose == OWN_TID:
        if length == OWN_VALUE_BYTES + 2 * value:
            fields[TID] = body[at + 14 : at + length]
        return
    field, code, shift = OWN_COLUMN_OF.get(whose, (None, "", 0))
    if field is not None and length == OWN_VALUE_BYTES:
        fields[field] = value >> shift if code == "H" else value - (value >> 15 << 16)


def _told(record: TagRecord) -> Told:
    return (record.antenna, record.rssi_dbm, record.first_seen_us, record.last_seen_us, record.count)
