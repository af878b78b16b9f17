"""How the report of one tag lies on the wire: which bytes are the same for every such tag, which fields lie between them.

A tag's report is a sequence of parameters; two tags with the same types and lengths in the same order have the same layout:
the same bytes at the same places (types, lengths, EPC bit count, vendors) and the same fields between them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

EPC_DATA, EPC_96, CUSTOM = 241, 13, 1023
NUMBER_BITS = 0x3FF
TLV = struct.Struct(">HH")
OWN = struct.Struct(">II")
_HALF = struct.Struct(">H")

SHORT_LENGTHS = {
    1: 2, 2: 8, 3: 8, 4: 8, 5: 8, 6: 1, 7: 2, 8: 2, 9: 4, 10: 2, 11: 2, 12: 2, 13: 12, 14: 2, 15: 2, 16: 4, 17: 2, 18: 4,
    19: 2, 20: 2,
}  # fmt: skip
"""Bytes after the type byte of every short parameter."""

EPC, ANTENNA, RSSI, FIRST, LAST, COUNT, EPC_BITS, CHANNEL, RSSI_CDBM, PHASE, DOPPLER, TID = range(12)
"""The fields of a record, in its order. The first six are told or carried forward, those from CHANNEL on told or None."""
EXTRAS = 5
COLUMN_OF = {
    1: (ANTENNA, "H"),
    6: (RSSI, "b"),
    2: (FIRST, "Q"),
    3: (FIRST, "Q"),
    4: (LAST, "Q"),
    5: (LAST, "Q"),
    7: (CHANNEL, "H"),
    8: (COUNT, "H"),
}
OWN_COLUMN_OF = {
    (25_882, 56): (PHASE, "H", 0),
    (25_882, 57): (RSSI_CDBM, "h", 0),
    (25_882, 68): (DOPPLER, "h", 0),
    (161, 709): (PHASE, "H", 4),
}
"""(vendor, subtype) of a parameter of two bytes: its field, and how far it is shifted down to be in the field's unit."""
OWN_TID = (25_882, 55)
OWN_VALUE_BYTES = TLV.size + OWN.size + 2


@dataclass(frozen=True, slots=True)
class Layout:
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
    """Of EPC to COUNT."""
    extras: tuple[tuple[int | None, int], ...]
    """Index and shift of CHANNEL to TID; empty when there is none of them."""
    complete: bool

    def is_shared_by(self, body: bytes) -> bool:
        """Whether all of these bytes are tags of this layout, one after the other."""
        count = len(body) // self.length
        return all(body[offset :: self.length] == constant * count for offset, constant in self.constants)


class _Found:
    """A layout while it is being found. Offsets are inside the tag."""

    def __init__(self) -> None:
        self.constants: list[int] = [0, 1, 2, 3]
        self.codes = ["4x"]
        self.columns: dict[int, int] = {}
        self.shifts: dict[int, int] = {}
        self.values = 0
        self.epc_bits = 0

    def skip(self, count: int) -> None:
        if count:
            self.codes.append(f"{count}x")

    def value(self, column: int, code: str) -> None:
        self.columns[column] = self.values
        self.codes.append(code)
        self.values += 1


def find_layout(body: bytes, begin: int, length: int) -> Layout | None:
    """Parse one tag. None when its parameters do not fit into it, it has no EPC or tells something twice."""
    found, at, end = _Found(), begin + TLV.size, begin + length
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
    extras = tuple((found.columns.get(column), found.shifts.get(column, 0)) for column in range(CHANNEL, TID + 1))
    return Layout(
        length=length,
        constants=tuple((offset, body[begin + offset : begin + offset + 1]) for offset in found.constants),
        mask=int.from_bytes(masked, "big"),
        pattern=int.from_bytes(pattern, "big"),
        row=struct.Struct(">" + "".join(found.codes)),
        epc_bits=found.epc_bits,
        columns=tuple(found.columns.get(column) for column in range(EPC, COUNT + 1)),
        extras=extras if any(index is not None for index, _ in extras) else (),
        complete=found.epc_bits == 96 and list(found.columns) in (list(range(COUNT)), list(range(COUNT + 1))),
    )


def _find_short(found: _Found, body: bytes, begin: int, at: int, end: int) -> int | None:
    number = body[at] & 0x7F
    length = SHORT_LENGTHS.get(number)
    found.constants.append(at - begin)
    found.skip(1)
    if length is None:  # its length is on no wire and in no table: what follows it in this tag is lost, the tag is not
        found.skip(end - at - 1)
        return end
    if at + 1 + length > end:
        return None
    column, code = (EPC, "12s") if number == EPC_96 else COLUMN_OF.get(number, (None, ""))
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
    if at + TLV.size > end:
        return None
    head: tuple[int, int] = TLV.unpack_from(body, at)
    number, length = head[0] & NUMBER_BITS, head[1]
    if length < TLV.size or at + length > end:
        return None
    found.constants.extend(range(at - begin, at - begin + TLV.size))
    found.skip(TLV.size)
    if number == EPC_DATA:
        return _find_epc(found, body, begin, at, length)
    if number == CUSTOM and length >= TLV.size + OWN.size:
        return _find_own(found, body, begin, at, length)
    found.skip(length - TLV.size)
    return at + length


def _find_epc(found: _Found, body: bytes, begin: int, at: int, length: int) -> int | None:
    if EPC in found.columns or length < TLV.size + _HALF.size:
        return None
    (bits,) = _HALF.unpack_from(body, at + TLV.size)
    size = (bits + 7) // 8
    if TLV.size + _HALF.size + size > length:
        return None
    found.constants.extend((at - begin + TLV.size, at - begin + TLV.size + 1))
    found.skip(_HALF.size)
    found.value(EPC, f"{size}s")
    found.epc_bits = bits
    found.skip(length - TLV.size - _HALF.size - size)
    return at + length


def _find_own(found: _Found, body: bytes, begin: int, at: int, length: int) -> int | None:
    """A maker's own parameter: who and what are constant, two bytes or a TID behind them may be a field."""
    whose: tuple[int, int] = OWN.unpack_from(body, at + TLV.size)
    found.constants.extend(range(at - begin + TLV.size, at - begin + TLV.size + OWN.size))
    found.skip(OWN.size)
    left = length - TLV.size - OWN.size
    column, code, shift = OWN_COLUMN_OF.get(whose, (None, "", 0))
    if whose == OWN_TID and left >= _HALF.size:
        (words,) = _HALF.unpack_from(body, at + TLV.size + OWN.size)
        if 2 * words == left - _HALF.size:
            found.constants.extend(range(at - begin + TLV.size + OWN.size, at - begin + TLV.size + OWN.size + _HALF.size))
            found.skip(_HALF.size)
            column, code, left = TID, f"{2 * words}s", 2 * words
    elif left != _HALF.size:
        column = None
    if column in found.columns:
        return None
    if column is None:
        found.skip(left)
    else:
        found.value(column, code)
        found.shifts[column] = shift
    return at + length
