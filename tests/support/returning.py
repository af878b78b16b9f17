"""A counter whose people may take goods back, and shorthand for what tests of returns do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from edge.checkout.ports import Unreachable
from protocols.contract.feed_rows import FeedRow, StaffRow, StoreRow
from protocols.contract.questions import Answer, Question
from protocols.contract.rights import RIGHTS
from protocols.contract.till import TillAnswer
from protocols.contract.till_basket import Approval, Scan
from protocols.contract.till_facts import GoodsReturned
from protocols.contract.till_payment import PayCash, Refund
from protocols.contract.till_returns import FindReceipt, FoundSale, ReturnLines, ReturnWanted
from tests.support.counter import Counter
from tests.support.goods import ANN, BOB, PIN, PIN_HASH, assortment

SUPERVISOR = "5"
BOBS_LIMIT_MINOR = 300


def rows_of_store(*, cash_rounding_minor: int = 1, **setup: object) -> list[FeedRow]:
    """The assortment with a supervisor, a cashier with a limit, and the store's settings changed."""
    rows: list[FeedRow] = []
    for row in assortment(cash_rounding_minor=cash_rounding_minor):
        if isinstance(row, StoreRow):
            rows.append(msgspec.structs.replace(row, **setup))
        elif isinstance(row, StaffRow) and row.staff_id == ANN:
            rows.append(msgspec.structs.replace(row, rights=("till", "void", "refund", "refund_without_receipt", "report")))
        elif isinstance(row, StaffRow) and row.staff_id == BOB:
            limits = {"refund": BOBS_LIMIT_MINOR, "refund_without_receipt": 0}
            rows.append(msgspec.structs.replace(row, rights=("till", "refund", "refund_without_receipt"), limits=limits))
        else:
            rows.append(row)
    return [*rows, StaffRow(staff_id=SUPERVISOR, name="Sue", pin_hash=PIN_HASH, rights=tuple(RIGHTS))]


APPROVED = Approval(staff_id=SUPERVISOR, pin=PIN)


@dataclass
class ToldHeadquarters:
    """A headquarters that says what the test tells it to; unreachable without an answer."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)

    @property
    def reachable(self) -> bool:
        return bool(self.answers)

    async def ask(self, question: Question) -> Answer | Unreachable:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else Unreachable("nobody is there")


async def counter_with_returns(folder: Path, *, staff_id: str = ANN, **setup: object) -> Counter:
    """An open till."""
    counter = Counter(folder, rows=rows_of_store(**setup))  # type: ignore[arg-type]
    await counter.start()
    await counter.open(staff_id)
    return counter


async def sold(counter: Counter, *codes: str, tendered_minor: int = 100_000) -> str:
    """Sell for cash; the receipt number."""
    for code in codes:
        await counter.ok(Scan(code=code))
    paid = await counter.ok(PayCash(tendered_minor=tendered_minor))
    assert paid.sale is not None
    return paid.sale.receipt


async def found(counter: Counter, receipt: str) -> FoundSale:
    """Look a receipt up."""
    sale = (await counter.ok(FindReceipt(receipt=receipt))).state.found_sale
    assert sale is not None
    return sale


async def put_back(counter: Counter, receipt: str, *wanted: tuple[int, int], reason: str = "unwanted") -> TillAnswer:
    """Put (line, quantity) pairs of a receipt into the basket as coming back."""
    sale = await found(counter, receipt)
    lines = tuple(ReturnWanted(line_no=line_no, quantity=quantity, reason=reason) for line_no, quantity in wanted)
    return await counter.ok(ReturnLines(sale_id=sale.sale_id, lines=lines))


async def paid_back(counter: Counter) -> TillAnswer:
    """Close the return, whatever it pays."""
    state = counter.till.state()
    return await counter.ok(Refund(expected_refund_minor=-state.remaining_minor))


def returns_of(counter: Counter) -> Sequence[GoodsReturned]:
    """The returns in the journal."""
    return [fact for fact in counter.facts() if isinstance(fact, GoodsReturned)]
