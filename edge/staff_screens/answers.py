"""What the screens read of the box's answers and send to it. A tolerant reader: fields it does not know are skipped."""

from __future__ import annotations

import msgspec


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A body of the API, as far as the screens need it."""


class LoginBody(Body, frozen=True, kw_only=True):
    staff_id: str
    pin: str


class StaffKey(Body, frozen=True, kw_only=True):
    staff_id: str
    name: str
    rights: tuple[str, ...]
    key: str


class Nothing(Body, frozen=True, kw_only=True):
    """An answer nobody reads."""


class Reason(Body, frozen=True, kw_only=True):
    code: str
    text: str
    params: dict[str, str] = {}


class Alert(Body, frozen=True, kw_only=True):
    alert_id: str
    kind: str
    code: str
    text: str
    params: dict[str, str]
    subject_id: str
    since_ms: int
    notable: bool
    noted_by: str = ""


class AlertList(Body, frozen=True, kw_only=True):
    revision: str
    now_ms: int
    alerts: tuple[Alert, ...]


class NoteAlert(Body, frozen=True, kw_only=True):
    alert_id: str


class Device(Body, frozen=True, kw_only=True):
    device_id: str
    device_kind: str
    state: str
    reason: str
    since_ms: int


class DeviceList(Body, frozen=True, kw_only=True):
    devices: tuple[Device, ...]


class FoundDevice(Body, frozen=True, kw_only=True):
    where: str
    what: str
    hint: str
    table: str


class FoundDevices(Body, frozen=True, kw_only=True):
    found: tuple[FoundDevice, ...]


class ItemFound(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool


class ItemList(Body, frozen=True, kw_only=True):
    items: tuple[ItemFound, ...]


class Item(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    active: bool
    price_minor: int | None
    charged_minor: int | None


class Balance(Body, frozen=True, kw_only=True):
    place: str
    on_hand_thousandths: int


class Move(Body, frozen=True, kw_only=True):
    at_ms: int
    place: str
    quantity_thousandths: int
    reason: str


class Day(Body, frozen=True, kw_only=True):
    date: str
    came_thousandths: int
    went_thousandths: int
    left_thousandths: int


class Position(Body, frozen=True, kw_only=True):
    """Where something hangs. An empty aisle: not known."""

    aisle: str = ""
    shelf: int = 0
    slot: int = 0


class LabelItem(Body, frozen=True, kw_only=True):
    """A further item on a label."""

    item_id: str
    name: str
    name_zh: str = ""
    price_minor: int | None = None


class Label(Body, frozen=True, kw_only=True):
    label_id: str
    item_id: str | None
    item_name: str = ""
    item_name_zh: str = ""
    access_point: str = ""
    state: str
    reason: str = ""
    wanted_price_minor: int | None = None
    sent_price_minor: int | None = None
    sent_at_ms: int | None = None
    shown_price_minor: int | None = None
    shown_at_ms: int | None = None
    behind_since_ms: int | None = None
    battery_mv: int = 0
    last_seen_ms: int = 0
    level: str = ""
    eta_ms: int | None = None
    position: Position | None = None
    more_items: tuple[LabelItem, ...] = ()


class LabelList(Body, frozen=True, kw_only=True):
    labels: tuple[Label, ...]
    unbound_seen: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    left_out: int = 0


class BindLabel(Body, frozen=True, kw_only=True):
    item_id: str | None
    more_items: tuple[str, ...] = ()


class ItemLookUp(Body, frozen=True, kw_only=True):
    item: Item
    currency: str
    minor_digits: int
    pack_quantity: int
    balances: tuple[Balance, ...]
    minimum_thousandths: int
    counted_at_ms: int | None
    labels: tuple[Label, ...]
    moves: tuple[Move, ...]
    days: tuple[Day, ...]


class SetMinimum(Body, frozen=True, kw_only=True):
    minimum_thousandths: int


class OpenDraft(Body, frozen=True, kw_only=True):
    kind: str
    place: str
    reference: str = ""
    asn_id: str = ""
    target: str = ""
    note: str = ""
    whole: bool = False


class DraftLine(Body, frozen=True, kw_only=True):
    line_no: int
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    quantity_thousandths: int
    moved_meanwhile: bool
    batch: str = ""
    expires: str = ""
    batch_tracked: bool = False


class Draft(Body, frozen=True, kw_only=True):
    draft_id: str
    kind: str
    place: str
    reference: str
    opened_by: str
    opened_at_ms: int
    state: str
    lines: tuple[DraftLine, ...]
    line_count: int = 0
    asn_id: str = ""
    target: str = ""
    note: str = ""
    whole: bool = False
    swept: bool = False

    def line_of(self, item_id: str, batch: str = "", expires: str = "") -> DraftLine | None:
        """The line of an item's batch."""
        key = (item_id, batch, expires)
        return next((line for line in self.lines if (line.item_id, line.batch, line.expires) == key), None)


