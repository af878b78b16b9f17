"""How the money of a return goes back: to the tenders it came from, never more than each brought. Pure.

Non-cash tenders are filled first, so that a return is no way to make cash of a card. Cash is rounded as at the sale; the
return that brings the last unit back pays exactly what is left of what was paid: the rounding of the sale is mirrored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from protocols.contract.sale_parts import Tender

ORDER = ("card", "code", "gift_card", "points", "order")
"""Which tenders are filled first; others follow in the order they were paid, cash comes last."""
CASH = "cash"
RETURN_CREDIT = "return_credit"
AS_CASH = frozenset({CASH, RETURN_CREDIT, "deposit"})
"""What is paid back in cash: the way back to its own source ended with an earlier receipt."""


@dataclass(frozen=True, slots=True)
class Part:
    """One sum of a refund. `paid` is the tender it goes back to; None for cash and what was chosen by hand."""

    kind: str
    amount_minor: int
    paid: Tender | None = None
    units: int = 0
    """Points given back."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a return is about. `last`: nothing of the sale is left to come back after it."""

    refund_minor: int
    """What the goods pay, exact."""
    credit_minor: int = 0
    """The part that pays for goods going out in the same transaction."""
    last: bool = False
    kept_minor: int = 0
    """What was paid for what can never come back."""


def brought_minor(tender: Tender) -> int:
    """What a tender left in the till."""
    return tender.amount_minor - tender.change_minor


def plan(
    tenders: Sequence[Tender],
    refunded_minor: Mapping[str, int],
    owed: Owed,
    *,
    round_cash: Callable[[int], int],
    round_all: Callable[[int], int] | None = None,
    method: str = "",
) -> tuple[Part, ...]:
    """The sums to pay back in money. `refunded_minor`: by tender kind, what earlier returns of it paid, credit included.

    `round_all`: where the whole receipt is rounded, whatever pays it. `method`: everything that way instead, as far as the
    whole was paid (a person allowed it).
    """
    left = max(0, sum(brought_minor(tender) for tender in tenders) - sum(refunded_minor.values()))
    wanted = max(0, left - owed.kept_minor) if owed.last else min(owed.refund_minor, left)
    wanted = max(0, wanted - owed.credit_minor)
    if round_all is not None:
        wanted = min(round_all(wanted), left)
    if method == CASH:
        return _cash(round_cash(wanted))
    if method:
        return (Part(method, wanted),) if wanted else ()
    parts: list[Part] = []
    spent = dict(refunded_minor)
    for tender in _in_order(tenders):
        earlier = min(spent.get(tender.kind, 0), brought_minor(tender))
        spent[tender.kind] = spent.get(tender.kind, 0) - earlier
        amount = min(wanted, brought_minor(tender) - earlier)
        if amount > 0:
            parts.append(Part(tender.kind, amount, tender, _units(tender, earlier, amount)))
            wanted -= amount
    return (*parts, *_cash(round_cash(wanted)))


def without_sale(
    refund_minor: int, credit_minor: int, *, round_cash: Callable[[int], int], method: str = ""
) -> tuple[Part, ...]:
    """Goods without a receipt: nobody knows how they were paid, so cash unless another way is chosen."""
    wanted = max(0, refund_minor - credit_minor)
    if method in {"", CASH}:
        return _cash(round_cash(wanted))
    return (Part(method, wanted),) if wanted else ()


def _cash(amount_minor: int) -> tuple[Part, ...]:
    return (Part(CASH, amount_minor),) if amount_minor > 0 else ()


def _in_order(tenders: Sequence[Tender]) -> list[Tender]:
    back = [tender for tender in tenders if tender.kind not in AS_CASH]
    return sorted(back, key=lambda tender: ORDER.index(tender.kind) if tender.kind in ORDER else len(ORDER))


def _units(tender: Tender, earlier_minor: int, amount_minor: int) -> int:
    """Points that so much of a tender stands for: the difference of floors, so that all parts sum to the points spent."""
    whole = brought_minor(tender)
    if not tender.units or not whole:
        return 0
    upto = tender.units * (earlier_minor + amount_minor) // whole
    return upto - tender.units * earlier_minor // whole


def points_taken_back(
    earned: int, total_minor: int, refunded_before_minor: int, refund_minor: int, minor_digits: int
) -> int:
    """Points earned by a sale that a return reverses: the difference of floors (rule R12).

    A sale that earned by another measure than one point for each whole unit gives its points back in proportion.
    """

    one_unit: int = 10**minor_digits

    def points(kept_minor: int) -> int:
        kept = max(0, kept_minor)
        if earned == total_minor // one_unit:
            return kept // one_unit
        return earned * kept // total_minor if total_minor > 0 else 0

    if earned <= 0:
        return 0
    before = points(total_minor - refunded_before_minor)
    return max(0, before - points(total_minor - refunded_before_minor - refund_minor))
