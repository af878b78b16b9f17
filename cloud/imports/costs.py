"""Import of what goods cost the chain: item, cost net of tax, currency. Guard rails of prices stand on it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from cloud.db.pool import Connection
from cloud.imports import store
from cloud.imports.domain import Applying, Checked, ImportKind, OpenTable, Outcome, Problems
from cloud.imports.lines import GTIN, ITEM, Items, number_of, text_of
from cloud.pricing import ground
from cloud.pricing.domain import PRICE_MINOR_MAX
from cloud.pricing.revisions import Author
from cloud.tables.columns import Column
from cloud.tables.values import Row, TableRefused
from cloud.users.domain import Right

COLUMNS = (
    ITEM,
    GTIN,
    Column("cost", ("cost", "cost price", "purchase price", "einkaufspreis", "einstandspreis", "成本", "进价"), number=True),
    Column("currency", ("currency", "währung", "币种", "货币")),
)


class PlannedCost(msgspec.Struct, frozen=True, array_like=True):
    """One line of a checked file."""

    item_id: str
    currency: str
    cost_minor: int


_plans = msgspec.msgpack.Decoder(list[PlannedCost])


async def check(tx: Connection, table: OpenTable, problems: Problems, now_ms: int) -> Checked:  # noqa: ARG001 - one shape for all
    """See `domain.Check`."""
    zones = await store.zones(tx)
    chosen = zones.get(table.choices.zone)
    if not table.map.has("currency") and chosen is None:
        raise TableRefused("zone", "The file names no currency.", "Choose a zone, or add a column 'currency'.", "zone")
    digits = {zone.currency: zone.minor_digits for zone in zones.values()}
    items = await Items.of(tx, table)
    lines = await asyncio.to_thread(_read, table, items, digits, "" if chosen is None else chosen.currency, problems)
    known = await ground.costs_among(tx, [line.item_id for line in lines])
    changing = [line for line in lines if known.get((line.item_id, line.currency)) != line.cost_minor]
    return Checked(
        changes=len(changing), unchanged=len(lines) - len(changing), notes=(), plan=msgspec.msgpack.encode(changing)
    )


def _read(table: OpenTable, items: Items, digits: Mapping[str, int], chosen: str, problems: Problems) -> list[PlannedCost]:
    """The lines without an error. Runs in a thread."""
    lines: list[PlannedCost] = []
    seen: dict[tuple[str, str], int] = {}
    for row in table.rows:
        item = items.of_row(table, row, problems)
        currency = text_of(table.cell(row, "currency")).upper() or chosen
        if currency not in digits:
            remedy = f"One of: {', '.join(sorted(digits))}."
            problems.error(row.line_no, table.map.heading("currency"), f"no zone has the currency '{currency[:10]}'", remedy)
            continue
        cost = _cost(table, row, digits[currency], problems)
        if item is None or cost is None:
            continue
        key = (item.item_id, currency)
        if key in seen:
            problem = f"item {item.item_id} stands in line {seen[key]} already"
            problems.error(row.line_no, table.map.heading("item"), problem, "Keep one of the two lines.")
            continue
        seen[key] = row.line_no
        lines.append(PlannedCost(item.item_id, currency, cost))
    return lines


def _cost(table: OpenTable, row: Row, digits: int, problems: Problems) -> int | None:
    cost = number_of(table, row, "cost", digits, problems)
    if cost is not None and not 1 <= cost <= PRICE_MINOR_MAX:
        problem = "negative or zero" if cost < 1 else "too large"
        problems.error(row.line_no, table.map.heading("cost"), problem, "Give what one piece or kilogram costs, net of tax.")
        return None
    return cost


async def apply(tx: Connection, plan: bytes, how: Applying) -> Outcome:
    """See `domain.Apply`."""
    rows = [(row.item_id, row.currency, row.cost_minor) for row in await asyncio.to_thread(_plans.decode, plan)]
    return Outcome(changes=await ground.put_costs(tx, rows, Author(how.person, how.now_ms)))


KIND = ImportKind(
    name="costs",
    right=Right.PRICES_WRITE,
    columns=COLUMNS,
    needed=(("item", "gtin"), ("cost",)),
    options=("zone",),
    check=check,
    apply=apply,
)
