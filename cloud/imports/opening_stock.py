"""Import of opening stock: store, item, place, quantity. The stores are asked, line by line; they have the last word."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Set

import msgspec

from cloud.db.pool import Connection
from cloud.imports import store
from cloud.imports.domain import Applying, Checked, ImportKind, OpenTable, Outcome, Problems
from cloud.imports.lines import GTIN, ITEM, STORE, Items, number_of, store_of, stores_named, text_of
from cloud.imports.store import StoreFacts
from cloud.refusals import Conflict
from cloud.stock import opening
from cloud.stock.opening import OpeningLine
from cloud.tables.columns import Column
from cloud.tables.values import TableRefused
from cloud.users.domain import Right
from protocols.contract.values import THOUSANDTHS, Place

COLUMNS = (
    STORE,
    ITEM,
    GTIN,
    Column("place", ("place", "location", "ort", "platz", "位置", "库位")),
    Column("quantity", ("quantity", "qty", "stock", "on hand", "menge", "bestand", "数量", "库存"), number=True),
)
QUANTITY_THOUSANDTHS_MAX = 10_000_000 * THOUSANDTHS
PLACES = {
    **{place.value: place for place in Place},
    **{place.value.replace("_", " "): place for place in Place},
    "floor": Place.SALES_FLOOR,
    "shop": Place.SALES_FLOOR,
    "store room": Place.BACK_ROOM,
    "卖场": Place.SALES_FLOOR,
    "后仓": Place.BACK_ROOM,
}


class PlannedOpening(msgspec.Struct, frozen=True, array_like=True):
    """One line of a checked file."""

    line_no: int
    store_id: str
    item_id: str
    place: Place
    quantity_thousandths: int


_plans = msgspec.msgpack.Decoder(list[PlannedOpening])


async def check(tx: Connection, table: OpenTable, problems: Problems, now_ms: int) -> Checked:  # noqa: ARG001 - one shape for all
    """See `domain.Check`."""
    if not table.map.has("store") and not table.choices.store:
        raise TableRefused("store", "The file names no store.", "Choose the store, or add a column 'store'.", "store")
    items = await Items.of(tx, table)
    stores = await store.stores(tx)
    taken = await opening.taken(tx, stores_named(table, stores), items.item_ids)
    lines, nothing = await asyncio.to_thread(_read, table, items, stores, taken, problems)
    count = len({line.store_id for line in lines})
    notes = (f"{len(lines)} line(s) are sent to {count} store(s), which answer each of them.",) if lines else ()
    return Checked(changes=len(lines), unchanged=nothing, notes=notes, plan=msgspec.msgpack.encode(lines))


def _read(
    table: OpenTable, items: Items, stores: Mapping[str, StoreFacts], taken: Set[tuple[str, str]], problems: Problems
) -> tuple[list[PlannedOpening], int]:
    """(lines to send, lines of quantity 0). Runs in a thread."""
    lines: list[PlannedOpening] = []
    seen: dict[tuple[str, str, Place], int] = {}
    nothing = 0
    for row in table.rows:
        store_id = store_of(table, row, stores, problems)
        item = items.of_row(table, row, problems)
        said = text_of(table.cell(row, "place")).casefold()
        place = PLACES.get(said) if said else Place.SALES_FLOOR
        if place is None:
            problem = f"there is no place '{said[:40]}'"
            problems.error(row.line_no, table.map.heading("place"), problem, "sales_floor or back_room; empty: sales_floor.")
        digits = 3 if item is not None and item.weighed else 0
        number = number_of(table, row, "quantity", digits, problems) if item is not None else None
        if item is None or place is None or number is None or not store_id:
            continue
        quantity = number if item.weighed else number * THOUSANDTHS
        heading = table.map.heading("quantity")
        if not 0 <= quantity <= QUANTITY_THOUSANDTHS_MAX:
            problem = "negative" if quantity < 0 else "too large"
            problems.error(row.line_no, heading, problem, "Give what stands there, in pieces or kilograms.")
        key = (store_id, item.item_id, place)
        if key in seen:
            problem = f"item {item.item_id} stands at this place in line {seen[key]} already"
            problems.error(row.line_no, table.map.heading("item"), problem, "Add the two quantities up in one line.")
        seen.setdefault(key, row.line_no)
        if (store_id, item.item_id) in taken:
            problem = f"store {store_id} has stock or moves of item {item.item_id} already"
            problems.error(
                row.line_no, table.map.heading("item"), problem, "Take the line out; let the store count instead."
            )
        if problems.bad(row.line_no):
            continue
        if quantity == 0:
            nothing += 1
        else:
            lines.append(PlannedOpening(row.line_no, store_id, item.item_id, place, quantity))
    return lines, nothing


async def apply(tx: Connection, plan: bytes, how: Applying) -> Outcome:
    """See `domain.Apply`."""
    planned = await asyncio.to_thread(_plans.decode, plan)
    store_ids, item_ids = {row.store_id for row in planned}, {row.item_id for row in planned}
    taken = await opening.taken(tx, sorted(store_ids), sorted(item_ids))
    late = next((row for row in planned if (row.store_id, row.item_id) in taken), None)
    if late is not None:
        detail = f"Line {late.line_no}: store {late.store_id} has moved item {late.item_id} since the check."
        raise Conflict("stale", detail, "Check the file again, look at it, then apply it.")
    lines = [OpeningLine(row.line_no, row.store_id, row.item_id, row.place, row.quantity_thousandths) for row in planned]
    versions = await opening.send(tx, how.import_id, lines, now_ms=how.now_ms)
    return Outcome(changes=len(lines), feed_versions=versions)


KIND = ImportKind(
    name="opening_stock",
    right=Right.STORES_WRITE,
    columns=COLUMNS,
    needed=(("item", "gtin"), ("quantity",)),
    options=("store",),
    check=check,
    apply=apply,
    sent_to_stores=True,
)
