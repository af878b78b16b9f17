"""Where time, chance, files, devices and headquarters enter the box. The defaults are real; replay mode passes its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from edge.clock import SystemClock, SystemRandom
from edge.settings import ClockSettings
from edge.store_db.connection import Connect, connect_sqlite
from edge.store_db.database import Database
from edge.sync.build import OpenWays, open_ways
from firmware_bridges.wires import Wires
from protocols.clock import RandomSource


class OpenFile(Protocol):
    """Opens (or creates) a database file, as `Database` does."""

    def __call__(
        self, path: Path, *, kind: str, connect: Connect, commit_delay: Callable[[], None] | None = None
    ) -> Database: ...


def system_clock(settings: ClockSettings) -> SystemClock:
    """The machine's clocks, as the settings trust them."""
    return SystemClock(trust_always=settings.trust == "always", drill_offset_seconds=settings.drill_offset_seconds)


@dataclass(frozen=True, slots=True)
class Seams:
    """What the composition root takes from outside beside the settings. `commit_delay`: the sync of a slow card (bench)."""

    clock: Callable[[ClockSettings], SystemClock] = system_clock
    random: RandomSource = field(default_factory=SystemRandom)
    connect: Connect = connect_sqlite
    open_file: OpenFile = Database
    commit_delay: Callable[[], None] | None = None
    wires: Wires = field(default_factory=Wires)
    open_ways: OpenWays = open_ways
