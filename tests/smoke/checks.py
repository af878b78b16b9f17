"""What must be true when the store is quiet again, read from the files and databases themselves, past our services."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.till_facts import SaleClosed
from tests.smoke.shoppers import Charged, Notes, Paid

LISTED_MAX = 5


@dataclass(slots=True)
class Findings:
    """Counts for the last line, and everything that is wrong."""

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def demand(self, holds: bool, words: str) -> None:
        """Note what is wrong."""
        if not holds:
            self.wrong.append(words)

    def same(self, what: str, left: Iterable[object], right: Iterable[object], sides: tuple[str, str]) -> None:
        """Two collections must hold the same; says what only one of them has."""
        mine, theirs = set(left), set(right)
        for only, side in ((mine - theirs, sides[0]), (theirs - mine, sides[1])):
            if only:
                shown = ", ".join(sorted(map(str, only))[:LISTED_MAX])
                self.wrong.append(f"{what}: {len(only)} only {side}: {shown}")


@dataclass(frozen=True, slots=True)
class StoredSale:
    """A sale in the box's file."""

    sale_id: str
    till_id: str
    incarnation: int
    receipt_number: int
    total_minor: int
    body: SaleClosed

    @property
    def receipt(self) -> str:
        return f"{self.till_id}-{self.incarnation}-{self.receipt_number:06d}"

    @property
    def lines(self) -> tuple[tuple[str, int, int], ...]:
        """As the shopper noted them."""
        return tuple(
            (line.item_id, line.quantity if line.grams is None else line.grams, line.net_minor) for line in self.body.lines
        )


@dataclass(frozen=True, slots=True)
class HqSale:
    """A sale at HQ, and where it lies in the store's journal."""

    sale_id: str
    total_minor: int
    till_id: str
    receipt_incarnation: int
    receipt_number: int


def stored_sales(store_db: Path) -> list[StoredSale]:
    """Every sale in the box's file, in the order of its journal."""
    connection = sqlite3.connect(f"file:{store_db}?mode=ro", uri=True)
    facts = connection.execute("SELECT fact FROM journal WHERE kind = 'SaleClosed' ORDER BY position").fetchall()
    rows = connection.execute("SELECT sale_id, till_id, incarnation, receipt_number, total_minor, fact FROM sale").fetchall()
    connection.close()
    order: dict[str, int] = {}
    for (fact,) in facts:
        body = decode_body(decode_envelope(fact))
        assert isinstance(body, SaleClosed)
        assert body.sale_id not in order, f"sale {body.sale_id} is in the journal twice"
        order[body.sale_id] = len(order)
    found = []
    for *values, fact in rows:
        body = decode_body(decode_envelope(fact))
        assert isinstance(body, SaleClosed)
        found.append(StoredSale(*values, body))
    return sorted(found, key=lambda sale: order[sale.sale_id])


def hq_sales(database_url: str, store_id: str) -> list[HqSale]:
    """Every sale HQ has of the store, in the store's order."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT set_config('app.scope', 'all', false)")
        rows = connection.execute(
            "SELECT sale_id::text, total_minor, till_id, receipt_incarnation, receipt_number FROM sale"
            " WHERE store_id = %s ORDER BY incarnation, seq",
            (store_id,),
        ).fetchall()
    return [HqSale(*row) for row in rows]


def hq_stock(database_url: str, store_id: str) -> dict[tuple[str, str], int]:
    """HQ's on-hand, by item and place."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT set_config('app.scope', 'all', false)")
        rows = connection.execute(
            "SELECT item_id, place, on_hand_thousandths FROM stock_on_hand WHERE store_id = %s", (store_id,)
        ).fetchall()
    return {(row[0], row[1]): int(row[2]) for row in rows if row[2]}


def hq_received(database_url: str, store_id: str, how: str) -> int:
    """What HQ knows to have come in that way, in thousandths."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT set_config('app.scope', 'all', false)")
        row = connection.execute(
            "SELECT coalesce(sum(m.quantity_thousandths), 0) FROM goods_receipt r"
            " JOIN stock_move m ON m.store_id = r.store_id AND m.event_id = r.event_id WHERE r.store_id = %s AND r.how = %s",
            (store_id, how),
        ).fetchone()
    return 0 if row is None else int(row[0])


def box_stock(store_db: Path) -> dict[tuple[str, str], int]:
    """The box's on-hand, by item and place."""
    connection = sqlite3.connect(f"file:{store_db}?mode=ro", uri=True)
    rows = connection.execute("SELECT item_id, place, on_hand_thousandths FROM stock").fetchall()
    connection.close()
    return {(row[0], row[1]): row[2] for row in rows if row[2]}


