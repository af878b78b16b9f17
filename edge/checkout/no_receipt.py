"""Goods that come back without a receipt: at the lowest price of the last days, behind a right and its limit."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from edge.catalogue import lookup
from edge.catalogue.lookup import Item
from edge.checkout import returns_store
from edge.checkout.approval import allowed_by
from edge.checkout.basket import QUANTITY_MAX, Basket, BasketReturn
from edge.checkout.desk import Desk, seat_of
from edge.checkout.reasons import Refusal
from edge.checkout.return_sums import PLACES
from edge.checkout.returns import DAY_MS, RETURNS_MAX, WHY_CHARACTERS_MAX
from edge.checkout.session import Session, Step
from protocols.contract import rights
from protocols.contract.sale_parts import Override
from protocols.contract.till_facts import ReturnedLine
from protocols.contract.till_returns import ReturnItem
from protocols.contract.values import TaxMode, exclusive_tax_minor, inclusive_tax_minor
from protocols.gs1.gtin import CodeRefused, read_code

PRICE_EDGES_MAX = 1_000
"""Price changes of an item looked at; policy when reached: the newest ones are looked at."""


async def return_item(desk: Desk, session: Session, command_id: str, command: ReturnItem) -> Step:
    """Put goods without a receipt into the basket as coming back."""
    seat_of(session)
    if not 1 <= command.quantity <= QUANTITY_MAX:
        raise Refusal("quantity_invalid", most=QUANTITY_MAX)
    if command.reason not in PLACES:
        raise Refusal("return_reason", reason=command.reason[:20])
    basket = session.basket or desk.new_basket()
    _check_fits(basket)
    item, gtin = _item(desk, command.code)
    each_minor = lowest_price_minor(desk, item)
    quantity = command.quantity * item.pack_quantity
    net_minor = each_minor * quantity
    line = _line(desk, item, gtin, quantity, net_minor, command.reason, len(basket.returns) + 1)
    so_far = sum(known.line.refund_minor for known in basket.returns)
    person = await allowed_by(desk, session, rights.REFUND_WITHOUT_RECEIPT, command.approval, so_far + line.refund_minor)
    why = command.why.strip()[:WHY_CHARACTERS_MAX]
    override = Override(what="no_receipt", reason=why, approver_id=person.staff_id)
    made = BasketReturn(
        return_no=line.return_no,
        sale_id="",
        sold_store_id="",
        sold_receipt="",
        policy="no_receipt",
        line=msgspec.structs.replace(line, overrides=(override,)),
        name_zh=item.name_zh,
    )
    after = msgspec.structs.replace(basket, returns=(*basket.returns, made))
    return await desk.finish_basket(replace(session, basket=after), command_id, after)


def lowest_price_minor(desk: Desk, item: Item) -> int:
    """The lowest price everybody could buy it for in the store's last days, a label's lower one included."""
    source = desk.reader()
    setup = lookup.setup(source)
    days = 30 if setup is None else setup.no_receipt_days
    now_ms = lookup.pricing_now_ms(source, desk.clock)
    from_ms = now_ms - days * DAY_MS
    edge_values = (item.item_id, from_ms, now_ms, PRICE_EDGES_MAX)
    edges = source.execute(returns_store.queries["price_edges"], edge_values).fetchall()
    instants = [from_ms, now_ms, *(int(row[0]) for row in edges)]
    in_force = [lookup.price_in_force(source, item.item_id, at_ms) for at_ms in instants]
    prices = [price.price_minor for price in in_force if price is not None]
    shown = desk.labels.lowest_for(item.item_id)
    if shown is not None:
        prices.append(shown.price_minor)
    if not prices:
        raise Refusal("no_price", name=item.name)
    return min(prices)


def _check_fits(basket: Basket) -> None:
    if basket.tenders:
        raise Refusal("return_while_paying")
    other = next((each for each in basket.returns if each.sale_id), None)
    if other is not None:
        raise Refusal("return_one_sale", receipt=other.sold_receipt)
    if len(basket.returns) >= RETURNS_MAX:
        raise Refusal("basket_full", most=RETURNS_MAX)


def _item(desk: Desk, text: str) -> tuple[Item, str]:
    try:
        code = read_code(text)
    except CodeRefused as refused:
        params = {} if refused.code == "code_empty" else {"code": text.strip()[:40]}
        raise Refusal(refused.code, **params) from refused
    item = lookup.item_by_code(desk.reader(), code.key)
    if item is None:
        raise Refusal("unknown_code", code=text[:40])
    if item.weighed:
        raise Refusal("return_weighed", name=item.name)
    if item.tax_rate_bp is None:
        raise Refusal("no_tax_class", name=item.name)
    return item, code.key if code.is_gtin else ""


def _line(desk: Desk, item: Item, gtin: str, quantity: int, net_minor: int, reason: str, return_no: int) -> ReturnedLine:
    rate_bp = item.tax_rate_bp or 0
    exclusive = desk.zone().tax_mode is TaxMode.EXCLUSIVE
    tax_minor = exclusive_tax_minor(net_minor, rate_bp) if exclusive else inclusive_tax_minor(net_minor, rate_bp)
    return ReturnedLine(
        return_no=return_no,
        item_id=item.item_id,
        name=item.name,
        gtin=gtin,
        quantity=quantity,
        stock_thousandths=quantity * 1000,
        place=PLACES[reason],
        reason=reason,
        refund_minor=net_minor + (tax_minor if exclusive else 0),
        tax_class=item.tax_class,
        tax_rate_bp=rate_bp,
        tax_minor=tax_minor,
    )
