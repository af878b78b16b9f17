"""The composition root: settings become a running box. Nothing else constructs services."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge import find_devices
from edge.alerts.desk import AlertDesk, AlertSources
from edge.audits.service import AuditService
from edge.catalogue import lookup
from edge.catalogue.seed import apply_seed, read_seed
from edge.catalogue.watch import CatalogueWatch
from edge.checkout import attempt_store
from edge.checkout.alarms import AlarmBoard
from edge.checkout.asking import PaymentNews, Payments, Told, Way
from edge.checkout.desk import Desk
from edge.checkout.loss_guard import LossGuard
from edge.checkout.ports import Headquarters, LabelPrices, NoHeadquarters, NoLabels, NoPads, NoScales, Scales
from edge.checkout.printing import PrintQueue
from edge.checkout.stored_value import StoredValue
from edge.checkout.till import Till, restore
from edge.clock import SystemClock
from edge.devices import table_change
from edge.devices.build import build_devices
from edge.devices.display_feed import Displays
from edge.devices.needs import DeviceNeeds
from edge.devices.table_change import TableKeeper
from edge.figures import Figures
from edge.find_devices import Found
from edge.labels.lights import LabelFinder
from edge.labels.places import PlaceService
from edge.labels.service import LabelService
from edge.local_api.shop import Shop
from edge.local_api.staff_keys import StaffKeys
from edge.machine import machine_id, software_version
from edge.members.contact import HqContact
from edge.promotions import kept
from edge.promotions.service import StoreOffers
from edge.rfid.hall import TagHall
from edge.rfid.service import PortalService
from edge.rfid.tag_orders import TagOrders
from edge.seams import Seams
from edge.sensors.hall import SensorHall
from edge.settings import DeviceTable, Settings
from edge.staff.service import PinCheck
from edge.stock.drafts import DraftService
from edge.stock.quarantine import QuarantineDesk
from edge.stock.reservations import ReservationDesk
from edge.stock.service import StockService
from edge.stock.watch import StockWatch
from edge.store_db import journal
from edge.store_db.database import Database, Tx
from edge.store_db.errors import StoreBroken
from edge.store_db.journal import Journal
from edge.store_db.second_copy import NoSecondMedium, SecondCopy, SecureCopy
from edge.surroundings import BoxSurroundings, DeviceBoard, HqLink, NoDevices, NoHq, keep_promotion_alarm
from edge.sync.availability import Availability
from edge.sync.build import SyncNeeds, make_shell
from edge.sync.handover import HandoverTaker
from edge.sync.questions import HqQuestions
from edge.telemetry.build import telemetry_parts
from edge.telemetry.exposition import BoxExposition
from edge.telemetry.sampler import Live
from edge.till_setups import reading, till_setup
from protocols.clock import IdSource, RandomSource
from protocols.contract.questions import ValueKind
from protocols.device_events import TillEvent
from protocols.payment.port import Order


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything else stands on."""

    settings: Settings
    seams: Seams
    software: str
    edge_id: str
    boot_id: str
    boot_number: int
    clock: SystemClock
    random: RandomSource
    ids: IdSource
    store: Database
    baskets: Database
    journal: Journal
    second_copy: SecureCopy
    alarms: AlarmBoard
    watch: CatalogueWatch
    prints: PrintQueue
    offers: StoreOffers
    figures: Figures = field(default_factory=Figures)
    own_devices: tuple[DeviceTable, ...] = ()
    """Those of the settings file; `settings` has those of the device table headquarters sent, if one is in force."""


@dataclass(frozen=True, slots=True)
class Part:
    """A task of the running box. `vital` False: its failure is reported and it is started anew, never the box's end."""

    name: str
    run: Callable[[], Awaitable[None]]
    vital: bool


@dataclass(slots=True)
class PlugIns:
    """What plugs into the box beside the tills."""

    prices: LabelPrices = field(default_factory=NoLabels)
    labels: LabelService | None = None
    finder: LabelFinder | None = None
    portals: PortalService | None = None
    hall: TagHall | None = None
    tag_orders: TagOrders | None = None
    sensors: SensorHall | None = None
    scales: Scales = field(default_factory=NoScales)
    payments: Payments = field(default_factory=Payments)
    devices: DeviceBoard = field(default_factory=NoDevices)
    hq: HqLink = field(default_factory=NoHq)
    availability: Availability | None = None
    headquarters: Headquarters = field(default_factory=NoHeadquarters)
    find_devices: Callable[[], Awaitable[Sequence[Found]]] | None = None
    parts: list[Part] = field(default_factory=list)
    displays: Displays | None = None
    events_waiting: Callable[[], int] = lambda: 0
    touch_tills: Callable[[], None] = lambda: None
    """Set by `build` once the tills exist."""
    tills_by_scanner: dict[str, Till] = field(default_factory=dict)
    """Filled by `build` once the tills exist."""

    def scanned(self, event: TillEvent) -> None:
        """A scanner or card reader read something: the till it stands at takes it; one that no till names is nobody's."""
        if (till := self.tills_by_scanner.get(event.device_id)) is not None:
            till.scanned(event)

    def touch(self) -> None:
        """Something a till shows has changed."""
        self.touch_tills()


