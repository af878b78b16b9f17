"""The picker: the items of a style by colour and size, with price and stock."""

from __future__ import annotations

from edge.catalogue import lookup
from edge.checkout.desk import Desk
from edge.checkout.item_lines import shelf_price
from edge.checkout.reasons import Refusal
from edge.stock import service as stock
from protocols.contract.till_basket import PickChoice


def choices_of(desk: Desk, style_id: str) -> tuple[PickChoice, ...]:
    """The active items of a style that have a price; empty for an unknown style."""
    found = []
    for item in lookup.items_of_style(desk.reader(), style_id):
        try:
            price = shelf_price(desk, item.item_id, item.name, ())
        except Refusal:
            continue  # Without a price it cannot be picked.
        balances = stock.balances(desk.reader(), item.item_id)
        found.append(
            PickChoice(
                item_id=item.item_id,
                name=item.name,
                name_zh=item.name_zh,
                colour=item.colour,
                size=item.size,
                price_minor=price.unit_price_minor,
                on_hand_thousandths=sum(balance.on_hand_thousandths for balance in balances) if balances else None,
            )
        )
    return tuple(found)
