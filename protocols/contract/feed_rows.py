"""Rows HQ publishes in feeds (design section 5, "Feeds").

A feed is a versioned set of rows. A row has a text key and JSON bytes; the feed's state hash covers both. Rows are decoded
one by one, so a row of an unknown kind is kept raw and reported, never fatal.

| feed id                | rows                                           |
|------------------------|------------------------------------------------|
| `global/catalogue`     | TaxClassRow, StyleRow, ItemRow, BarcodeRow, RecallRow |
| `global/label-templates` | LabelTemplateRow                             |
| `zone/{zone}/price`    | ZoneRow, PriceRow                              |
| `store/{store}/price`  | PriceRow of this one store                     |
| `store/{store}/member` | MemberRow, MemberPolicyRow (`protocols.contract.feed_members`) |
| `zone/{zone}/promotion` | PromotionRow                                  |
| `store/{store}/setup`  | StoreRow, DeviceTableRow                       |
| `store/{store}/staff`  | StaffRow                                       |
| `store/{store}/opening-stock` | OpeningStockRow                         |
| `store/{store}/stock`  | AsnRow, ReservationRow, StockRulesRow, MinimumRow, ShelfPlanRow (`feed_stock.py`) |
"""

from __future__ import annotations

import msgspec

from protocols.contract.device_table import DeviceTableRow
from protocols.contract.feed_members import MemberPolicyRow, MemberRow
from protocols.contract.feed_stock import AsnRow, MinimumRow, ReservationRow, ShelfPlanRow, StockRulesRow
from protocols.contract.till_rules import TillRules
from protocols.contract.values import ContentUnit, FeedId, Place, PriceKind, PriceLaw, RoundingMethod, RoundingScope, TaxMode
from protocols.labels.template import Template


class TaxClassRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="tax_class"):
    """A tax class and its rate in basis points."""

    tax_class: str
    name: str
    rate_bp: int

    def key(self) -> str:
        return f"tax_class/{self.tax_class}"


class StyleRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="style"):
    """A product as customers know it; its sellable forms are items."""

    style_id: str
    name: str
    name_zh: str = ""
    brand: str = ""
    category: str = ""

    def key(self) -> str:
        return f"style/{self.style_id}"


class ItemRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="item"):
    """A variant of a style: what is priced, stocked and sold."""

    item_id: str
    style_id: str
    name: str
    name_zh: str = ""
    colour: str = ""
    size: str = ""
    tax_class: str
    weighed: bool = False
    """Sold by weight: price is per kilogram, stock unit is the kilogram."""
    tare_grams: int = 0
    active: bool = True
    content_quantity: int = 0
    """What one piece holds, in `content_unit`; the unit price is computed from it. 0: not told, or weighed."""
    content_unit: ContentUnit = ContentUnit.NONE
    min_age: int = 0
    """The customer must be so many years old; 0: anybody."""
    deposit_item_id: str = ""
    """The container (bottle, crate) that comes with each piece, with a price of its own."""
    serial_tracked: bool = False
    """Each piece has a serial number, and is sold once."""
    bag: bool = False
    """A carrier bag: no goods of the assortment; no offer counts it."""
    batch_tracked: bool = False
    """Stock is kept by batch and date: the earliest date is suggested first."""
    tagged: bool = False
    """Each piece should carry an RFID tag: book and tags are compared."""

    def key(self) -> str:
        return f"item/{self.item_id}"


class RecallRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="recall"):
    """Goods that may not be sold any more: one batch of an item, or all of it."""

    recall_id: str
    item_id: str
    batch: str = ""
    """Empty: every batch."""
    reason: str
    from_ms: int

    def key(self) -> str:
        return f"recall/{self.recall_id}"


class BarcodeRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="barcode"):
    """One of an item's barcodes, as GTIN-14 digits (or a short price look-up code), with the pieces it stands for."""

    gtin: str
    item_id: str
    pack_quantity: int = 1

    def key(self) -> str:
        return f"barcode/{self.gtin}"


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces of an item in an order, at the price agreed online, tax as the zone has it."""

    item_id: str
    quantity: int
    unit_minor: int


class OrderRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="order"):
    """An order made online that this store hands over, in the feed of its members. `sale_id`: the sale it becomes."""

    order_id: str
    sale_id: str
    lines: tuple[OrderLine, ...]
    paid_minor: int = 0
    """What was paid online; the rest is paid at the till."""
    name: str = ""
    """Whose it is, as asked for at the till."""

    def key(self) -> str:
        return f"order/{self.order_id}"


class ZoneRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="zone"):
    """How prices of a zone are to be read."""

    zone: str
    currency: str
    minor_digits: int = 2
    tax_mode: TaxMode = TaxMode.INCLUSIVE
    cash_rounding_minor: int = 1
    """Cash totals are rounded to a multiple of this; 1 = no rounding."""
    price_law: PriceLaw = PriceLaw.NONE
    """Which rule binds a comparison price ("was") here."""
    cash_rounding_method: RoundingMethod = RoundingMethod.HALF_UP
    cash_rounding_scope: RoundingScope = RoundingScope.CASH
    code_layouts: tuple[str, ...] = ()
    """How in-store barcodes are read (`protocols.gs1.restricted.layouts_of`): built-in sets, or layouts of one's own."""
    bag_item_id: str = ""
    """The carrier bag a till offers with one touch."""

    def key(self) -> str:
        return "zone"


class PriceRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="price"):
    """One revision of an item's price, in a zone's feed or a store's own. A revision number names one price of an item in a
    store, whichever book it came from.

    In force for everybody: of the rows without a customer group and with from <= now < to, the highest (priority, revision).
    In force for a customer group: likewise over its own rows and those of everybody, but never dearer than for everybody.
    """

    item_id: str
    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None = None
    reason: str = ""
    book_id: str = ""
    """The price book it stands in; empty: the zone's own."""
    priority: int = 0
    customer_group: str = ""
    """Who pays it; empty: everybody."""
    price_kind: PriceKind = PriceKind.REGULAR
    was_minor: int | None = None
    """The comparison price that may be printed beside it, as the zone's price law allows; computed by HQ."""

    def key(self) -> str:
        return f"price/{self.item_id}/{self.revision}"


class StoreRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="store"):
    """What HQ decides about one store."""

    store_id: str
    name: str
    zone: str
    time_zone: str
    receipt_header: tuple[str, ...] = ()
    receipt_footer: tuple[str, ...] = ()
    label_dwell_seconds: int = 60
    """How long after a label's confirmation its former price still binds the till (a customer may be on the way)."""
    label_task_hours: int = 4
    """After how long an unconfirmed label becomes a task for a person."""
    till_rules: TillRules = TillRules()
    return_days: int = 30
    """How long after a sale goods may come back without a second person allowing it; 0: without an end."""
    no_receipt_days: int = 30
    """Goods without a receipt pay the lowest price of so many days."""
    refund_cash_max_minor: int = 0
    """More cash than this in one refund needs a person who may give tenders back; 0: no limit."""
    return_policy: tuple[str, ...] = ()
    """Printed at the foot of a receipt."""
    invoice_url: str = ""
    """Where a customer asks for an invoice; printed as a QR code with the sale in its query. Empty: nothing is printed."""

    def key(self) -> str:
        return "store"


class StaffRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="staff"):
    """A person who may work in this store. `pin_hash` is an argon2id hash, never a PIN."""

    staff_id: str
    name: str
    pin_hash: str
    rights: tuple[str, ...] = ()
    """`till`, `void`, `drawer`, `labels`, `devices` … (`protocols.contract.rights` has them all)."""
    language: str = "en"
    active: bool = True
    limits: dict[str, int] = {}
    """How far a right goes (`protocols.contract.rights.LIMITED`): basis points or minor units; absent: without limit."""

    def key(self) -> str:
        return f"staff/{self.staff_id}"


class OpeningStockRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="opening_stock"):
    """What HQ believes stood at a place when the store began. The store decides: it answers each row once, with a
    `StockMoved` of the id `move_id()`, or with an `OpeningRefused` when the item has moved there before."""

    import_id: str
    line_no: int
    item_id: str
    place: Place
    quantity_thousandths: int

    def key(self) -> str:
        return self.key_of(self.import_id, self.line_no)

    @staticmethod
    def key_of(import_id: str, line_no: int) -> str:
        return f"opening/{import_id}/{line_no}"

    def move_id(self) -> str:
        """The id of the stock move that answers it: the same however often the row comes."""
        return f"opening-{self.import_id}-{self.line_no}"


class LabelTemplateRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="label_template"):
    """One version of a label template. A store uses, per purpose, the newest version given to it that it can draw, and the
    built-in template of the purpose when there is none."""

    template: Template
    stores: tuple[str, ...] = ()
    """The stores this version is for; empty: all. At most `TEMPLATE_STORES_MAX`."""
    published_ms: int = 0
    """When HQ published it: the newest of a purpose wins, then the higher version."""

    def key(self) -> str:
        return f"label_template/{self.template.template_id}/{self.template.version}/{self.published_ms}"

    def given_to(self, store_id: str) -> bool:
        """Whether a store may use it."""
        return not self.stores or store_id in self.stores


class PromotionRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="promotion"):
    """One revision of a promotion (`protocols/promotions`). Of each promotion a store uses the highest revision given to it
    that its software knows; what it does not know it reports.

    The rule stays JSON: a kind or a field this software does not know refuses that row alone.
    """

    promotion_id: str
    revision: int
    rule: msgspec.Raw
    """As `protocols.promotions.bundle.encode_promotion` writes it."""
    stores: tuple[str, ...] = ()
    """The stores this revision is for; empty: all of the zone. At most `PROMOTION_STORES_MAX`."""
    published_ms: int = 0
    """When HQ published it."""

    def key(self) -> str:
        return f"promotion/{self.promotion_id}/{self.revision}"

    def given_to(self, store_id: str) -> bool:
        """Whether a store may use it."""
        return not self.stores or store_id in self.stores


PROMOTION_STORES_MAX = 500
"""Store ids in one row. A larger ring is all stores of the zone."""


TEMPLATE_STORES_MAX = 500
"""Store ids in one row: with the template it still fits a feed delta. A larger ring is all stores."""


FeedRow = (
    TaxClassRow
    | StyleRow
    | ItemRow
    | BarcodeRow
    | ZoneRow
    | PriceRow
    | StoreRow
    | StaffRow
    | OpeningStockRow
    | LabelTemplateRow
    | MemberRow
    | MemberPolicyRow
    | RecallRow
    | OrderRow
    | PromotionRow
    | AsnRow
    | ReservationRow
    | StockRulesRow
    | MinimumRow
    | ShelfPlanRow
    | DeviceTableRow
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(FeedRow)


class UnknownFeedRow(ValueError):
    """A row of a kind (or shape) this software does not know: keep it raw, report it, go on."""


def encode_row(row: FeedRow) -> bytes:
    """The bytes that are stored, hashed and sent."""
    return _encoder.encode(row)


def decode_row(data: bytes) -> FeedRow:
    """Read a row. Raises `UnknownFeedRow` when it is of no kind known here."""
    try:
        row: FeedRow = _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise UnknownFeedRow(str(error)) from error
    return row


CATALOGUE_FEED = FeedId("global/catalogue")
TEMPLATES_FEED = FeedId("global/label-templates")


def price_feed(zone: str) -> FeedId:
    """The feed that carries a zone's prices."""
    return FeedId(f"zone/{zone}/price")


def store_price_feed(store_id: str) -> FeedId:
    """The feed that carries the prices of one store alone."""
    return FeedId(f"store/{store_id}/price")


def promotion_feed(zone: str) -> FeedId:
    """The feed that carries a zone's promotions."""
    return FeedId(f"zone/{zone}/promotion")


def member_feed(store_id: str) -> FeedId:
    """The feed that carries the members who shop in a store, and how long they may be believed."""
    return FeedId(f"store/{store_id}/member")


def setup_feed(store_id: str) -> FeedId:
    """The feed that carries a store's own settings."""
    return FeedId(f"store/{store_id}/setup")


def staff_feed(store_id: str) -> FeedId:
    """The feed that carries a store's staff."""
    return FeedId(f"store/{store_id}/staff")


def opening_stock_feed(store_id: str) -> FeedId:
    """The feed that carries a store's opening stock until the store has answered it."""
    return FeedId(f"store/{store_id}/opening-stock")


def stock_feed(store_id: str) -> FeedId:
    """The feed that carries what is on its way to a store, promised by it, and the rules of its stock."""
    return FeedId(f"store/{store_id}/stock")
