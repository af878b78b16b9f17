"""What the player saw of money: sales the tills told of. Checked at the end against receipts and terminals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from protocols.contract.till import LastSale, TillState

COPY_MARKS = ("COPY", "副本", "KOPIE")


@dataclass(slots=True)
class Books:
    """Sales by id, and what was paid with which tender where it is known."""

    sales: dict[str, LastSale] = field(default_factory=dict)
    tenders: Counter[str] = field(default_factory=Counter)

    def see(self, state: TillState) -> bool:
        """What a till shows; true: a sale that was not known."""
        sale = state.last_sale
        if sale is None:
            return False
        new = sale.sale_id not in self.sales
        self.sales[sale.sale_id] = sale
        return new

    def broken_money(self) -> Iterable[str]:
        """Each sale adds up."""
        for sale in self.sales.values():
            if sale.tendered_minor and sale.tendered_minor - sale.change_minor != sale.due_minor - sale.refunded_minor:
                yield (
                    f"money: receipt {sale.receipt}: {sale.tendered_minor} tendered, {sale.change_minor} change, "
                    f"{sale.due_minor} due"
                )
            if sale.change_minor < 0:
                yield f"money: receipt {sale.receipt}: change {sale.change_minor}"

    def broken_receipts(self, papers: Mapping[str, Iterable[str]]) -> Iterable[str]:
        """No sale is printed twice without COPY on it. `papers`: texts by printer."""
        originals: Counter[str] = Counter()
        numbers = {sale.receipt for sale in self.sales.values()}
        for texts in papers.values():
            for text in texts:
                if not any(mark in text.upper() for mark in COPY_MARKS):
                    originals.update(number for number in numbers if number in text)
        for number in sorted(numbers):
            if originals[number] > 1:
                yield f"receipts: {number} was printed {originals[number]} times without COPY"