@dataclass(frozen=True, slots=True)
class Box:
    """A box ready to run."""

    ground: Ground
    shop: Shop
    tills: dict[str, Till]
    parts: tuple[Part, ...]


def lay_ground(settings: Settings, seams: Seams | None = None) -> Ground:
    """Open the databases and everything that needs nothing else. Raises `StoreDbError`, `SeedRefused`, OSError."""
    seams = seams or Seams()
    folder = settings.store.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    clock, random = seams.clock(settings.clock), seams.random
    ids = IdSource(clock, random)
    boot_id = ids.new()
    store = seams.open_file(folder / "store.db", kind="store", connect=seams.connect, commit_delay=seams.commit_delay)
    edge_id = settings.store.edge_id or machine_id()
    prints = PrintQueue(store, clock, ids)
    boot_number = _wake_up(store, settings, edge_id, prints, ids.new(), clock.now_ms())
    clock.remember_last_known(lookup.trusted_ms(store.reader()))
    second_copy: SecureCopy = NoSecondMedium()
    if settings.journal.second_medium is not None:
        limit = settings.journal.second_medium_mb * 1_000_000
        second_copy = SecondCopy(
            store, settings.journal.second_medium, store_id=settings.store.id, bytes_max=limit, clock=clock
        )
    return Ground(
        settings=table_change.settings_in_force(store, settings),
        own_devices=settings.devices,
        seams=seams,
        software=software_version(),
        edge_id=edge_id,
        boot_id=boot_id,
        boot_number=boot_number,
        clock=clock,
        random=random,
        ids=ids,
        store=store,
        baskets=open_baskets(folder / "basket.db", seams),
        journal=Journal(clock=clock, ids=ids, boot_id=boot_id, time_zone=lookup.time_zone),
        second_copy=second_copy,
        alarms=AlarmBoard(),
        watch=CatalogueWatch(store, clock),
        prints=prints,
        offers=StoreOffers(store, settings.store.id),
    )


@functools.cache
def open_baskets(path: Path, seams: Seams) -> Database:
    """Open the basket file; one that a power cut damaged is set aside and begun anew: nothing in it was sold."""
    try:
        return seams.open_file(path, kind="basket", connect=seams.connect)
    except StoreBroken:
        for suffix in ("", "-wal", "-shm"):
            damaged = path.with_name(path.name + suffix)
            if damaged.exists():
                damaged.replace(path.with_name(f"{path.name}{suffix}.damaged"))
        return seams.open_file(path, kind="basket", connect=seams.connect)


def _wake_up(store: Database, settings: Settings, edge_id: str, prints: PrintQueue, db_nonce: str, now_ms: int) -> int:
    """Count the boot, in one transaction with what else a start has to settle; returns which boot of this file it is.

    A new file gets an identity and, standing alone, its first catalogue; an old one must be this store's.
    """
    known = journal.identity_or_none(store.reader())
    if known is not None and known.store_id != settings.store.id:
        raise StoreBroken(
            f"{store.path} belongs to store '{known.store_id}', but the settings say '{settings.store.id}'. "
            "Use another data_dir, or import the old card."
        )
    store_id, seed = settings.store.id, settings.store.seed_feed
    rows = [] if known is not None or seed is None else read_seed(seed)

    def run(tx: Tx) -> int:
        if known is None:
            journal.create_identity(tx, store_id=store_id, edge_id=edge_id, db_nonce=db_nonce, now_ms=now_ms)
        if rows:
            apply_seed(tx, store_id, rows)
        prints.recover(tx)
        kept.keep_in_use(tx, store_id, now_ms)
        return journal.count_boot(tx)

    return store.write_and_wait(run)


def plug_in(ground: Ground) -> PlugIns:
    """Labels, devices and the line to headquarters, as the settings want them. Raises as their parts do."""
    plugs = PlugIns()
    handover = _plug_hq(ground, plugs)
    _plug_devices(ground, plugs)
    if handover is not None:
        handover.labels = plugs.labels
    return plugs


