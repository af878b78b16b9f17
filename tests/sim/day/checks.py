"""What must be true of a replayed day: the cheap part after each sale, all of it at the close."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloud.db.pool import Connection as HqConnection
from edge.store_db import journal
from edge.store_db.connection import Connection
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import Stream
from tests.sim.day.goods import OPENING_THOUSANDTHS, STORE_ID
from tests.sim.day.lane import Paid
from tests.sim.day.truth import Violation

Stock = dict[str, int]


def demand(holds: bool, words: str) -> None:
    """Raise `Violation` unless it holds."""
    if not holds:
        raise Violation(words)


def no_floats(fact: bytes) -> None:
    """Money, weight and quantity are integers, and so is everything else we journal."""

    def refuse(text: str) -> None:
        raise Violation(f"a float in a fact: {text} in {fact[:200]!r}")

    json.loads(fact, parse_float=refuse)


def sale_of(source: Connection, sale_id: str) -> SaleClosed:
    """The stored sale."""
    row = source.execute("SELECT fact FROM sale WHERE sale_id = ?", (sale_id,)).fetchone()
    if row is None:
        raise Violation(f"sale {sale_id} was shown as paid, and the store does not have it")
    no_floats(row[0])
    body = decode_body(decode_envelope(row[0]))
    assert isinstance(body, SaleClosed)
    return body


def check_sale(source: Connection, paid: Paid) -> SaleClosed:
    """What the customer saw is what is stored, and it adds up."""
    sale = sale_of(source, paid.sale_id)
    lines = tuple((line.item_id, line.quantity if line.grams is None else line.grams, line.net_minor) for line in sale.lines)
    demand(lines == paid.lines, f"sale {paid.sale_id}: the customer saw {paid.lines}, the box stored {lines}")
    total = sum(line.net_minor for line in sale.lines)
    demand(total == sale.total_minor == paid.total_minor, f"sale {paid.sale_id}: lines {total}, total {sale.total_minor}")
    taken = sum(tender.amount_minor - tender.change_minor for tender in sale.tenders)
    demand(taken == sale.total_minor + sale.rounding_minor == paid.due_minor, f"sale {paid.sale_id}: {taken} was paid")
    demand(paid.tendered_minor - paid.change_minor == paid.due_minor, f"sale {paid.sale_id}: wrong change")
    receipt = sale.receipt
    printed = f"{receipt.till_id}-{receipt.incarnation}-{receipt.number:06d}"
    demand(printed == paid.receipt, f"sale {paid.sale_id}: receipt {paid.receipt} is stored as {printed}")
    return sale


@dataclass(frozen=True, slots=True)
class StreamAtHq:
    """HQ's word on a stream."""

    seq: int


async def hq_cursors(tx: HqConnection) -> dict[tuple[int, str], int]:
    """Where HQ stands, by incarnation and stream."""
    rows = await (
        await tx.execute(b"SELECT incarnation, stream, seq FROM journal_cursor WHERE store_id = %s", (STORE_ID,))
    ).fetchall()
    return {(int(incarnation), str(stream)): int(seq) for incarnation, stream, seq in rows}


def check_acks(source: Connection, cursors: Mapping[tuple[int, str], int]) -> None:
    """The store never believes that HQ holds more than it does, and HQ never holds more than there is."""
    incarnation = journal.identity(source).incarnation
    for stream in Stream:
        if incarnation == 0:
            continue
        head = journal.stream_head(source, incarnation, stream)
        at_hq = cursors.get((incarnation, stream.value), 0)
        demand(head.acked_upto <= at_hq, f"{stream}: acknowledged up to {head.acked_upto}, HQ holds {at_hq}")
        demand(at_hq <= head.last_seq, f"{stream}: HQ holds {at_hq}, the store wrote {head.last_seq}")


@dataclass(frozen=True, slots=True)
class HqSale:
    """A sale at HQ."""

    sale_id: str
    total_minor: int


async def hq_sales(tx: HqConnection) -> list[HqSale]:
    """HQ's sales in the store's order."""
    rows = await (
        await tx.execute(
            b"SELECT sale_id::text, total_minor FROM sale WHERE store_id = %s ORDER BY incarnation, seq", (STORE_ID,)
        )
    ).fetchall()
    return [HqSale(str(sale_id), int(total)) for sale_id, total in rows]


