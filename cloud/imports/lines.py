"""What most imports ask of a line: which item, which number, which day. What is wrong becomes a problem of the line."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from cloud.catalogue.domain import normalise_barcode
from cloud.db.pool import Connection
from cloud.imports import store
from cloud.imports.domain import OpenTable, Problems
from cloud.imports.store import KnownCode
from cloud.refusals import Invalid
from cloud.tables.columns import Column
from cloud.tables.instants import NotAnInstant, read_date, read_instant_ms
from cloud.tables.numbers import NotANumber, read_number, scaled
from cloud.tables.values import Cell, Damaged, Row, TableRefused

ITEM = Column(
    "item",
    ("item id", "item", "item number", "item no", "sku", "article", "artikel", "artikelnummer", "货号", "商品编号", "商品"),
)
GTIN = Column("gtin", ("barcode", "gtin", "ean", "upc", "strichcode", "条码", "条形码"))
STORE = Column("store", ("store", "store id", "shop", "filiale", "门店", "门店编号"))
REASON_LENGTH_MAX = 200
_SHORTENED = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)


def text_of(cell: Cell) -> str:
    """A cell as text; a whole number without a decimal mark, nothing for an empty one."""
    if cell is None or isinstance(cell, Damaged):
        return ""
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    return cell.strip()


def _gtin_of(code: str) -> str:
    """The normalised barcode, empty when the text cannot be one."""
    try:
        return normalise_barcode(code)
    except Invalid:
        return ""


@dataclass(frozen=True)
class Items:
    """The items behind every code of a file."""

    by_code: Mapping[str, KnownCode]

    @classmethod
    async def of(cls, tx: Connection, table: OpenTable) -> Items:
        """Look all codes up at once."""
        codes = {code for row in table.rows for name in ("item", "gtin") if (code := text_of(table.cell(row, name)))}
        found = await store.known_codes(tx, {code: _gtin_of(code) for code in sorted(codes)})
        return cls({row.code: row for row in found})

    @property
    def item_ids(self) -> list[str]:
        """The items found."""
        return sorted({row.item_id for row in self.by_code.values()})

    def of_row(self, table: OpenTable, row: Row, problems: Problems) -> KnownCode | None:
        """The item of a line; None, with the reason noted, when it cannot be told."""
        named: list[tuple[str, KnownCode]] = []
        for column in ("item", "gtin"):
            cell = table.cell(row, column)
            heading = table.map.heading(column)
            if isinstance(cell, Damaged):
                problems.error(row.line_no, heading, cell.problem, cell.remedy)
                return None
            code = text_of(cell)
            if not code:
                continue
            known = self.by_code.get(code)
            if known is None:
                _unknown(row.line_no, heading, code, problems)
                return None
            if known.pack_quantity > 1:
                problem = f"the barcode stands for {known.pack_quantity} pieces"
                problems.error(row.line_no, heading, problem, "Give the item's number or the barcode of one piece.")
                return None
            named.append((heading, known))
        if not named:
            problems.error(row.line_no, table.map.heading(ITEM.name), "no item", "Give the item's number or its barcode.")
            return None
        if len({known.item_id for _, known in named}) > 1:
            problem = f"item number and barcode are of two items: {named[0][1].item_id} and {named[1][1].item_id}"
            problems.error(row.line_no, named[1][0], problem, "Correct one of them.")
            return None
        return named[0][1]


def _unknown(line_no: int, heading: str, code: str, problems: Problems) -> None:
    if _SHORTENED.fullmatch(code):
        remedy = "Format the column as text in the spreadsheet and enter the codes again."
        problems.error(line_no, heading, f"the spreadsheet has shortened this code to {code}", remedy)
    else:
        problems.error(line_no, heading, f"there is no item '{code[:40]}'", "Check the number, or add the item first.")


def number_of(table: OpenTable, row: Row, name: str, digits: int, problems: Problems) -> int | None:
    """A number in units of 10^-digits; None, with the reason noted, when there is none."""
    cell = table.cell(row, name)
    heading = table.map.heading(name)
    if cell is None:
        problems.error(row.line_no, heading, "empty", "Give a number.")
        return None
    try:
        return scaled(read_number(cell, table.decimal), digits)
    except NotANumber as error:
        problems.error(row.line_no, heading, str(error), error.remedy)
        return None


def date_of(table: OpenTable, row: Row, name: str, problems: Problems) -> datetime.date | None:
    """A day; None, with the reason noted, when there is none."""
    try:
        return read_date(table.cell(row, name))
    except NotAnInstant as error:
        problems.error(row.line_no, table.map.heading(name), str(error), error.remedy)
        return None


def instant_of(table: OpenTable, row: Row, name: str, zone: zoneinfo.ZoneInfo | None, problems: Problems) -> int | None:
    """An instant, None for an empty cell or, with the reason noted, for one that is none."""
    cell = table.cell(row, name)
    if cell is None or zone is None:
        return None
    try:
        return read_instant_ms(cell, zone)
    except NotAnInstant as error:
        problems.error(row.line_no, table.map.heading(name), str(error), error.remedy)
        return None


def store_of(table: OpenTable, row: Row, known: Mapping[str, object], problems: Problems) -> str:
    """The store of a line or of the whole file; empty, with the reason noted, when there is none."""
    return one_of_two(table, row, "store", table.choices.store, known, problems)


def stores_named(table: OpenTable, known: Mapping[str, object]) -> list[str]:
    """The known stores a file is about."""
    named = {text_of(table.cell(row, "store")) for row in table.rows} | {table.choices.store}
    return sorted(named & set(known))


def one_of_two(table: OpenTable, row: Row, name: str, chosen: str, known: Mapping[str, object], problems: Problems) -> str:
    """What the line says or the person chose for the whole file; the two may not differ."""
    heading = table.map.heading(name)
    said = text_of(table.cell(row, name))
    if said and chosen and said != chosen:
        problems.error(row.line_no, heading, f"'{said}', but '{chosen}' was chosen for the whole file", "Keep one of them.")
        return ""
    value = said or chosen
    if not value:
        problems.error(row.line_no, heading, f"no {name}", f"Give it in the line, or choose one {name} for the whole file.")
    elif value not in known:
        problems.error(row.line_no, heading, f"there is no {name} '{value[:40]}'", f"One of: {_some(known)}.")
        return ""
    return value


def _some(names: Iterable[str]) -> str:
    found = sorted(names)
    return ", ".join(found[:10]) + (" …" if len(found) > 10 else "") if found else "none yet"


def reason_of(table: OpenTable, row: Row, problems: Problems) -> str:
    """The reason column, at most `REASON_LENGTH_MAX` characters."""
    reason = text_of(table.cell(row, "reason"))
    if len(reason) > REASON_LENGTH_MAX:
        problem = f"longer than {REASON_LENGTH_MAX} characters"
        problems.error(row.line_no, table.map.heading("reason"), problem, "Shorten it.")
    return reason


def time_zone_of(name: str) -> zoneinfo.ZoneInfo:
    """The time zone of a name. Raises `TableRefused`."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TableRefused(
            "time_zone", f"The time zone '{name}' is unknown.", "Use an IANA name, for example Europe/Berlin.", "time_zone"
        ) from error
