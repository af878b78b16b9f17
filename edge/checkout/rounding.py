"""Cash rounding: how a sum becomes one that coins can pay. Pure.

The sign stands outside the rounding, so a refund gives back what the sale took: 7.58 paid as 7.50 comes back as 7.50.
"""

from __future__ import annotations

from edge.catalogue.lookup import Zone
from protocols.contract.values import RoundingMethod, RoundingScope, divide_half_up


def rounded(amount_minor: int, step_minor: int, method: RoundingMethod) -> int:
    """A multiple of `step_minor`: the nearest (ties up), the one below, the one above. 1: every amount can be paid."""
    size = abs(amount_minor)
    match method:
        case RoundingMethod.HALF_UP:
            steps = divide_half_up(size, step_minor)
        case RoundingMethod.DOWN:
            steps = size // step_minor
        case RoundingMethod.UP:
            steps = -(-size // step_minor)
    return steps * step_minor if amount_minor >= 0 else -steps * step_minor


def remaining_minor(net_minor: int, paid_minor: int, zone: Zone) -> int:
    """What is left to pay by any tender. `net_minor`: the sale less what comes back. With the document as scope the sum is
    rounded once, whatever pays it."""
    if zone.cash_rounding_scope is RoundingScope.DOCUMENT:
        net_minor = rounded(net_minor, zone.cash_rounding_minor, zone.cash_rounding_method)
    return net_minor - paid_minor


def cash_due_minor(left_minor: int, zone: Zone) -> int:
    """What is left, as cash pays it."""
    return rounded(left_minor, zone.cash_rounding_minor, zone.cash_rounding_method)
