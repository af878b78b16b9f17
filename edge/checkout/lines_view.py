"""The lines of a basket as a till shows them. Of a long basket a scan changes one line: the others are not made again."""

from __future__ import annotations

from edge.checkout.basket import BasketLine
from edge.checkout.pricing import PricedLine
from edge.checkout.session import Session
from protocols.contract.sale_parts import UnitDiscount
from protocols.contract.till_basket import TillLine

_Made = tuple[BasketLine, "tuple[UnitDiscount, ...] | None", int, bool, TillLine]
"""A line, what its view was made from beside it, and the view."""


class LinesView:
    """The lines of one till. Holds those of the basket shown last, and no more."""

    def __init__(self) -> None:
        self._made: dict[int, _Made] = {}

    def of(self, session: Session) -> tuple[TillLine, ...]:
        """As they are now, the voided ones included."""
        if session.basket is None:
            self._made = {}
            return ()
        before, self._made = self._made, {}
        priced = {each.line.line_no: each for each in session.priced.lines}
        for line in session.basket.lines:
            self._made[line.line_no] = _made(
                line,
                priced.get(line.line_no),
                line.item_id in session.beyond and not line.voided,
                before.get(line.line_no),
            )
        return tuple(each[-1] for each in self._made.values())


def _made(line: BasketLine, priced: PricedLine | None, beyond: bool, before: _Made | None) -> _Made:
    """The view of a line; a voided one, which has no price, at what it would cost."""
    discounts = None if priced is None else priced.discounts
    net_minor = line.own_minor if priced is None else priced.net_minor
    if before is not None and before[0] is line and before[1:4] == (discounts, net_minor, beyond):
        return before
    taken_off = tuple(each for each in discounts or () if each.name)
    view = TillLine(
        line_no=line.line_no,
        item_id=line.item_id,
        name=line.name,
        name_zh=line.name_zh,
        gtin=line.gtin,
        quantity=line.quantity,
        grams=line.grams,
        unit_price_minor=line.unit_price_minor,
        list_price_minor=line.list_price_minor,
        price_reason=line.price_reason,
        net_minor=net_minor,
        voided=line.voided,
        gross_minor=line.gross_minor,
        offers=tuple(each.name for each in taken_off),
        offers_zh=tuple(each.name_zh for each in taken_off),
        tare_grams=line.tare_grams,
        batch=line.batch,
        serial=line.serial,
        expires=line.expires,
        line_kind=line.line_kind,
        overrides=tuple(each.what for each in line.overrides),
        tags=len(line.epcs),
        beyond_stock=beyond,
    )
    return line, discounts, net_minor, beyond, view
