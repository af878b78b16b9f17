"""Items, stock and receipts."""

from __future__ import annotations

import re

import msgspec

from edge.catalogue import lookup
from edge.catalogue.lookup import Item
from edge.checkout import documents, paper, store
from edge.checkout.store import SaleRow
from edge.local_api.endpoint import Call, Endpoint, Text
from edge.local_api.problems import Refused
from edge.local_api.shapes import (
    BalanceView,
    ItemCode,
    ItemFound,
    ItemList,
    ItemView,
    ReceiptView,
    StockList,
    StockMoveDone,
    StockMoveRequest,
)
from edge.stock.service import Balance, MoveDiffers
from protocols.contract.facts import StockMoved
from protocols.gs1.gtin import CodeRefused, read_code

MOVE_THOUSANDTHS_MAX = 10**12
_REASON = re.compile(r"[a-z_]{1,32}")


async def search_items(call: Call) -> ItemList:
    found = lookup.search(call.shop.desk.reader(), call.query.get("q", "")[:80])
    items = [ItemFound(item_id=row.item_id, name=row.name, name_zh=row.name_zh, weighed=row.weighed) for row in found]
    return ItemList(items=tuple(items))


async def item_by_id(call: Call) -> ItemView:
    return item_view(call, lookup.item_by_id(call.shop.desk.reader(), call.path["item_id"]))


async def item_by_code(call: Call) -> ItemView:
    try:
        code = read_code(call.path["code"])
    except CodeRefused as refused:
        raise Refused(422, refused.code, str(refused)) from refused
    return item_view(call, lookup.item_by_code(call.shop.desk.reader(), code.key))


def item_view(call: Call, item: Item | None) -> ItemView:
    """An item with what it costs now. Raises `Refused` when there is none."""
    if item is None:
        raise Refused(404, "unknown_item", "There is no such item in the catalogue of this store.")
    desk = call.shop.desk
    source = desk.reader()
    price = lookup.price_in_force(source, item.item_id, lookup.pricing_now_ms(source, desk.clock))
    shown = desk.labels.lowest_for(item.item_id)
    possible = [found.price_minor for found in (price, shown) if found is not None]
    return ItemView(
        item_id=item.item_id,
        name=item.name,
        name_zh=item.name_zh,
        weighed=item.weighed,
        active=item.active,
        tax_class=item.tax_class,
        tax_rate_bp=item.tax_rate_bp,
        price_minor=None if price is None else price.price_minor,
        price_revision=None if price is None else price.revision,
        charged_minor=None if price is None else min(possible),
        codes=tuple(
            ItemCode(code=code, pack_quantity=pieces) for code, pieces in lookup.codes_of_item(source, item.item_id)
        ),
    )


def balance_views(found: list[Balance]) -> tuple[BalanceView, ...]:
    """Balances as the API tells them."""
    return tuple(
        BalanceView(item_id=each.item_id, place=each.place, on_hand_thousandths=each.on_hand_thousandths) for each in found
    )


async def item_stock(call: Call) -> StockList:
    return StockList(balances=balance_views(call.shop.stock.on_hand(call.path["item_id"])))


async def all_stock(call: Call) -> StockList:
    found = call.shop.stock.page(call.query.get("after", ""))
    return StockList(balances=balance_views(found), next_after=found[-1].item_id if found else "")


async def move_stock(call: Call) -> StockMoveDone:
    call.who()
    move = call.body_as(StockMoveRequest)
    if not 1 <= len(move.move_id) <= 64:
        raise Refused(422, "move_id", "move_id: 1 to 64 characters.")
    if lookup.item_by_id(call.shop.desk.reader(), move.item_id) is None:
        raise Refused(422, "unknown_item", f"There is no item {move.item_id[:40]!r} in the catalogue of this store.")
    if not 0 < abs(move.quantity_thousandths) <= MOVE_THOUSANDTHS_MAX:
        raise Refused(422, "quantity", f"quantity_thousandths: not 0, at most {MOVE_THOUSANDTHS_MAX} either way.")
    if not _REASON.fullmatch(move.reason) or move.reason == "sale":
        raise Refused(422, "reason", "reason: a word like opening, receipt, count or write_off.")
    fact = StockMoved(
        move_id=move.move_id,
        item_id=move.item_id,
        place=move.place,
        quantity_thousandths=move.quantity_thousandths,
        reason=move.reason,
        reference=move.reference[:80],
    )
    try:
        stored = await call.shop.stock.move(fact)
    except MoveDiffers:
        raise Refused(409, "move_differs", f"Another move is stored under the id {move.move_id}.") from None
    return StockMoveDone(stored=stored, balances=balance_views(call.shop.stock.on_hand(move.item_id)))


def _sale(call: Call) -> SaleRow:
    row = store.read_sale_by_receipt(call.shop.desk.reader(), call.path["receipt"])
    if row is None:
        raise Refused(404, "unknown_receipt", f"There is no receipt {call.path['receipt'][:40]!r} in this box.")
    return row


def _text(call: Call, row: SaleRow) -> str:
    printed = paper.printed_of(call.shop.desk.reader(), row.receipt, call.shop.desk.language)
    assert printed is not None, "the sale is there"
    return documents.as_text(printed[1])


async def receipt(call: Call) -> ReceiptView:
    row = _sale(call)
    return ReceiptView(
        receipt=row.receipt,
        sale_id=row.sale_id,
        total_minor=row.total_minor,
        due_minor=row.due_minor,
        tendered_minor=row.tendered_minor,
        change_minor=row.change_minor,
        fact=msgspec.Raw(row.fact),
        text=_text(call, row),
    )


async def receipt_text(call: Call) -> Text:
    return Text(_text(call, _sale(call)))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/items",
        summary="Search items by name (at most 50)",
        handler=search_items,
        response=ItemList,
        query={"q": "part of a name, or an item id"},
    ),
    Endpoint(
        method="GET",
        path="/v1/items/{item_id}",
        summary="One item with its codes and what it costs now",
        handler=item_by_id,
        response=ItemView,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/v1/codes/{code}",
        summary="The item of a barcode or a short code",
        handler=item_by_code,
        response=ItemView,
        problems=(404, 422),
    ),
    Endpoint(
        method="GET",
        path="/v1/stock",
        summary="Balances of all items, 500 rows at a time",
        handler=all_stock,
        response=StockList,
        query={"after": "the item id the last page ended with"},
    ),
    Endpoint(method="GET", path="/v1/stock/{item_id}", summary="An item's balances", handler=item_stock, response=StockList),
    Endpoint(
        method="POST",
        path="/v1/stock/moves",
        summary="Opening stock, goods received, corrections",
        handler=move_stock,
        request=StockMoveRequest,
        response=StockMoveDone,
        right="stock",
        problems=(401, 403, 409, 422),
    ),
    Endpoint(
        method="GET",
        path="/v1/receipts/{receipt}",
        summary="A stored sale by the number on its receipt",
        handler=receipt,
        response=ReceiptView,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/v1/receipts/{receipt}/text",
        summary="A receipt as text",
        handler=receipt_text,
        response=Text,
        problems=(404,),
    ),
)
