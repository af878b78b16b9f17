"""Use cases of rules, minima and shelf plans; and telling stores of them.

A change notes in its own transaction which stores it concerns; the job tells them a few at a time, so that a rule of ten
thousand stores does not lock as many feeds at once.
"""

from __future__ import annotations

from cloud.db.feed_changes import change_rows, commit_feed
from cloud.db.pool import Connection
from cloud.refusals import Invalid, Missing
from cloud.shelf_rules import store
from cloud.shelf_rules.domain import Level, Whose, check_plan, check_rules, nearest
from protocols.contract.feed_rows import encode_row, stock_feed
from protocols.contract.feed_stock import MinimumRow, ShelfPlanRow, StockRow, StockRulesRow

MINIMA_MAX = 20_000
"""Of one level."""
MINIMUM_THOUSANDTHS_MAX = 1_000_000_000
STORES_AT_ONCE = 50


async def put_rules(tx: Connection, whose: Whose, rules: StockRulesRow, person: str, *, now_ms: int) -> StockRulesRow | None:
    """Set a level's rules; returns what they were. Raises `Invalid` or `Missing`."""
    check_rules(rules)
    await _need_level(tx, whose)
    before = await store.lock_rules(tx, whose)
    await store.put_rules(tx, whose, rules, person, now_ms)
    await store.mark_due(tx, whose)
    return before


async def remove_rules(tx: Connection, whose: Whose) -> StockRulesRow:
    """Its stores live by the next level's rules, or by the defaults; returns what they were. Raises `Missing`."""
    before = await store.lock_rules(tx, whose)
    if before is None:
        raise Missing("no_stock_rules", f"The {whose.level} '{whose.level_id}' has no stock rules of its own.")
    await store.remove_rules(tx, whose)
    await store.mark_due(tx, whose)
    return before


async def put_minimum(tx: Connection, whose: Whose, item_id: str, minimum: int, person: str, *, now_ms: int) -> None:
    """Set a level's minimum of an item. Raises `Invalid` or `Missing`."""
    if not 0 <= minimum <= MINIMUM_THOUSANDTHS_MAX:
        remedy = "Thousandths of a piece or kilogram; 0 asks for none."
        raise Invalid.field("minimum_thousandths", f"not between 0 and {MINIMUM_THOUSANDTHS_MAX}", remedy)
    if not await store.known_items(tx, [item_id]):
        raise Invalid.field("item_id", f"there is no item '{item_id}'", "Look the item up first.")
    await _need_level(tx, whose)
    if await store.count_minima(tx, whose) >= MINIMA_MAX:
        raise Invalid.field("item_id", f"{MINIMA_MAX} minima stand already", "Take old ones out first.")
    await store.put_minimum(tx, whose, item_id, minimum, person, now_ms)
    await store.mark_due(tx, whose)


async def remove_minimum(tx: Connection, whose: Whose, item_id: str) -> int:
    """Take a level's minimum back; returns what it was. Raises `Missing`."""
    before = await store.remove_minimum(tx, whose, item_id)
    if before is None:
        raise Missing("no_minimum", f"The {whose.level} '{whose.level_id}' has no minimum of item '{item_id}'.")
    await store.mark_due(tx, whose)
    return before


async def put_plan(tx: Connection, store_id: str, plan: ShelfPlanRow, person: str, *, now_ms: int) -> None:
    """Say what should lie on a smart shelf. Raises `Invalid`."""
    check_plan(plan, await store.known_items(tx, list(plan.item_ids)))
    await store.put_plan(tx, store_id, plan, person, now_ms)
    await store.mark_due(tx, Whose(Level.STORE, store_id))


async def remove_plan(tx: Connection, store_id: str, device_id: str, antenna: int) -> None:
    """The shelf is not planned any more. Raises `Missing`."""
    if not await store.remove_plan(tx, store_id, device_id, antenna):
        raise Missing("no_shelf_plan", f"There is no plan of antenna {antenna} of '{device_id}' in store '{store_id}'.")
    await store.mark_due(tx, Whose(Level.STORE, store_id))


async def _need_level(tx: Connection, whose: Whose) -> None:
    if not await store.known_level(tx, whose):
        raise Missing(f"no_{whose.level}", f"There is no {whose.level} '{whose.level_id}'.", "See the list.")


async def tell(tx: Connection, *, now_ms: int) -> int:
    """Tell some of the stores that are to be told; how many. `Scope.everything()`."""
    due = await store.take_due(tx, STORES_AT_ONCE)
    for store_id in due:  # in order: everybody locks feeds in one order
        await _tell(tx, store_id, now_ms)
    return len(due)


async def _tell(tx: Connection, store_id: str, now_ms: int) -> None:
    feed = stock_feed(store_id)
    wanted = {row.key(): encode_row(row) for row in await _rows(tx, store_id)}
    told = await store.told(tx, feed)
    changes: list[tuple[str, bytes | None]] = [(key, None) for key in sorted(set(told) - set(wanted))]
    changes += [(key, body) for key, body in wanted.items() if told.get(key) != body]
    if changes:
        await change_rows(tx, feed, changes)
        await commit_feed(tx, feed, now_ms)


async def _rows(tx: Connection, store_id: str) -> list[StockRow]:
    rows: list[StockRow] = []
    found = nearest((each.whose.level, each.rules) for each in await store.rules_for_store(tx, store_id))
    if found is not None:
        rows.append(found[1])
    by_item: dict[str, list[tuple[Level, int]]] = {}
    for level, item_id, minimum in await store.minima_for_store(tx, store_id):
        by_item.setdefault(item_id, []).append((level, minimum))
    for item_id in sorted(by_item):
        ranked = nearest(by_item[item_id])
        if ranked is not None:
            rows.append(MinimumRow(item_id=item_id, minimum_thousandths=ranked[1]))
    return rows + list(await store.plans(tx, store_id))
