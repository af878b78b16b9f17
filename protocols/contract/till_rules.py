"""What a store's tills hold people to: decided by HQ, part of the store's set-up."""

from __future__ import annotations

from typing import Literal

import msgspec

NegativeStock = Literal["allow", "warn", "refuse"]


class LossRule(msgspec.Struct, frozen=True, kw_only=True):
    """So many of something within a time at one till, and a supervisor is told. `what`: a name the loss rules know
    (`edge.checkout.loss`)."""

    what: str
    most: int
    """As many as this are ordinary."""
    within_minutes: int


class TillRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of the tills of a store. Amounts in minor units of its currency."""

    variance_limit_minor: int = 500
    """A shift whose cash differs by more needs a second person and a reason."""
    cash_warning_minor: int = 200_000
    """With more cash in the drawer the till asks for some to be taken out; 0: never."""
    negative_stock: NegativeStock = "allow"
    """What the till does about goods of which the store's records have none left. `allow`: sell; `warn`: sell and say so at
    the line; `refuse`: only with a person's override. What is sold beyond the records becomes a count task of the store."""
    loss: tuple[LossRule, ...] = (
        LossRule(what="void", most=8, within_minutes=60),
        LossRule(what="no_sale", most=3, within_minutes=60),
        LossRule(what="abandoned", most=4, within_minutes=60),
        LossRule(what="refund_without_receipt", most=2, within_minutes=240),
        LossRule(what="refund", most=8, within_minutes=240),
        LossRule(what="price_change", most=6, within_minutes=60),
        LossRule(what="copy", most=5, within_minutes=60),
        LossRule(what="void_after_payment", most=1, within_minutes=240),
        LossRule(what="count_again", most=1, within_minutes=30),
    )