def _plug_devices(ground: Ground, plugs: PlugIns) -> None:
    if not ground.settings.devices and ground.settings.hq is None:
        return
    needs = DeviceNeeds(
        store=ground.store,
        journal=ground.journal,
        watch=ground.watch,
        prints=ground.prints,
        alarms=ground.alarms,
        clock=ground.clock,
        random=ground.random,
        ids=ground.ids,
        touch=plugs.touch,
        scanned=plugs.scanned,
        wires=ground.seams.wires,
        figures=ground.figures,
    )
    shop = build_devices(ground.settings, needs)
    plugs.devices = shop.board
    plugs.find_devices = lambda: find_devices.search(shop.settings.devices)
    ground.figures.lives = lambda: shop.park.lives
    if plugs.availability is not None:
        plugs.availability.board = shop.board
    plugs.scales = shop.scales
    shop.add_ways(plugs.payments)
    plugs.events_waiting = lambda: shop.router.waiting
    parts = [
        ("drivers", shop.park.run),
        ("events", shop.router.run),
        ("news", shop.tell_news),
    ]
    plugs.displays = Displays(shop.park.fittings, lambda: shop.settings)
    parts.append(("drawers", shop.drawers.run))
    keeper = TableKeeper(shop, ground.own_devices, tells=ground.settings.hq is not None)
    parts.append(("device table", keeper.run))
    if shop.labels is not None:
        plugs.labels = plugs.prices = shop.labels
        plugs.finder = shop.finder
        parts.append(("labels", shop.labels.run))
    if shop.portals is not None:
        plugs.portals = shop.portals
        parts.append(("doors", shop.portals.run))
    if shop.hall is not None:
        plugs.hall = shop.hall
        parts.append(("tags", shop.hall.run))
    if shop.tag_orders is not None:
        plugs.tag_orders = shop.tag_orders
        parts.append(("tag orders", shop.tag_orders.run))
    if shop.sensors is not None:
        plugs.sensors = shop.sensors
        parts.append(("sensors", shop.sensors.run))
    plugs.parts.extend(Part(name, run, vital=False) for name, run in parts)


def _plug_hq(ground: Ground, plugs: PlugIns) -> HandoverTaker | None:
    hq = ground.settings.hq
    if hq is None or not hq.https_url:
        return None
    needs = SyncNeeds(
        store=ground.store,
        journal=ground.journal,
        watch=ground.watch,
        alarms=ground.alarms,
        clock=ground.clock,
        random=ground.random,
        ids=ground.ids,
        boot_id=ground.boot_id,
        software=ground.software,
    )
    ways = ground.seams.open_ways(hq, ground.settings.store.id, ground.random)
    shell, handover = make_shell(ground.settings, hq, needs, ways)
    plugs.hq = shell
    plugs.availability = ways.availability
    plugs.parts.append(Part("headquarters", shell.run, vital=False))
    plugs.parts.append(Part("handover", handover.run, vital=False))
    contact = HqContact(ground.store, ground.clock, lambda: shell.online)
    questions = HqQuestions(ways.https, contact.heard)
    plugs.headquarters = questions
    plugs.parts.append(Part("questions", questions.run, vital=False))
    plugs.parts.append(Part("contact", contact.run, vital=False))
    return handover


def _plug_telemetry(ground: Ground, plugs: PlugIns) -> None:
    """Count what is journalled; sample for headquarters, where there is one."""
    ground.journal.watch(ground.figures.journalled)
    live = Live(
        devices=plugs.devices.views,
        hq_online=lambda: plugs.hq.online,
        events_waiting=plugs.events_waiting,
    )
    parts = telemetry_parts(ground.settings, ground.store, ground.journal, ground.figures, ground.clock, live)
    plugs.parts.extend(Part(name, run, vital=False) for name, run in parts)


def _desk(ground: Ground, plugs: PlugIns, pins: PinCheck) -> Desk:
    """What the tills share."""
    settings = ground.settings
    return Desk(
        store_id=settings.store.id,
        language=settings.store.language,
        store=ground.store,
        baskets=ground.baskets,
        journal=ground.journal,
        second_copy=ground.second_copy,
        clock=ground.clock,
        ids=ground.ids,
        pins=pins,
        labels=plugs.prices,
        scales=plugs.scales,
        prints=ground.prints,
        figures=ground.figures,
        headquarters=plugs.headquarters,
        payments=plugs.payments,
        offers=ground.offers,
        pads=NoPads() if plugs.hall is None else plugs.hall.pads,
        numbers=tuple(each.own() for each in settings.numbers),
    )


