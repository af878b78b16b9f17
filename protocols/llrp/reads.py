"""Tag reports as typed records, quickly: a report is a table whose row layout is found once and then proven, not parsed.

A tag's report is a sequence of parameters; two tags with the same types and lengths in the same order have the same layout:
the same bytes at the same places (types, lengths, EPC bit count) and the same fields between them. For a whole report
those bytes are compared column by column, then one `struct.iter_unpack` reads all rows. A report whose tags differ is read
tag by tag. Every byte a layout relies on is compared for every tag: a report is never taken for another.
"""

from __future__ import annotations

import struct
import typing
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, repeat, starmap

import msgspec

from protocols.llrp.errors import Malformed

LAYOUTS_MAX = 256
"""Layouts kept. Policy when reached: reports of further ones are read tag by tag, which is slower and still right."""
LAYOUTS_OF_LENGTH_MAX = 8
"""Layouts of one length kept, likewise."""
ROWS_AT_ONCE = 1_024
TAG_REPORT_DATA, EPC_DATA, EPC_96 = 240, 241, 13

_TLV = struct.Struct(">HH")
_HALF = struct.Struct(">H")
_NUMBER_BITS = 0x3FF

_SHORT_LENGTHS = {
    1: 2, 2: 8, 3: 8, 4: 8, 5: 8, 6: 1, 7: 2, 8: 2, 9: 4, 10: 2, 11: 2, 12: 2, 13: 12, 14: 2, 15: 2, 16: 4, 17: 2, 18: 4,
    19: 2, 20: 2,
}  # fmt: skip
"""Bytes after the type byte of every short parameter."""

EPC, ANTENNA, RSSI, FIRST, LAST, COUNT, EPC_BITS = range(7)
"""The fields of a record, in its order."""
_COLUMN_OF = {
    1: (ANTENNA, "H"),
    6: (RSSI, "b"),
    2: (FIRST, "Q"),
    3: (FIRST, "Q"),
    4: (LAST, "Q"),
    5: (LAST, "Q"),
    8: (COUNT, "H"),
}

Told = tuple[int | None, ...]
"""What a tag was told with: antenna, RSSI, first and last seen, count."""
_NOTHING_TOLD: Told = (0, None, None, None, 1)


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


@dataclass(frozen=True, slots=True)
class _Layout:
    """`constants`: (offset, byte) of all bytes that are the same for every such tag. `columns`: index per record field.

    `complete`: the row is the record as it stands, perhaps without its count.
    """

    length: int
    constants: tuple[tuple[int, bytes], ...]
    mask: int
    pattern: int
    row: struct.Struct
    epc_bits: int
    columns: tuple[int | None, ...]
    complete: bool


