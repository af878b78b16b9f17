"""What the API's handlers work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.checkout.desk import Desk
from edge.checkout.ports import Surroundings
from edge.checkout.till import Till
from edge.labels.service import LabelService
from edge.local_api.staff_keys import StaffKeys
from edge.rfid.service import PortalService
from edge.stock.service import StockService
from edge.surroundings import DeviceBoard, HqLink


@dataclass(frozen=True, slots=True)
class Shop:
    """The running box. `labels` and `portals` are None in a store without them."""

    software: str
    boot_number: int
    desk: Desk
    tills: Mapping[str, Till]
    stock: StockService
    labels: LabelService | None
    devices: DeviceBoard
    hq: HqLink
    around: Surroundings
    keys: StaffKeys
    portals: PortalService | None = None
