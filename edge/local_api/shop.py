"""What the API's handlers work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.alerts.desk import AlertDesk
from edge.audits.service import AuditService
from edge.checkout.desk import Desk
from edge.checkout.ports import Surroundings
from edge.checkout.till import Till
from edge.find_devices import Found
from edge.labels.lights import LabelFinder
from edge.labels.places import PlaceService
from edge.labels.service import LabelService
from edge.local_api.staff_keys import StaffKeys
from edge.rfid.hall import TagHall
from edge.rfid.service import PortalService
from edge.stock.drafts import DraftService
from edge.stock.quarantine import QuarantineDesk
from edge.stock.reservations import ReservationDesk
from edge.stock.service import StockService
from edge.surroundings import DeviceBoard, HqLink
from edge.telemetry.exposition import BoxExposition


@dataclass(frozen=True, slots=True)
class Shop:
    """The running box. `labels`, `finder`, `portals` and `hall` (what else listens to tags) are None in a store without."""

    software: str
    boot_number: int
    desk: Desk
    tills: Mapping[str, Till]
    stock: StockService
    drafts: DraftService
    reservations: ReservationDesk
    quarantine: QuarantineDesk
    alerts: AlertDesk
    audits: AuditService
    places: PlaceService
    labels: LabelService | None
    devices: DeviceBoard
    hq: HqLink
    around: Surroundings
    keys: StaffKeys
    exposition: BoxExposition | None = None
    portals: PortalService | None = None
    hall: TagHall | None = None
    finder: LabelFinder | None = None
    find_devices: Callable[[], Awaitable[Sequence[Found]]] | None = None
    """Looks what is there and not in use; takes some seconds."""
