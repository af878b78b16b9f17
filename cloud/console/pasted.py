"""Prices pasted from a spreadsheet: one line each, a code and a price. Pure.

A000001<tab>1.29          item number or barcode, then the price
9520000000028; 2,49       tab, semicolon, two spaces or one space may stand between
# …                       a remark; empty lines and a heading line are skipped
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cloud.console.formats import NotAPrice, read_price

LINES_MAX = 5_000
_SPLIT = re.compile(r"\s*[\t;]\s*|\s+")
_REMARK = "#"


@dataclass(frozen=True)
class PastedLine:
    """One line that can be read."""

    line_no: int
    code: str
    price_minor: int


@dataclass(frozen=True)
class PastedProblem:
    """One line that cannot. `what` is `no_price`, `bad_price`, `twice` or `too_many`."""

    line_no: int
    text: str
    what: str


@dataclass(frozen=True)
class Pasted:
    """What the text means."""

    lines: tuple[PastedLine, ...]
    problems: tuple[PastedProblem, ...]


def read_pasted(text: str, digits: int) -> Pasted:
    """Read pasted lines; `digits` are those of the currency. Never raises: what cannot be read is named."""
    lines: list[PastedLine] = []
    problems: list[PastedProblem] = []
    seen: set[str] = set()
    for line_no, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith(_REMARK):
            continue
        parts = [part for part in _SPLIT.split(line) if part]
        found = _read(line_no, parts, digits)
        if isinstance(found, str):
            if line_no == 1 and not any(character.isdigit() for character in line):
                continue  # a heading
            problems.append(PastedProblem(line_no, line, found))
        elif len(lines) == LINES_MAX:
            problems.append(PastedProblem(line_no, line, "too_many"))
            break
        elif found.code in seen:
            problems.append(PastedProblem(line_no, line, "twice"))
        else:
            seen.add(found.code)
            lines.append(found)
    return Pasted(tuple(lines), tuple(problems))


def _read(line_no: int, parts: list[str], digits: int) -> PastedLine | str:
    if len(parts) < 2:
        return "no_price"
    try:
        return PastedLine(line_no, parts[0], read_price(parts[-1], digits))
    except NotAPrice:
        return "bad_price"
