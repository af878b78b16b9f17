"""The file of recorded traffic: JSON lines, the first says what it is, the others what was said when, in which direction.

    {"trace": 1, "device": "printer-1", "began": "2026-11-28T02:50:00Z", "masked": ["cards", "codes"], "cut": false}
    {"at_ms": 0, "way": "open"}
    {"at_ms": 12, "way": "to_device", "bytes": "1004 01"}
    {"at_ms": 14, "way": "to_host", "bytes": "16"}
    {"at_ms": 900, "way": "close"}

Version 1. A reader refuses a version it does not know; a key it does not know is left alone. Bytes are hexadecimal digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

VERSION = 1
BYTES_MAX = 16 * 1024 * 1024
"""Of traffic in one file; what comes later is left off, and the file says so (`cut`)."""
Way = Literal["to_device", "to_host", "open", "close"]


class TraceRefused(ValueError):
    """The file cannot be used; the text names file and line."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line. `masked`: which secrets were replaced by others of the same length."""

    trace: int = VERSION
    device: str
    began: str
    masked: tuple[str, ...] = ()
    cut: bool = False


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that was said, or a connection that began or ended. `at_ms` since the recording began."""

    at_ms: int
    way: Way
    hexadecimal: str = msgspec.field(name="bytes", default="")

    @property
    def data(self) -> bytes:
        """What was said."""
        return bytes.fromhex(self.hexadecimal)


@dataclass(frozen=True, slots=True)
class Trace:
    """One file."""

    head: Head
    rows: tuple[Row, ...]

    def said(self, way: Way) -> bytes:
        """Everything that was said in a direction."""
        return b"".join(row.data for row in self.rows if row.way == way)


def write_trace(trace: Trace) -> bytes:
    """The file's bytes."""
    return b"".join(msgspec.json.encode(each) + b"\n" for each in (trace.head, *trace.rows))


def read_trace(path: Path) -> Trace:
    """The file. Raises `TraceRefused`."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise TraceRefused(f"{path}: cannot be read: {error.strerror}.") from error
    if not lines:
        raise TraceRefused(f"{path}: is empty.")
    head = _line(path, 1, lines[0], Head)
    if head.trace != VERSION:
        raise TraceRefused(f"{path}:1: version {head.trace} is not known here. Known: {VERSION}.")
    rows = tuple(_line(path, number, line, Row) for number, line in enumerate(lines[1:], start=2) if line.strip())
    for number, row in enumerate(rows, start=2):
        try:
            row.data  # noqa: B018 - it raises for what are no hexadecimal digits
        except ValueError as error:
            raise TraceRefused(f"{path}:{number}: bytes: {error}.") from error
        if number > 2 and row.at_ms < rows[number - 3].at_ms:
            raise TraceRefused(f"{path}:{number}: at_ms goes back.")
    return Trace(head, rows)


Kind = TypeVar("Kind", Head, Row)


def _line(path: Path, number: int, line: bytes, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise TraceRefused(f"{path}:{number}: {error}.") from error


def rows_of(said: Iterable[tuple[int, Way, bytes]]) -> Sequence[Row]:
    """Rows from what was heard."""
    return tuple(Row(at_ms=at_ms, way=way, hexadecimal=data.hex()) for at_ms, way, data in said)