class DraftList(Body, frozen=True, kw_only=True):
    drafts: tuple[Draft, ...]


class Scan(Body, frozen=True, kw_only=True, tag_field="kind", tag="scan"):
    code: str


class SetQuantity(Body, frozen=True, kw_only=True, tag_field="kind", tag="set_quantity"):
    item_id: str
    quantity_thousandths: int
    batch: str = ""
    expires: str = ""


class SetLot(Body, frozen=True, kw_only=True, tag_field="kind", tag="set_lot"):
    item_id: str
    batch: str = ""
    expires: str = ""
    new_batch: str = ""
    new_expires: str = ""


class Remove(Body, frozen=True, kw_only=True, tag_field="kind", tag="remove"):
    item_id: str
    batch: str = ""
    expires: str = ""


class Approval(Body, frozen=True, kw_only=True):
    """A second person. Never kept: it goes straight to the box."""

    staff_id: str
    pin: str


class Post(Body, frozen=True, kw_only=True, tag_field="kind", tag="post"):
    approval: Approval | None = None
    rest_comes: bool = False


class Discard(Body, frozen=True, kw_only=True, tag_field="kind", tag="discard"):
    pass


Command = Scan | SetQuantity | SetLot | Remove | Post | Discard


class DraftCommand(Body, frozen=True, kw_only=True):
    """A command on its way: kept until it is answered, and sent again as it is."""

    id: str
    command: Command


class DraftAnswer(Body, frozen=True, kw_only=True):
    id: str
    ok: bool
    reason: Reason | None = None
    item_id: str = ""
    added_thousandths: int = 0
    draft: Draft | None = None
    batch: str = ""
    expires: str = ""


class VarianceLine(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    expected_thousandths: int | None
    counted_thousandths: int
    moved_meanwhile: bool
    differs: bool = False
    batch: str = ""
    expires: str = ""


class Variance(Body, frozen=True, kw_only=True):
    lines: tuple[VarianceLine, ...]
    needs_approval: bool = False


class ReceivedLine(Body, frozen=True, kw_only=True):
    item_id: str
    gtin: str = ""
    quantity_thousandths: int


class PortalReceipt(Body, frozen=True, kw_only=True):
    """Tagged goods that came in through a door."""

    at_ms: int
    device_id: str
    lines: tuple[ReceivedLine, ...]


class PortalReceipts(Body, frozen=True, kw_only=True):
    receipts: tuple[PortalReceipt, ...]


class LeftLine(Body, frozen=True, kw_only=True):
    item_id: str = ""
    gtin: str = ""


class PortalLeaving(Body, frozen=True, kw_only=True):
    """Tagged goods that went out through a door."""

    at_ms: int
    device_id: str
    lines: tuple[LeftLine, ...]


class PortalLeavings(Body, frozen=True, kw_only=True):
    left: tuple[PortalLeaving, ...]


class OpenTag(Body, frozen=True, kw_only=True):
    """A tag a person has to look at."""

    epc: str
    state: str
    device_id: str
    seen_at_ms: int


class OpenTags(Body, frozen=True, kw_only=True):
    tags: tuple[OpenTag, ...]


class DismissTag(Body, frozen=True, kw_only=True):
    epc: str
