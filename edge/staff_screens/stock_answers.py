"""Tasks around goods as the screens read and send them. A tolerant reader, as `answers`."""

from __future__ import annotations

from edge.staff_screens.answers import Body, Draft


class SweepTags(Body, frozen=True, kw_only=True):
    epcs: tuple[str, ...] = ()
    heard: bool = False


class SweepAnswer(Body, frozen=True, kw_only=True):
    new: int
    again: int
    here: int
    unknown: int
    draft: Draft


class ReceiptLine(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    batch: str
    expires: str
    quantity_thousandths: int
    expected_thousandths: int | None
    state: str


class ReceiptPreview(Body, frozen=True, kw_only=True):
    lines: tuple[ReceiptLine, ...]


class NoticeLine(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    open_thousandths: int


class Notice(Body, frozen=True, kw_only=True):
    asn_id: str
    reference: str
    sender: str
    expected_ms: int
    place: str
    transfer: bool
    came: bool
    lines: tuple[NoticeLine, ...]


class NoticeList(Body, frozen=True, kw_only=True):
    notices: tuple[Notice, ...]


class Lot(Body, frozen=True, kw_only=True):
    place: str
    batch: str
    expires: str
    on_hand_thousandths: int
    first: bool = False
    past: bool = False


class Serial(Body, frozen=True, kw_only=True):
    serial: str
    place: str
    batch: str


class ItemLots(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    lots: tuple[Lot, ...]
    serials: tuple[Serial, ...]
    held_thousandths: int
    available_thousandths: int
    seen_thousandths: int | None
    confidence_bp: int


class Expiring(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    place: str
    batch: str
    expires: str
    days_left: int
    on_hand_thousandths: int
    off_bp: int
    proposed: bool


class ExpiringList(Body, frozen=True, kw_only=True):
    lots: tuple[Expiring, ...]


class SizeLeft(Body, frozen=True, kw_only=True):
    size: str
    on_hand_thousandths: int


class SizeGap(Body, frozen=True, kw_only=True):
    style_id: str
    name: str
    name_zh: str
    colour: str
    missing: tuple[str, ...]
    left: tuple[SizeLeft, ...]
    since_ms: int


class LowItem(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    since_ms: int
    minimum_thousandths: int
    on_hand_thousandths: int


class Shortages(Body, frozen=True, kw_only=True):
    gaps: tuple[SizeGap, ...]
    low: tuple[LowItem, ...]


class OrderLine(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    wanted_thousandths: int
    held_thousandths: int
    picked_thousandths: int
    where: Lot | None = None


class Order(Body, frozen=True, kw_only=True):
    reservation_id: str
    order_id: str
    state: str
    why: str
    name: str
    due_ms: int
    until_ms: int
    lines: tuple[OrderLine, ...]


class OrderList(Body, frozen=True, kw_only=True):
    now_ms: int
    orders: tuple[Order, ...]


class PickedLine(Body, frozen=True, kw_only=True):
    item_id: str
    quantity_thousandths: int


class PickOrder(Body, frozen=True, kw_only=True):
    lines: tuple[PickedLine, ...]


class Recall(Body, frozen=True, kw_only=True):
    recall_id: str
    item_id: str
    name: str
    name_zh: str
    batch: str
    reason: str
    on_hand_thousandths: int
    unnamed_thousandths: int
    lots: tuple[Lot, ...]


class RecallList(Body, frozen=True, kw_only=True):
    recalls: tuple[Recall, ...]


class TakeAway(Body, frozen=True, kw_only=True):
    command_id: str


class DueItem(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    why: str
    counted_at_ms: int | None


class DueList(Body, frozen=True, kw_only=True):
    items: tuple[DueItem, ...]
