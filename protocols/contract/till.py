"""The contract between a till screen and the store box.

Every input is a command with an id made by the screen, kept there until answered, and sent again after a lost line or a
restarted box; the box applies each id once and repeats the stored answer (design invariant 3). Commands of one till are
applied in the order they arrive; the screen sends the next only after the previous was answered.

WebSocket `/v1/tills/{till}/ws`: the screen sends `TillRequest` JSON; the box sends `TillMessage` JSON: `answer` to a
command, or `state` pushed on any change. `POST /v1/tills/{till}/commands` is the same with the answer in the response.
"""

from __future__ import annotations

import msgspec


class Login(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="login"):
    staff_id: str
    pin: str


class Logout(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="logout"):
    pass


class OpenShift(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="open_shift"):
    float_minor: int


class CloseShift(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="close_shift"):
    counted_minor: int


class Scan(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="scan"):
    """A barcode or a short look-up code. A weighed item takes its weight from the till's scale."""

    code: str


class SetQuantity(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="set_quantity"):
    line_no: int
    quantity: int


class VoidLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="void_line"):
    line_no: int


class AbandonSale(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="abandon_sale"):
    pass


class PayCash(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="pay_cash"):
    """Close the sale with cash. `tendered_minor` is at least the amount due; the answer tells the change."""

    tendered_minor: int
    expected_due_minor: int | None = None
    """The amount due on the screen when the cashier paid: refused when the box's own differs, so that a payment sent again
    after a power cut never closes an older basket than the customer saw. None: a screen that does not say."""


class OpenDrawer(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="open_drawer"):
    reason: str


class ReprintReceipt(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="reprint_receipt"):
    """Print the till's last receipt again, marked COPY."""


TillCommand = (
    Login
    | Logout
    | OpenShift
    | CloseShift
    | Scan
    | SetQuantity
    | VoidLine
    | AbandonSale
    | PayCash
    | OpenDrawer
    | ReprintReceipt
)


class TillRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One command with the id the screen made for it (UUID text)."""

    id: str
    command: TillCommand


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why something was refused or is degraded: a stable code, English text, and the values the text names.

    Screens translate `code` with `params`; `text` is the English fallback.
    """

    code: str
    text: str
    params: dict[str, str] = {}


class TillLine(msgspec.Struct, frozen=True, kw_only=True):
    line_no: int
    item_id: str
    name: str
    name_zh: str = ""
    gtin: str
    quantity: int
    grams: int | None = None
    unit_price_minor: int
    list_price_minor: int
    price_reason: str = "list"
    net_minor: int
    voided: bool = False


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


class ShiftView(msgspec.Struct, frozen=True, kw_only=True):
    shift_id: str
    float_minor: int
    sale_count: int
    expected_minor: int


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    device_kind: str
    state: str
    reason: str = ""


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
    device_scans: tuple[DeviceScan, ...] = ()
    """The newest few, oldest first."""


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
