"""GS1 element strings: what GS1-128, GS1 DataMatrix and GS1 QR carry (GS1 General Specifications, section 3 and 7.8).

An element is an application identifier (AI) and its data. Elements of a fixed length follow each other; others end with
FNC1, which scanners send as the group separator (ASCII 29), unless they are the last. `(01)...(10)...` as printed under a
symbol is read too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from protocols.gs1.gtin import CodeRefused, check_digit

GS = "\x1d"
ELEMENTS_MAX = 24
"""In one symbol; more is no product code."""

_CHARACTERS = re.compile(r"[!-\"%-/0-9:-?A-Z_a-z]*")
"""GS1 character set 82 (figure 7.11-1)."""


@dataclass(frozen=True, slots=True)
class Element:
    """What an AI's data look like: `least` to `most` characters, digits alone or characters of set 82."""

    least: int
    most: int
    digits: bool = True


_NAMED: dict[str, Element] = {
    "00": Element(18, 18),
    "01": Element(14, 14),
    "02": Element(14, 14),
    "10": Element(1, 20, digits=False),
    "11": Element(6, 6),
    "12": Element(6, 6),
    "13": Element(6, 6),
    "15": Element(6, 6),
    "16": Element(6, 6),
    "17": Element(6, 6),
    "20": Element(2, 2),
    "21": Element(1, 20, digits=False),
    "22": Element(1, 20, digits=False),
    "30": Element(1, 8),
    "37": Element(1, 8),
    "8005": Element(6, 6),
}
_UNTIL_GS = Element(1, 90, digits=False)
_PREFIX_LENGTHS = {
    **dict.fromkeys(("00", "01", "02", "03", "10", "11", "12", "13", "15", "16", "17", "20", "21", "22", "30", "37"), 2),
    **dict.fromkeys((f"9{each}" for each in range(10)), 2),
    **dict.fromkeys(("23", "24", "25", "40", "41", "42", "71"), 3),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"), 4),
}
"""Digits of the AI, by its first two."""
_FIXED = {"03": 16, "04": 18, "14": 8, "18": 8, "19": 8, **{f"3{each}": 10 for each in range(1, 7)}, "41": 16}
"""AI and data together, by the AI's first two digits: those never end with FNC1 (figure 7.8.5-2). Others: `_NAMED`."""


def read_elements(text: str) -> dict[str, str]:
    """The elements of a symbol by AI. Raises `CodeRefused` naming what is wrong; unknown AIs are read over.

    `text` is without its AIM identifier. A repeated AI must say the same again.
    """
    pairs = _printed(text) if text.startswith("(") else _sent(text.lstrip(GS))
    found: dict[str, str] = {}
    for ai, data in pairs:
        check_element(ai, data, text)
        if found.setdefault(ai, data) != data:
            raise _refused("element_twice", text)
    return found


def element_of(ai: str) -> Element:
    """What an AI's data look like; an unknown one takes everything up to the separator."""
    known = _NAMED.get(ai)
    if known is not None:
        return known
    fixed = _FIXED.get(ai[:2])
    if fixed is not None:
        return Element(fixed - len(ai), fixed - len(ai))
    if ai.startswith("392"):
        return Element(1, 15)
    if ai.startswith("393"):
        return Element(4, 18)
    return _UNTIL_GS


def _sent(text: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    rest = text
    while rest:
        length = _PREFIX_LENGTHS.get(rest[:2])
        if length is None or len(pairs) >= ELEMENTS_MAX:
            raise _refused("element_unknown", text)
        ai, rest = rest[:length], rest[length:]
        element = element_of(ai)
        if element.least == element.most:
            data, rest = rest[: element.most], rest[element.most :].removeprefix(GS)
        else:
            data, _gs, rest = rest.partition(GS)
        pairs.append((ai, data))
    return pairs


def _printed(text: str) -> list[tuple[str, str]]:
    parts = re.findall(r"\((\d{2,4})\)([^()]*)", text)
    if "".join(f"({ai}){data}" for ai, data in parts) != text or len(parts) > ELEMENTS_MAX:
        raise _refused("element_unknown", text)
    return parts


def check_element(ai: str, data: str, text: str) -> None:
    """Raise `CodeRefused` unless the data are what the AI takes; `text` is what a person is shown."""
    element = element_of(ai)
    if not ai.isascii() or not ai.isdigit():
        raise _refused("element_unknown", text)
    if not element.least <= len(data) <= element.most:
        raise CodeRefused("element_length", f"'{shown(text)}': the data of ({ai}) have a wrong length.", ai=ai)
    fits = data.isascii() and data.isdigit() if element.digits else _CHARACTERS.fullmatch(data) is not None
    if not fits:
        raise CodeRefused("element_characters", f"'{shown(text)}': the data of ({ai}) hold wrong characters.", ai=ai)
    if ai in {"00", "01", "02"} and check_digit(data[:-1]) != int(data[-1]):
        raise _refused("check_digit", text)


def _refused(code: str, text: str) -> CodeRefused:
    return CodeRefused(code, f"'{shown(text)}' cannot be read as GS1 elements ({code}).")


def shown(text: str) -> str:
    """A code as a person may see it: short, without control characters."""
    return "".join(character if character.isprintable() else " " for character in text.strip())[:40]
