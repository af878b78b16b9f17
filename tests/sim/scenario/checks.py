"""What must be true of a box and its devices at the end of every run: money, stock, payments, receipts, labels, facts."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping

from edge.bootstrap import Box
from edge.store_db.connection import Connection
from protocols.contract.till import LastSale
from protocols.contract.till_facts import SaleClosed
from simulators.bench import Bench
from tests.sim.day.checks import check_facts, check_receipts, sale_of, stored_sales
from tests.sim.day.truth import Violation

TERMINAL_WAYS = {"card", "code"}
RECEIPT = re.compile(r"\b[\w]{1,8}-\d+-\d{6}\b")
COPY = "*** COPY ***"
SHOWN = "shown"


class Papers:
    """Every receipt that was cut off, however long the run: printers themselves keep the newest only."""

    def __init__(self, bench: Bench) -> None:
        self.originals: Counter[str] = Counter()
        self.copies: Counter[str] = Counter()
        self._seen: dict[str, int] = defaultdict(int)
        for name, printer in bench.printers.items():
            printer.listen(lambda name=name, printer=printer: self._look(name, printer.receipts()))  # type: ignore[misc]

    def _look(self, name: str, receipts: list[object]) -> None:
        for receipt in receipts:
            number, text = receipt.number, receipt.text  # type: ignore[attr-defined]
            if number > self._seen[name]:
                self._seen[name] = number
                (self.copies if COPY in text else self.originals).update(set(RECEIPT.findall(text)))


def items_of(box: Box) -> list[str]:
    """What may stand on a shelf: active items with a price."""
    rows = box.ground.store.reader().execute(
        "SELECT DISTINCT item_id FROM item JOIN price USING (item_id) WHERE active ORDER BY item_id"
    )
    return [str(item_id) for (item_id,) in rows.fetchall()]


def labels_settled(box: Box) -> bool:
    """Whether every bound label shows what it should."""
    labels = box.shop.labels
    return labels is None or all(view.state == SHOWN for view in labels.views() if view.item_id)


def broken(box: Box, bench: Bench, papers: Papers, seen: Mapping[str, LastSale]) -> list[str]:
    """Everything that is not as it must be, in words that begin with the rule."""
    source = box.ground.store.reader()
    sales = stored_sales(source)
    return [
        *_rule("money", lambda: _money(source, sales, seen)),
        *_rule("receipts", lambda: _receipts(sales, papers)),
        *_rule("payments", lambda: _payments(sales, bench)),
        *_rule("stock", lambda: _stock(source, sales)),
        *_rule("labels", lambda: _labels(box, bench)),
        *_rule("facts", lambda: _facts(source)),
    ]


def _rule(name: str, look: Callable[[], Iterator[str]]) -> Iterator[str]:
    try:
        for words in look():
            yield f"{name}: {words}"
    except Violation as violation:
        yield f"{name}: {violation}"


def _money(source: Connection, sales: list[SaleClosed], seen: Mapping[str, LastSale]) -> Iterator[str]:
    ids = [sale.sale_id for sale in sales]
    if len(set(ids)) != len(ids):
        yield "a sale is in the journal twice"
    for sale_id in sorted(set(seen) - set(ids)):
        yield f"sale {seen[sale_id].receipt} was shown as paid, and the journal does not have it"
    for sale in sales:
        total = sum(line.net_minor for line in sale.lines)
        if total != sale.total_minor:
            yield f"receipt {sale.receipt.number}: the lines come to {total}, the total is {sale.total_minor}"
        taken = sum(tender.amount_minor - tender.change_minor for tender in sale.tenders)
        if taken != sale.total_minor + sale.rounding_minor:
            yield f"receipt {sale.receipt.number}: {taken} was paid, {sale.total_minor + sale.rounding_minor} was due"
        shown = seen.get(sale.sale_id)
        if shown is not None and shown.total_minor != sale.total_minor:
            yield f"receipt {shown.receipt}: the till showed {shown.total_minor}, {sale.total_minor} is stored"
        sale_of(source, sale.sale_id)


def _receipts(sales: list[SaleClosed], papers: Papers) -> Iterator[str]:
    check_receipts(sales)
    for sale in sales:
        name = f"{sale.receipt.till_id}-{sale.receipt.incarnation}-{sale.receipt.number:06d}"
        if papers.originals[name] > 1:
            yield f"{name} was printed {papers.originals[name]} times without COPY"
        if not papers.originals[name] and not papers.copies[name]:
            yield f"{name} was never printed"


def _payments(sales: list[SaleClosed], bench: Bench) -> Iterator[str]:
    taken = sum(tender.amount_minor for sale in sales for tender in sale.tenders if tender.kind in TERMINAL_WAYS)
    sums = [each.terminal.ledger.totals() for each in bench.payment_terminals.values()]
    moved = sum(each.paid_minor - each.given_back_minor for each in sums)
    if moved != taken:
        yield f"the terminals moved {moved}, the journal says {taken}"


def _stock(source: Connection, sales: list[SaleClosed]) -> Iterator[str]:
    expected: Counter[str] = Counter()
    for sale in sales:
        for line in sale.lines:
            expected[line.item_id] -= line.stock_thousandths
    balances = Counter(dict(source.execute("SELECT item_id, on_hand_thousandths FROM stock").fetchall()))
    moves = Counter(
        dict(source.execute("SELECT item_id, sum(quantity_thousandths) FROM stock_move GROUP BY item_id").fetchall())
    )
    for item_id in sorted({*expected, *balances, *moves}):
        if not expected[item_id] == balances[item_id] == moves[item_id]:
            yield f"{item_id}: sold {-expected[item_id]}, the balance is {balances[item_id]}, the moves {moves[item_id]}"


def _labels(box: Box, bench: Bench) -> Iterator[str]:
    labels = box.shop.labels
    pictures: dict[str, set[str]] = defaultdict(set)
    for view in labels.views() if labels is not None else ():
        if not view.item_id:
            continue
        if view.state != SHOWN:
            yield f"{view.label_id} is {view.state}: {view.reason}"
        for point in bench.access_points.values():
            if view.label_id in point.point.tags:
                pictures[str(view.item_id)].add(point.point.tags[view.label_id].shown.planes_digest)
    for item_id, found in pictures.items():
        if len(found) > 1:
            yield f"labels of {item_id} show {len(found)} different pictures"
    alike = Counter(digest for found in pictures.values() for digest in found)
    for digest, count in alike.items():
        if count > 1:
            yield f"{count} items share the picture {digest[:8]}"


def _facts(source: Connection) -> Iterator[str]:
    if not check_facts(source):
        yield "the journal is empty"
