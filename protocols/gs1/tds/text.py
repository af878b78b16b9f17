"""Serial numbers and extensions as bits: the fixed strings of the older schemes, and the shortest of six ways of the newer.

Fixed: 7 bits a character, zeros at the end (section 14.3.2). Variable (section 14.5.6): 3 bits say how, 5 bits how many
characters, then the characters; a writer takes the way that needs the fewest bits, a reader takes any of them.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass

from protocols.gs1.tds.bits import BitReader, BitWriter
from protocols.gs1.tds.errors import EpcRefused

ALLOWED = frozenset("!\"%&'()*+,-./" + string.digits + ":;<=>?" + string.ascii_letters + "_")
"""GS1 AI encodable character set 82 (General Specifications, figure 7.11-1)."""
HOW_BITS, LENGTH_BITS = 3, 5

_BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
_CODE40 = "\0" + string.ascii_uppercase + "-.:" + string.digits


@dataclass(frozen=True, slots=True)
class _Way:
    """One row of table E. `bits(n)`: how many n characters need."""

    how: int
    alphabet: frozenset[str]
    bits: Callable[[int], int]
    number: Callable[[str], int]
    text: Callable[[int, int], str]
    """From the number and the count of characters."""


def check(text: str, most: int, what: str) -> None:
    """Raise `EpcRefused` unless it is 1 to `most` characters of those GS1 allows."""
    if not 1 <= len(text) <= most or not ALLOWED.issuperset(text):
        raise EpcRefused("epc_serial", f"The {what} {text[:40]!r} is not 1 to {most} characters of those GS1 allows.")


def fixed_number(text: str, bits: int) -> int:
    """A string in so many bits, zeros behind it. It fits: the caller has checked it."""
    return _seven(text) << (bits - 7 * len(text))


def fixed_text(number: int, bits: int, what: str) -> str:
    """Read what `fixed_number` wrote. Raises `EpcRefused`: a character that GS1 does not allow, or one behind the end."""
    spare = bits % 7
    text = _seven_text(number >> spare, bits // 7).rstrip("\0")
    check(text, bits // 7, what)
    return text


def put(writer: BitWriter, text: str) -> None:
    """Append a text of 1 to 31 allowed characters, in the fewest bits."""
    way = min(
        (each for each in _WAYS if each.alphabet.issuperset(text)),
        key=lambda each: (each.bits(len(text)), each.how),
    )
    writer.put(way.how, HOW_BITS)
    writer.put(len(text), LENGTH_BITS)
    writer.put(way.number(text), way.bits(len(text)))


def take(reader: BitReader, most: int, what: str) -> str:
    """Read a text written in any of the ways. Raises `EpcRefused`."""
    how, length = reader.take(HOW_BITS), reader.take(LENGTH_BITS)
    if how >= len(_WAYS):
        raise EpcRefused("epc_encoding", f"Nobody has defined how to read the {what}: encoding {how}.")
    way = _WAYS[how]
    text = way.text(reader.take(way.bits(length)), length)
    check(text, most, what)
    return text


def integer_bits(digits: int) -> int:
    """How many bits a number of so many digits needs: digits x log2(10), rounded up (table B)."""
    return (10**digits - 1).bit_length() if digits else 0


def _integer_text(number: int, digits: int) -> str:
    text = f"{number:0{digits}}"
    if len(text) > digits:
        raise EpcRefused("epc_serial", f"{number} has more than {digits} digits.")
    return text


def _base64(text: str) -> int:
    number = 0
    for character in text:
        number = number << 6 | _BASE64.index(character)
    return number


def _base64_text(number: int, length: int) -> str:
    return "".join(_BASE64[number >> shift & 63] for shift in range(6 * length - 6, -1, -6))


def _seven(text: str) -> int:
    number = 0
    for character in text:
        number = number << 7 | ord(character)
    return number


def _seven_text(number: int, length: int) -> str:
    return "".join(chr(number >> shift & 127) for shift in range(7 * length - 7, -1, -7))


def _code40(text: str) -> int:
    number = 0
    for start in range(0, len(text), 3):
        first, second, third = (_CODE40.index(character) for character in text[start : start + 3].ljust(3, "\0"))
        number = number << 16 | 1600 * first + 40 * second + third + 1
    return number


def _code40_text(number: int, length: int) -> str:
    groups = -(-length // 3)
    parts = []
    for shift in range(16 * groups - 16, -1, -16):
        value = (number >> shift & 0xFFFF) - 1
        if not 0 <= value < 64_000:
            raise EpcRefused("epc_serial", "A group of three characters has no meaning.")
        parts.append(_CODE40[value // 1600] + _CODE40[value // 40 % 40] + _CODE40[value % 40])
    return "".join(parts).rstrip("\0")


_WAYS = (
    _Way(0, frozenset(string.digits), integer_bits, int, _integer_text),
    _Way(
        1, frozenset(string.digits + "ABCDEF"), lambda n: 4 * n, lambda t: int(t, 16), lambda v, n: f"{v:0{n}X}" if n else ""
    ),
    _Way(
        2, frozenset(string.digits + "abcdef"), lambda n: 4 * n, lambda t: int(t, 16), lambda v, n: f"{v:0{n}x}" if n else ""
    ),
    _Way(3, frozenset(_BASE64), lambda n: 6 * n, _base64, _base64_text),
    _Way(4, ALLOWED, lambda n: 7 * n, _seven, _seven_text),
    _Way(5, frozenset(_CODE40[1:]), lambda n: 16 * -(-n // 3), _code40, _code40_text),
)
