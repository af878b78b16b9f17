"""What the console reads of the API's answers. A tolerant reader: fields it does not know are skipped."""

from __future__ import annotations

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who is logged in."""

    login: str
    name: str
    role: str
    language: str = "en"
    rights: tuple[str, ...] = ()
    all_stores: bool = False


class LoginAnswer(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    person: Person


class LoginBody(msgspec.Struct, frozen=True, kw_only=True):
    login: str
    password: str


class Barcode(msgspec.Struct, frozen=True, kw_only=True):
    gtin: str
    pack_quantity: int = 1


class Item(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    style_id: str
    name: str
    name_zh: str = ""
    colour: str = ""
    size: str = ""
    tax_class: str
    weighed: bool = False
    tare_grams: int = 0
    active: bool = True
    content_quantity: int = 0
    content_unit: str = ""
    min_age: int = 0
    deposit_item_id: str = ""
    serial_tracked: bool = False
    bag: bool = False
    barcodes: tuple[Barcode, ...] = ()

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return self.name_zh if language == "zh" and self.name_zh else self.name


class ItemPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Item, ...]
    next: str | None = None


class ItemBody(msgspec.Struct, frozen=True, kw_only=True):
    style_id: str
    name: str
    name_zh: str
    colour: str
    size: str
    tax_class: str
    weighed: bool
    tare_grams: int
    active: bool
    content_quantity: int
    content_unit: str
    min_age: int = 0
    deposit_item_id: str = ""
    serial_tracked: bool = False
    bag: bool = False


class StyleBody(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    name_zh: str = ""
    brand: str = ""
    category: str = ""


class BarcodeBody(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    pack_quantity: int


class TaxClass(msgspec.Struct, frozen=True, kw_only=True):
    tax_class: str
    name: str
    rate_bp: int


class FeedWritten(msgspec.Struct, frozen=True, kw_only=True):
    feed_version: int


class CodesBody(msgspec.Struct, frozen=True, kw_only=True):
    codes: tuple[str, ...]


class NamedItem(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    item_id: str
    name: str
    name_zh: str
    weighed: bool


class NamedItems(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[NamedItem, ...]


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    zone: str
    currency: str
    minor_digits: int


class ZonePrice(msgspec.Struct, frozen=True, kw_only=True):
    """The price in force in one zone; all None = no price."""

    zone: str
    currency: str
    minor_digits: int
    revision: int | None = None
    price_minor: int | None = None
    effective_from_ms: int | None = None
    effective_to_ms: int | None = None


class ScheduledPrice(msgspec.Struct, frozen=True, kw_only=True):
    zone: str
    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None = None
    reason: str = ""


class ItemPrices(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    zones: tuple[ZonePrice, ...]
    scheduled: tuple[ScheduledPrice, ...]


class PriceRevision(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a price's history."""

    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None
    reason: str
    changed_by: str
    changed_at_ms: int
    withdrawn_at_ms: int | None
    feed_version: int
    book_id: str = ""
    recalled: bool = False


