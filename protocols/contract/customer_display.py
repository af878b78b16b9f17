"""What the customer sees beside the till: the basket, savings, how the payment stands, and thanks. Read only, no staff data.

WebSocket `/v1/tills/{till}/customer/ws`: the box sends a `CustomerState` as JSON when the page opens and after any change;
the page sends nothing.
"""

from __future__ import annotations

import msgspec


class CustomerLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line going out, or coming back (`net_minor` negative)."""

    line_no: str
    """Unique within the basket; `back-1` for goods coming back."""
    name: str
    name_zh: str = ""
    quantity: int
    grams: int | None = None
    unit_price_minor: int = 0
    gross_minor: int = 0
    net_minor: int = 0
    offers: tuple[str, ...] = ()
    offers_zh: tuple[str, ...] = ()


class CustomerHint(msgspec.Struct, frozen=True, kw_only=True):
    """Add so much, or so many, and so much comes off."""

    name: str
    name_zh: str = ""
    add_minor: int = 0
    add_units: int = 0
    save_minor: int


class CustomerMember(msgspec.Struct, frozen=True, kw_only=True):
    """The greeting. Never a phone number or a note."""

    name: str
    tier: str = ""
    points: int = 0
    points_to_earn: int = 0
    birthday: bool = False


class CustomerPaid(msgspec.Struct, frozen=True, kw_only=True):
    """The sale just paid."""

    receipt: str
    due_minor: int
    tendered_minor: int
    change_minor: int
    qr: tuple[str, ...] = ()
    """The receipt number as a QR code: rows of `1` (dark) and `0`, without the quiet zone."""


class CustomerState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the customer's display shows."""

    till_id: str
    store_name: str
    revision: int
    mode: str
    """`closed` (nobody serves), `welcome` (empty basket), `sale`, `paid`."""
    currency: str = ""
    minor_digits: int = 2
    lines: tuple[CustomerLine, ...] = ()
    gross_minor: int = 0
    saved_minor: int = 0
    total_minor: int = 0
    remaining_minor: int = 0
    """Still to pay; negative: the customer gets it back."""
    paid_minor: int = 0
    """Taken so far, while the sale is open."""
    payment: str = ""
    """State of a payment under way: `asking`, `unknown`, `enquiring`, `reversing`."""
    payment_method: str = ""
    hints: tuple[CustomerHint, ...] = ()
    member: CustomerMember | None = None
    grams: int | None = None
    """On the scale, steady."""
    paid: CustomerPaid | None = None


encoder = msgspec.json.Encoder()
decoder = msgspec.json.Decoder(CustomerState)
