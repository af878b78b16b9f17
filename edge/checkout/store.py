"""Rows of tills, shifts, sales and answers in the store database. Runs inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge.checkout.session import StoredAnswer
from edge.store_db.connection import Connection, Row
from edge.store_db.database import Tx
from edge.store_db.journal import Appended
from edge.store_db.queries import load
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.sale_parts import Tender
from protocols.contract.till import LastSale
from protocols.contract.till_facts import SaleClosed

queries = load("edge.checkout")
Source = Connection | Tx

_answers = msgspec.json.Decoder(StoredAnswer)


@dataclass(frozen=True, slots=True)
class TillRow:
    """A till as stored."""

    cashier_id: str | None
    shift_id: str | None
    last_sale_id: str | None


@dataclass(frozen=True, slots=True)
class SaleRow:
    """A closed sale as stored; `fact` is the journalled envelope."""

    sale_id: str
    receipt: str
    total_minor: int
    due_minor: int
    tendered_minor: int
    change_minor: int
    fact: bytes

    def closed(self) -> SaleClosed:
        """The fact's body."""
        body = decode_body(decode_envelope(self.fact))
        assert isinstance(body, SaleClosed)
        return body


def receipt_text(till_id: str, incarnation: int, number: int) -> str:
    """A receipt number as printed: till-incarnation-number."""
    return f"{till_id}-{incarnation}-{number:06d}"


def read_till(source: Source, till_id: str) -> TillRow:
    """A till's row; empty when it was never used."""
    row = source.execute(queries["till"], (till_id,)).fetchone()
    return TillRow(None, None, None) if row is None else TillRow(*row)


def create_till(tx: Tx, till_id: str) -> None:
    """Make sure the till has a row."""
    tx.execute(queries["create_till"], (till_id,))


def set_cashier(tx: Tx, till_id: str, cashier_id: str | None) -> None:
    """Who is at the till."""
    tx.execute(queries["set_cashier"], (cashier_id, till_id))


def next_receipt_number(tx: Tx, till_id: str, incarnation: int) -> int:
    """Take the next number; a rolled back transaction gives it back, so there is no gap."""
    row = tx.execute(queries["next_receipt_number"], (till_id, incarnation)).fetchone()
    assert row is not None
    return int(row[0])


def put_sale(tx: Tx, sale: SaleClosed, appended: Appended) -> None:
    """Keep a closed sale, and count it and its cash in its shift and till."""
    receipt = sale.receipt
    where = (sale.till_id, receipt.incarnation, receipt.number, appended.row.at_ms, appended.business_date)
    tendered_minor = sum(tender.amount_minor for tender in sale.tenders)
    change_minor = sum(tender.change_minor for tender in sale.tenders)
    money = (sale.total_minor, sale.total_minor + sale.rounding_minor, tendered_minor, change_minor)
    tx.execute(queries["put_sale"], (sale.sale_id, sale.command_id, *where, *money, appended.row.fact))
    tx.execute(queries["count_sale"], (cash_minor(sale.tenders), sale.shift_id))
    tx.execute(queries["set_last_sale"], (sale.sale_id, sale.till_id))


def cash_minor(tenders: tuple[Tender, ...]) -> int:
    """What stays in the drawer."""
    return sum(tender.amount_minor - tender.change_minor for tender in tenders if tender.kind == "cash")


def read_sale(source: Source, sale_id: str) -> SaleRow | None:
    """A closed sale by id."""
    return _sale(source.execute(queries["sale"], (sale_id,)).fetchone())


def read_sale_by_receipt(source: Source, receipt: str) -> SaleRow | None:
    """A closed sale by its printed receipt number; None also for text that is no receipt number."""
    parts = receipt.rsplit("-", 2)
    if len(parts) != 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    numbers = (int(parts[1][:12]), int(parts[2][:12]))
    return _sale(source.execute(queries["sale_by_receipt"], (parts[0], *numbers)).fetchone())


def last_receipts(source: Source, till_id: str, most: int) -> tuple[tuple[str, int, int], ...]:
    """A till's newest receipts: number as printed, closed at (ms), total (minor units)."""
    rows = source.execute(queries["last_receipts"], (till_id, most)).fetchall()
    return tuple((receipt_text(till_id, incarnation, number), at_ms, total) for incarnation, number, at_ms, total in rows)


def _sale(row: Row | None) -> SaleRow | None:
    if row is None:
        return None
    sale_id, till_id, incarnation, number, total_minor, due_minor, tendered_minor, change_minor, fact = row
    receipt = receipt_text(till_id, incarnation, number)
    return SaleRow(sale_id, receipt, total_minor, due_minor, tendered_minor, change_minor, fact)


def last_sale_view(row: SaleRow) -> LastSale:
    """A stored sale as the till shows it; its print state is filled in by the view."""
    return LastSale(
        sale_id=row.sale_id,
        receipt=row.receipt,
        total_minor=row.total_minor,
        due_minor=row.due_minor,
        tendered_minor=row.tendered_minor,
        change_minor=row.change_minor,
    )


def is_ended(source: Source, sale_id: str) -> bool:
    """Whether a sale was closed or abandoned: its basket must not come back."""
    row = source.execute(queries["is_ended"], (sale_id,)).fetchone()
    return row is not None and bool(row[0])


def abandon(tx: Tx, sale_id: str, at_ms: int) -> None:
    """Note that a basket was thrown away."""
    tx.execute(queries["abandon"], (sale_id, at_ms))


def find_answer(source: Source, command_id: str) -> StoredAnswer | None:
    """The answer given to a command that changed this file."""
    row = source.execute(queries["find_answer"], (command_id,)).fetchone()
    return None if row is None else _answers.decode(row[0])


def keep_answer(tx: Tx, command_id: str, till_id: str, at_ms: int, answer: StoredAnswer) -> None:
    """Keep the answer with what the command did."""
    tx.execute(queries["keep_answer"], (command_id, till_id, at_ms, msgspec.json.encode(answer)))


def print_state(source: Source, sale_id: str) -> str:
    """The state of a sale's newest print job; `none` when it has none."""
    row = source.execute(queries["print_state"], (sale_id,)).fetchone()
    return "none" if row is None else str(row[0])


def feed_version(source: Source, feed_id: str) -> int:
    """The version of a feed this database holds; 0 for none."""
    row = source.execute(queries["feed_version"], (feed_id,)).fetchone()
    return 0 if row is None else int(row[0])


def has_items(source: Source) -> bool:
    """Whether any catalogue has arrived."""
    row = source.execute(queries["has_items"]).fetchone()
    return row is not None and bool(row[0])


def prune(tx: Tx, before_ms: int, sales_before_ms: int) -> None:
    """Delete what is older: answers, sales (their facts stay in the journal until HQ holds them), shifts, print jobs.
    `sales_before_ms`: sales are kept for as long as goods of them may come back."""
    tx.execute(queries["prune_sales"], (min(before_ms, sales_before_ms),))
    for name in ("prune_jobs", "prune_answers", "prune_abandoned", "prune_shifts"):
        tx.execute(queries[name], (before_ms,))
