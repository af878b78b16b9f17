"""Questions of tills about goods coming back: a sale by its receipt, and units to be set aside for a basket.

A till asks with a receipt it has in hand, so a store learns of another's sale only when the customer shows it.
"""

from __future__ import annotations

from cloud.db.pool import Connection
from cloud.returns import store
from cloud.returns.domain import RESERVED_MS, UNITS_MAX, TooFew, grant
from cloud.returns.store import SaleKey
from protocols.contract.questions import Answer, QuestionRefused
from protocols.contract.returns import FindSale, ReserveReturn, ReturnReserved, SaleFound

TIDY_AT_ONCE = 20


async def find_sale(tx: Connection, _store_id: str, asked: FindSale, _now_ms: int) -> Answer:
    """The sale, and what came back of it anywhere."""
    found = await store.sale_by_receipt(tx, asked)
    if found is None:
        return QuestionRefused(code="sale_unknown", text="There is no sale with this receipt here.")
    sale, closed_at_ms = found
    returns = await store.earlier_returns(tx, SaleKey(sale.store_id, sale.sale_id))
    return SaleFound(sale=sale, at_ms=closed_at_ms, returns=returns)


async def reserve_return(tx: Connection, store_id: str, asked: ReserveReturn, now_ms: int) -> Answer:
    """Set units aside for a basket, so that no two stores give money for the same."""
    key = SaleKey(asked.sold_store_id, asked.sale_id)
    if sum(line.quantity for line in asked.lines) > UNITS_MAX:
        return QuestionRefused(code="too_many", text=f"At most {UNITS_MAX} units at once.")
    await store.lock(tx, key)
    sold = await store.sold_units(tx, key)
    if sold is None and asked.sold_store_id != store_id:
        return QuestionRefused(code="sale_unknown", text="There is no such sale here.")
    taken = await store.units_taken(tx, key, store_id, asked.basket_id, now_ms)
    granted = grant(asked.lines, sold, taken)
    if isinstance(granted, TooFew):
        params = {"line_no": str(granted.line_no), "left": str(granted.left)}
        return QuestionRefused(code="returned_elsewhere", text="Fewer units are left.", params=params)
    until_ms = now_ms + RESERVED_MS
    await store.set_aside(tx, key, store_id, asked.basket_id, granted, now_ms=now_ms, until_ms=until_ms)
    await store.tidy(tx, now_ms, TIDY_AT_ONCE)
    return ReturnReserved(lines=tuple(granted), expires_ms=until_ms)
