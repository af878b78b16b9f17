"""Returns as a till screen shows them."""

from __future__ import annotations

from edge.catalogue import lookup
from edge.checkout.basket import Basket
from edge.checkout.desk import Desk
from edge.checkout.returns import DAY_MS
from edge.checkout.session import Session
from edge.checkout.sold_sales import standing_of, taken_of
from protocols.contract.returns import SoldSale
from protocols.contract.till_returns import FoundLine, FoundSale, ReturnView


def found_sale(desk: Desk, session: Session) -> FoundSale | None:
    """The sale looked up last, with what may still come back of it now."""
    sold = session.found
    if sold is None:
        return None
    setup = lookup.setup(desk.reader())
    days = 30 if setup is None else setup.return_days
    return FoundSale(
        sale_id=sold.sale.sale_id,
        receipt=sold.receipt,
        closed_at_ms=sold.at_ms,
        total_minor=sold.sale.total_minor,
        lines=_lines(desk, sold),
        offline=not sold.verified,
        window_ends_ms=sold.at_ms + days * DAY_MS if days else None,
        store_id=sold.sale.store_id,
        repriceable=bool(sold.sale.promotion_bundle),
    )


def _lines(desk: Desk, sold: SoldSale) -> tuple[FoundLine, ...]:
    standing = standing_of(desk, sold)
    views = []
    for each in standing.lines:
        taken = taken_of(desk, sold, standing, each.line.line_no)
        free = [unit for unit in range(each.returnable_units) if unit not in taken]
        views.append(
            FoundLine(
                line_no=each.line.line_no,
                item_id=each.line.item_id,
                name=each.line.name,
                name_zh=each.line.name_zh,
                quantity=each.line.quantity,
                grams=each.line.grams,
                net_minor=each.line.net_minor,
                returnable=len(free),
                refund_each_minor=tuple(each.pays_minor[unit] for unit in free),
            )
        )
    return tuple(views)


def returns(basket: Basket | None) -> tuple[ReturnView, ...]:
    """The lines coming back with the open basket."""
    if basket is None:
        return ()
    return tuple(
        ReturnView(
            return_no=each.return_no,
            receipt=each.sold_receipt,
            item_id=each.line.item_id,
            name=each.line.name,
            name_zh=each.name_zh,
            quantity=each.line.quantity,
            grams=each.line.grams,
            reason=each.line.reason,
            refund_minor=each.line.refund_minor,
            policy=each.policy,
            unverified=each.unverified,
            not_repriced=each.not_repriced,
        )
        for each in basket.returns
    )
