"""Selling more of an item than the store's records have: the store's policy, held at the till (`TillRules.negative_stock`).

What a customer holds in the hand was there, whatever the records say. So `allow` and `warn` let the sale stand, and a count
task is raised for staff (`edge.stock.last_unit`); with `warn` the line says so. With `refuse` a unit is sold once: what lies
in another basket, open or on hold, counts as gone, and of two tills that reach for the last unit one has it. Then only a
person with the right `override` may let another one pass, with a reason on record. Goods promised before (an order, a
presale), bags and containers are not looked at.
"""

from __future__ import annotations

from edge.catalogue import lookup
from edge.checkout.basket import Basket, BasketLine
from edge.checkout.open_baskets import OpenBaskets, units_of
from edge.checkout.reasons import Refusal
from edge.checkout.store import Source
from edge.stock.last_unit import left_thousandths
from edge.stock.rules import rules
from protocols.contract.till_rules import NegativeStock

NOT_ON_HAND = "not_on_hand"
"""Code of the refusal, and `Override.what` of a line that a person let pass."""
NOTHING: frozenset[str] = frozenset()
_STRICTNESS: tuple[NegativeStock, ...] = ("allow", "warn", "refuse")


def policy(source: Source) -> NegativeStock:
    """What the store has decided, as a rule of its tills or of its stock: the stricter of the two; `allow` by default."""
    setup = lookup.setup(source)
    of_tills: NegativeStock = "allow" if setup is None else setup.till_rules.negative_stock
    of_stock: NegativeStock = rules(source).negative_stock.value
    return max(of_tills, of_stock, key=_STRICTNESS.index)


def missing(source: Source, baskets: OpenBaskets, basket: Basket, line: BasketLine) -> Refusal | None:
    """Why a line may not be added to a basket; None: the policy has nothing against it."""
    if not _looked_at(line) or policy(source) != "refuse":
        return None
    wanted = _looked_at_thousandths(basket, line.item_id) + line.stock_thousandths
    left = _left(source, baskets, basket.sale_id, line.item_id)
    return None if wanted <= left else _refusal(line, left - (wanted - line.stock_thousandths))


def check(
    source: Source, baskets: OpenBaskets, before: Basket | None, after: Basket, beyond: frozenset[str]
) -> frozenset[str]:
    """The items of which a changed basket has more than the records say; `beyond`: what was known of `before`.

    Raises `Refusal` (not_on_hand) when the policy is `refuse` and no person let it pass. Must be followed by noting the
    basket, without waiting in between.
    """
    rule = policy(source)
    if rule == "allow":
        return NOTHING
    was, now = {} if before is None else units_of(before), units_of(after)
    found = set(beyond & now.keys())
    for item_id, wanted in now.items():
        if wanted == was.get(item_id, 0):
            continue
        found.discard(item_id)
        left = _left(source, baskets, after.sale_id, item_id)
        if wanted > left and any(_looked_at(line) for line in after.live_lines if line.item_id == item_id):
            found.add(item_id)
        if rule == "refuse" and wanted > was.get(item_id, 0) and (over := _looked_at_thousandths(after, item_id)) > left:
            line = next(line for line in reversed(after.live_lines) if line.item_id == item_id)
            raise _refusal(line, left - over + wanted - was.get(item_id, 0))
    return frozenset(found)


def _left(source: Source, baskets: OpenBaskets, sale_id: str, item_id: str) -> int:
    elsewhere = baskets.elsewhere_thousandths(source, sale_id, item_id)  # before the stock, see there
    return (left_thousandths(source, item_id) or 0) - elsewhere


def _looked_at(line: BasketLine) -> bool:
    return line.line_kind == "goods" and not line.reference


def _looked_at_thousandths(basket: Basket, item_id: str) -> int:
    """What of an item nobody let pass and nobody was promised."""
    return sum(
        line.stock_thousandths
        for line in basket.live_lines
        if line.item_id == item_id and _looked_at(line) and all(each.what != NOT_ON_HAND for each in line.overrides)
    )


def _refusal(line: BasketLine, left_thousandths: int) -> Refusal:
    left = max(0, left_thousandths)
    amount = f"{left // 1000}.{left % 1000:03d} kg" if line.weighed else str(left // 1000)
    return Refusal(NOT_ON_HAND, name=line.name, left=amount)
