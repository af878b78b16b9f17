"""On which line of a TOML text a key stands: what the parser of the standard library does not tell."""

from __future__ import annotations

import re

KeyPath = tuple[str | int, ...]
"""("devices", 0, "port") is the port of the first [[devices]]."""

_ARRAY_TABLE = re.compile(r"^\s*\[\[\s*([^\]]+?)\s*\]\]")
_TABLE = re.compile(r"^\s*\[\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"^\s*(\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)\s*(?:\.|=)")


def line_of(text: str, path: KeyPath) -> int:
    """The line (from 1) of a key, or of the nearest table around it; 1 when nothing of it is there."""
    lines = _lines(text)
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


def _lines(text: str) -> dict[KeyPath, int]:
    """Every table and key by path. Keys inside multi-line values are not looked at: values are short here."""
    found: dict[KeyPath, int] = {}
    counts: dict[str, int] = {}
    table: KeyPath = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if (match := _ARRAY_TABLE.match(line)) is not None:
            name = match.group(1)
            index = counts[name] = counts.get(name, -1) + 1
            table = (*name.split("."), index)
            found.setdefault(table[:-1], number)
            found[table] = number
        elif (match := _TABLE.match(line)) is not None:
            table = tuple(match.group(1).split("."))
            found.setdefault(table, number)
        elif (match := _KEY.match(line)) is not None:
            found.setdefault((*table, match.group(1).strip("\"'")), number)
    return found
