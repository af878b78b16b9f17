"""What a return pays (rules R8 and R9): from the shares stored with the sale, or as if only what is kept had been bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.contract.values import share_largest_remainder
from protocols.promotions.bundle import Bundle
from protocols.promotions.evaluate import price
from protocols.promotions.values import Basket, Priced


class MoreThanSold(ValueError):
    """More units are to be returned than the line has left."""


@dataclass(frozen=True, slots=True)
class Repriced:
    """The refund, its part for each returned unit (in the order given), and how what is kept was priced."""

    refund_minor: int
    unit_refunds_minor: tuple[int, ...]
    kept: Priced


def prorated(unit_nets_minor: Sequence[int], already_returned: int, wanted: int) -> tuple[int, ...]:
    """PRORATE: what the next `wanted` units of one line pay back.

    `unit_nets_minor` are the nets stored for the units of the line, in stored order. The next ones are paid whatever piece
    the customer brings, so any order and any split of returns sums to what was paid. Raises `MoreThanSold`.
    """
    if already_returned < 0 or wanted < 0:
        raise ValueError("units returned and wanted must not be negative")
    left = len(unit_nets_minor) - already_returned
    if wanted > left:
        raise MoreThanSold(f"{wanted} units are to be returned, {max(0, left)} of {len(unit_nets_minor)} are left")
    return tuple(unit_nets_minor[already_returned : already_returned + wanted])


def repriced(
    kept: Basket,
    bundle: Bundle,
    *,
    paid_minor: int,
    refunded_minor: int,
    returned_nets_minor: Sequence[int],
    node_budget: int,
) -> Repriced:
    """REPRICE: max(0, paid - price of what is kept - already refunded).

    `kept` is the sale's basket without all units returned so far and now: same instant, shopper (with the coupons the sale
    used) and declined promotions; `bundle` is the one the sale pinned. `returned_nets_minor` are the stored nets of what is
    returned now, in whose proportion the refund is shared.
    """
    answer = price(kept, bundle, node_budget)
    refund = max(0, paid_minor - answer.total_minor - refunded_minor)
    return Repriced(refund, tuple(share_largest_remainder(refund, list(returned_nets_minor))), answer)
