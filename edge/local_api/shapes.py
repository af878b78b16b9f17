"""What the API takes and gives, beside the till contract. Units last; money in minor units, stock in thousandths."""

from __future__ import annotations

import msgspec

from protocols.contract.reason import Reason
from protocols.contract.till import TillRequest
from protocols.contract.values import Place


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A body of the API."""


class StaffName(Shape, frozen=True, kw_only=True):
    staff_id: str
    name: str
    language: str


class StaffList(Shape, frozen=True, kw_only=True):
    staff: tuple[StaffName, ...]


class StaffLogin(Shape, frozen=True, kw_only=True):
    staff_id: str
    pin: str


class StaffKey(Shape, frozen=True, kw_only=True):
    """Send `key` as `Authorization: Bearer …`. It ends after 8 hours, or when the box restarts."""

    staff_id: str
    name: str
    rights: tuple[str, ...]
    key: str


class Done(Shape, frozen=True, kw_only=True):
    done: bool = True


class TillName(Shape, frozen=True, kw_only=True):
    till_id: str
    mode: str
    page: str


class TillList(Shape, frozen=True, kw_only=True):
    tills: tuple[TillName, ...]


class RecentReceipt(Shape, frozen=True, kw_only=True):
    receipt: str
    closed_at_ms: int
    total_minor: int


class RecentReceipts(Shape, frozen=True, kw_only=True):
    """A till's last receipts, newest first."""

    receipts: tuple[RecentReceipt, ...]


class TaxClassName(Shape, frozen=True, kw_only=True):
    tax_class: str
    name: str
    rate_bp: int


class TaxClassList(Shape, frozen=True, kw_only=True):
    """The tax classes of the catalogue, lowest rate first: for goods it does not know."""

    tax_classes: tuple[TaxClassName, ...]


class ItemCode(Shape, frozen=True, kw_only=True):
    code: str
    pack_quantity: int


class ItemView(Shape, frozen=True, kw_only=True):
    """An item with what it costs now. `charged_minor` is lower than `price_minor` while a label may show less."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    active: bool
    tax_class: str
    tax_rate_bp: int | None
    price_minor: int | None
    price_revision: int | None
    charged_minor: int | None
    codes: tuple[ItemCode, ...]


class ItemFound(Shape, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool


class ItemList(Shape, frozen=True, kw_only=True):
    items: tuple[ItemFound, ...]


class BalanceView(Shape, frozen=True, kw_only=True):
    item_id: str
    place: Place
    on_hand_thousandths: int


class StockList(Shape, frozen=True, kw_only=True):
    """`next_after` continues the list; empty at its end."""

    balances: tuple[BalanceView, ...]
    next_after: str = ""


class StockMoveRequest(Shape, frozen=True, kw_only=True):
    """`move_id` is made by the asker (UUID text): sent again, the move is stored once."""

    move_id: str
    item_id: str
    quantity_thousandths: int
    reason: str
    place: Place = Place.SALES_FLOOR
    reference: str = ""


class StockMoveDone(Shape, frozen=True, kw_only=True):
    """`stored` False: this very move was stored before."""

    stored: bool
    balances: tuple[BalanceView, ...]


class PositionView(Shape, frozen=True, kw_only=True):
    """Where something hangs. An empty aisle: not known. `shelf` 1 is the lowest board, `slot` 1 the leftmost place."""

    aisle: str
    shelf: int
    slot: int


class LabelItem(Shape, frozen=True, kw_only=True):
    """A further item on a label. Price null: it cannot be shown now."""

    item_id: str
    name: str
    name_zh: str
    price_minor: int | None


class LabelInfo(Shape, frozen=True, kw_only=True):
    """One shelf label: what it is bound to, what it should show, what it may be showing."""

    label_id: str
    item_id: str | None
    item_name: str
    item_name_zh: str
    access_point: str
    state: str
    reason: str
    wanted_price_minor: int | None
    wanted_revision: int
    sent_price_minor: int | None
    """Sent and not yet confirmed."""
    sent_at_ms: int | None
    shown_price_minor: int | None
    shown_at_ms: int | None
    possible_prices_minor: tuple[int, ...]
    behind_since_ms: int | None
    battery_mv: int
    last_seen_ms: int
    level: str = ""
    """The furthest step of the newest image: A stored on the access point, B queued, C found equal, D the label asked,
    E blocks fetched, F held by the label, G shown, H dropped."""
    level_at_ms: int | None = None
    eta_ms: int | None = None
    """When its access point will have served everything it has to do, from now on; null: nothing waits for this label."""
    position: PositionView | None = None
    """Null: nobody said where it hangs."""
    more_items: tuple[LabelItem, ...] = ()


class LabelList(Shape, frozen=True, kw_only=True):
    """`unbound_seen`: labels an access point reported that are bound to nothing. `counts`: labels of the store by state."""

    labels: tuple[LabelInfo, ...]
    unbound_seen: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    left_out: int = 0
    """Labels that fit the question beyond its `limit`."""


class LabelLane(Shape, frozen=True, kw_only=True):
    """One access point's work. `waiting`: not handed over yet. `late`: handed over and letting it wait; they stop nobody."""

    access_point: str
    up: bool
    labels: int
    waiting: int
    in_flight: int
    late: int
    eta_ms: int


