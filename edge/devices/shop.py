"""The store's devices at work: drivers under supervision, their events routed, their states told."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping, Sequence

import structlog

from edge.checkout.asking import Payments
from edge.devices.ble_parts import BleGateway
from edge.devices.board import Board
from edge.devices.cloud_labels import LabelCloudGateway
from edge.devices.drawer_watch import DrawerRule, DrawerWatch, drawer_rule
from edge.devices.label_parts import AccessPointGateway
from edge.devices.needs import DeviceNeeds
from edge.devices.park import DevicePark
from edge.devices.router import Router
from edge.devices.scales import ScaleReadings
from edge.labels.lights import LabelFinder
from edge.labels.service import LabelService
from edge.rfid.hall import TagHall
from edge.rfid.service import PortalService
from edge.rfid.tag_orders import TagOrders
from edge.sensors.hall import SensorHall
from edge.settings import Settings
from edge.store_db.database import Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from firmware_bridges.llrp_reader import LlrpReaderDriver
from firmware_bridges.supervise import Driver
from protocols.contract.facts import DeviceStateChanged

log = structlog.get_logger("tallystick.edge.devices")

NEWS_SECONDS = 1.0


class DeviceShop:
    """Collects what the families of `edge.devices.kinds` make of the settings, and runs it.

    `kinds` maps each device of the settings to its `device_kind`.
    """

    def __init__(self, settings: Settings, needs: DeviceNeeds, kinds: Mapping[str, str]) -> None:
        self.settings = settings
        self.needs = needs
        self.board = Board(kinds, needs.clock)
        self.scales = ScaleReadings(needs.clock, self.driver_of)
        self.router = Router(self.board, self.scales, needs.touch, needs.scanned, needs.figures)
        self.park = DevicePark(self.router.emit, needs.clock, needs.random)
        self.drawers = DrawerWatch(self._drawer_rule, needs.store, needs.journal, needs.alarms, needs.clock)
        self.router.give_drawers_to(self.drawers.take)
        self.each_second: list[Callable[[], None]] = [self.drawers.look]
        """What wants a look at the world once a second or so."""
        self.gateways: dict[str, AccessPointGateway | LabelCloudGateway | BleGateway] = {}
        self.labels: LabelService | None = None
        self.finder: LabelFinder | None = None
        self.readers: dict[str, LlrpReaderDriver] = {}
        self.portals: PortalService | None = None
        self.hall: TagHall | None = None
        self.tag_orders: TagOrders | None = None
        self.sensors: SensorHall | None = None
        self.board.listen(lambda _device_id: needs.touch())
        self.board.listen(self.park.state_changed)

    def driver_of(self, device_id: str) -> Driver | None:
        """The driver at work for a device of the settings."""
        fitting = self.park.fittings.get(device_id)
        return None if fitting is None else fitting.driver

    def _drawer_rule(self, device_id: str) -> DrawerRule | None:
        return drawer_rule(self.settings, device_id)

    def add_ways(self, payments: Payments) -> None:
        """Every till may pay by the methods of its terminal, and by codes where it has a device for them."""
        for till in self.settings.tills:
            ways = [] if till.terminal is None else list(self.park.fittings[till.terminal].ways)
            codes = [] if till.codes is None else list(self.park.fittings[till.codes].ways)
            own = {way.method for way in codes}  # codes go to their own device, whatever the terminal can
            for way in (*(way for way in ways if way.method not in own), *codes):
                payments.add(till.id, way)

    async def tell_news(self) -> None:
        """Settled device states become facts."""
        while True:
            await asyncio.sleep(NEWS_SECONDS)
            for look in self.each_second:
                look()
            if not (news := self.board.news()):
                continue
            try:
                await self.needs.store.write(functools.partial(_append, self.needs.journal, news))
            except (StoreFull, StoreBusy) as error:
                log.warning("device states could not be journalled", error=str(error))


def _append(journal: Journal, news: Sequence[DeviceStateChanged], tx: Tx) -> None:
    journal.append_many(tx, news)
