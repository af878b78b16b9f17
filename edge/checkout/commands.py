"""Every command a till carries out, and the use case that does.

To add one: a struct in the contract, a use case, a line here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from edge.checkout import best, goods, held, paper, payment, people, presales, scanning, shifts
from edge.checkout.desk import Desk
from edge.checkout.reasons import Refusal
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
from protocols.contract.till_payment import PayCash

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
    SetQuantity: goods.set_quantity,
    VoidLine: goods.void_line,
    AbandonSale: goods.abandon_sale,
    PayCash: payment.pay_cash,
    OpenDrawer: paper.open_drawer,
    ReprintReceipt: paper.reprint,
}


async def carry_out(desk: Desk, session: Session, command_id: str, command: TillCommand) -> Step:
    """Do one command. Raises `Refusal`."""
    use_case = USE_CASES.get(type(command))
    if use_case is None:
        raise Refusal("not_at_this_till")
    return await use_case(desk, session, command_id, command)