class LabelLanes(Shape, frozen=True, kw_only=True):
    """`eta_ms`: when everything should show, from now on; labels out of reach aside. `mismatched`: labels that may show
    another price than the one in force. `mismatch_ms`: label-milliseconds of that since the box began."""

    lanes: tuple[LabelLane, ...] = ()
    eta_ms: int = 0
    mismatched: int = 0
    mismatch_ms: int = 0


class BindLabel(Shape, frozen=True, kw_only=True):
    """`item_id` null blanks the label. Access point and type are taken from what was last seen when left out."""

    item_id: str | None
    access_point: str = ""
    hardware_type: int = 0
    more_items: tuple[str, ...] = ()
    """Further items on the same label, in the order they are printed."""


class DeviceInfo(Shape, frozen=True, kw_only=True):
    """A device with the reason for its state and since when (ms since 1970 UTC) it has had it."""

    device_id: str
    device_kind: str
    state: str
    reason: str
    since_ms: int


class DeviceList(Shape, frozen=True, kw_only=True):
    devices: tuple[DeviceInfo, ...]


class FoundDevice(Shape, frozen=True, kw_only=True):
    """Something that is there and not in use. `table`: a proposal for the settings, as TOML; may be empty."""

    where: str
    what: str
    hint: str
    table: str


class FoundDevices(Shape, frozen=True, kw_only=True):
    found: tuple[FoundDevice, ...]


class StreamHealth(Shape, frozen=True, kw_only=True):
    stream: str
    last_seq: int
    acked_upto: int
    durable_upto: int


class FeedHealth(Shape, frozen=True, kw_only=True):
    feed_id: str
    version: int
    state_hash: str


class Health(Shape, frozen=True, kw_only=True):
    """The box in one look. `status`: `ok`, `attention` (alarms stand) or `db_broken`."""

    status: str
    store_id: str
    software: str
    boot_number: int
    clock: str
    now_ms: int
    incarnation: int = 0
    hq_online: bool = False
    hq_status: str = ""
    oldest_unacked_seconds: int = 0
    streams: tuple[StreamHealth, ...] = ()
    feeds: tuple[FeedHealth, ...] = ()
    second_medium: str = ""
    alarms: tuple[Reason, ...] = ()


class ReceiptView(Shape, frozen=True, kw_only=True):
    """A stored sale: the journalled fact as it is, and its receipt as text."""

    receipt: str
    sale_id: str
    total_minor: int
    due_minor: int
    tendered_minor: int
    change_minor: int
    fact: msgspec.Raw
    text: str


class LocaleCatalogue(Shape, frozen=True, kw_only=True):
    """Messages of a language by English text, or by context, U+0004 and code."""

    language: str
    messages: dict[str, str | list[str]]


TillCommandRequest = TillRequest
