"""The data of ZVT messages: numbered fields (*BMP*) of lengths that only a table knows, and TLV inside field 06.

A field that the table does not have ends the reading, for nobody can tell its length: what came before it stands, the rest
is counted as `unread`. Everything here is tolerant: terminals differ, and a payment is not lost for a field nobody needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

TLV = 0x06

_ONE = (0x01, 0x02, 0x03, 0x05, 0x19, 0x27, 0x72, 0x73, 0x74, 0x75, 0x8A, 0x8C, 0xA0, 0xD0, 0xD2, 0xD3, 0xE0, 0xE9, 0xEA,
        0xF0, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD)  # fmt: skip
_OTHER = {
    0x04: 6, 0x0B: 3, 0x0C: 3, 0x0D: 2, 0x0E: 2, 0x17: 2, 0x29: 4, 0x2A: 15, 0x37: 3, 0x3A: 2, 0x3B: 8, 0x3D: 3, 0x49: 2,
    0x70: 4, 0x71: 4, 0x87: 2, 0x88: 3, 0xAA: 3, 0xBA: 5, 0xEB: 8,
}  # fmt: skip
_FIXED: dict[int, int] = dict.fromkeys(_ONE, 1) | _OTHER
_TWO_DIGITS = frozenset({0x22, 0x23, 0x2D, 0x8B, 0xA7, 0xD1, *range(0xE1, 0xE9), *range(0xF1, 0xF9)})
_THREE_DIGITS = frozenset({0x24, 0x2E, 0x3C, 0x60, 0x9A, 0xAF})
SECRET = frozenset({0x22, 0x23, 0x24, 0x2D})
"""Card number and tracks: read over, never kept (of 22 the last four digits, see `messages`)."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields by number; of one that came twice, the last."""

    values: dict[int, bytes] = field(default_factory=dict)
    unread: int = 0
    """How many bytes were left when a field came that nobody knows."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{number:02x}" for number in self.values)
        return f"Fields({shown}; unread={self.unread})"

    def number(self, number: int) -> int | None:
        """A field of decimal digits (BCD)."""
        value = self.values.get(number)
        return None if value is None else from_bcd(value)

    def byte(self, number: int) -> int | None:
        """A field of one byte."""
        value = self.values.get(number)
        return value[0] if value else None

    def text(self, number: int) -> str:
        """A field of text, without the zeros at its end; empty: it was not there."""
        return text_of(self.values.get(number, b""))


def read_fields(data: bytes) -> Fields:
    """Fields until the end or one that is not in the table. Never raises."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        head, size = _size(data, at)
        if size < 0 or at + head + size > len(data):
            break
        found[data[at]] = data[at + head : at + head + size]
        at += head + size
    return Fields(found, len(data) - at)


def _size(data: bytes, at: int) -> tuple[int, int]:
    """Bytes before the value (number and length), and bytes of the value; -1: unknown."""
    number = data[at]
    if number in _FIXED:
        return 1, _FIXED[number]
    if number == TLV:
        return _tlv_size(data, at + 1)
    digits = 2 if number in _TWO_DIGITS else 3 if number in _THREE_DIGITS else 0
    length = data[at + 1 : at + 1 + digits]
    if not digits or len(length) < digits or any(each >> 4 != 0xF or each & 0xF > 9 for each in length):
        return 1, -1
    return 1 + digits, int("".join(str(each & 0xF) for each in length))


def _tlv_size(data: bytes, at: int) -> tuple[int, int]:
    size, head = _ber_length(data, at)
    return 1 + head, size


def _ber_length(data: bytes, at: int) -> tuple[int, int]:
    """The length at a place and how many bytes it takes; -1: cut off or of a form that does not occur."""
    if at >= len(data):
        return -1, 0
    first = data[at]
    if first < 0x80:
        return first, 1
    count = first & 0x7F
    if count not in (1, 2) or at + count >= len(data):
        return -1, 0
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), 1 + count


def variable(number: int, value: bytes) -> bytes:
    """A field that tells its length in decimal digits, `F1 F7` for 17."""
    digits = 2 if number in _TWO_DIGITS else 3
    return bytes((number, *(0xF0 | int(each) for each in f"{len(value):0{digits}d}"))) + value


@dataclass(frozen=True, slots=True)
class Tag:
    """One TLV object; `parts` of one that is made of others."""

    number: int
    value: bytes = b""
    parts: tuple[Tag, ...] = ()

    def __repr__(self) -> str:
        return f"Tag({self.number:02x}, {len(self.value)} bytes, parts={self.parts})"

    def encode(self) -> bytes:
        """Its bytes."""
        value = b"".join(part.encode() for part in self.parts) if self.parts else self.value
        size = len(value)
        form = b"" if size < 0x80 else b"\x81" if size < 0x100 else b"\x82"
        length = form + size.to_bytes(2 if size > 0xFF else 1, "big")
        return self.number.to_bytes(2 if self.number > 0xFF else 1, "big") + length + value


NESTED_MAX = 8


def read_tags(data: bytes, depth: int = 0) -> tuple[Tag, ...]:
    """TLV objects until the end, or until one makes no sense. Never raises; deeper than eight it is only bytes."""
    found = []
    at = 0
    while at < len(data):
        first = data[at]
        number, head = (first, 1) if first & 0x1F != 0x1F else (int.from_bytes(data[at : at + 2], "big"), 2)
        size, length = _ber_length(data, at + head)
        start = at + head + length
        if size < 0 or start + size > len(data):
            break
        value = data[start : start + size]
        made_of_others = bool(first & 0x20) and depth < NESTED_MAX
        found.append(Tag(number, value, read_tags(value, depth + 1) if made_of_others else ()))
        at = start + size
    return tuple(found)


def every_tag(tags: tuple[Tag, ...]) -> Iterator[Tag]:
    """All objects, those inside of others too, in order."""
    for tag in tags:
        yield tag
        yield from every_tag(tag.parts)


def tlv_field(*tags: Tag) -> bytes:
    """Field 06 with these objects."""
    return bytes((TLV,)) + Tag(0x21, b"", tags).encode()[1:] if tags else b""


def to_bcd(value: int, size: int) -> bytes:
    """Decimal digits, two a byte. Raises ValueError when they do not fit."""
    if value < 0 or value >= 100**size:
        raise ValueError(f"{value} does not fit into {2 * size} digits")
    return bytes.fromhex(f"{value:0{2 * size}d}")


def from_bcd(data: bytes) -> int | None:
    """None: not decimal digits."""
    digits = data.hex()
    return int(digits) if digits.isdecimal() else None


def text_of(data: bytes) -> str:
    """Text of a terminal: code page 437, or Latin-1 where a byte says so (terminals send either, and do not say which)."""
    plain = data.rstrip(b"\x00")
    codepage = any(0x80 <= byte < 0xA0 for byte in plain)
    text = plain.decode("cp437" if codepage else "latin-1")
    return "".join(character if character.isprintable() else " " for character in text)
