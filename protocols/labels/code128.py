"""Code 128 (ISO/IEC 15417) and GS1-128 (GS1 General Specifications 5.4) as rows of modules, like `barcode.py`."""

from __future__ import annotations

from functools import lru_cache

QUIET_MODULES = 10
DATA_CHARS_MAX = 48
"""GS1-128 may carry 48 data characters; we hold plain Code 128 to the same."""
_START_B, _START_C, _CODE_B, _CODE_C, _FNC1 = 104, 105, 100, 99, 102
_TABLE = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221223211"
    "221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321112313132113"
    "132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131311123311321331121"
    "312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211241211"
    "221114413111241112134111111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141"
    "114113114311411113411311113141114131311141411131211412211214211232"
)
_WIDTHS = tuple(_TABLE[at : at + 6] for at in range(0, len(_TABLE), 6))
"""Bar, space, bar, space, bar, space of each value."""
_STOP = "2331112"
_FIXED_LENGTH = (
    "00",
    "01",
    "02",
    "03",
    "04",
    *(str(ai) for ai in range(11, 20)),
    "20",
    *(str(ai) for ai in range(31, 37)),
    "41",
)
"""Application identifiers beginning so have a fixed length, no separator follows (GS1 General Specifications 7.8.5)."""
_FNC1_CHAR = "\x1d"


class CodeRefused(ValueError):
    """The text cannot be put into the code; the message says why."""


@lru_cache(maxsize=1024)
def code128_modules(text: str) -> bytes:
    """The bars of a text of printable ASCII: 255 dark, 0 light, quiet zones included. Raises `CodeRefused`."""
    if not text or len(text) > DATA_CHARS_MAX:
        raise CodeRefused(f"a Code 128 holds 1 to {DATA_CHARS_MAX} characters, not {len(text)}")
    for char in text:
        if not (" " <= char <= "~" or char == _FNC1_CHAR):
            raise CodeRefused(f"Code 128 has no character {char!r} here: printable ASCII only")
    values = _values(text)
    values.append((values[0] + sum(place * value for place, value in enumerate(values))) % 103)
    widths = "".join(_WIDTHS[value] for value in values) + _STOP
    bars = b"".join((b"\xff" if index % 2 == 0 else b"\x00") * int(width) for index, width in enumerate(widths))
    return bytes(QUIET_MODULES) + bars + bytes(QUIET_MODULES)


@lru_cache(maxsize=1024)
def gs1_128_modules(element_strings: str) -> bytes:
    """The bars of `(01)04006381333931(10)A1`. Raises `CodeRefused`."""
    text = _FNC1_CHAR
    elements = _elements(element_strings)
    for number, (ai, value) in enumerate(elements, 1):
        text += ai + value
        if number < len(elements) and not ai.startswith(_FIXED_LENGTH):
            text += _FNC1_CHAR
    return code128_modules(text)


def _elements(text: str) -> list[tuple[str, str]]:
    elements: list[tuple[str, str]] = []
    rest = text
    while rest:
        ai, closed, after = rest.removeprefix("(").partition(")")
        value, opened, more = after.partition("(")
        if not (rest.startswith("(") and closed and ai.isascii() and ai.isdigit() and 2 <= len(ai) <= 4 and value):
            raise CodeRefused(f"{text!r} is not written as (01)04006381333931(10)A1")
        elements.append((ai, value))
        rest = opened + more
    return elements


def _values(text: str) -> list[int]:
    """Code set C for runs of at least four digits (or a whole number of pairs), B for everything else."""
    values: list[int] = []
    in_c = False
    place = 0
    while place < len(text):
        digits = _digits_at(text, place)
        if text[place] == _FNC1_CHAR and values:
            values.append(_FNC1)
            place += 1
        elif in_c and digits >= 2:
            values.append(int(text[place : place + 2]))
            place += 2
        elif not values:
            ahead = _digits_at(text, place + 1) if text[place] == _FNC1_CHAR else digits
            in_c = ahead >= 4 or (ahead == 2 and len(text) == 2)
            values.append(_START_C if in_c else _START_B)
        elif in_c:
            in_c = False
            values.append(_CODE_B)
        elif digits >= 4 and digits % 2 == 0:
            in_c = True
            values.append(_CODE_C)
        else:
            values.append(ord(text[place]) - 32)
            place += 1
    return values


def _digits_at(text: str, place: int) -> int:
    end = place
    while end < len(text) and text[end].isdigit():
        end += 1
    return end - place
