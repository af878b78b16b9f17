"""Deposit enlargement (定金膨胀): a deposit paid before the sale counts for more than was paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from protocols.promotions.goods import Goods
from protocols.promotions.model import Part, Role, percent_of
from protocols.promotions.rules import WHOLE_BP, Promotion
from protocols.promotions.shapes import between_faults, per_unit_offer


class DepositEnlargement(Promotion, frozen=True, kw_only=True, tag="deposit"):
    """A unit whose deposit was paid costs (`fold_bp` - 100 %) of the deposit less; 20,000 counts it twice.

    The deposit itself is money already received: it is a tender of the sale, not a discount.
    """

    fold_bp: int

    def faults(self) -> Iterator[str]:
        yield from between_faults("fold_bp", self.fold_bp, WHOLE_BP + 1, 100 * WHOLE_BP)

    def parts(self, goods: Goods) -> Iterator[Part]:
        price = goods.base(self.base)
        paid = Counter((each.item_id, each.paid_minor) for each in goods.deposits if each.promotion_id == self.promotion_id)
        left = goods.limit(self, sum(paid.values()))
        for (item_id, paid_minor), count in sorted(paid.items(), key=lambda each: (-each[0][1], each[0][0])):
            off = percent_of(paid_minor, self.fold_bp - WHOLE_BP)
            nets = {at: max(0, price[at] - off) for at in goods.members(self.scope) if goods.units[at].item_id == item_id}
            most = min(count, left)
            left -= most
            yield from per_unit_offer(self, goods, {at: (Role(0, net),) for at, net in nets.items()}, most=most)
