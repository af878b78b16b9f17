"""Member prices: what the lines of a basket cost when the customer turns out to be somebody, or nobody after all (rule R3).

A price is looked up as of the instant the basket has pinned: one that changed meanwhile does not change the sale.
"""

from __future__ import annotations

import msgspec

from edge.catalogue import lookup
from edge.catalogue.lookup import Price
from edge.checkout.basket import Basket, BasketLine
from edge.store_db.connection import Connection

MEMBER = "member"
"""The `price_reason` of a line at a customer group's price."""


def reprice(source: Connection, basket: Basket) -> Basket:
    """The basket with every open line at the lowest price its customer may have."""
    groups = () if basket.member is None else basket.member.groups
    at_ms = basket.priced_at_ms or basket.opened_at_ms
    lines = tuple(_line(source, line, groups, at_ms) for line in basket.lines)
    return msgspec.structs.replace(basket, lines=lines)


def group_price(source: Connection, item_id: str, at_ms: int, groups: tuple[str, ...]) -> Price | None:
    """The lowest price of an item in any of the groups."""
    found = [lookup.group_price_in_force(source, item_id, at_ms, group) for group in groups]
    return min((price for price in found if price is not None), key=lambda price: price.price_minor, default=None)


def _line(source: Connection, line: BasketLine, groups: tuple[str, ...], at_ms: int) -> BasketLine:
    if line.voided or not line.open_to_offers or line.fixed_minor is not None or line.line_kind != "goods":
        return line
    anybody_minor = line.unit_price_minor if line.everybody_minor is None else line.everybody_minor
    theirs = group_price(source, line.item_id, at_ms, groups)
    if theirs is not None and theirs.customer_group and theirs.price_minor < anybody_minor:
        return msgspec.structs.replace(
            line,
            unit_price_minor=theirs.price_minor,
            everybody_minor=anybody_minor,
            price_revision=theirs.revision,
            price_reason=MEMBER,
        )
    if line.price_reason != MEMBER:
        return line
    listed = lookup.price_in_force(source, line.item_id, at_ms)
    return msgspec.structs.replace(
        line,
        unit_price_minor=anybody_minor,
        everybody_minor=None,
        price_revision=line.price_revision if listed is None else listed.revision,
        price_reason="list" if anybody_minor >= line.list_price_minor else "lower_label",
    )
