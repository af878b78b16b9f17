"""Every command a till carries out, and the use case that does.

To add one: a struct in the contract, a use case, a line here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias

from edge.checkout import (
    best,
    coupons,
    gift_cards,
    goods,
    held,
    lock,
    members,
    no_receipt,
    orders,
    paper,
    payment,
    payment_commands,
    people,
    presales,
    refund,
    returns,
    scanning,
    shifts,
    tag_lines,
    weighing,
)
from edge.checkout.desk import Desk
from edge.checkout.reasons import Refusal
from edge.checkout.scan_routes import routed
from edge.checkout.session import Session, Step
from protocols.contract.till import TillCommand
from protocols.contract.till_basket import (
    AbandonSale,
    AddItem,
    AddUnknown,
    DeclineOffer,
    DiscountBasket,
    DiscountLine,
    HoldSale,
    KeepDeposit,
    PickUpOrder,
    RecallSale,
    Scan,
    SellDeposit,
    SetPrice,
    SetQuantity,
    SetTare,
    SettlePresale,
    ShowTotal,
    VoidLine,
)
from protocols.contract.till_control import (
    CloseShift,
    Login,
    Logout,
    MoveCash,
    OpenDrawer,
    OpenShift,
    PrintXReport,
    PrintZReport,
    ReprintReceipt,
)
from protocols.contract.till_member import AddCoupon, AskGiftCard, ClearMember, DropCoupon, SellGiftCard, SetMember
from protocols.contract.till_payment import (
    CancelPayment,
    Pay,
    PayCash,
    Refund,
    ResolvePayment,
    ReverseTender,
    SettlePayment,
)
from protocols.contract.till_returns import DropReturn, FindReceipt, ReturnItem, ReturnLines
from protocols.contract.till_scale import OrderScale
from protocols.contract.till_tags import AddTags

UseCase: TypeAlias = Callable[[Desk, Session, str, Any], Awaitable[Step]]
"""Desk, session, command id, and the command it is registered for."""

USE_CASES: dict[type, UseCase] = {
    Login: people.login,
    Logout: people.logout,
    OpenShift: shifts.open_shift,
    CloseShift: shifts.close_shift,
    MoveCash: shifts.move_cash,
    PrintXReport: shifts.print_x_report,
    PrintZReport: shifts.print_z_report,
    Scan: scanning.scan,
    AddItem: scanning.add_item,
    AddTags: tag_lines.add_tags,
    AddUnknown: scanning.add_unknown,
    SetTare: goods.set_tare,
    SetPrice: goods.set_price,
    DiscountLine: goods.discount_line,
    DiscountBasket: goods.discount_basket,
    DeclineOffer: goods.decline_offer,
    ShowTotal: best.show_total,
    HoldSale: held.hold,
    RecallSale: held.recall,
    SellDeposit: presales.sell_deposit,
    SettlePresale: presales.settle,
    KeepDeposit: presales.keep_deposit,
    PickUpOrder: orders.pick_up,
    SetQuantity: goods.set_quantity,
    VoidLine: goods.void_line,
    AbandonSale: goods.abandon_sale,
    PayCash: payment.pay_cash,
    Pay: payment.pay,
    ResolvePayment: payment_commands.resolve_payment,
    CancelPayment: payment_commands.cancel_payment,
    SettlePayment: payment_commands.settle_payment,
    ReverseTender: payment_commands.reverse_tender,
    OpenDrawer: paper.open_drawer,
    OrderScale: weighing.order_scale,
    ReprintReceipt: paper.reprint,
    FindReceipt: returns.find_receipt,
    ReturnLines: returns.return_lines,
    ReturnItem: no_receipt.return_item,
    DropReturn: returns.drop_return,
    Refund: refund.refund,
    SetMember: members.set_member,
    ClearMember: members.clear_member,
    AddCoupon: coupons.add_coupon,
    DropCoupon: coupons.drop_coupon,
    SellGiftCard: gift_cards.sell_gift_card,
    AskGiftCard: gift_cards.ask_gift_card,
}


async def carry_out(desk: Desk, session: Session, command_id: str, command: TillCommand) -> Step:
    """Do one command. Raises `Refusal`."""
    command = routed(desk, command)
    use_case = USE_CASES.get(type(command))
    if use_case is None:
        raise Refusal("not_at_this_till")
    lock.check(session, command)
    if session.told is not None or session.card is not None:
        # What was told of the last payment or card has been seen once the next command comes.
        session = replace(session, told=None, card=None)
    return await use_case(desk, session, command_id, command)
