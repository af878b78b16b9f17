"""What a till may not do now because of money: while a payment is under way, and once a part of the sale is paid.

A basket that is partly paid keeps its lines: what was paid must be given back first. The one exception is a basket that was
lost (`Basket.recovered`): its goods are entered again until they match what was paid.
"""

from __future__ import annotations

from edge.checkout.attempts import held, under_way
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session
from protocols.contract.till import TillCommand
from protocols.contract.till_basket import (
    AbandonSale,
    AddItem,
    AddUnknown,
    DeclineOffer,
    DiscountBasket,
    DiscountLine,
    HoldSale,
    PickUpOrder,
    RecallSale,
    Scan,
    SellDeposit,
    SetPrice,
    SetQuantity,
    SetTare,
    SettlePresale,
    VoidLine,
)
from protocols.contract.till_control import CloseShift, Logout
from protocols.contract.till_member import AddCoupon, ClearMember, DropCoupon, SellGiftCard, SetMember
from protocols.contract.till_payment import Pay, PayCash, Refund, ReverseTender
from protocols.contract.till_returns import DropReturn, ReturnItem, ReturnLines
from protocols.contract.till_tags import AddTags

CHANGES_GOODS: frozenset[type] = frozenset({
    Scan, AddItem, AddTags, AddUnknown, SetTare, SetQuantity, VoidLine, SetPrice, DiscountLine, DiscountBasket, DeclineOffer,
    SetMember, ClearMember, AddCoupon, DropCoupon, SellGiftCard, SellDeposit, ReturnLines, ReturnItem, DropReturn,
})  # fmt: skip
"""May be done to a lost basket that is entered again."""
ENDS_BASKET: frozenset[type] = frozenset({AbandonSale, HoldSale, RecallSale, PickUpOrder, SettlePresale, Logout, CloseShift})
TAKES_MONEY: frozenset[type] = frozenset({Pay, PayCash, ReverseTender, Refund})


def check(session: Session, command: TillCommand) -> None:
    """Raise `Refusal` when money forbids the command now."""
    kind = type(command)
    current = under_way(session.attempts)
    if current is not None and kind in CHANGES_GOODS | ENDS_BASKET | TAKES_MONEY:
        raise Refusal("payment_under_way" if current.state == "asking" else "payment_unknown", amount=current.amount_minor)
    if not held(session.attempts):
        return
    recovered = session.basket is not None and session.basket.recovered
    if kind in ENDS_BASKET or (kind in CHANGES_GOODS and not recovered):
        raise Refusal("basket_paid")
