"""What the tasks around goods take and give: notices, sweeps, batches, orders, recalls. Stock in thousandths."""

from __future__ import annotations

from edge.local_api.shapes import Shape
from edge.local_api.staff_shapes import DraftView
from protocols.contract.values import Place


class SweepTags(Shape, frozen=True, kw_only=True):
    """Tags as EPC URIs; send many in parts, the same ones as often as you like. `heard`: those the store's own readers hear
    at the list's place now, in their stead."""

    epcs: tuple[str, ...] = ()
    heard: bool = False


class SweepAnswer(Shape, frozen=True, kw_only=True):
    """`new` tags on the list, `again` that were on it, `here` that were booked in before, `unknown` of no known goods."""

    new: int
    again: int
    here: int
    unknown: int
    draft: DraftView


class ReceiptLineView(Shape, frozen=True, kw_only=True):
    """What came of an item's batch beside what was promised (null: no notice). `state`: `as_promised`, `short`, `over`,
    `unexpected`, `missing`, or empty."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    batch: str
    expires: str
    quantity_thousandths: int
    expected_thousandths: int | None
    state: str


class ReceiptPreview(Shape, frozen=True, kw_only=True):
    lines: tuple[ReceiptLineView, ...]


class NoticeLineView(Shape, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    open_thousandths: int


class NoticeView(Shape, frozen=True, kw_only=True):
    """A delivery or a transfer on its way. `came`: a part of it is here already."""

    asn_id: str
    reference: str
    sender: str
    expected_ms: int
    place: Place
    transfer: bool
    came: bool
    lines: tuple[NoticeLineView, ...]


class NoticeList(Shape, frozen=True, kw_only=True):
    notices: tuple[NoticeView, ...]


class LotView(Shape, frozen=True, kw_only=True):
    """So much of a batch at a place. `first`: the one to go first there; `past`: its date is over."""

    place: Place
    batch: str
    expires: str
    on_hand_thousandths: int
    first: bool = False
    past: bool = False


class SerialView(Shape, frozen=True, kw_only=True):
    serial: str
    place: str
    batch: str


class ItemLots(Shape, frozen=True, kw_only=True):
    """An item's stock by place and batch. `available_thousandths`: what can be sold and is not held for an order.
    `seen_thousandths`: by its tags (null: it carries none); `confidence_bp`: how far the book can be trusted."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    lots: tuple[LotView, ...]
    serials: tuple[SerialView, ...]
    held_thousandths: int
    available_thousandths: int
    seen_thousandths: int | None
    confidence_bp: int


class ExpiringView(Shape, frozen=True, kw_only=True):
    """A batch near its date. `off_bp`: the price cut that is proposed now (0: none); `proposed`: headquarters was told."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    place: Place
    batch: str
    expires: str
    days_left: int
    on_hand_thousandths: int
    off_bp: int
    proposed: bool


class ExpiringList(Shape, frozen=True, kw_only=True):
    lots: tuple[ExpiringView, ...]


class SizeLeft(Shape, frozen=True, kw_only=True):
    size: str
    on_hand_thousandths: int


class SizeGapView(Shape, frozen=True, kw_only=True):
    """A style of which sizes are gone while others stand here."""

    style_id: str
    name: str
    name_zh: str
    colour: str
    missing: tuple[str, ...]
    left: tuple[SizeLeft, ...]
    since_ms: int


class LowItemView(Shape, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    since_ms: int
    minimum_thousandths: int
    on_hand_thousandths: int


class Shortages(Shape, frozen=True, kw_only=True):
    """What runs out: broken sizes, and items under their minimum."""

    gaps: tuple[SizeGapView, ...]
    low: tuple[LowItemView, ...]


class OrderLineView(Shape, frozen=True, kw_only=True):
    """`where`: the place and batch to take it from first."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    wanted_thousandths: int
    held_thousandths: int
    picked_thousandths: int
    where: LotView | None = None


class OrderView(Shape, frozen=True, kw_only=True):
    """Goods held for an order. `state`: `confirmed`, `partial` or `picked`."""

    reservation_id: str
    order_id: str
    state: str
    why: str
    name: str
    due_ms: int
    until_ms: int
    lines: tuple[OrderLineView, ...]


class OrderList(Shape, frozen=True, kw_only=True):
    now_ms: int
    orders: tuple[OrderView, ...]


class PickedLine(Shape, frozen=True, kw_only=True):
    item_id: str
    quantity_thousandths: int


class PickOrder(Shape, frozen=True, kw_only=True):
    """What was found of each line; a line left out was not found."""

    lines: tuple[PickedLine, ...]


class RecallView(Shape, frozen=True, kw_only=True):
    """Recalled goods that stand in the shop. `unnamed_thousandths`: of the item, of no known batch: look at them."""

    recall_id: str
    item_id: str
    name: str
    name_zh: str
    batch: str
    reason: str
    on_hand_thousandths: int
    unnamed_thousandths: int
    lots: tuple[LotView, ...]


class RecallList(Shape, frozen=True, kw_only=True):
    recalls: tuple[RecallView, ...]


class TakeAway(Shape, frozen=True, kw_only=True):
    """`command_id` is made by the asker (UUID text): sent again, the goods move once."""

    command_id: str


class TakenAway(Shape, frozen=True, kw_only=True):
    moved_thousandths: int


class DueItem(Shape, frozen=True, kw_only=True):
    """An item to be counted. `why`: `negative` (the book is below zero), `never` or `long_ago`."""

    item_id: str
    name: str
    name_zh: str
    why: str
    counted_at_ms: int | None


class DueList(Shape, frozen=True, kw_only=True):
    items: tuple[DueItem, ...]
