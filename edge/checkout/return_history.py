"""What came back of a sale before: from the box's own returns and from what headquarters tells of other stores. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from protocols.contract.returns import EarlierReturn, UnitsBack
from protocols.contract.till_facts import GoodsReturned


@dataclass(frozen=True, slots=True)
class History:
    """Earlier returns of one sale, each once."""

    returns: tuple[EarlierReturn, ...] = ()

    def units_back(self, line_no: int) -> frozenset[int]:
        """The units of a line that came back."""
        return frozenset(
            unit for each in self.returns for back in each.lines if back.line_no == line_no for unit in back.units
        )

    @property
    def refunded_minor(self) -> int:
        """What the goods paid, exact."""
        return sum(back.refund_minor for each in self.returns for back in each.lines)

    @property
    def by_tender(self) -> dict[str, int]:
        """What was paid back, by kind of tender; credit for an exchange is one."""
        paid: Counter[str] = Counter()
        for each in self.returns:
            for tender in each.tenders:
                paid[tender.kind] += tender.amount_minor
        return dict(paid)

    @property
    def repriced(self) -> bool:
        """Whether any of them paid by rule R9."""
        return any(each.policy == "reprice" for each in self.returns)


def earlier_of(fact: GoodsReturned) -> EarlierReturn:
    """A return as far as later ones must know it."""
    lines = tuple(
        UnitsBack(
            line_no=line.sold_line_no, first_unit=line.first_unit, quantity=line.quantity, refund_minor=line.refund_minor
        )
        for line in fact.lines
    )
    return EarlierReturn(
        return_id=fact.return_id, store_id=fact.store_id, policy=fact.policy, lines=lines, tenders=fact.tenders
    )


def runs_of(units: Iterable[int]) -> list[tuple[int, int]]:
    """(first, how many) of each unbroken run of unit numbers, in order."""
    runs: list[tuple[int, int]] = []
    for unit in sorted(units):
        if runs and unit == runs[-1][0] + runs[-1][1]:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((unit, 1))
    return runs
