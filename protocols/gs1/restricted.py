"""In-store numbers: barcodes a scale or a shop prints itself, with a price, weight or count inside (restricted circulation
numbers, GS1 General Specifications 2.1.11 and 2.1.12; their structure is a matter of each country, in China of each scale).

A layout is data: a pattern of one character per digit, and where the decimals are.

| character | meaning |
|---|---|
| 0-9 | must be this digit |
| I | item number |
| P | price |
| W | weight |
| N | count of pieces |
| V | verifier of price, weight or count (4 or 5 digits: General Specifications 7.9.2 to 7.9.4) |
| C | check digit of the whole, always last |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.gs1.gtin import CodeRefused, check_digit, with_check_digit

PATTERN_LENGTHS = frozenset({8, 12, 13, 18})
LAYOUTS_MAX = 40
"""That a zone or store may use."""
_FIELDS = "IPWNV"


@dataclass(frozen=True, slots=True)
class Layout:
    """How one kind of in-store number is read. `price_decimals` of the currency unit, `weight_decimals` of a kilogram."""

    layout_id: str
    pattern: str
    price_decimals: int = 2
    weight_decimals: int = 3


@dataclass(frozen=True, slots=True)
class Embedded:
    """What an in-store number says. `keys`: codes its item may be found by, in order: the number with value and verifier
    zeroed (as 14 digits), and the item digits as a short look-up code."""

    layout_id: str
    keys: tuple[str, ...]
    price: tuple[int, int] | None = None
    """(digits, decimals)."""
    grams: int | None = None
    pieces: int | None = None


def _family(
    name: str, pattern: str, prefixes: Sequence[str], price_decimals: int = 2, weight_decimals: int = 3
) -> list[Layout]:
    return [Layout(f"{name}-{prefix}", prefix + pattern[2:], price_decimals, weight_decimals) for prefix in prefixes]


def _northern(name: str, *, prices: bool) -> list[Layout]:
    """20 to 22: price, 23 to 25: weight; the prefix says how many decimals."""
    found: list[Layout] = []
    if prices:
        for prefix, decimals in (("20", 2), ("21", 1), ("22", 0)):
            found += _family(name, "..IIIIIIPPPPC", [prefix], price_decimals=decimals)
    for prefix, decimals in (("23", 3), ("24", 2), ("25", 1)):
        found += _family(name, "..IIIIIIWWWWC", [prefix], weight_decimals=decimals)
    return found


BUILT_IN: dict[str, tuple[Layout, ...]] = {
    "de": tuple(
        _family("de", "..IIIIVPPPPPC", ["22", "23"])
        + _family("de", "..IIIIVNNNNNC", ["25", "26"])
        + _family("de", "..IIIIVWWWWWC", ["28", "29"])
    ),
    "gb": tuple(_family("gb", "..IIIIIVPPPPC", ["20"])),
    "se": tuple(_northern("se", prices=True)),
    "no": tuple(_northern("no", prices=True)),
    "fi": tuple(_northern("fi", prices=False)),
    "ee": tuple(_northern("ee", prices=False)),
    "lv": tuple(_northern("lv", prices=False)),
    "lt": tuple(_northern("lt", prices=False)),
    "dk": tuple(
        _family("dk", "..IIIIPPPPPPC", ["21", "22", "23", "24"])
        + _family("dk", "..IIIIWWWWWWC", ["26", "28"])
        + _family("dk", "..IIIIIWWWWWC", ["27"])
    ),
    "cn": (
        *_family("cn13-price", "..IIIIIPPPPPC", [f"2{digit}" for digit in range(10)]),
        Layout("cn18", "26IIIIIPPPPPWWWWWC"),
    ),
    "cn-weight": tuple(_family("cn13-weight", "..IIIIIWWWWWC", [f"2{digit}" for digit in range(10)])),
}
"""Sets a zone may name. China has no national layout: `cn` is what scales print most, `cn-weight` the other setting."""


def layout_faults(layout: Layout) -> list[str]:
    """What is wrong with a layout; empty: it can be used."""
    pattern = layout.pattern
    faults = []
    if len(pattern) not in PATTERN_LENGTHS:
        faults.append("the pattern must have 8, 12, 13 or 18 characters")
    if not pattern[:1].isdigit():
        faults.append("the pattern must begin with its prefix digits")
    if not pattern.endswith("C") or pattern.count("C") != 1:
        faults.append("the pattern must end with C, the check digit")
    if set(pattern) - set("0123456789C" + _FIELDS):
        faults.append("the pattern may hold digits and the letters I P W N V C alone")
    faults += [
        f"{field} must stand in one piece"
        for field in _FIELDS
        if field in pattern and pattern.count(field) != pattern.rindex(field) - pattern.index(field) + 1
    ]
    if "I" not in pattern or not set(pattern) & set("PWN"):
        faults.append("the pattern needs an item number (I) and a price, weight or count (P, W, N)")
    if "V" in pattern and not any(pattern.count(field) in {4, 5} for field in "PWN"):
        faults.append("a verifier (V) needs a value of 4 or 5 digits")
    if not 0 <= layout.price_decimals <= 4 or not 0 <= layout.weight_decimals <= 5:
        faults.append("decimals must be 0 to 4 of the price, 0 to 5 of the weight")
    return faults


def read_embedded(digits: str, layouts: Sequence[Layout]) -> Embedded | None:
    """Read an in-store number by the first layout it fits, or None. Raises `CodeRefused` for a wrong verifier.

    The check digit of the whole must be right already, except for 18 digits, which are checked here.
    """
    padded = digits.rjust(13, "0") if len(digits) == 12 else digits
    for layout in layouts:
        if len(layout.pattern) == len(digits) and _fits(digits, layout.pattern):
            return _read(digits, layout)
        if padded is not digits and len(layout.pattern) == len(padded) and _fits(padded, layout.pattern):
            return _read(padded, layout)
    return None


def verifier_digit(value: str) -> int:
    """The verifier of 4 or 5 digits (General Specifications 7.9.3 and 7.9.4)."""
    weighted = {
        4: (_two_minus, _two_minus, _three, _five_minus),
        5: (_five_plus, _two_minus, _five_minus, _five_plus, _two_minus),
    }
    total = sum(weigh(int(digit)) for weigh, digit in zip(weighted[len(value)], value, strict=True))
    if len(value) == 4:
        return total * 3 % 10
    return next(digit for digit in range(10) if _five_minus(digit) == -total % 10)


def _fits(digits: str, pattern: str) -> bool:
    return all(not wanted.isdigit() or digit == wanted for digit, wanted in zip(digits, pattern, strict=True))


def _read(digits: str, layout: Layout) -> Embedded:
    if len(digits) == 18 and check_digit(digits[:-1]) != int(digits[-1]):
        raise CodeRefused("check_digit", f"'{digits}' was misread: its check digit is wrong.")
    field = {name: _field(digits, layout.pattern, name) for name in _FIELDS}
    if field["V"] and int(field["V"]) != verifier_digit(next(field[name] for name in "PWN" if len(field[name]) in {4, 5})):
        raise CodeRefused("verifier", f"'{digits}' was misread: the verifier of its value is wrong.")
    return Embedded(
        layout_id=layout.layout_id,
        keys=_keys(digits, layout.pattern, field["I"]),
        price=(int(field["P"]), layout.price_decimals) if field["P"] else None,
        grams=_grams(int(field["W"]), layout.weight_decimals) if field["W"] else None,
        pieces=int(field["N"]) if field["N"] else None,
    )


def _field(digits: str, pattern: str, name: str) -> str:
    return "".join(digit for digit, letter in zip(digits, pattern, strict=True) if letter == name)


def _grams(value: int, decimals: int) -> int:
    return value * int(10 ** (3 - decimals)) if decimals <= 3 else value // int(10 ** (decimals - 3))


def _keys(digits: str, pattern: str, item: str) -> tuple[str, ...]:
    zeroed = "".join("0" if letter in "PWNV" else digit for digit, letter in zip(digits, pattern, strict=True))
    short = item.lstrip("0")
    keys = () if len(digits) > 14 else (with_check_digit(zeroed[:-1]).rjust(14, "0"),)
    return (*keys, *dict.fromkeys(key for key in (item, short) if 0 < len(key) <= 6))


def _two_minus(digit: int) -> int:
    return (digit * 2 % 10 - digit * 2 // 10) % 10


def _three(digit: int) -> int:
    return digit * 3 % 10


def _five_plus(digit: int) -> int:
    return (digit * 5 % 10 + digit * 5 // 10) % 10


def _five_minus(digit: int) -> int:
    return (digit * 5 % 10 - digit * 5 // 10) % 10


def layouts_of(entries: Sequence[str]) -> tuple[Layout, ...]:
    """The layouts a zone uses: each entry is a built-in set (`de`), or `name pattern [price decimals [weight decimals]]`.

    Raises ValueError naming the entry.
    """
    found: list[Layout] = []
    for entry in entries:
        words = entry.split()
        if len(words) == 1 and words[0] in BUILT_IN:
            found.extend(BUILT_IN[words[0]])
            continue
        found.append(_own(entry, words))
    if len(found) > LAYOUTS_MAX:
        raise ValueError(f"{len(found)} layouts are too many: at most {LAYOUTS_MAX}")
    return tuple(found)


def _own(entry: str, words: Sequence[str]) -> Layout:
    if not 2 <= len(words) <= 4 or not all(word.isascii() and word.isdigit() and len(word) == 1 for word in words[2:]):
        raise ValueError(
            f"'{entry}' is neither one of {', '.join(BUILT_IN)} nor 'name pattern price-decimals weight-decimals'"
        )
    decimals = [int(word) for word in words[2:]]
    layout = Layout(words[0], words[1], *decimals)
    faults = layout_faults(layout)
    if faults:
        raise ValueError(f"'{entry}': {faults[0]}")
    return layout
