"""Commands that take and give money, and how a payment stands."""

from __future__ import annotations

import msgspec

from protocols.contract.reason import Reason
from protocols.contract.till_basket import Approval


class PayCash(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="pay_cash"):
    """Close the sale with cash for what is still due. `tendered_minor` is at least that; the answer tells the change."""

    tendered_minor: int
    expected_due_minor: int | None = None
    """The amount due on the screen when the cashier paid: refused when the box's own differs, so that a payment sent again
    after a power cut never closes an older basket than the customer saw. None: a screen that does not say."""


class Pay(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="pay"):
    """Take a tender other than cash (or part of the sum in cash). The sale closes by itself when nothing is left to pay."""

    method: str
    """`cash`, `card`, `code` (WeChat, Alipay), `gift_card`, `points`, or another of the store's tenders."""
    amount_minor: int
    expected_due_minor: int
    """What the screen showed as still due."""
    code: str = ""
    """A payment code or gift card number as scanned. Kept by the box only as a hash and its last four digits."""
    approval: Approval | None = None


class ResolvePayment(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="resolve_payment"):
    """Ask the terminal again what became of a payment whose outcome is unknown."""

    attempt_id: str


class CancelPayment(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="cancel_payment"):
    """Stop a payment that is under way at the terminal. Its outcome decides, not this wish."""

    attempt_id: str


class SettlePayment(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="settle_payment"):
    """The terminal cannot tell: a person with the terminal's slip in hand says what happened."""

    attempt_id: str
    approved: bool
    why: str
    approval: Approval | None = None


class ReverseTender(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="reverse_tender"):
    """Give a tender of the open sale back, the last one first."""

    tender_no: int
    approval: Approval | None = None


class Refund(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="refund"):
    """Close a return: pay the difference back. `method` empty: to where it came from, as the rules say."""

    expected_refund_minor: int
    method: str = ""
    code: str = ""
    approval: Approval | None = None


class TenderView(msgspec.Struct, frozen=True, kw_only=True):
    """A tender of the open sale."""

    tender_no: int
    method: str
    amount_minor: int
    reference: str = ""
    """Masked: the last four digits at most."""


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that is under way or whose outcome is not known."""

    attempt_id: str
    method: str
    amount_minor: int
    state: str
    """Under way: `asking` (at the terminal), `reversing` (money goes back), `unknown` (no answer; the box enquires by
    itself, `ResolvePayment` does at once). Over, and shown until the next command: `declined`, `cancelled`, `not_found`,
    `partial`."""
    since_ms: int
    reason: Reason | None = None


class MethodView(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay at this till now."""

    method: str
    usable: bool = True
    reason: Reason | None = None
    """Why it is not usable, or what limits it (offline allowance)."""
    limit_minor: int | None = None
