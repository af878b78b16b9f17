"""What staff's tasks take and give: drafts, look-up, minima, alerts. Units last; stock in thousandths of the stock unit."""

from __future__ import annotations

from edge.local_api.shapes import BalanceView, ItemView, LabelInfo, Shape
from edge.stock.drafts import Kind
from protocols.contract.reason import Reason
from protocols.contract.till_basket import Approval
from protocols.contract.values import Place


class OpenDraft(Shape, frozen=True, kw_only=True):
    """`reference`: the delivery note, when there is one. `asn_id`: the notice a receipt is held against. `target`: the other
    place of a move, the other store of a transfer, the reason of a write-off. `whole`: what a count does not find is 0."""

    kind: Kind
    place: Place = Place.SALES_FLOOR
    reference: str = ""
    asn_id: str = ""
    target: str = ""
    note: str = ""
    whole: bool = False


class DraftLineView(Shape, frozen=True, kw_only=True):
    """`moved_meanwhile`: stock of this item moved between the first and the last scan of a count."""

    line_no: int
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    gtin: str
    quantity_thousandths: int
    moved_meanwhile: bool
    batch: str = ""
    expires: str = ""
    batch_tracked: bool = False


class DraftView(Shape, frozen=True, kw_only=True):
    """A list in progress; its newest lines in the order they were touched. It never says what a count should give."""

    draft_id: str
    kind: Kind
    place: Place
    reference: str
    opened_by: str
    opened_at_ms: int
    state: str
    ended_at_ms: int | None
    lines: tuple[DraftLineView, ...]
    line_count: int = 0
    asn_id: str = ""
    target: str = ""
    note: str = ""
    whole: bool = False
    swept: bool = False


class DraftList(Shape, frozen=True, kw_only=True):
    drafts: tuple[DraftView, ...]


class ScanCode(Shape, frozen=True, kw_only=True, tag_field="kind", tag="scan"):
    """A barcode: its pack quantity counts, `times` over. A weighed item is put on the list with what it has."""

    code: str
    times: int = 1


class SetDraftQuantity(Shape, frozen=True, kw_only=True, tag_field="kind", tag="set_quantity"):
    """`expires`: ISO date."""

    item_id: str
    quantity_thousandths: int
    batch: str = ""
    expires: str = ""


class SetDraftLot(Shape, frozen=True, kw_only=True, tag_field="kind", tag="set_lot"):
    """The line of this batch and date is of another: it joins that one's line when there is one."""

    item_id: str
    batch: str = ""
    expires: str = ""
    new_batch: str = ""
    new_expires: str = ""


class RemoveDraftLine(Shape, frozen=True, kw_only=True, tag_field="kind", tag="remove"):
    item_id: str
    batch: str = ""
    expires: str = ""


class PostDraft(Shape, frozen=True, kw_only=True, tag_field="kind", tag="post"):
    """Finish: the list becomes its fact, and the stock is changed. `approval`: the second person, where one is needed.
    `rest_comes`: of a receipt, the rest of its notice is still on its way."""

    approval: Approval | None = None
    rest_comes: bool = False


class DiscardDraft(Shape, frozen=True, kw_only=True, tag_field="kind", tag="discard"):
    """Throw the draft away: nothing is posted."""


class DraftCommand(Shape, frozen=True, kw_only=True):
    """One command with the id the screen made for it (UUID text): sent again, it is carried out once."""

    id: str
    command: ScanCode | SetDraftQuantity | SetDraftLot | RemoveDraftLine | PostDraft | DiscardDraft


class DraftAnswer(Shape, frozen=True, kw_only=True):
    """`ok` False: nothing changed, `reason` says why. `item_id` and `added_thousandths`: what the command was about."""

    id: str
    ok: bool
    reason: Reason | None = None
    item_id: str = ""
    added_thousandths: int = 0
    draft: DraftView | None = None
    batch: str = ""
    expires: str = ""


class VarianceLine(Shape, frozen=True, kw_only=True):
    """What was counted of an item and what should have been there at that moment (null: the count is blind, and the person
    may not see it); `differs` is told in either case."""

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


class Variance(Shape, frozen=True, kw_only=True):
    """What posting the count would correct. `needs_approval`: a second person must allow it."""

    lines: tuple[VarianceLine, ...]
    needs_approval: bool = False


class MoveView(Shape, frozen=True, kw_only=True):
    at_ms: int
    place: Place
    quantity_thousandths: int
    reason: str


class DayView(Shape, frozen=True, kw_only=True):
    """One day in the store's time zone: what came, what went and why, what was left at its end, at all places."""

    date: str
    came_thousandths: int
    went_thousandths: int
    left_thousandths: int
    by_reason: dict[str, int]


class ItemLookUp(Shape, frozen=True, kw_only=True):
    """Everything about an item on one page. `pack_quantity`: of the code that was looked up."""

    item: ItemView
    currency: str
    minor_digits: int
    pack_quantity: int
    balances: tuple[BalanceView, ...]
    minimum_thousandths: int
    counted_at_ms: int | None
    labels: tuple[LabelInfo, ...]
    moves: tuple[MoveView, ...]
    days: tuple[DayView, ...]


class SetMinimum(Shape, frozen=True, kw_only=True):
    """0: nobody watches the item any more."""

    minimum_thousandths: int


class MinimumSet(Shape, frozen=True, kw_only=True):
    item_id: str
    minimum_thousandths: int
    low: bool


class AlertView(Shape, frozen=True, kw_only=True):
    """One thing to look at. Screens translate `code` (context `alert`, or `reason` for kind `box`) with `params`."""

    alert_id: str
    kind: str
    code: str
    text: str
    params: dict[str, str]
    subject_id: str
    since_ms: int
    notable: bool
    noted_by: str = ""
    noted_at_ms: int | None = None


class AlertList(Shape, frozen=True, kw_only=True):
    """`revision` is opaque; send it as `after` to be answered once the list is another one."""

    revision: str
    now_ms: int
    alerts: tuple[AlertView, ...]


class NoteAlert(Shape, frozen=True, kw_only=True):
    alert_id: str
