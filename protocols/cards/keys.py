"""The file of MIFARE keys: one a line, `A FFFFFFFFFFFF` or `B …`; `#` begins a comment. No text of it is ever told."""

from __future__ import annotations

import re

from protocols.cards.classic import KeyType, SectorKey

KEYS_MAX = 16
_LINE = re.compile(r"([AB])\s+([0-9A-Fa-f]{12})")


def read_keys(text: str) -> tuple[SectorKey, ...]:
    """The keys, in order. Raises ValueError naming the line, never what stands in it."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        plain = line.partition("#")[0].strip()
        if not plain:
            continue
        match = _LINE.fullmatch(plain)
        if match is None:
            raise ValueError(f"line {number}: 'A' or 'B', a blank and 12 hexadecimal digits are expected")
        found.append(SectorKey(KeyType[match[1]], bytes.fromhex(match[2])))
    if len(found) > KEYS_MAX:
        raise ValueError(f"{len(found)} keys are too many: at most {KEYS_MAX}, each costs time at every card")
    return tuple(found)
