"""Deposits on goods that come later, and their settlement. A deposit is a line of its own without tax; when the goods are
there they enter the basket at their price, and the deposit counts as money already received (tender `deposit`). A
promotion of the kind `deposit` (定金膨胀) makes it count for more: the engine takes the difference off the goods.
"""

from __future__ import annotations

import msgspec

from edge.catalogue import lookup
from edge.checkout import basket as baskets
from edge.checkout import presale_store
from edge.checkout.approval import allowed_by, lent_by
from edge.checkout.basket import PRESALE, BasketDeposit, BasketLine, BasketPresale
from edge.checkout.desk import Desk, seat_of
from edge.checkout.guards import findings
from edge.checkout.item_lines import line_of
from edge.checkout.reasons import Refusal
from edge.checkout.session import Session, Step
from edge.store_db.database import Tx
from protocols.contract import rights
from protocols.contract.till_basket import KeepDeposit, SellDeposit, SettlePresale
from protocols.contract.till_facts import PresaleEnded
from protocols.contract.values import share_largest_remainder
from protocols.gs1.scan import Scanned
from protocols.promotions.bundle import Bundle
from protocols.promotions.goods import Goods
from protocols.promotions.kinds.deposit import DepositEnlargement
from protocols.promotions.values import Shopper, Unit

NOTE_CHARACTERS_MAX = 100


async def sell_deposit(desk: Desk, session: Session, command_id: str, command: SellDeposit) -> Step:
    """Take a deposit, at most what the goods cost now."""
    seat_of(session)
    desk.zone()
    before = session.basket or desk.new_basket()
    item = lookup.item_by_id(desk.reader(), command.item_id)
    if item is None:
        raise Refusal("unknown_code", code=command.item_id[:40])
    if item.weighed:
        raise Refusal("weighed_quantity")
    goods = line_of(desk, session, before, item, Scanned(keys=()), command.quantity)
    if not 0 < command.deposit_minor <= goods.own_minor:
        raise Refusal("amount_invalid", amount=command.deposit_minor)
    presale = BasketPresale(
        presale_id=desk.ids.new(),
        item_id=item.item_id,
        quantity=command.quantity,
        deposit_minor=command.deposit_minor,
        note=command.note.strip()[:NOTE_CHARACTERS_MAX],
    )
    line = BasketLine(
        line_no=0,
        item_id=item.item_id,
        name=f"Deposit: {command.quantity} x {item.name}",
        name_zh=f"定金：{command.quantity} × {item.name_zh or item.name}",
        gtin="",
        weighed=False,
        tax_class="",
        tax_rate_bp=0,
        quantity=1,
        grams=None,
        unit_price_minor=command.deposit_minor,
        list_price_minor=command.deposit_minor,
        price_revision=0,
        price_reason="list",
        label_revision=None,
        line_kind=PRESALE,
        open_to_offers=False,
        reference=presale.presale_id,
    )
    after = baskets.add(before, line)
    if len(after.lines) > baskets.LINES_MAX:
        raise Refusal("basket_full", most=baskets.LINES_MAX)
    return await desk.finish_basket(
        session, command_id, msgspec.structs.replace(after, presales=(*before.presales, presale))
    )


async def settle(desk: Desk, session: Session, command_id: str, command: SettlePresale) -> Step:
    """The goods of a presale enter the basket, and its deposit counts against them. One presale to a sale."""
    seat_of(session)
    desk.zone()
    presale = presale_store.find_open(desk.reader(), command.presale_id)
    before = session.basket or desk.new_basket()
    if before.presale_id:
        raise Refusal("presale_in_basket")
    _check_alone(desk, before.sale_id, command.presale_id)
    item = lookup.item_by_id(desk.reader(), presale.item_id)
    if item is None:
        raise Refusal("unknown_code", code=presale.item_id)
    line = line_of(desk, session, before, item, Scanned(keys=()), presale.quantity)
    line = msgspec.structs.replace(line, reference=command.presale_id)
    recalled = [each for each in findings(desk, before, item, line) if each.what == "recalled"]
    if recalled:
        raise recalled[0].refusal
    promotion_id = _enlarged_by(desk.bundle_of(before), line)
    shares = share_largest_remainder(presale.deposit_minor, [1] * presale.quantity)
    deposits = tuple(
        BasketDeposit(
            deposit_id=f"{command.presale_id}/{number}",
            promotion_id=promotion_id,
            item_id=presale.item_id,
            paid_minor=paid_minor,
        )
        for number, paid_minor in enumerate(shares, start=1)
        if paid_minor
    )
    after = msgspec.structs.replace(baskets.add(before, line), presale_id=command.presale_id, deposits=deposits)
    if len(after.lines) > baskets.LINES_MAX:
        raise Refusal("basket_full", most=baskets.LINES_MAX)
    return await desk.finish_basket(session, command_id, after)


async def keep_deposit(desk: Desk, session: Session, command_id: str, command: KeepDeposit) -> Step:
    """The customer does not come: the presale ends, and the store keeps the deposit. No money moves; a fact tells why."""
    seat = seat_of(session)
    why = command.why.strip()[:NOTE_CHARACTERS_MAX]
    if not why:
        raise Refusal("why_missing")
    presale = presale_store.find_open(desk.reader(), command.presale_id)
    _check_alone(desk, "", command.presale_id)
    person = await allowed_by(desk, session, rights.REFUND, command.approval, presale.deposit_minor)
    fact = PresaleEnded(
        presale_id=command.presale_id,
        how="kept",
        amount_minor=presale.deposit_minor,
        till_id=seat.till_id,
        cashier_id=seat.cashier_id,
        approver_id=lent_by(person, session.need_cashier()),
        why=why,
    )

    def change(tx: Tx) -> None:
        presale_store.end(tx, command.presale_id, "kept", desk.clock.now_ms())
        desk.journal.append(tx, fact)

    return await desk.finish(session, command_id, change)


def _check_alone(desk: Desk, sale_id: str, presale_id: str) -> None:
    if desk.open_baskets.has_presale(desk.reader(), sale_id, presale_id):
        raise Refusal("presale_elsewhere")


def _enlarged_by(bundle: Bundle, line: BasketLine) -> str:
    """The promotion that makes a deposit on these goods count for more: the first by id; empty: none."""
    unit = Unit(
        line_no=1,
        unit_no=0,
        item_id=line.item_id,
        style_id=line.style_id,
        category=line.category,
        brand=line.brand,
        list_minor=line.everybody_unit_minor,
        own_minor=line.own_minor,
    )
    goods = Goods.of([unit], Shopper(), ())
    fitting = (
        promotion.promotion_id
        for promotion in bundle.promotions
        if isinstance(promotion, DepositEnlargement) and goods.members(promotion.scope)
    )
    return next(fitting, "")
