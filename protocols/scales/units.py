"""Units of mass on scales, and the one rounding from what a scale shows to whole grams."""

from __future__ import annotations

import re
from dataclasses import dataclass

GRAMS_IN = {
    "g": (1, 1),
    "kg": (1_000, 1),
    "mg": (1, 1_000),
    "t": (1_000_000, 1),
    "lb": (45_359_237, 100_000),
    "oz": (28_349_523_125, 1_000_000_000),
}
"""Grams in one of it, as a fraction. Unit names are case-sensitive."""
NUMBER = re.compile(r"([+-]?) *([0-9]{1,9})(?:\.([0-9]{0,6}))?")


@dataclass(frozen=True, slots=True)
class Mass:
    """`grams` whole, halves away from zero; `milligrams` likewise of the same number, for scales finer than a gram."""

    grams: int
    milligrams: int


def grams_of(sign: str, whole: str, part: str, unit: str) -> int | None:
    """Whole grams, halves away from zero; None for a unit that is no weight."""
    return None if unit not in GRAMS_IN else _scaled(sign == "-", int(whole + part), len(part), unit, 1)


def mass_of(number: str, unit: str) -> Mass | None:
    """A number as scales write it (`+ 1.250`, `-0.68`, `12.`) in a unit; None when it is none."""
    found = NUMBER.fullmatch(number.strip(" "))
    if found is None or unit not in GRAMS_IN:
        return None
    negative, part = found[1] == "-", found[3] or ""
    digits = int(found[2] + part)
    return Mass(_scaled(negative, digits, len(part), unit, 1), _scaled(negative, digits, len(part), unit, 1_000))


def _scaled(negative: bool, digits: int, places: int, unit: str, times: int) -> int:
    numerator, denominator = GRAMS_IN[unit]
    numerator *= times
    denominator *= int("1" + "0" * places)
    scaled = (2 * digits * numerator + denominator) // (2 * denominator)
    return -scaled if negative else scaled


def kilograms(grams: int, width: int = 0, places: int = 3) -> str:
    """Grams as kilograms with a point, zeros in front up to `width` characters, the sign left out."""
    return f"{abs(grams) // 1_000}.{abs(grams) % 1_000:03}"[: None if places == 3 else places - 3].rjust(width, "0")
