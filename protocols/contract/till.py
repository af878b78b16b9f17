"""The contract between a till screen and the store box.

Every input is a command with an id made by the screen, kept there until answered, and sent again after a lost line or a
restarted box; the box applies each id once and repeats the stored answer (design invariant 3). Commands of one till are
applied in the order they arrive; the screen sends the next only after the previous was answered. A field is only ever added,
with a default, so that a screen kept by a browser goes on working after an update of the box.

WebSocket `/v1/tills/{till}/ws`: the screen sends `TillRequest` JSON; the box sends `TillMessage` JSON: `answer` to a
command, or `state` pushed on any change. `POST /v1/tills/{till}/commands` is the same with the answer in the response.
"""

from __future__ import annotations

import msgspec

from protocols.contract.reason import Reason
from protocols.contract.till_basket import (
    AbandonSale,
    AddItem,
    AddUnknown,
    DeclineOffer,
    DiscountBasket,
    DiscountLine,
    HeldView,
    HintView,
    HoldSale,
    NotAppliedView,
    OfferView,
    PickChoice,
    PickUpOrder,
    RecallSale,
    Repriced,
    Scan,
    SellDeposit,
    SetPrice,
    SetQuantity,
    SetTare,
    SettlePresale,
    ShowTotal,
    TillLine,
    VoidLine,
)
from protocols.contract.till_control import (
    CloseShift,
    HoldScans,
    Login,
    Logout,
    MoveCash,
    OpenDrawer,
    OpenShift,
    PrintXReport,
    PrintZReport,
    ReprintReceipt,
    ShiftView,
    TakeScan,
)
from protocols.contract.till_member import (
    AddCoupon,
    AskGiftCard,
    CardView,
    ClearMember,
    CouponView,
    DropCoupon,
    MemberChoice,
    MemberView,
    SellGiftCard,
    SetMember,
)
from protocols.contract.till_payment import (
    CancelPayment,
    MethodView,
    Pay,
    PayCash,
    PaymentView,
    Refund,
    ResolvePayment,
    ReverseTender,
    SettlePayment,
    TenderView,
)
from protocols.contract.till_returns import (
    DropReturn,
    FindReceipt,
    FoundSale,
    ReturnItem,
    ReturnLines,
    ReturnView,
)
from protocols.contract.till_tags import AddTags, PadView

TillCommand = (
    Login
    | Logout
    | OpenShift
    | CloseShift
    | Scan
    | AddItem
    | AddTags
    | AddUnknown
    | SetTare
    | SetQuantity
    | VoidLine
    | SetPrice
    | DiscountLine
    | DiscountBasket
    | AbandonSale
    | HoldSale
    | RecallSale
    | DeclineOffer
    | ShowTotal
    | SellDeposit
    | SettlePresale
    | PickUpOrder
    | SetMember
    | ClearMember
    | AddCoupon
    | DropCoupon
    | SellGiftCard
    | AskGiftCard
    | PayCash
    | Pay
    | ResolvePayment
    | CancelPayment
    | SettlePayment
    | ReverseTender
    | Refund
    | FindReceipt
    | ReturnLines
    | ReturnItem
    | DropReturn
    | MoveCash
    | PrintXReport
    | PrintZReport
    | OpenDrawer
    | ReprintReceipt
    | HoldScans
    | TakeScan
)


class TillRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One command with the id the screen made for it (UUID text)."""

    id: str
    command: TillCommand


class LastSale(msgspec.Struct, frozen=True, kw_only=True):
    """The sale just paid, so that the screen can show the change until the next scan."""

    sale_id: str
    receipt: str
    """As printed: till-incarnation-number."""
    total_minor: int
    due_minor: int
    """After cash rounding."""
    tendered_minor: int
    change_minor: int
    print_state: str = "queued"
    refunded_minor: int = 0
    """Paid back to the customer."""


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    device_kind: str
    state: str
    reason: str = ""
    since_ms: int = 0
    """Since when it is in this state, by the box's wall clock; the reason may have changed meanwhile."""


