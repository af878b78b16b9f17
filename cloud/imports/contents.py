"""Import of what one piece of an item holds: item, content, unit. The price of a kilogram or litre is computed from it."""

from __future__ import annotations

import asyncio

import msgspec

from cloud.catalogue import service as catalogue
from cloud.catalogue.domain import CONTENT_MAX
from cloud.db.pool import Connection
from cloud.imports.domain import Applying, Checked, ImportKind, OpenTable, Outcome, Problems
from cloud.imports.lines import GTIN, ITEM, Items, number_of, text_of
from cloud.tables.columns import Column
from cloud.tables.values import Row
from cloud.users.domain import Right
from protocols.contract.feed_rows import CATALOGUE_FEED
from protocols.contract.values import THOUSANDTHS, ContentUnit

COLUMNS = (
    ITEM,
    GTIN,
    Column("content", ("content", "net content", "net weight", "inhalt", "净含量", "含量"), number=True),
    Column("unit", ("unit", "content unit", "einheit", "单位")),
)
UNITS = {
    "g": (1, ContentUnit.GRAM),
    "kg": (1000, ContentUnit.GRAM),
    "克": (1, ContentUnit.GRAM),
    "千克": (1000, ContentUnit.GRAM),
    "ml": (1, ContentUnit.MILLILITRE),
    "cl": (10, ContentUnit.MILLILITRE),
    "l": (1000, ContentUnit.MILLILITRE),
    "毫升": (1, ContentUnit.MILLILITRE),
    "升": (1000, ContentUnit.MILLILITRE),
    "cm": (1, ContentUnit.CENTIMETRE),
    "m": (100, ContentUnit.CENTIMETRE),
    "米": (100, ContentUnit.CENTIMETRE),
    "pc": (1, ContentUnit.PIECE),
    "pcs": (1, ContentUnit.PIECE),
    "stück": (1, ContentUnit.PIECE),
    "个": (1, ContentUnit.PIECE),
}


class PlannedContent(msgspec.Struct, frozen=True, array_like=True):
    """One line of a checked file."""

    item_id: str
    quantity: int
    unit: ContentUnit


_plans = msgspec.msgpack.Decoder(list[PlannedContent])


async def check(tx: Connection, table: OpenTable, problems: Problems, now_ms: int) -> Checked:  # noqa: ARG001 - one shape for all
    """See `domain.Check`."""
    items = await Items.of(tx, table)
    lines = await asyncio.to_thread(_read, table, items, problems)
    known = await catalogue.contents_of(tx, [line.item_id for line in lines])
    changing = [line for line in lines if known.get(line.item_id) != (line.quantity, line.unit)]
    return Checked(
        changes=len(changing), unchanged=len(lines) - len(changing), notes=(), plan=msgspec.msgpack.encode(changing)
    )


def _read(table: OpenTable, items: Items, problems: Problems) -> list[PlannedContent]:
    """The lines without an error. Runs in a thread."""
    lines: list[PlannedContent] = []
    seen: dict[str, int] = {}
    for row in table.rows:
        item = items.of_row(table, row, problems)
        content = _content(table, row, problems)
        if item is None or content is None:
            continue
        if item.weighed:
            problem = f"item {item.item_id} is sold by weight"
            problems.error(
                row.line_no, table.map.heading("content"), problem, "Take the line out: it costs so much a kilogram."
            )
        elif item.item_id in seen:
            problem = f"item {item.item_id} stands in line {seen[item.item_id]} already"
            problems.error(row.line_no, table.map.heading("item"), problem, "Keep one of the two lines.")
        else:
            seen[item.item_id] = row.line_no
            lines.append(PlannedContent(item.item_id, *content))
    return lines


def _content(table: OpenTable, row: Row, problems: Problems) -> tuple[int, ContentUnit] | None:
    said = text_of(table.cell(row, "unit")).casefold()
    if said not in UNITS:
        problems.error(
            row.line_no, table.map.heading("unit"), f"there is no unit '{said[:20]}'", "One of g, kg, ml, l, cm, m, pc."
        )
        return None
    scale, unit = UNITS[said]
    number = number_of(table, row, "content", 3, problems)
    if number is None:
        return None
    quantity, rest = divmod(number * scale, THOUSANDTHS)
    if rest or not 1 <= quantity <= CONTENT_MAX:
        problem = f"not a whole number of {unit.value} between 1 and {CONTENT_MAX}"
        problems.error(row.line_no, table.map.heading("content"), problem, "Give what one piece holds.")
        return None
    return quantity, unit


async def apply(tx: Connection, plan: bytes, how: Applying) -> Outcome:
    """See `domain.Apply`. One version of the catalogue."""
    rows = [(row.item_id, row.quantity, row.unit) for row in await asyncio.to_thread(_plans.decode, plan)]
    version = await catalogue.set_contents(tx, rows, now_ms=how.now_ms)
    return Outcome(changes=len(rows), feed_versions={CATALOGUE_FEED: version})


KIND = ImportKind(
    name="contents",
    right=Right.PRODUCTS_WRITE,
    columns=COLUMNS,
    needed=(("item", "gtin"), ("content",), ("unit",)),
    options=(),
    check=check,
    apply=apply,
)