class ReportReader:
    """Reads the reports of one connection. `carry_forward`: a field that is left out has its last value.

    LLRP lets a reader leave out an enabled field that equals the one sent last, so an absent field is not "unknown".
    """

    def __init__(self, *, carry_forward: bool = True) -> None:
        self._carry_forward = carry_forward
        self._told = _NOTHING_TOLD
        self._layouts: dict[int, list[_Layout]] = {}
        self._layout_count = 0
        self.unreadable_tags = 0
        """Tags in reports that were skipped because their own bytes make no sense."""

    @property
    def layouts_known(self) -> int:
        """How many layouts are kept."""
        return self._layout_count

    def read(self, body: bytes) -> list[TagRecord]:
        """The tags of an RO_ACCESS_REPORT's body (the message without its header), in order.

        Parameters that are no tags are skipped; a tag that makes no sense is skipped and counted. Raises Malformed when a
        parameter reaches beyond the message.
        """
        if len(body) < _TLV.size:
            if body:
                raise Malformed(f"{len(body)} bytes are too few for a parameter")
            return []
        number, length = _TLV.unpack_from(body)
        if number == TAG_REPORT_DATA and length > _TLV.size and len(body) > length and len(body) % length == 0:
            layout = self._layout_of(body, length)
            if layout is not None and _is_uniform(body, layout):
                return self._read_uniform(body, layout)
        return self._read_each(body)

    def _read_uniform(self, body: bytes, layout: _Layout) -> list[TagRecord]:
        rows = layout.row.iter_unpack(body)
        if layout.complete and (layout.columns[COUNT] is not None or self._told[-1] == 1):
            records = list(starmap(TagRecord, rows))
        else:
            records = []
            while block := list(islice(rows, ROWS_AT_ONCE)):
                columns = list(zip(*block, strict=True))
                told = [
                    repeat(was) if index is None else columns[index]
                    for index, was in zip(layout.columns, (b"", *self._told), strict=True)
                ]
                records.extend(map(TagRecord, *told, repeat(layout.epc_bits)))
        self._remember(records[-1])
        return records

    def _read_each(self, body: bytes) -> list[TagRecord]:
        records: list[TagRecord] = []
        at, end = 0, len(body)
        fields: list[typing.Any] = [None, *self._told, 0]
        while at < end:
            if body[at] & 0x80 or at + 4 > end:
                raise Malformed("a report holds something that is no parameter of its own length")
            number = (body[at] << 8 | body[at + 1]) & _NUMBER_BITS
            length = body[at + 2] << 8 | body[at + 3]
            stop = at + length
            if length < 4 or stop > end:
                raise Malformed(f"parameter {number} has {length} bytes, {end - at} are there")
            if number == TAG_REPORT_DATA:
                if not self._carry_forward:
                    fields = [None, *_NOTHING_TOLD, 0]
                if _read_tag(body, at + 4, stop, fields):
                    records.append(TagRecord(*fields))
                else:
                    self.unreadable_tags += 1
                    last = records[-1] if records else None
                    fields = [None, *(self._told if last is None else _told(last)), 0]
            at = stop
        if records:
            self._remember(records[-1])
        return records

    def _remember(self, last: TagRecord) -> None:
        if self._carry_forward:
            self._told = _told(last)

    def _layout_of(self, body: bytes, length: int) -> _Layout | None:
        """The layout of the first tag; None when it cannot be read."""
        known = self._layouts.get(length, [])
        tag = int.from_bytes(body[:length], "big")
        for layout in known:
            if tag & layout.mask == layout.pattern:
                return layout
        if self._layout_count >= LAYOUTS_MAX or len(known) >= LAYOUTS_OF_LENGTH_MAX:
            return None
        new = _find_layout(body, 0, length)
        if new is not None:
            self._layouts.setdefault(length, []).append(new)
            self._layout_count += 1
        return new


_SHORTS: list[tuple[int, int, Callable[[bytes, int], tuple[typing.Any, ...]]] | None] = [None] * 256
"""By type byte: length with it, record field (or -1), reader of that field."""
for _number, _length in _SHORT_LENGTHS.items():
    _field, _code = (EPC, "12s") if _number == EPC_96 else _COLUMN_OF.get(_number, (-1, ""))
    _SHORTS[0x80 | _number] = (1 + _length, _field, struct.Struct(">" + _code).unpack_from)


def _read_tag(body: bytes, at: int, end: int, fields: list[typing.Any]) -> bool:
    """Read one tag's parameters into a record's fields; False when they make no sense (and `fields` hold anything).

    Whether a parameter reaches beyond the tag is seen at the end, once: this is where the time goes.
    """
    fields[EPC] = None
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
                if body[at + 1] == EPC_DATA and first & 3 == 0:
                    bits = body[at + 4] << 8 | body[at + 5]
                    size = (bits + 7) // 8
                    if size + 6 > length:
                        return False
                    fields[EPC], fields[EPC_BITS] = body[at + 6 : at + 6 + size], bits
            at += length
    except (struct.error, IndexError):
        return False
    return at == end and fields[EPC] is not None


