"""Routes of products."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from msgspec import structs

from cloud.audit.domain import Done, Entry
from cloud.catalogue import domain, service, store
from cloud.catalogue.schemas import (
    BarcodeBody,
    BarcodeView,
    CodesBody,
    FeedWritten,
    ItemBody,
    ItemPage,
    ItemView,
    NamedItems,
    NamedItemView,
    StyleBody,
    TaxClassBody,
    TaxClassView,
)
from cloud.db.pool import Connection
from cloud.refusals import Missing
from cloud.web.access import ProductsWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, text_cursor
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.feed_rows import CATALOGUE_FEED, BarcodeRow, ItemRow, StyleRow, TaxClassRow

router = APIRouter(prefix="/api/v1", tags=["products"])
Once = Annotated[Repeat, Depends(repeat_of)]


def _view(row: ItemRow, barcodes: list[BarcodeRow]) -> ItemView:
    codes = [BarcodeView(gtin=code.gtin, pack_quantity=code.pack_quantity) for code in barcodes]
    return ItemView(**structs.asdict(row), barcodes=codes)


def _written(version: int, noted: Entry) -> Done[FeedWritten]:
    return Done(FeedWritten(feed_id=CATALOGUE_FEED, feed_version=version), noted)


def _verb(before: object) -> str:
    return "added" if before is None else "changed"


@router.get("/items")
async def find_items(
    asking: Reader,
    q: Annotated[str, Query(max_length=100, description="Words of a name, an item number, or a barcode")] = "",
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> ItemPage:
    """Search items; in item order, page by page."""
    async with asking.read() as tx:
        rows = await service.find_items(tx, q, after=text_cursor(after), limit=limit)
        views = [_view(row, await store.barcodes_of(tx, row.item_id)) for row in rows]
    return ItemPage(rows=views, next=encode_cursor(rows[-1].item_id) if len(rows) == limit else None)


@router.post("/items/named")
async def items_for_codes(body: CodesBody, asking: Reader) -> NamedItems:
    """What a pasted list means: the items behind item numbers or barcodes. Changes nothing."""
    async with asking.read() as tx:
        rows = await service.items_for_codes(tx, body.codes)
    return NamedItems(rows=[NamedItemView(**asdict(row)) for row in rows])


@router.get("/items/{item_id}")
async def get_item(item_id: str, asking: Reader) -> ItemView:
    """One item with its barcodes."""
    async with asking.read() as tx:
        row = await store.get_item(tx, item_id)
        if row is None:
            raise Missing("no_item", f"There is no item '{item_id}'.")
        return _view(row, await store.barcodes_of(tx, item_id))


@router.put("/items/{item_id}", response_model=FeedWritten)
async def put_item(item_id: str, body: ItemBody, asking: ProductsWriter, once: Once) -> Response:
    """Add or change an item; stores learn of it with the next catalogue version."""
    row = ItemRow(item_id=item_id, **body.model_dump())

    async def use_case(tx: Connection) -> Done[FeedWritten]:
        before = await store.present(tx, row)
        version = await service.put_item(tx, row, now_ms=asking.now_ms)
        return _written(version, Entry(f"product.{_verb(before)}", item_id, before=before, after=row))

    return await write(asking, once, use_case)


@router.put("/styles/{style_id}", response_model=FeedWritten)
async def put_style(style_id: str, body: StyleBody, asking: ProductsWriter, once: Once) -> Response:
    """Add or change a style."""
    row = StyleRow(style_id=style_id, **body.model_dump())

    async def use_case(tx: Connection) -> Done[FeedWritten]:
        before = await store.present(tx, row)
        version = await service.put_style(tx, row, now_ms=asking.now_ms)
        return _written(version, Entry(f"style.{_verb(before)}", style_id, before=before, after=row))

    return await write(asking, once, use_case)


@router.get("/tax-classes")
async def list_tax_classes(asking: Reader) -> list[TaxClassView]:
    """Every tax class with its rate."""
    async with asking.read() as tx:
        rows = await store.list_tax_classes(tx)
    return [TaxClassView(tax_class=row.tax_class, name=row.name, rate_bp=row.rate_bp) for row in rows]


@router.put("/tax-classes/{tax_class}", response_model=FeedWritten)
async def put_tax_class(tax_class: str, body: TaxClassBody, asking: ProductsWriter, once: Once) -> Response:
    """Add or change a tax class."""
    row = TaxClassRow(tax_class=tax_class, name=body.name, rate_bp=body.rate_bp)

    async def use_case(tx: Connection) -> Done[FeedWritten]:
        before = await store.present(tx, row)
        version = await service.put_tax_class(tx, row, now_ms=asking.now_ms)
        return _written(version, Entry(f"tax_class.{_verb(before)}", tax_class, before=before, after=row))

    return await write(asking, once, use_case)


@router.put("/barcodes/{code}", response_model=FeedWritten)
async def put_barcode(code: str, body: BarcodeBody, asking: ProductsWriter, once: Once) -> Response:
    """Give an item a barcode or look-up code with the pieces it stands for."""
    row = domain.check_barcode(BarcodeRow(gtin=code, item_id=body.item_id, pack_quantity=body.pack_quantity))

    async def use_case(tx: Connection) -> Done[FeedWritten]:
        before = await store.present(tx, row)
        version = await service.put_barcode(tx, row, now_ms=asking.now_ms)
        return _written(version, Entry(f"barcode.{_verb(before)}", row.gtin, before=before, after=row))

    return await write(asking, once, use_case)


@router.delete("/barcodes/{code}", response_model=FeedWritten)
async def remove_barcode(code: str, asking: ProductsWriter, once: Once) -> Response:
    """Take a code away from its item."""
    gtin = domain.normalise_barcode(code)

    async def use_case(tx: Connection) -> Done[FeedWritten]:
        before = await store.present(tx, BarcodeRow(gtin=gtin, item_id=""))
        version = await service.remove_barcode(tx, gtin, now_ms=asking.now_ms)
        return _written(version, Entry("barcode.removed", gtin, before=before))

    return await write(asking, once, use_case)
