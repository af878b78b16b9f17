"""Deposit enlargement (定金膨胀): a deposit paid before the sale counts for more than was paid."""

from __future__ import annotations

from protocols.promotions.rules import Promotion


class DepositEnlargement(Promotion, frozen=True, kw_only=True, tag="deposit"):
    """A unit whose deposit was paid costs (`fold_bp` - 100 %) of the deposit less; 20,000 counts it twice.

    The deposit itself is money already received: it is a tender of the sale, not a discount.
    """

    fold_bp: int