def check_sales(notes: Notes, stored: Sequence[StoredSale], at_hq: Sequence[HqSale], found: Findings) -> None:
    """Shown paid = stored = at HQ, each once, in order, with the lines the customer saw."""
    found.counts |= {"sales_shown_paid": len(notes.paid), "sales_stored": len(stored), "sales_at_hq": len(at_hq)}
    by_id = {sale.sale_id: sale for sale in stored}
    found.same("sales", (paid.sale_id for paid in notes.paid), by_id, ("shown paid", "stored"))
    found.demand(len({paid.sale_id for paid in notes.paid}) == len(notes.paid), "a sale was shown paid twice")
    for paid in notes.paid:
        _check_seen(paid, by_id.get(paid.sale_id), found)
    found.same("sales", by_id, (sale.sale_id for sale in at_hq), ("in the store", "at HQ"))
    found.demand([sale.sale_id for sale in stored] == [sale.sale_id for sale in at_hq], "HQ has the sales in another order")
    totals = {sale.sale_id: sale.total_minor for sale in stored}
    wrong = [sale.sale_id for sale in at_hq if totals.get(sale.sale_id) != sale.total_minor]
    found.demand(not wrong, f"totals at HQ differ: {wrong[:LISTED_MAX]}")


def _check_seen(paid: Paid, sale: StoredSale | None, found: Findings) -> None:
    if sale is None:
        return
    seen, kept = (paid.receipt, paid.total_minor, paid.lines), (sale.receipt, sale.total_minor, sale.lines)
    found.demand(seen == kept, f"sale {paid.sale_id}: the customer saw {seen}, the box stored {kept}")


def check_receipts(stored: Sequence[StoredSale], found: Findings) -> None:
    """Receipt numbers without gap per till and incarnation."""
    numbers: dict[tuple[str, int], list[int]] = defaultdict(list)
    for sale in stored:
        numbers[sale.till_id, sale.incarnation].append(sale.receipt_number)
    found.counts["receipt_runs"] = len(numbers)
    for where, run in numbers.items():
        found.demand(sorted(run) == list(range(1, len(run) + 1)), f"receipt numbers of till and incarnation {where}: gap")


def check_stock(box: Mapping[tuple[str, str], int], hq: Mapping[tuple[str, str], int], found: Findings) -> None:
    """Equal on both sides."""
    found.counts["stock_items"] = len(box)
    found.same("stock", box.items(), hq.items(), ("in the store", "at HQ"))


@dataclass(frozen=True, slots=True)
class Picture:
    """What a label showed from an instant on; `price_minor` None: blank, or nothing we know."""

    since_ms: int
    price_minor: int | None


def check_charged(charged: Sequence[Charged], shown: Mapping[str, Sequence[Sequence[Picture]]], found: Findings) -> None:
    """Nobody was charged more than a label of the item could show while the till decided.

    `shown` has, for each item, the pictures of each of its labels in order.
    """
    compared = 0
    for line in charged:
        for pictures in shown.get(line.item_id, ()):
            prices = _between(pictures, line.asked_at_ms, line.answered_at_ms)
            if not prices:
                continue
            compared += 1
            found.demand(
                line.unit_price_minor <= max(prices),
                f"{line.item_id} was charged {line.unit_price_minor} while a label showed {max(prices)}",
            )
    found.counts["charges_compared"] = compared


def _between(pictures: Sequence[Picture], from_ms: int, to_ms: int) -> list[int]:
    """The prices a label showed at any moment of a span."""
    prices: list[int] = []
    for index, picture in enumerate(pictures):
        ends_ms = pictures[index + 1].since_ms if index + 1 < len(pictures) else None
        if picture.since_ms <= to_ms and (ends_ms is None or ends_ms >= from_ms) and picture.price_minor is not None:
            prices.append(picture.price_minor)
    return prices
