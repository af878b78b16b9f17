"""SQL of returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from psycopg.rows import class_row, dict_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from protocols.contract.returns import EarlierReturn, FindSale, UnitsBack, UnitsGranted
from protocols.contract.sale_parts import Override, ReceiptNumber, SaleLine, Tender, UnitDiscount, UsedCoupon
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import TaxMode

Q = load_queries(__file__, "returns.sql")

_discounts = msgspec.json.Decoder(tuple[UnitDiscount, ...])
_overrides = msgspec.json.Decoder(tuple[Override, ...])
_bases = msgspec.json.Decoder(tuple[int, ...])


@dataclass(frozen=True)
class SaleKey:
    """One sale of the chain."""

    sold_store_id: str
    sale_id: str


@dataclass(frozen=True)
class Clash:
    """A sold line of which more came back than was sold. `returns`: store/return of each."""

    sold_store_id: str
    sale_id: str
    line_no: int
    item_id: str
    name: str
    sold: int | None
    returned: int
    refund_minor: int
    at_ms: int
    returns: list[str]


async def lock(tx: Connection, key: SaleKey) -> None:
    """Whoever asks about the same sale waits until this transaction has ended."""
    await tx.execute(Q["lock"], vars(key))


async def sale_by_receipt(tx: Connection, asked: FindSale) -> tuple[SaleClosed, int] | None:
    """A sale as its fact told it, and when it was closed. What no return needs is left out."""
    values = {
        "store_id": asked.store_id,
        "till_id": asked.till_id,
        "incarnation": asked.incarnation,
        "number": asked.number,
    }
    async with tx.cursor(row_factory=dict_row) as cursor:
        head = await (await cursor.execute(Q["sale_by_receipt"], values)).fetchone()
    if head is None:
        return None
    key = SaleKey(str(head["store_id"]), str(head["sale_id"]))
    receipt = ReceiptNumber(
        till_id=head.pop("receipt_till_id"),
        incarnation=head.pop("receipt_incarnation"),
        number=head.pop("receipt_number"),
    )
    closed_at_ms, mode = int(head.pop("closed_at_ms")), TaxMode(head.pop("tax_mode"))
    sale = SaleClosed(
        **head,
        receipt=receipt,
        tax_mode=mode,
        lines=await _lines(tx, key),
        tenders=await _tenders(tx, key),
        coupons=await _coupons(tx, key),
    )
    return sale, closed_at_ms


async def earlier_returns(tx: Connection, key: SaleKey) -> tuple[EarlierReturn, ...]:
    """What came back of a sale, at any store, oldest first."""
    heads = await (await tx.execute(Q["returns"], vars(key))).fetchall()
    lines: dict[tuple[str, str], list[UnitsBack]] = {}
    for store_id, return_id, *rest in await (await tx.execute(Q["return_lines"], vars(key))).fetchall():
        line_no, first, quantity, refund = rest
        back = UnitsBack(line_no=line_no, first_unit=first, quantity=quantity, refund_minor=refund)
        lines.setdefault((store_id, return_id), []).append(back)
    tenders: dict[tuple[str, str], list[Tender]] = {}
    for store_id, return_id, kind, amount, reference, units in await (
        await tx.execute(Q["return_tenders"], vars(key))
    ).fetchall():
        tender = Tender(kind=kind, amount_minor=amount, reference=reference, units=units)
        tenders.setdefault((store_id, return_id), []).append(tender)
    return tuple(
        EarlierReturn(
            return_id=return_id,
            store_id=store_id,
            policy=policy,
            lines=tuple(lines.get((store_id, return_id), ())),
            tenders=tuple(tenders.get((store_id, return_id), ())),
        )
        for store_id, return_id, policy in heads
    )


async def sold_units(tx: Connection, key: SaleKey) -> dict[int, int] | None:
    """By line, the units that may come back; None when the sale is not here."""
    rows = await (await tx.execute(Q["sold_units"], vars(key))).fetchall()
    return {int(line_no): int(units) for line_no, units in rows} or None


async def units_taken(
    tx: Connection, key: SaleKey, by_store_id: str, basket_id: str, now_ms: int
) -> dict[int, frozenset[int]]:
    """By line, the units that came back or are set aside for another basket."""
    values = {**vars(key), "by_store_id": by_store_id, "basket_id": basket_id, "now_ms": now_ms}
    found: dict[int, set[int]] = {}
    for line_no, unit_no in await (await tx.execute(Q["units_taken"], values)).fetchall():
        found.setdefault(int(line_no), set()).add(int(unit_no))
    return {line_no: frozenset(units) for line_no, units in found.items()}


async def set_aside(
    tx: Connection,
    key: SaleKey,
    by_store_id: str,
    basket_id: str,
    granted: Sequence[UnitsGranted],
    *,
    now_ms: int,
    until_ms: int,
) -> None:
    """Set units aside for a basket, instead of those it had."""
    values = {
        **vars(key),
        "by_store_id": by_store_id,
        "basket_id": basket_id,
        "now_ms": now_ms,
        "expires_ms": until_ms,
        "lines": [line.line_no for line in granted for _ in line.units],
        "units": [unit for line in granted for unit in line.units],
    }
    await tx.execute(Q["let_go"], values)
    await tx.execute(Q["set_aside"], values)


async def tidy(tx: Connection, now_ms: int, limit: int) -> None:
    """Forget some reservations that have ended."""
    await tx.execute(Q["tidy"], {"now_ms": now_ms, "limit": limit})


async def clashes(tx: Connection, from_ms: int, store_id: str | None, limit: int) -> list[Clash]:
    """Lines of which more came back than was sold, newest first."""
    values = {"from_ms": from_ms, "store_id": store_id, "limit": limit}
    async with tx.cursor(row_factory=class_row(Clash)) as cursor:
        return await (await cursor.execute(Q["clashes"], values)).fetchall()


async def _lines(tx: Connection, key: SaleKey) -> tuple[SaleLine, ...]:
    async with tx.cursor(row_factory=dict_row) as cursor:
        rows = await (await cursor.execute(Q["lines"], vars(key))).fetchall()
    made = []
    for row in rows:
        discounts, overrides, bases = row.pop("discounts"), row.pop("overrides"), row.pop("bases")
        line = SaleLine(
            **row,
            discounts=_discounts.decode(discounts) if discounts else (),
            overrides=_overrides.decode(overrides) if overrides else (),
            bases_minor=_bases.decode(bases) if bases else (),
        )
        made.append(_with_base(line))
    return tuple(made)


def _with_base(line: SaleLine) -> SaleLine:
    """The price the units started from, where they all started from the same: what was charged, and what came off."""
    if line.bases_minor or line.grams is not None:
        return line
    whole = line.net_minor + sum(sum(discount.shares_minor) for discount in line.discounts)
    base, rest = divmod(whole, line.quantity)
    return line if rest else msgspec.structs.replace(line, base_unit_minor=base)


async def _tenders(tx: Connection, key: SaleKey) -> tuple[Tender, ...]:
    async with tx.cursor(row_factory=dict_row) as cursor:
        return tuple(Tender(**row) for row in await (await cursor.execute(Q["tenders"], vars(key))).fetchall())


async def _coupons(tx: Connection, key: SaleKey) -> tuple[UsedCoupon, ...]:
    async with tx.cursor(row_factory=dict_row) as cursor:
        return tuple(UsedCoupon(**row) for row in await (await cursor.execute(Q["coupons"], vars(key))).fetchall())
