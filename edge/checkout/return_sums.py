"""What goods coming back pay: the next stored shares (PRORATE, rule R8), or what the rest would not have cost (REPRICE, R9).

Pure. Whatever the order, the split and the policy: never more than was paid for the sale in all, and the return that brings
the last unit pays exactly what is left of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.checkout.return_history import History, runs_of
from edge.checkout.sold_units import SoldLine, shares_of, stock_of
from protocols.contract.sale_parts import Override
from protocols.contract.till_facts import ReturnedLine
from protocols.contract.values import Place, inclusive_tax_minor, share_largest_remainder
from protocols.promotions.returns import prorated

PLACES: Mapping[str, Place | None] = {
    "unwanted": Place.SALES_FLOOR,
    "wrong_item": Place.SALES_FLOOR,
    "damaged": None,
    "expired": None,
    "faulty": Place.BACK_ROOM,
}
"""Where goods go by the reason they came back for; None: they are not stock any more. Faulty goods wait for the supplier."""


@dataclass(frozen=True, slots=True)
class Back:
    """Units of one line that come back for one reason."""

    sold: SoldLine
    units: tuple[int, ...]
    reason: str
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a sale stands before a return."""

    lines: tuple[SoldLine, ...]
    history: History

    @property
    def paid_minor(self) -> int:
        """What everything that may come back was paid for."""
        return sum(sum(each.pays_minor) for each in self.lines if each.returnable_units)

    @property
    def kept_minor(self) -> int:
        """What was paid for what can never come back (a gift card sold)."""
        return sum(sum(each.pays_minor) for each in self.lines if not each.returnable_units)

    def last(self, backs: Sequence[Back]) -> bool:
        """Whether nothing is left to come back afterwards."""
        now: dict[int, int] = {}
        for back in backs:
            now[back.sold.line.line_no] = now.get(back.sold.line.line_no, 0) + len(back.units)
        return all(
            len(self.history.units_back(each.line.line_no)) + now.get(each.line.line_no, 0) >= each.returnable_units
            for each in self.lines
        )


def next_units(sold: SoldLine, taken: frozenset[int], quantity: int) -> tuple[int, ...]:
    """The next units of a line, in stored order; fewer when it has fewer left."""
    free = [unit for unit in range(sold.returnable_units) if unit not in taken]
    return tuple(free[:quantity])


def stored_sum(back: Back) -> int:
    """What these units pay by their stored shares."""
    return sum(sum(prorated(back.sold.pays_minor, first, quantity)) for first, quantity in runs_of(back.units))


def settled(sums: Sequence[int], standing: Standing, backs: Sequence[Back]) -> list[int]:
    """The sums held against what is left of what was paid: never more, and the last return takes all of it."""
    left = max(0, standing.paid_minor - standing.history.refunded_minor)
    wanted = left if standing.last(backs) else min(sum(sums), left)
    return list(sums) if wanted == sum(sums) else share_largest_remainder(wanted, list(sums))


def returned_lines(backs: Sequence[Back], sums: Sequence[int], first_no: int) -> list[ReturnedLine]:
    """Lines of the return, numbered from `first_no`: one for each unbroken run of units."""
    made: list[ReturnedLine] = []
    for back, refund_minor in zip(backs, sums, strict=True):
        runs = runs_of(back.units)
        stored = [sum(back.sold.pays_minor[first : first + quantity]) for first, quantity in runs]
        for (first, quantity), refund in zip(runs, share_largest_remainder(refund_minor, stored), strict=True):
            made.append(_line(back, first, quantity, refund, first_no + len(made)))
    return made


def _line(back: Back, first: int, quantity: int, refund_minor: int, return_no: int) -> ReturnedLine:
    line = back.sold.line
    as_stored = refund_minor == sum(back.sold.pays_minor[first : first + quantity])
    stored_tax = sum(back.sold.taxes_minor[first : first + quantity])
    return ReturnedLine(
        return_no=return_no,
        sold_line_no=line.line_no,
        item_id=line.item_id,
        name=line.name,
        gtin=line.gtin,
        quantity=quantity,
        grams=line.grams,
        stock_thousandths=stock_of(line, quantity),
        place=PLACES[back.reason],
        reason=back.reason,
        refund_minor=refund_minor,
        tax_class=line.tax_class,
        tax_rate_bp=line.tax_rate_bp,
        tax_minor=stored_tax if as_stored else inclusive_tax_minor(refund_minor, line.tax_rate_bp),
        first_unit=first,
        shares=shares_of(line, first, quantity),
        batch=line.batch,
        serial=line.serial,
        overrides=back.overrides,
    )
