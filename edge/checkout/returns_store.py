"""Rows of goods that came back, and of the units that may not come back again. Runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.checkout.reasons import Refusal
from edge.checkout.refund_plan import CASH
from edge.checkout.store import Source
from edge.store_db.database import Tx
from edge.store_db.journal import Appended
from edge.store_db.queries import load
from protocols.contract.facts import decode_body, decode_envelope
from protocols.contract.till_facts import GoodsReturned

queries = load("edge.checkout", "returns.sql")


@dataclass(frozen=True, slots=True)
class SoldUnits:
    """Units of one line of a sale: the name under which they come back once."""

    sold_store_id: str
    sale_id: str
    line_no: int
    units: tuple[int, ...]


def facts_of_sale(source: Source, sold_store_id: str, sale_id: str) -> list[GoodsReturned]:
    """What came back of a sale at this store, oldest first."""
    return [_fact(row[0]) for row in source.execute(queries["facts_of_sale"], (sold_store_id, sale_id)).fetchall()]


def find_return(source: Source, till_id: str, incarnation: int, number: int) -> bytes | None:
    """The journalled envelope of a return by its receipt number."""
    row = source.execute(queries["return_by_receipt"], (till_id, incarnation, number)).fetchone()
    return None if row is None else bytes(row[0])


def return_of_basket(source: Source, basket_id: str) -> bytes | None:
    """The journalled envelope of the return that a basket became."""
    row = source.execute(queries["return_of_basket"], (basket_id,)).fetchone()
    return None if row is None else bytes(row[0])


def taken(source: Source, sold_store_id: str, sale_id: str) -> dict[int, frozenset[int]]:
    """By line, the units that came back here or lie in a basket of this store."""
    found: dict[int, set[int]] = {}
    for line_no, unit_no in source.execute(queries["units_taken"], (sold_store_id, sale_id)).fetchall():
        found.setdefault(int(line_no), set()).add(int(unit_no))
    return {line_no: frozenset(units) for line_no, units in found.items()}


def hold(tx: Tx, held: Iterable[SoldUnits], *, basket_id: str, till_id: str, at_ms: int) -> None:
    """Keep units for a basket. Raises `Refusal` when one is not free any more, which rolls back."""
    for each in held:
        tx.execute(queries["free_abandoned"], (each.sold_store_id, each.sale_id))
        known = taken(tx, each.sold_store_id, each.sale_id).get(each.line_no, frozenset())
        if known & set(each.units):
            raise Refusal("returned_meanwhile")
        for unit in each.units:
            place = (each.sold_store_id, each.sale_id, each.line_no, unit)
            tx.execute(queries["hold_unit"], (*place, basket_id, till_id, at_ms))


def free(tx: Tx, held: Iterable[SoldUnits], *, basket_id: str) -> None:
    """The units do not come back after all."""
    for each in held:
        for unit in each.units:
            tx.execute(queries["free_unit"], (each.sold_store_id, each.sale_id, each.line_no, unit, basket_id))


def reconcile(tx: Tx, till_id: str, kept: Mapping[str, Iterable[SoldUnits]]) -> None:
    """At start: free what lies in no basket any more. `kept`: by basket, what its returns name."""
    named = {
        (each.sold_store_id, each.sale_id, each.line_no, unit, basket_id)
        for basket_id, held in kept.items()
        for each in held
        for unit in each.units
    }
    for row in tx.execute(queries["held_of_till"], (till_id,)).fetchall():
        if tuple(row) not in named:
            tx.execute(queries["free_unit"], row)


def put_return(tx: Tx, fact: GoodsReturned, appended: Appended, *, basket_id: str, held: Iterable[SoldUnits]) -> None:
    """Keep a return and its units, and take the cash it paid out of the shift. Raises `Refusal`."""
    at_ms, receipt = appended.row.at_ms, fact.receipt
    for each in held:
        for unit in each.units:
            place = (each.sold_store_id, each.sale_id, each.line_no, unit)
            row = tx.execute(queries["take_unit"], (*place, basket_id, fact.till_id, fact.return_id, at_ms)).fetchone()
            if row is None:
                raise Refusal("returned_meanwhile")
    number = (fact.till_id, receipt.incarnation, receipt.number, at_ms, appended.business_date, fact.total_minor)
    sale = (fact.sold_store_id, fact.sale_id)
    tx.execute(queries["put_return"], (fact.return_id, fact.command_id, basket_id, *number, *sale, appended.row.fact))
    cash_minor = sum(tender.amount_minor for tender in fact.tenders if tender.kind == CASH)
    if cash_minor:
        tx.execute(queries["count_refund"], (cash_minor, fact.shift_id))


def prune(tx: Tx, before_ms: int) -> None:
    """Delete returns older than this whose sale is gone too: nothing can come back of it here any more. A basket that old is
    gone as well, with the units that lay in it."""
    tx.execute(queries["prune_returns"], (before_ms,))
    tx.execute(queries["prune_units"], (before_ms,))


def _fact(envelope: bytes) -> GoodsReturned:
    body = decode_body(decode_envelope(envelope))
    assert isinstance(body, GoodsReturned)
    return body