async def build(ground: Ground, plug: Callable[[Ground], PlugIns] = plug_in) -> Box:
    """Compose the box. Needs a running event loop. `plug` says what plugs in beside the tills."""
    settings = ground.settings
    plugs = plug(ground)
    _plug_telemetry(ground, plugs)
    pins = PinCheck(ground.clock)
    desk = _desk(ground, plugs, pins)
    around = BoxSurroundings(
        store=ground.store,
        clock=ground.clock,
        alarms=ground.alarms,
        devices=plugs.devices,
        hq=plugs.hq,
        talks_to_hq=settings.hq is not None,
    )
    tills: dict[str, Till] = {}
    for each in settings.tills:
        setup = till_setup(each)
        tills[each.id] = Till(desk, await restore(desk, setup), around, boot_number=ground.boot_number)
    plugs.tills_by_scanner.update({name: tills[each.id] for each in settings.tills for name in reading(each)})
    _connect_payments(ground, plugs, tills)
    for each in settings.tills:
        if plugs.displays is not None and each.display is not None:
            run = functools.partial(plugs.displays.keep, tills[each.id], each.display)
            plugs.parts.append(Part(f"display {each.id}", run, vital=False))
    plugs.touch_tills = functools.partial(_touch_all, tills)
    alerts = AlertDesk(_alert_sources(ground, plugs))
    shop = Shop(
        software=ground.software,
        boot_number=ground.boot_number,
        desk=desk,
        tills=tills,
        stock=StockService(ground.store, ground.journal, ground.clock),
        drafts=DraftService(ground.store, ground.journal, ground.clock),
        reservations=ReservationDesk(ground.store, ground.journal, ground.clock),
        quarantine=QuarantineDesk(ground.store, ground.journal, ground.clock),
        alerts=alerts,
        audits=AuditService(ground.store, ground.journal, ground.clock, plugs.prices),
        places=PlaceService(ground.store, ground.journal, ground.clock),
        labels=plugs.labels,
        portals=plugs.portals,
        hall=plugs.hall,
        tag_orders=plugs.tag_orders,
        sensors=plugs.sensors,
        finder=plugs.finder,
        find_devices=plugs.find_devices or functools.partial(find_devices.search, settings.devices),
        devices=plugs.devices,
        hq=plugs.hq,
        around=around,
        keys=StaffKeys(pins, ground.clock, ground.random),
        exposition=BoxExposition(ground.store, ground.figures, ground.clock, plugs.devices, plugs.hq),
    )
    _connect(ground, tills)
    vital = tuple(Part(f"till {name}", till.run, vital=True) for name, till in tills.items())
    loss = LossGuard(ground.store, ground.journal, ground.clock)
    stock_watch = StockWatch(ground.store, ground.journal, ground.clock)
    after = (
        Part("alerts", alerts.run, vital=False),
        Part("loss", loss.run, vital=False),
        Part("stock", stock_watch.run, vital=False),
    )
    return Box(ground=ground, shop=shop, tills=tills, parts=(*vital, *plugs.parts, *after))


def _add_stored_value(ground: Ground, plugs: PlugIns) -> None:
    """Every till of a store with headquarters may be paid with gift cards and points."""
    if ground.settings.hq is None or not ground.settings.hq.https_url:
        return
    for kind in (ValueKind.GIFT_CARD, ValueKind.POINTS):
        taker = StoredValue(kind, ground.settings.store.id, ground.store, plugs.headquarters, ground.clock, ground.ids)
        for till in ground.settings.tills:
            plugs.payments.add(till.id, Way(kind.value, f"hq/{kind}", taker, taker.view))


def _connect_payments(ground: Ground, plugs: PlugIns, tills: dict[str, Till]) -> None:
    """What becomes of a payment goes to its till; what is in doubt comes from the store database."""
    _add_stored_value(ground, plugs)
    payments = plugs.payments

    async def tell(news: PaymentNews) -> Told:
        till = tills.get(news.order.till_id)
        return "over" if till is None else await till.tell(news)

    def in_doubt() -> list[tuple[str, Order]]:
        zone = lookup.zone(ground.store.reader())
        currency = "" if zone is None else zone.currency
        return [(each.terminal_id, each.order(currency)) for each in attempt_store.in_doubt(ground.store.reader())]

    payments.random, payments.tell, payments.orders_in_doubt = ground.random, tell, in_doubt
    plugs.parts.append(Part("payments", payments.run, vital=False))


def _alert_sources(ground: Ground, plugs: PlugIns) -> AlertSources:
    return AlertSources(
        store=ground.store,
        journal=ground.journal,
        clock=ground.clock,
        alarms=ground.alarms,
        devices=plugs.devices,
        labels=plugs.labels,
        hq=plugs.hq,
        talks_to_hq=ground.settings.hq is not None,
        cold=None if plugs.sensors is None else plugs.sensors.cold,
    )


def _connect(ground: Ground, tills: dict[str, Till]) -> None:
    """Who hears of what."""

    def touch_one(till_id: str) -> None:
        if till_id in tills:
            tills[till_id].touch()

    ground.prints.listen(touch_one)
    ground.alarms.listen(lambda _alarm: _touch_all(tills))
    ground.watch.listen(lambda _items: _touch_all(tills))
    ground.watch.listen(lambda _items: keep_promotion_alarm(ground.alarms, ground.offers))
    keep_promotion_alarm(ground.alarms, ground.offers)


def _touch_all(tills: dict[str, Till]) -> None:
    for till in tills.values():
        till.touch()
