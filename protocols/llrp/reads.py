"""Tag reports as typed records, quickly: a report is a table whose row layout is found once and then proven, not parsed.

A tag's report is a sequence of parameters; two tags with the same types and lengths in the same order have the same layout:
the same bytes at the same places (types, lengths, EPC bit count) and the same fields between them. For a whole report
those bytes are compared column by column, then one `struct.iter_unpack` reads all rows. A report of mixed layouts is read
tag by tag with the layouts known so far, told apart by comparing each tag's constant bytes under a mask. Every byte a
layout relies on is compared for every tag: a report is never taken for another. Only the table of layouts is bounded.
"""

from __future__ import annotations

import operator
import struct
import typing
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat

import msgspec

from protocols.llrp.errors import Malformed

LAYOUTS_MAX = 256
"""Layouts kept. Policy when reached: further ones are found anew for every tag, which is slower and still right."""
LAYOUTS_OF_LENGTH_MAX = 8
"""Layouts tried for one tag before it is parsed."""
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

EPC, ANTENNA, RSSI, FIRST, LAST, COUNT = range(6)
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
    epc_bits: int
    antenna: int
    rssi_dbm: int | None
    first_seen_us: int | None
    last_seen_us: int | None
    count: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """`constants`: (offset, byte) of all bytes that are the same for every such tag. `columns`: index per record field."""

    length: int
    constants: tuple[tuple[int, bytes], ...]
    mask: int
    pattern: int
    row: struct.Struct
    epc_bits: int
    columns: tuple[int | None, ...]
    pick: Callable[[tuple[typing.Any, ...]], tuple[typing.Any, ...]]
    """From a row with what was told before appended to it: the EPC and the five values, in the record's order."""


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
        if number & _NUMBER_BITS == TAG_REPORT_DATA and length > _TLV.size and len(body) % length == 0:
            layout = self._layout_at(body, 0, length)
            if layout is not None and _is_uniform(body, layout):
                return self._read_uniform(body, layout)
        return self._read_mixed(body)

    def _read_uniform(self, body: bytes, layout: _Layout) -> list[TagRecord]:
        records: list[TagRecord] = []
        size = layout.length * ROWS_AT_ONCE
        bits = repeat(layout.epc_bits)
        epc_at, *others = layout.columns
        assert epc_at is not None
        rows = memoryview(body)
        for at in range(0, len(body), size):
            columns = list(zip(*layout.row.iter_unpack(rows[at : at + size]), strict=True))
            told = [repeat(was) if index is None else columns[index] for index, was in zip(others, self._told, strict=True)]
            records.extend(map(TagRecord, columns[epc_at], bits, *told))
        self._remember(records[-1])
        return records

    def _read_mixed(self, body: bytes) -> list[TagRecord]:
        records: list[TagRecord] = []
        at, end, told = 0, len(body), self._told
        while at < end:
            if body[at] & 0x80 or at + 4 > end:
                raise Malformed("a report holds something that is no parameter of its own length")
            number = (body[at] << 8 | body[at + 1]) & _NUMBER_BITS
            length = body[at + 2] << 8 | body[at + 3]
            if length < 4 or at + length > end:
                raise Malformed(f"parameter {number} has {length} bytes, {end - at} are there")
            layout = self._layout_at(body, at, length) if number == TAG_REPORT_DATA else None
            if layout is not None:
                epc, *values = layout.pick(layout.row.unpack_from(body, at) + told)
                records.append(TagRecord(epc, layout.epc_bits, *values))
                if self._carry_forward:
                    told = tuple(values)
            elif number == TAG_REPORT_DATA:
                self.unreadable_tags += 1
            at += length
        self._told = told
        return records

    def _remember(self, last: TagRecord) -> None:
        if self._carry_forward:
            self._told = (last.antenna, last.rssi_dbm, last.first_seen_us, last.last_seen_us, last.count)

    def _layout_at(self, body: bytes, at: int, length: int) -> _Layout | None:
        """The layout of the tag at a place; None when it cannot be read."""
        known = self._layouts.get(length)
        if known is not None:
            tag = int.from_bytes(body[at : at + length], "big")
            for layout in known:
                if tag & layout.mask == layout.pattern:
                    return layout
        new = _find_layout(body, at, length)
        if new is not None and self._layout_count < LAYOUTS_MAX and (known is None or len(known) < LAYOUTS_OF_LENGTH_MAX):
            self._layouts.setdefault(length, []).append(new)
            self._layout_count += 1
        return new


def _is_uniform(body: bytes, layout: _Layout) -> bool:
    count = len(body) // layout.length
    if count == 1:
        return True
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
        pick=operator.itemgetter(
            *(found.columns.get(column, found.values + column - 1) for column in range(EPC, COUNT + 1))
        ),
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
    if column is None or column in found.columns:
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
    if number & _NUMBER_BITS != EPC_DATA or EPC in found.columns:
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
