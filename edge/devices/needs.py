"""What the devices take from the box's ground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.catalogue.watch import CatalogueWatch
from edge.checkout.alarms import AlarmBoard
from edge.checkout.printing import PrintQueue
from edge.devices.router import ScannerEvent
from edge.figures import Figures
from edge.store_db.database import Database
from edge.store_db.journal import Journal
from firmware_bridges.wires import Wires
from protocols.clock import Clock, IdSource, RandomSource


@dataclass(frozen=True, slots=True)
class DeviceNeeds:
    """`touch`: something the tills show has changed. `scanned`: a code."""

    store: Database
    journal: Journal
    watch: CatalogueWatch
    prints: PrintQueue
    alarms: AlarmBoard
    clock: Clock
    random: RandomSource
    ids: IdSource
    touch: Callable[[], None]
    scanned: Callable[[ScannerEvent], None]
    wires: Wires = field(default_factory=Wires)
    figures: Figures = field(default_factory=Figures)
