"""What a scan asks the till for: goods, a receipt, a member; or why it is not taken (`protocols.scanners.routes`)."""

from __future__ import annotations

from edge.catalogue import lookup
from edge.checkout.desk import Desk
from edge.checkout.reasons import Refusal
from protocols.contract.questions import value_tail
from protocols.contract.till import TillCommand
from protocols.contract.till_basket import Scan
from protocols.contract.till_member import AddCoupon, AskGiftCard, SellGiftCard, SetMember
from protocols.contract.till_payment import Pay
from protocols.contract.till_returns import FindReceipt
from protocols.gs1.elements import shown
from protocols.scanners.routes import Moment, Route, bare, fits_layout, is_secret, is_track, route_of


def routed(desk: Desk, command: TillCommand) -> TillCommand:
    """The command a scan stands for; any other one as it is. Raises `Refusal`, which never tells the code itself."""
    match command:
        case Scan():
            return _scanned(desk, command)
        case SetMember() | AddCoupon() | AskGiftCard() | SellGiftCard() | Pay():
            if is_track(bare(command.code)):
                raise Refusal("bank_card")
    return command


def _scanned(desk: Desk, command: Scan) -> TillCommand:
    def in_store(digits: str) -> bool:
        zone = lookup.zone(desk.reader())
        return zone is not None and fits_layout(digits, zone.layouts)

    match route_of(command.code, Moment.SALE, desk.numbers, in_store):
        case Route.RECEIPT:
            return FindReceipt(receipt=command.code)
        case Route.MEMBER:
            return SetMember(code=bare(command.code))
        case Route.GIFT_CARD:
            return AskGiftCard(code=bare(command.code))
        case Route.COUPON:
            return AddCoupon(code=bare(command.code))
        case Route.TOO_EARLY:
            raise Refusal("payment_code_early")
        case Route.BANK_CARD:
            raise Refusal("bank_card")
        case _:
            return command


def code_shown(code: str) -> str:
    """The code as a refusal may tell it: of what may be a payment code the last four characters."""
    return f"…{value_tail(bare(code))}" if is_secret(code) else shown(code)
