"""What lies in the baskets of all tills now, and in those put aside: who reaches for the last unit finds that it is taken.

The tills share one event loop. Whoever looks and notes without waiting in between cannot be overtaken by another till.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.checkout import held_store
from edge.checkout.basket import PRESALE, Basket
from edge.checkout.store import Source

Units = Mapping[str, int]
"""Thousandths of the stock unit by item."""


def units_of(basket: Basket) -> Units:
    """What a basket takes off the shelf."""
    units: dict[str, int] = {}
    for line in basket.live_lines:
        units[line.item_id] = units.get(line.item_id, 0) + line.stock_thousandths
    return units


def presales_of(basket: Basket) -> frozenset[str]:
    """The presales a basket settles, or whose deposit it gives back."""
    settled = frozenset({basket.presale_id} - {""})
    if basket.sold is None:
        return settled
    deposits = {line.line_no: line.reference for line in basket.sold.sale.lines if line.line_kind == PRESALE}
    back = {deposits.get(each.line.sold_line_no, "") for each in basket.returns}
    return settled | (back - {""})


class OpenBaskets:
    """Needs no limit of its own: one basket per till, and the held ones, of which there are few (`edge.checkout.held`)."""

    def __init__(self) -> None:
        self._by_till: dict[str, Basket] = {}
        self._held: dict[str, Units] = {}

    def note(self, till_id: str, basket: Basket | None) -> None:
        """This is what lies at a till from now on."""
        if basket is None:
            self._by_till.pop(till_id, None)
        else:
            self._by_till[till_id] = basket

    def elsewhere_thousandths(self, source: Source, sale_id: str, item_id: str) -> int:
        """How much of an item lies in baskets other than this one. Read it before the stock: a basket goes only after its
        goods have left the stock, so that nothing is overlooked."""
        open_now = sum(units_of(each).get(item_id, 0) for each in self._others(sale_id))
        return open_now + sum(units.get(item_id, 0) for key, units in self._waiting(source).items() if key != sale_id)

    def till_with(self, sale_id: str, item_id: str, serial: str) -> str | None:
        """The till that has a piece of this serial number in another basket."""
        for till_id, basket in self._by_till.items():
            if basket.sale_id != sale_id and any((x.item_id, x.serial) == (item_id, serial) for x in basket.live_lines):
                return till_id
        return None

    def has_presale(self, source: Source, sale_id: str, presale_id: str) -> bool:
        """Whether a basket other than this one, open or put aside, settles the presale or gives its deposit back."""
        waiting = (held_store.find(source, view.sale_id) for view in held_store.waiting(source) if view.sale_id != sale_id)
        others = (*self._others(sale_id), *waiting)
        return any(presale_id in presales_of(each) for each in others if each is not None)

    def _others(self, sale_id: str) -> list[Basket]:
        return [each for each in self._by_till.values() if each.sale_id != sale_id]

    def _waiting(self, source: Source) -> Mapping[str, Units]:
        """Each held basket is read once: it does not change while it waits."""
        known, self._held = self._held, {}
        for view in held_store.waiting(source):
            if view.sale_id in known:
                self._held[view.sale_id] = known[view.sale_id]
            elif (basket := held_store.find(source, view.sale_id)) is not None:
                self._held[view.sale_id] = units_of(basket)
        return self._held
