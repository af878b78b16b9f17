"""Puts the store's devices together from the settings: drivers under supervision, router, print workers, labels."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from edge.catalogue.watch import CatalogueWatch
from edge.checkout.alarms import AlarmBoard
from edge.checkout.asking import Payments, Way, offline
from edge.checkout.printing import PrintQueue
from edge.devices.ble_parts import BleGateway, ble_access_point
from edge.devices.board import Board
from edge.devices.cloud_labels import DataRenderer, LabelCloudGateway, label_cloud
from edge.devices.fonts import RECEIPT_FONTS, font_files
from edge.devices.label_parts import AccessPointGateway, ShelfRenderer, items_moved, keep_template_alarm
from edge.devices.logo import logo_of
from edge.devices.print_worker import PrintWorker
from edge.devices.reader_parts import portals, reader_driver
from edge.devices.receipt_operations import Paper, ReceiptEncoder
from edge.devices.receipt_picture import LinePainter
from edge.devices.router import Router, ScannerEvent
from edge.devices.scales import ScaleReadings
from edge.devices.tag_parts import tag_hall, tag_orders, take_input
from edge.figures import Figures
from edge.labels.lights import LabelFinder
from edge.labels.places import position_text
from edge.labels.service import LabelService
from edge.labels.shelf import CatalogueShelf, label_settings, shelf_style
from edge.rfid.hall import TagHall
from edge.rfid.service import PortalService
from edge.rfid.tag_orders import TagOrders
from edge.settings import (
    BleEslSettings,
    EscposTcpSettings,
    LabelCloudSettings,
    LlrpSettings,
    MtSicsSettings,
    OeplApSettings,
    ScaleSettings,
    SerialScannerSettings,
    Settings,
    TallystickTerminalSettings,
    Toledo8217Settings,
)
from edge.store_db.database import Database, Tx
from edge.store_db.errors import StoreBusy, StoreFull
from edge.store_db.journal import Journal
from edge.tag_settings import antennas_of
from firmware_bridges.ble_esl import BleEslAccessPoint
from firmware_bridges.label_cloud import LabelCloud
from firmware_bridges.oepl_ap import OeplAccessPoint
from firmware_bridges.payment_terminal import PaymentTerminalDriver
from firmware_bridges.printer import PrinterDriver
from firmware_bridges.scale import ScaleDriver
from firmware_bridges.scanner import ScannerDriver
from firmware_bridges.supervise import Driver, supervise
from firmware_bridges.wires import Wires
from protocols.clock import Clock, IdSource, RandomSource
from protocols.contract.facts import DeviceStateChanged
from protocols.contract.till_payment import MethodView
from protocols.device_events import TagsRead
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.labels.renderer import LabelRenderer
from protocols.labels.template import Purpose
from protocols.scales.registry import PROTOCOLS
from protocols.scanners.serial_codes import ScanFormat, Suffix

log = structlog.get_logger("tallystick.edge.devices")

NEWS_SECONDS = 1.0
KINDS = {
    Toledo8217Settings: "scale",
    MtSicsSettings: "scale",
    SerialScannerSettings: "scanner",
    EscposTcpSettings: "printer",
    TallystickTerminalSettings: "payment_terminal",
    OeplApSettings: "labels",
    LabelCloudSettings: "labels",
    BleEslSettings: "labels",
    LlrpSettings: "reader",
}
"""What each kind of the settings is for people: the `device_kind` of the screens and of the facts."""


@dataclass(frozen=True, slots=True)
class DeviceNeeds:
    """What the devices take from the box's ground. `touch`: something the tills show has changed. `scanned`: a code."""

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