async def hq_stock(tx: HqConnection) -> Stock:
    """HQ's on-hand by item."""
    rows = await (
        await tx.execute(b"SELECT item_id, on_hand_thousandths FROM stock_on_hand WHERE store_id = %s", (STORE_ID,))
    ).fetchall()
    return {str(item_id): int(quantity) for item_id, quantity in rows}


async def hq_lines(tx: HqConnection) -> int:
    """Lines of sales at HQ."""
    row = await (await tx.execute(b"SELECT count(*) FROM sale_line WHERE store_id = %s", (STORE_ID,))).fetchone()
    assert row is not None
    return int(row[0])


async def hq_quarantine(tx: HqConnection) -> int:
    """Facts HQ could make nothing of."""
    row = await (await tx.execute(b"SELECT count(*) FROM fact_quarantine WHERE store_id = %s", (STORE_ID,))).fetchone()
    assert row is not None
    return int(row[0])


def stored_sales(source: Connection) -> list[SaleClosed]:
    """The sales in the journal, in its order."""
    found = []
    for (fact,) in source.execute("SELECT fact FROM journal WHERE kind = 'SaleClosed' ORDER BY position").fetchall():
        body = decode_body(decode_envelope(fact))
        assert isinstance(body, SaleClosed)
        found.append(body)
    return found


def check_sales(paid: Sequence[Paid], stored: Sequence[SaleClosed], at_hq: Sequence[HqSale]) -> None:
    """Shown paid = stored = at HQ: each once, in store order."""
    seen = [each.sale_id for each in paid]
    kept = [sale.sale_id for sale in stored]
    demand(len(set(seen)) == len(seen), "a sale was shown as paid twice")
    demand(len(set(kept)) == len(kept), "a sale is in the journal twice")
    demand(set(seen) == set(kept), f"sales shown paid and stored differ: {sorted(set(seen) ^ set(kept))[:3]}")
    demand(
        [sale.sale_id for sale in at_hq] == kept, f"HQ has {len(at_hq)} sales, the store {len(kept)}, or in another order"
    )
    wrong = [sale.sale_id for sale, there in zip(stored, at_hq, strict=True) if sale.total_minor != there.total_minor]
    demand(not wrong, f"totals at HQ differ: {wrong[:3]}")


def check_receipts(stored: Sequence[SaleClosed]) -> None:
    """Receipt numbers have no gap per till and incarnation, in the order of the journal."""
    numbers: dict[tuple[str, int], list[int]] = defaultdict(list)
    for sale in stored:
        numbers[sale.receipt.till_id, sale.receipt.incarnation].append(sale.receipt.number)
    for where, run in numbers.items():
        demand(run == list(range(1, len(run) + 1)), f"receipt numbers of till and incarnation {where}: {run[:20]}")


def check_stock(source: Connection, delivered: Mapping[str, int], stored: Sequence[SaleClosed], at_hq: Stock) -> None:
    """Opening + deliveries - sales, in the box's balances, in its moves, and at HQ."""
    expected = {item_id: OPENING_THOUSANDTHS + quantity for item_id, quantity in delivered.items()}
    for sale in stored:
        for line in sale.lines:
            expected[line.item_id] -= line.stock_thousandths
    balances = dict(source.execute("SELECT item_id, on_hand_thousandths FROM stock").fetchall())
    moves = dict(source.execute("SELECT item_id, sum(quantity_thousandths) FROM stock_move GROUP BY item_id").fetchall())
    demand(balances == expected, f"the box's stock: {_differ(balances, expected)}")
    demand(moves == expected, f"the box's moves: {_differ(moves, expected)}")
    demand(at_hq == expected, f"HQ's stock: {_differ(at_hq, expected)}")


def _differ(found: Mapping[str, int], expected: Mapping[str, int]) -> str:
    wrong = [key for key in sorted({*found, *expected}) if found.get(key) != expected.get(key)]
    return ", ".join(f"{key} is {found.get(key)}, should be {expected.get(key)}" for key in wrong[:3])


def check_facts(source: Connection) -> int:
    """No fact holds a float; the event ids are all different. Returns how many facts there are."""
    facts = [bytes(row[0]) for row in source.execute("SELECT fact FROM journal ORDER BY position").fetchall()]
    for fact in facts:
        no_floats(fact)
    ids = {decode_envelope(fact).event_id for fact in facts}
    demand(len(ids) == len(facts), "two facts have one id")
    return len(facts)
