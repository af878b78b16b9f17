"""Every command a till carries out, and the use case that does.

To add one: a struct in the contract, a use case, a line here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias

from edge.checkout import goods, lock, paper, payment, payment_commands, people
from edge.checkout.desk import Desk
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from protocols.contract.till import TillCommand
from protocols.contract.till_basket import AbandonSale, Scan, SetQuantity, VoidLine
from protocols.contract.till_control import CloseShift, Login, Logout, OpenDrawer, OpenShift, ReprintReceipt
from protocols.contract.till_payment import CancelPayment, Pay, PayCash, ResolvePayment, ReverseTender, SettlePayment

UseCase: TypeAlias = Callable[[Desk, Session, str, Any], Awaitable[Step]]
"""Desk, session, command id, and the command it is registered for."""

USE_CASES: dict[type, UseCase] = {
    Login: people.login,
    Logout: people.logout,
    OpenShift: people.open_shift,
    CloseShift: people.close_shift,
    Scan: goods.scan,
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
    ReprintReceipt: paper.reprint,
}


async def carry_out(desk: Desk, session: Session, command_id: str, command: TillCommand) -> Step:
    """Do one command. Raises `Refusal`."""
    use_case = USE_CASES.get(type(command))
    if use_case is None:
        raise Refusal("not_at_this_till")
    lock.check(session, command)
    # What was told of the last payment has been seen once the next command comes.
    return await use_case(desk, replace(session, told=None), command_id, command)