class WeightView(msgspec.Struct, frozen=True, kw_only=True):
    """The scale as the cashier sees it; `grams` only when the weight may be used in a sale."""

    grams: int | None = None
    state: str = "unknown"


class DeviceScan(msgspec.Struct, frozen=True, kw_only=True):
    """A scan by the till's own scanner, applied by the box: what the screen says of it by sight and sound, once per `id`."""

    id: str
    code: str
    """Empty when the scanner sent nothing readable."""
    ok: bool
    reason: Reason | None = None


class HeldScan(msgspec.Struct, frozen=True, kw_only=True):
    """A scan by the till's own scanner that waits until the open sheet is decided (`HoldScans`)."""

    id: str
    code: str


class TillState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a till screen shows. `revision` grows with every change; a screen ignores older ones."""

    till_id: str
    store_name: str
    revision: int
    mode: str
    """`setup` (no catalogue yet), `login`, `shift` (logged in, no shift), `sale`."""
    currency: str = ""
    minor_digits: int = 2
    cashier_id: str | None = None
    cashier_name: str | None = None
    language: str = "en"
    rights: tuple[str, ...] = ()
    shift: ShiftView | None = None
    sale_id: str | None = None
    lines: tuple[TillLine, ...] = ()
    total_minor: int = 0
    tax_minor: int = 0
    due_minor: int = 0
    last_sale: LastSale | None = None
    devices: tuple[DeviceView, ...] = ()
    weight: WeightView | None = None
    hq_online: bool = False
    oldest_unacked_seconds: int = 0
    alarms: tuple[Reason, ...] = ()
    held_scans: tuple[HeldScan, ...] = ()
    card: CardView | None = None
    """The gift card just asked about."""
    device_scans: tuple[DeviceScan, ...] = ()
    """The newest few, oldest first."""
    gross_minor: int = 0
    """The basket at list prices."""
    saved_minor: int = 0
    """Taken off by offers, coupons, members' prices and by hand."""
    proved: bool = True
    """No better basket exists under the rules."""
    lower_bound_minor: int | None = None
    """When it is not proved: the total is at least this."""
    offers: tuple[OfferView, ...] = ()
    hints: tuple[HintView, ...] = ()
    not_applied: tuple[NotAppliedView, ...] = ()
    member: MemberView | None = None
    member_choices: tuple[MemberChoice, ...] = ()
    coupons: tuple[CouponView, ...] = ()
    tenders: tuple[TenderView, ...] = ()
    payment: PaymentView | None = None
    methods: tuple[MethodView, ...] = ()
    remaining_minor: int = 0
    """Still to pay, not rounded for cash; `due_minor` is what is still due in cash. Negative: to be paid back."""
    returns: tuple[ReturnView, ...] = ()
    found_sale: FoundSale | None = None
    held: tuple[HeldView, ...] = ()
    choices: tuple[PickChoice, ...] = ()
    """The items of the style last asked for, while a person is to pick one."""
    repriced: tuple[Repriced, ...] = ()
    tare_grams: int = 0
    """For the next weighed item."""
    searched: bool = True
    """False: the total was found in passing; `show_total` looks further."""
    bag_item_id: str = ""
    """The carrier bag that one touch adds; empty: none."""
    pad: PadView | None = None
    """The pad that reads tags; None: this till has none."""


class TillAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="answer"):
    """The answer to one command; identical however often the command is repeated (`state` is as of now)."""

    id: str
    ok: bool
    reason: Reason | None = None
    sale: LastSale | None = None
    """Set when the command closed a sale: the proof that it is paid and stored."""
    state: TillState


class TillPush(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="state"):
    state: TillState


TillMessage = TillAnswer | TillPush

request_decoder = msgspec.json.Decoder(TillRequest)
message_decoder = msgspec.json.Decoder(TillMessage)
encoder = msgspec.json.Encoder()