class PriceHistory(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[PriceRevision, ...]


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    price_minor: int
    effective_from_ms: int | None = None
    effective_to_ms: int | None = None
    reason: str = ""


class PriceChanges(msgspec.Struct, frozen=True, kw_only=True):
    changes: tuple[PriceChange, ...]
    dry_run: bool = False


class PriceWarning(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    detail: str


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    staff_id: str
    name: str
    rights: tuple[str, ...]
    language: str
    active: bool
    limits: dict[str, int] = {}


class StaffPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[StaffMember, ...]
    next: str | None = None


class StaffBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`pin` None: it stays as it is."""

    name: str
    rights: tuple[str, ...]
    language: str
    active: bool
    pin: str | None = None
    limits: dict[str, int] = {}


class PublishedChange(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one feed version of a zone changed."""

    feed_version: int
    item_count: int
    first_item_id: str
    changed_by: str
    changed_at_ms: int
    effective_from_ms: int
    recalled: bool = False


class PublishedChanges(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[PublishedChange, ...]


class LandingStore(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    name: str
    online: bool
    heard_at_ms: int
    applied_version: int | None
    status: str
    label_count: int
    label_shown_count: int


class Landing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a version of a zone's prices has come."""

    feed_version: int
    change: PublishedChange
    store_count: int
    applied_count: int
    online_count: int
    stores: tuple[LandingStore, ...]


class StoreFeed(msgspec.Struct, frozen=True, kw_only=True):
    feed_id: str
    desired_version: int
    applied_version: int | None
    in_step: bool
    behind: int
    status: str


class StoreStream(msgspec.Struct, frozen=True, kw_only=True):
    stream: str
    last_seq: int
    acked_upto: int
    durable_upto: int


class HqAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """Something headquarters noticed about a store."""

    alarm_id: int
    code: str
    detail: str
    raised_at_ms: int


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """A store and how it does."""

    store_id: str
    name: str
    zone: str
    region_id: str = ""
    time_zone: str
    online: bool
    silent: bool = False
    online_changed_at_ms: int
    heard_at_ms: int
    oldest_unacked_age_ms: int | None
    in_step: bool
    feeds: tuple[StoreFeed, ...]
    streams: tuple[StoreStream, ...]
    incarnation: int
    software: str
    clock: str
    clock_ahead_ms: int | None
    certificate_expires_ms: int | None
    store_alarms: tuple[str, ...]
    alarms: tuple[HqAlarm, ...]
    clone_suspected: bool


class StorePage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Store, ...]
    next: str | None = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    till_id: str
    incarnation: int
    number: int


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """One sale in a list. `closed_at_ms` by the store's clock, `arrived_ms` by headquarters'."""

    store_id: str
    sale_id: str
    till_id: str
    cashier_id: str
    receipt: Receipt
    currency: str
    total_minor: int
    line_count: int
    closed_at_ms: int
    clock: str
    business_date: str
    arrived_ms: int


class SalePage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Sale, ...]


class LiveSales(msgspec.Struct, frozen=True, kw_only=True):
    """Oldest first; `next` is where to go on."""

    rows: tuple[Sale, ...]
    next: str


class MinuteCount(msgspec.Struct, frozen=True, kw_only=True):
    minute_ms: int
    sales: int


class DayTotal(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    currency: str
    business_date: str
    sales: int
    total_minor: int


class SaleCounts(msgspec.Struct, frozen=True, kw_only=True):
    minutes: tuple[MinuteCount, ...]
    days: tuple[DayTotal, ...]


class SaleLine(msgspec.Struct, frozen=True, kw_only=True):
    line_no: int
    item_id: str
    name: str
    gtin: str
    quantity: int
    grams: int | None
    unit_price_minor: int
    list_price_minor: int
    price_reason: str
    net_minor: int


class Tender(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    amount_minor: int
    change_minor: int


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    return_id: str
    policy: str
    unverified: bool
    at_ms: int
    name: str
    quantity: int
    grams: int | None
    reason: str
    refund_minor: int


class WholeSale(msgspec.Struct, frozen=True, kw_only=True):
    """One sale with everything in it."""

    store_id: str
    sale_id: str
    till_id: str
    cashier_id: str
    receipt: Receipt
    currency: str
    tax_mode: str
    total_minor: int
    tax_minor: int
    rounding_minor: int
    price_feed_version: int
    closed_at_ms: int
    clock: str
    business_date: str
    lines: tuple[SaleLine, ...]
    tenders: tuple[Tender, ...]
    returns: tuple[ReturnedLine, ...] = ()


class ReportColumn(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: text, count, money (minor units) or amount (thousandths)."""

    name: str
    title: str
    kind: str = "text"


class ReportPlot(msgspec.Struct, frozen=True, kw_only=True):
    along: str
    up: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is."""

    name: str
    title: str
    what: str
    columns: tuple[ReportColumn, ...]
    plot: ReportPlot | None = None

    def place(self, column_name: str) -> int | None:
        """Where a column stands in a row; None when there is no such column."""
        return next((place for place, column in enumerate(self.columns) if column.name == column_name), None)


class ReportRows(msgspec.Struct, frozen=True, kw_only=True):
    report: Report
    rows: tuple[tuple[int | str | None, ...], ...]
    cut: bool = False
