"""Gift cards: what is left on one, and those sold or loaded at the till: a line of its own, no goods, no tax, no offer. The
ledger at headquarters loads the card when the sale's fact arrives.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from edge.checkout import basket as baskets
from edge.checkout.approval import allowed_by
from edge.checkout.basket import BasketLine
from edge.checkout.desk import Desk, seat_of
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from protocols.contract import rights
from protocols.contract.questions import (
    AskBalance,
    Balance,
    QuestionRefused,
    ValueKind,
    card_reference,
    value_key,
    value_tail,
)
from protocols.contract.sale_parts import Override
from protocols.contract.till_member import AskGiftCard, CardView, SellGiftCard

GIFT_CARD = "gift_card"
AMOUNT_MINOR_MAX = 1_000_000
NUMBER_LENGTH_MIN, NUMBER_LENGTH_MAX = 8, 64


async def ask_gift_card(desk: Desk, session: Session, command_id: str, command: AskGiftCard) -> Step:
    """What is left on a card. Headquarters alone knows. Raises `Refusal`."""
    seat_of(session)
    number = command.code.strip()
    if not NUMBER_LENGTH_MIN <= len(number) <= NUMBER_LENGTH_MAX:
        raise Refusal("card_number")
    key = value_key(ValueKind.GIFT_CARD, number)
    question = AskBalance(question_id=desk.ids.new(), value_kind=ValueKind.GIFT_CARD, key=key)
    match await desk.headquarters.ask(question):
        case Balance() as found:
            card = CardView(tail=found.tail or value_tail(number), balance_minor=found.free, expires_ms=found.expires_ms)
            return await desk.finish_shown(replace(session, card=card), command_id)
        case QuestionRefused(code="value_blocked"):
            raise Refusal("value_blocked")
        case QuestionRefused():
            raise Refusal("value_unknown")
        case _:
            raise Refusal("balance_offline")


async def sell_gift_card(desk: Desk, session: Session, command_id: str, command: SellGiftCard) -> Step:
    """Add a gift card to the basket. Needs the right `gift_card`, within its limit."""
    seat = seat_of(session)
    desk.zone()
    number = command.code.strip()
    if not NUMBER_LENGTH_MIN <= len(number) <= NUMBER_LENGTH_MAX:
        raise Refusal("card_number")
    if not 0 < command.amount_minor <= AMOUNT_MINOR_MAX:
        raise Refusal("amount_invalid", amount=command.amount_minor)
    person = await allowed_by(desk, session, rights.GIFT_CARD, command.approval, command.amount_minor)
    basket = session.basket or desk.new_basket()
    reference = card_reference(number)
    if any(line.reference == reference for line in basket.live_lines):
        raise Refusal("card_twice")
    if len(basket.lines) >= baskets.LINES_MAX:
        raise Refusal("basket_full", most=baskets.LINES_MAX)
    question = AskBalance(
        question_id=desk.ids.new(), value_kind=ValueKind.GIFT_CARD, key=value_key(ValueKind.GIFT_CARD, number)
    )
    answer = await desk.headquarters.ask(question)
    if isinstance(answer, QuestionRefused) and answer.code == "value_blocked":
        raise Refusal("value_blocked")
    lent = person.staff_id != seat.cashier_id
    line = BasketLine(
        line_no=len(basket.lines) + 1,
        item_id=GIFT_CARD,
        name=f"Gift card …{value_tail(number)}",
        name_zh=f"礼品卡 …{value_tail(number)}",
        gtin="",
        weighed=False,
        tax_class="",
        tax_rate_bp=0,
        quantity=1,
        grams=None,
        unit_price_minor=command.amount_minor,
        list_price_minor=command.amount_minor,
        price_revision=0,
        price_reason="list",
        label_revision=None,
        line_kind=GIFT_CARD,
        open_to_offers=False,
        overrides=(Override(what=rights.GIFT_CARD, reason="", approver_id=person.staff_id),) if lent else (),
        reference=reference,
    )
    return await desk.finish_basket(session, command_id, msgspec.structs.replace(basket, lines=(*basket.lines, line)))