class DeviceShop:
    """Collects drivers and tasks while the settings are gone through."""

    def __init__(self, settings: Settings, needs: DeviceNeeds) -> None:
        self._settings = settings
        self._needs = needs
        self.board = Board({device.id: KINDS[type(device)] for device in settings.devices}, needs.clock)
        self.scales = ScaleReadings(needs.clock)
        self.router = Router(self.board, self.scales, needs.touch, needs.scanned, needs.figures)
        self.drivers: list[Driver] = []
        self.access_points: dict[str, OeplAccessPoint] = {}
        self.label_clouds: dict[str, LabelCloud] = {}
        self.ble_points: dict[str, BleEslAccessPoint] = {}
        self.workers: list[PrintWorker] = []
        self.terminals: dict[str, tuple[PaymentTerminalDriver, tuple[str, ...]]] = {}
        """Payment terminals with their methods."""
        self.labels: LabelService | None = None
        self.finder: LabelFinder | None = None
        self._look_at_templates: Callable[[], None] = lambda: None
        self.readers: dict[str, LlrpSettings] = {}
        self.portals: PortalService | None = None
        self.hall: TagHall | None = None
        self.tag_orders: TagOrders | None = None
        self.board.listen(lambda _device_id: needs.touch())

    def add_devices(self) -> None:
        """Everything in the settings. Raises `FontsMissing`, `SettingsRefused`."""
        for device in self._settings.devices:
            match device:
                case Toledo8217Settings() | MtSicsSettings():  # every ScaleSettings
                    self._add_scale(device)
                case SerialScannerSettings():
                    self._add_scanner(device)
                case EscposTcpSettings():
                    self._add_printer(device)
                case TallystickTerminalSettings():
                    self._add_terminal(device)
                case OeplApSettings():
                    access_point = OeplAccessPoint(
                        device.id, device.url, self._needs.clock, open_link=self._needs.wires.access_point
                    )
                    self.access_points[device.id] = access_point
                case LabelCloudSettings():
                    self.label_clouds[device.id] = label_cloud(device, self._needs.clock)
                case BleEslSettings():
                    needs = self._needs
                    point = ble_access_point(device, needs.clock, needs.random, needs.wires.port)
                    self.ble_points[device.id] = point
                case LlrpSettings():
                    self.readers[device.id] = device
        self.drivers.extend((*self.access_points.values(), *self.label_clouds.values(), *self.ble_points.values()))
        if self.readers:
            self._add_readers()
        if self.access_points or self.label_clouds or self.ble_points:
            self._add_labels()

    def _add_readers(self) -> None:
        """Readers, the doors among them, and everything else their antennas look at."""
        needs, settings = self._needs, self._settings
        drivers = {
            name: reader_driver(device, needs.clock, antennas_of(settings, name)) for name, device in self.readers.items()
        }
        self.drivers.extend(drivers.values())
        doors = {name: device for name, device in self.readers.items() if device.antennas_inside}
        takers: list[Callable[[TagsRead], None]] = []
        if doors:
            self.portals = portals(doors, needs)
            takers.append(self.portals.take)
        self.hall = tag_hall(settings, doors, drivers, needs)
        if self.hall is not None:
            takers.append(self.hall.take)
            self.router.give_inputs_to(functools.partial(take_input, self.hall))
        self.tag_orders = tag_orders(settings, drivers, needs)
        takers.append(self.tag_orders.take)

        def take(event: TagsRead) -> None:
            for taker in takers:
                taker(event)

        self.router.give_tags_to(take)

    def _add_scale(self, device: ScaleSettings) -> None:
        protocol = PROTOCOLS[str(device.__struct_config__.tag)]
        driver = ScaleDriver(
            device.id,
            protocol,
            device.port,
            self._needs.clock,
            baud=device.baud,
            interval_ms=device.interval_ms,
            open_port=self._needs.wires.port,
        )
        self.drivers.append(driver)

    def _add_scanner(self, device: SerialScannerSettings) -> None:
        form = ScanFormat(Suffix[device.suffix.upper()], device.prefix)
        driver = ScannerDriver(
            device.id,
            device.port,
            form,
            self._needs.clock,
            duplicate_ms=device.duplicate_ms,
            baud=device.baud,
            open_port=self._needs.wires.port,
        )
        self.drivers.append(driver)

    def _add_printer(self, device: EscposTcpSettings) -> None:
        needs = self._needs
        printer = PrinterDriver(
            device.id, device.host, device.port, needs.clock, proof=device.proof, connect=needs.wires.connect
        )
        self.drivers.append(printer)
        till_ids = tuple(till.id for till in self._settings.tills if till.printer == device.id)
        painter = LinePainter(font_files(self._settings.labels.fonts, RECEIPT_FONTS))
        encoder = ReceiptEncoder(Paper(device.columns, device.charset, logo_of(device.logo, device.columns)), painter)
        ready = functools.partial(self.board.is_ready, device.id)
        worker = PrintWorker(self._needs.prints, printer, till_ids, encoder.encode, ready)
        self.board.listen(lambda device_id: worker.wake() if device_id == device.id else None)
        self.workers.append(worker)

    def _add_terminal(self, device: TallystickTerminalSettings) -> None:
        driver = PaymentTerminalDriver(
            device.id,
            device.host,
            device.port,
            answer_seconds=device.answer_seconds,
            open_link=self._needs.wires.terminal,
        )
        self.terminals[device.id] = (driver, device.methods)
        self.drivers.append(driver)

    def add_ways(self, payments: Payments) -> None:
        """Every till may pay by the methods of its terminal."""
        for till in self._settings.tills:
            if till.terminal is None:
                continue
            driver, methods = self.terminals[till.terminal]
            for method in methods:
                view = functools.partial(_method_view, driver, method)
                payments.add(till.id, Way(method, driver.device_id, driver, view))

    def _add_labels(self) -> None:
        needs = self._needs
        fonts = font_files(self._settings.labels.fonts, SYSTEM_FONTS)
        gateways: dict[str, AccessPointGateway | LabelCloudGateway | BleGateway] = {
            **{name: AccessPointGateway(access_point) for name, access_point in self.access_points.items()},
            **{name: LabelCloudGateway(cloud) for name, cloud in self.label_clouds.items()},
            **{name: BleGateway(point) for name, point in self.ble_points.items()},
        }
        style = shelf_style(self._settings)
        shelf = CatalogueShelf(needs.store, needs.clock, style)
        renderer = ShelfRenderer(LabelRenderer(fonts), style.language)
        labels = LabelService(
            needs.store,
            needs.journal,
            shelf,
            DataRenderer(renderer),
            gateways,
            needs.clock,
            functools.partial(label_settings, needs.store, self._settings.labels),
            functools.partial(shelf.templates.looks, Purpose.MULTI),
            functools.partial(position_text, needs.store),
        )
        labels.start(needs.store.reader())
        needs.watch.listen(labels.items_changed)
        if style.out_of_stock:
            needs.journal.watch(lambda facts: labels.items_changed(items_moved(facts)))
        self._look_at_templates = functools.partial(keep_template_alarm, needs.alarms, shelf.templates, renderer)
        self.router.give_labels_to(labels)
        needs.figures.shelf = labels.figures
        self.labels = labels
        self.finder = LabelFinder(labels, gateways)

    async def run_drivers(self) -> None:
        """Every driver under its own supervisor."""
        async with asyncio.TaskGroup() as tasks:
            for driver in self.drivers:
                tasks.create_task(
                    supervise(driver, self.router.emit, self._needs.clock, self._needs.random), name=driver.device_id
                )

    async def run_workers(self) -> None:
        """Every printer's worker."""
        async with asyncio.TaskGroup() as tasks:
            for worker in self.workers:
                tasks.create_task(worker.run())

    async def tell_news(self) -> None:
        """Settled device states become facts."""
        while True:
            await asyncio.sleep(NEWS_SECONDS)
            self._look_at_templates()
            if not (news := self.board.news()):
                continue
            try:
                await self._needs.store.write(functools.partial(_append, self._needs.journal, news))
            except (StoreFull, StoreBusy) as error:
                log.warning("device states could not be journalled", error=str(error))


def _method_view(driver: PaymentTerminalDriver, method: str) -> MethodView:
    return offline(method, driver.trouble) if driver.trouble else MethodView(method=method)


def _append(journal: Journal, news: Sequence[DeviceStateChanged], tx: Tx) -> None:
    journal.append_many(tx, news)
