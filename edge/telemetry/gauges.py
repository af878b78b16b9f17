"""What is found at one instant: the machine, the journal, labels, printing. Reads files and the store database only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.store_db import journal
from edge.store_db.connection import Connection
from edge.store_db.queries import load
from protocols.contract.values import Stream

QUERIES = load("edge.telemetry", "gauges.sql")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MB = 1_000_000
TASK_AFTER_MS = 4 * 3_600_000
"""A label that has not shown its price for this long counts as unshown."""


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """Labels of the shelf: bound, not yet showing what they should, and for hours."""

    bound: int = 0
    pending: int = 0
    unshown: int = 0


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """What the store database holds at one instant."""

    labels: LabelCounts
    prints: dict[str, int]
    """Print jobs that are not printed yet, by state."""
    waiting: dict[Stream, int]
    """Facts headquarters does not hold, by stream."""
    oldest_waiting_ms: int | None
    """When the oldest of them was decided, measurements aside."""


def read_store(source: Connection, now_ms: int, *, unshown_after_ms: int = TASK_AFTER_MS) -> StoreCounts:
    """Look into the store database. Raises `sqlite3.Error`."""
    incarnation = journal.identity(source).incarnation
    heads = {stream: journal.stream_head(source, incarnation, stream) for stream in Stream}
    row = source.execute(QUERIES["labels"], (now_ms - unshown_after_ms,)).fetchone()
    bound, pending, unshown = (int(each or 0) for each in row or (0, 0, 0))
    return StoreCounts(
        labels=LabelCounts(bound, pending, unshown),
        prints={str(state): int(count) for state, count in source.execute(QUERIES["prints"]).fetchall()},
        waiting={stream: max(0, head.last_seq - head.acked_upto) for stream, head in heads.items()},
        oldest_waiting_ms=journal.oldest_unacked_at_ms(source),
    )


def machine(folder: Path, *, read: Callable[[str], str] | None = None) -> dict[str, float]:
    """The machine's gauges by metric; what it does not tell is left out. `read` opens a file of /proc or /sys."""
    look = read or _read
    found: dict[str, float] = {"disk_free_mb": shutil.disk_usage(folder).free // MB}
    for metric, (path, value_of) in _PARTS.items():
        try:
            found[metric] = round(value_of(look(path)), 2)
        except (OSError, ValueError, IndexError):
            continue
    return found


def _read(path: str) -> str:
    return Path(path).read_text(encoding="ascii")


def _available_mb(text: str) -> float:
    """Raises IndexError where the kernel does not tell."""
    found = [line.split()[1] for line in text.splitlines() if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 / MB


_PARTS: dict[str, tuple[str, Callable[[str], float]]] = {
    "memory_mb": ("/proc/self/statm", lambda text: int(text.split()[1]) * PAGE_BYTES / MB),
    "memory_free_mb": ("/proc/meminfo", _available_mb),
    "cpu_celsius": ("/sys/class/thermal/thermal_zone0/temp", lambda text: int(text) / 1000),
    "load": ("/proc/loadavg", lambda text: float(text.split()[0])),
}
