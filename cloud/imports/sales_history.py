"""Import of sales history: store, day, item, quantity, amount, perhaps receipts. Totals of a day and item are kept."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

import msgspec

from cloud.db.pool import Connection
from cloud.imports import store
from cloud.imports.domain import Applying, Checked, ImportKind, OpenTable, Outcome, Problems
from cloud.imports.lines import GTIN, ITEM, STORE, Items, date_of, number_of, store_of, stores_named, text_of
from cloud.imports.store import StoreFacts
from cloud.refusals import Conflict
from cloud.sales import history
from cloud.sales.history import Days, HistoryRow
from cloud.tables.columns import Column
from cloud.tables.instants import NotAnInstant, read_date
from cloud.tables.values import Row, TableRefused
from cloud.users.domain import Right
from protocols.contract.values import THOUSANDTHS

COLUMNS = (
    STORE,
    Column("date", ("date", "day", "business date", "datum", "tag", "日期", "营业日")),
    ITEM,
    GTIN,
    Column("quantity", ("quantity", "qty", "sold", "menge", "数量", "销量"), number=True),
    Column("net", ("net amount", "net", "amount", "sales", "umsatz", "betrag", "金额", "销售额"), number=True),
    Column("receipt", ("receipt no", "receipt", "receipt number", "bon", "bonnummer", "小票号", "单号")),
)
AMOUNT_MINOR_MAX = 10**12
QUANTITY_MAX = 10**12

Key = tuple[str, datetime.date, str]


class PlannedTotal(msgspec.Struct, frozen=True, array_like=True):
    """What a store sold of an item on a day."""

    store_id: str
    business_date: datetime.date
    item_id: str
    quantity_thousandths: int
    net_minor: int
    currency: str
    receipt_count: int | None


@dataclass
class _Total:
    first_line: int
    quantity_thousandths: int = 0
    net_minor: int = 0
    receipts: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Known:
    items: Items
    stores: Mapping[str, StoreFacts]
    held: Set[Key]
    recorded: Set[tuple[str, datetime.date]]
    today: datetime.date
    """The furthest day anywhere on earth."""


_plans = msgspec.msgpack.Decoder(list[PlannedTotal])


async def check(tx: Connection, table: OpenTable, problems: Problems, now_ms: int) -> Checked:
    """See `domain.Check`."""
    if not table.map.has("store") and not table.choices.store:
        raise TableRefused("store", "The file names no store.", "Choose the store, or add a column 'store'.", "store")
    stores = await store.stores(tx)
    days = await asyncio.to_thread(_days, table)
    held: set[Key] = set()
    recorded: set[tuple[str, datetime.date]] = set()
    if days is not None:
        named = stores_named(table, stores)
        held = await history.days_held(tx, named, days)
        recorded = await history.days_recorded(tx, named, days)
    today = datetime.datetime.fromtimestamp(now_ms / 1000 + 14 * 3600, datetime.UTC).date()
    known = _Known(await Items.of(tx, table), stores, held, recorded, today)
    totals = await asyncio.to_thread(_read, table, known, problems)
    rows = [_planned(key, total, stores[key[0]]) for key, total in totals.items()]
    return Checked(changes=len(rows), unchanged=0, notes=_notes(rows), plan=msgspec.msgpack.encode(rows))


def _days(table: OpenTable) -> Days | None:
    """From the first day of the file to the last; None when none can be read."""
    found = []
    for row in table.rows:
        try:
            found.append(read_date(table.cell(row, "date")))
        except NotAnInstant:
            continue
    return Days(min(found), max(found)) if found else None


def _read(table: OpenTable, known: _Known, problems: Problems) -> dict[Key, _Total]:
    """Totals of the lines without an error. Runs in a thread."""
    totals: dict[Key, _Total] = {}
    warned: set[tuple[str, datetime.date]] = set()
    for row in table.rows:
        store_id = store_of(table, row, known.stores, problems)
        day = date_of(table, row, "date", problems)
        item = known.items.of_row(table, row, problems)
        facts = known.stores.get(store_id)
        if item is None or facts is None:
            continue
        number = number_of(table, row, "quantity", 3 if item.weighed else 0, problems)
        net = number_of(table, row, "net", facts.minor_digits, problems)
        if day is None or number is None or net is None:
            continue
        quantity = number if item.weighed else number * THOUSANDTHS
        if abs(net) > AMOUNT_MINOR_MAX or abs(quantity) > QUANTITY_MAX:
            problems.error(row.line_no, table.map.heading("net"), "too large", "Check the numbers.")
        if day > known.today:
            problems.error(row.line_no, table.map.heading("date"), "in the future", "Check the date.")
        if (store_id, day, item.item_id) in known.held:
            problem = f"store {store_id} has history of item {item.item_id} on {day} already"
            problems.error(
                row.line_no, table.map.heading("date"), problem, "Take that import back first, or leave the line out."
            )
        if quantity < 0 or net < 0:
            problems.warn(row.line_no, table.map.heading("quantity"), "negative: more was returned than sold")
        if (store_id, day) in known.recorded and (store_id, day) not in warned:
            warned.add((store_id, day))
            problem = f"store {store_id} has sent sales of {day} itself"
            problems.warn(row.line_no, table.map.heading("date"), problem, "Both are shown, each with its source.")
        _add(table, row, totals, (store_id, day, item.item_id), (quantity, net), problems)
    return totals


def _add(table: OpenTable, row: Row, totals: dict[Key, _Total], key: Key, sold: tuple[int, int], problems: Problems) -> None:
    receipt = text_of(table.cell(row, "receipt"))
    total = totals.get(key)
    if total is None:
        total = totals[key] = _Total(row.line_no)
    elif not receipt or not total.receipts:
        problem = f"item {key[2]} of this store and day stands in line {total.first_line} already"
        problems.error(row.line_no, table.map.heading("item"), problem, "Add the lines up, or give receipt numbers.")
        return
    elif receipt in total.receipts:
        problem = f"receipt {receipt[:40]} has this item twice"
        problems.error(row.line_no, table.map.heading("receipt"), problem, "Add the two lines up.")
        return
    if receipt:
        total.receipts.add(receipt)
    total.quantity_thousandths += sold[0]
    total.net_minor += sold[1]


def _planned(key: Key, total: _Total, facts: StoreFacts) -> PlannedTotal:
    receipts = len(total.receipts) or None
    return PlannedTotal(*key, total.quantity_thousandths, total.net_minor, facts.currency, receipts)


def _notes(rows: list[PlannedTotal]) -> tuple[str, ...]:
    if not rows:
        return ()
    days = {row.business_date for row in rows}
    stores = {row.store_id for row in rows}
    return (f"{len(days)} day(s) from {min(days)} to {max(days)}, {len(stores)} store(s).",)


async def apply(tx: Connection, plan: bytes, how: Applying) -> Outcome:
    """See `domain.Apply`."""
    planned = await asyncio.to_thread(_plans.decode, plan)
    rows = [
        HistoryRow(
            row.store_id,
            row.business_date,
            row.item_id,
            row.quantity_thousandths,
            row.net_minor,
            row.currency,
            row.receipt_count,
        )
        for row in planned
    ]
    added = await history.add(tx, how.import_id, rows)
    if added != len(rows):
        detail = f"Another import has brought {len(rows) - added} of these days and items since the check."
        raise Conflict("stale", detail, "Check the file again, look at it, then apply it.")
    return Outcome(changes=added)


async def undo(tx: Connection, how: Applying) -> int:
    """See `domain.Undo`."""
    return await history.remove(tx, how.import_id)


KIND = ImportKind(
    name="sales_history",
    right=Right.STORES_WRITE,
    columns=COLUMNS,
    needed=(("date",), ("item", "gtin"), ("quantity",), ("net",)),
    options=("store",),
    check=check,
    apply=apply,
    undo=undo,
)
