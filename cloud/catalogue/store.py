"""SQL of products. Rows are the contract's own structs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from msgspec import structs
from psycopg.rows import class_row, kwargs_row

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from protocols.contract.feed_rows import BarcodeRow, ItemRow, StyleRow, TaxClassRow
from protocols.contract.values import ContentUnit

Q = load_queries(__file__, "catalogue.sql")

STYLE_COLUMNS = ("style_id", "name", "name_zh", "brand", "category")
ITEM_COLUMNS = ("item_id", "style_id", "name", "name_zh", "colour", "size", "tax_class", "weighed", "tare_grams", "active",
                "content_quantity", "content_unit", "min_age", "deposit_item_id", "serial_tracked", "bag")  # fmt: skip
BARCODE_COLUMNS = ("gtin", "item_id", "pack_quantity")
LOCK_OF: dict[type[ItemRow | StyleRow | TaxClassRow | BarcodeRow], str] = {
    ItemRow: "lock_item",
    StyleRow: "lock_style",
    TaxClassRow: "lock_tax_class",
    BarcodeRow: "lock_barcode",
}
Row = TypeVar("Row", ItemRow, StyleRow, TaxClassRow, BarcodeRow)


def _item(**columns: object) -> ItemRow:
    return msgspec.convert(columns, ItemRow)


ITEMS = kwargs_row(_item)


async def put_tax_class(tx: Connection, row: TaxClassRow) -> None:
    """Add or replace."""
    await tx.execute(Q["put_tax_class"], structs.asdict(row))


async def put_style(tx: Connection, row: StyleRow) -> None:
    """Add or replace."""
    await tx.execute(Q["put_style"], structs.asdict(row))


async def put_item(tx: Connection, row: ItemRow) -> None:
    """Add or replace; style and tax class must exist."""
    await tx.execute(Q["put_item"], structs.asdict(row))


async def present(tx: Connection, row: Row) -> Row | None:
    """The row that this one would replace, locked until the transaction ends; None when it is new."""
    kind = type(row)
    async with tx.cursor(row_factory=kwargs_row(lambda **columns: msgspec.convert(columns, kind))) as cursor:
        await cursor.execute(Q[LOCK_OF[kind]], structs.asdict(row))
        return await cursor.fetchone()


async def put_barcode(tx: Connection, row: BarcodeRow) -> bool:
    """Add or change the pack quantity; False when the code belongs to another item."""
    cursor = await tx.execute(Q["put_barcode"], structs.asdict(row))
    return await cursor.fetchone() is not None


async def remove_barcode(tx: Connection, gtin: str) -> str | None:
    """The item it belonged to, None when there is no such code."""
    row = await (await tx.execute(Q["remove_barcode"], {"gtin": gtin})).fetchone()
    return None if row is None else str(row[0])


async def barcode_owner(tx: Connection, gtin: str) -> str | None:
    """The item a code belongs to."""
    row = await (await tx.execute(Q["barcode_owner"], {"gtin": gtin})).fetchone()
    return None if row is None else str(row[0])


async def style_exists(tx: Connection, style_id: str) -> bool:
    """Whether there is such a style."""
    return await (await tx.execute(Q["style_exists"], {"style_id": style_id})).fetchone() is not None


async def tax_class_exists(tx: Connection, tax_class: str) -> bool:
    """Whether there is such a tax class."""
    return await (await tx.execute(Q["tax_class_exists"], {"tax_class": tax_class})).fetchone() is not None


async def list_tax_classes(tx: Connection) -> list[TaxClassRow]:
    """All of them."""
    async with tx.cursor(row_factory=class_row(TaxClassRow)) as cursor:
        await cursor.execute(Q["list_tax_classes"])
        return await cursor.fetchall()


async def get_item(tx: Connection, item_id: str) -> ItemRow | None:
    """One item."""
    async with tx.cursor(row_factory=ITEMS) as cursor:
        await cursor.execute(Q["get_item"], {"item_id": item_id})
        return await cursor.fetchone()


async def contents_of(tx: Connection, item_ids: Sequence[str]) -> dict[str, tuple[int, ContentUnit]]:
    """What one piece of each item holds."""
    rows = await (await tx.execute(Q["contents_of"], {"item_ids": list(item_ids)})).fetchall()
    return {str(item_id): (int(quantity), ContentUnit(unit)) for item_id, quantity, unit in rows}


async def set_contents(tx: Connection, rows: Sequence[tuple[str, int, ContentUnit]]) -> list[ItemRow]:
    """Change what one piece of (item, quantity, unit) holds; the items as they are then."""
    values = {
        "item_ids": [row[0] for row in rows],
        "quantities": [row[1] for row in rows],
        "units": [row[2].value for row in rows],
    }
    async with tx.cursor(row_factory=ITEMS) as cursor:
        await cursor.execute(Q["set_contents"], values)
        return await cursor.fetchall()


async def item_for_code(tx: Connection, gtin: str) -> ItemRow | None:
    """The item behind a normalised barcode."""
    async with tx.cursor(row_factory=ITEMS) as cursor:
        await cursor.execute(Q["item_for_code"], {"gtin": gtin})
        return await cursor.fetchone()


async def barcodes_of(tx: Connection, item_id: str) -> list[BarcodeRow]:
    """An item's codes, single pieces first."""
    async with tx.cursor(row_factory=class_row(BarcodeRow)) as cursor:
        await cursor.execute(Q["barcodes_of"], {"item_id": item_id})
        return await cursor.fetchall()


async def search_items(tx: Connection, words: Sequence[str], after: str, limit: int) -> list[ItemRow]:
    """Items whose names or number contain every word, in item order; no words = all items."""
    patterns = [f"%{_literal(word.lower())}%" for word in words]
    async with tx.cursor(row_factory=ITEMS) as cursor:
        await cursor.execute(Q["search_items"], {"words": patterns, "after": after, "limit": limit})
        return await cursor.fetchall()


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True)
class NamedItem:
    """The item a typed code means."""

    code: str
    item_id: str
    name: str
    name_zh: str
    weighed: bool


async def items_for_codes(tx: Connection, codes: Sequence[str], gtins: Sequence[str]) -> list[NamedItem]:
    """The items behind item numbers or normalised barcodes (`gtins`, "" = none), side by side; unknown ones are left out."""
    async with tx.cursor(row_factory=class_row(NamedItem)) as cursor:
        await cursor.execute(Q["items_for_codes"], {"codes": list(codes), "gtins": list(gtins)})
        return await cursor.fetchall()


async def count_items(tx: Connection) -> int:
    """How many items there are."""
    row = await (await tx.execute(Q["count_items"])).fetchone()
    return 0 if row is None else int(row[0])


async def copy_rows(
    tx: Connection, styles: Iterable[StyleRow], items: Iterable[ItemRow], barcodes: Iterable[BarcodeRow]
) -> None:
    """Load many new rows at the speed of COPY. Keys that exist already fail the transaction."""
    await _copy(tx, "copy_styles", (tuple(getattr(row, name) for name in STYLE_COLUMNS) for row in styles))
    await _copy(tx, "copy_items", (tuple(getattr(row, name) for name in ITEM_COLUMNS) for row in items))
    await _copy(tx, "copy_barcodes", (tuple(getattr(row, name) for name in BARCODE_COLUMNS) for row in barcodes))


async def _copy(tx: Connection, name: str, rows: Iterable[tuple[object, ...]]) -> None:
    async with tx.cursor() as cursor, cursor.copy(Q[name]) as copy:
        for row in rows:
            await copy.write_row(row)