def _told(record: TagRecord) -> Told:
    return (record.antenna, record.rssi_dbm, record.first_seen_us, record.last_seen_us, record.count)


def _is_uniform(body: bytes, layout: _Layout) -> bool:
    count = len(body) // layout.length
    return all(body[offset :: layout.length] == constant * count for offset, constant in layout.constants)


class _Found:
    """A layout while it is being found. Offsets are inside the tag."""

    def __init__(self) -> None:
        self.constants: list[int] = [0, 1, 2, 3]
        self.codes = ["4x"]
        self.columns: dict[int, int] = {}
        self.values = 0
        self.epc_bits = 0

    def skip(self, count: int) -> None:
        if count:
            self.codes.append(f"{count}x")

    def value(self, column: int, code: str) -> None:
        self.columns[column] = self.values
        self.codes.append(code)
        self.values += 1


def _find_layout(body: bytes, begin: int, length: int) -> _Layout | None:
    """Parse one tag. None when its parameters do not fit into it or it has no EPC."""
    found, at, end = _Found(), begin + _TLV.size, begin + length
    while at < end:
        after = _find_short(found, body, begin, at, end) if body[at] & 0x80 else _find_long(found, body, begin, at, end)
        if after is None:
            return None
        at = after
    if EPC not in found.columns:
        return None
    masked = bytearray(length)
    pattern = bytearray(length)
    for offset in found.constants:
        masked[offset], pattern[offset] = 0xFF, body[begin + offset]
    return _Layout(
        length=length,
        constants=tuple((offset, body[begin + offset : begin + offset + 1]) for offset in found.constants),
        mask=int.from_bytes(masked, "big"),
        pattern=int.from_bytes(pattern, "big"),
        row=struct.Struct(">" + "".join(found.codes)),
        epc_bits=found.epc_bits,
        columns=tuple(found.columns.get(column) for column in range(EPC, COUNT + 1)),
        complete=found.epc_bits == 96 and list(found.columns) in (list(range(COUNT)), list(range(COUNT + 1))),
    )


def _find_short(found: _Found, body: bytes, begin: int, at: int, end: int) -> int | None:
    number = body[at] & 0x7F
    length = _SHORT_LENGTHS.get(number)
    found.constants.append(at - begin)
    found.skip(1)
    if length is None:  # its length is on no wire and in no table: what follows it in this tag is lost, the tag is not
        found.skip(end - at - 1)
        return end
    if at + 1 + length > end:
        return None
    column, code = (EPC, "12s") if number == EPC_96 else _COLUMN_OF.get(number, (None, ""))
    if column in found.columns:
        return None  # told twice: too odd for a table
    if column is None:
        found.skip(length)
    else:
        found.value(column, code)
        if number == EPC_96:
            found.epc_bits = 96
    return at + 1 + length


def _find_long(found: _Found, body: bytes, begin: int, at: int, end: int) -> int | None:
    if at + _TLV.size > end:
        return None
    head: tuple[int, int] = _TLV.unpack_from(body, at)
    number, length = head
    if length < _TLV.size or at + length > end:
        return None
    found.constants.extend(range(at - begin, at - begin + _TLV.size))
    found.skip(_TLV.size)
    if number & _NUMBER_BITS == EPC_DATA and EPC in found.columns:
        return None
    if number & _NUMBER_BITS != EPC_DATA:
        found.skip(length - _TLV.size)
        return at + length
    if length < _TLV.size + _HALF.size:
        return None
    (bits,) = _HALF.unpack_from(body, at + _TLV.size)
    size = (bits + 7) // 8
    if _TLV.size + _HALF.size + size > length:
        return None
    found.constants.extend((at - begin + _TLV.size, at - begin + _TLV.size + 1))
    found.skip(_HALF.size)
    found.value(EPC, f"{size}s")
    found.epc_bits = bits
    found.skip(length - _TLV.size - _HALF.size - size)
    return at + length
