"""What a list would do before it is booked, and tags swept into it."""

from __future__ import annotations

import asyncio

from edge.catalogue import lookup
from edge.local_api.drafts import draft_view, refusal_of
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.staff_shapes import Variance, VarianceLine
from edge.local_api.stock_shapes import ReceiptLineView, ReceiptPreview, SweepAnswer, SweepTags
from edge.stock import drafts
from edge.stock.batches import Lot
from edge.stock.receiving import ReceiptLine
from edge.stock.refusals import StockRefused
from edge.stock.rules import rules
from protocols.contract import rights
from protocols.contract.facts import CountedLine

VARIANCE_LINES_MAX = 500
"""Lines of a variance that are shown; all of them are posted."""


async def sweep(call: Call) -> SweepAnswer:
    wanted = call.body_as(SweepTags)
    try:
        service, draft_id = call.shop.drafts, call.path["draft_id"]
        found, swept = await (service.sweep_heard(draft_id) if wanted.heard else service.sweep(draft_id, wanted.epcs))
    except StockRefused as refused:
        raise refusal_of(refused) from refused
    return SweepAnswer(
        new=swept.new, again=swept.again, here=swept.here, unknown=swept.unknown, draft=draft_view(call, found)
    )


async def receipt_preview(call: Call) -> ReceiptPreview:
    draft_id = call.path["draft_id"]
    try:
        lines = call.shop.drafts.receipt(draft_id)
    except StockRefused as refused:
        raise refusal_of(refused) from refused
    return ReceiptPreview(lines=tuple(_receipt_line(call, line) for line in lines))


def _receipt_line(call: Call, line: ReceiptLine) -> ReceiptLineView:
    item = lookup.item_by_id(call.shop.desk.reader(), line.item_id)
    return ReceiptLineView(
        item_id=line.item_id,
        name=line.item_id if item is None else item.name,
        name_zh="" if item is None else item.name_zh,
        weighed=item is not None and item.weighed,
        batch=line.lot.batch,
        expires=line.lot.expires,
        quantity_thousandths=line.quantity_thousandths,
        expected_thousandths=line.expected_thousandths,
        state=line.state,
    )


async def draft_variance(call: Call) -> Variance:
    draft_id, source = call.path["draft_id"], call.shop.desk.reader()
    try:
        preview = await asyncio.to_thread(call.shop.drafts.variance, draft_id)  # a whole store's tags take a second
    except StockRefused as refused:
        raise refusal_of(refused) from refused
    found = drafts.draft_of(source, draft_id)
    moved = set() if found is None else {(line.item_id, line.lot) for line in found.lines if line.moved_meanwhile}
    blind = rules(source).blind_counts and rights.COUNT not in call.who().rights
    return Variance(
        lines=tuple(_variance_line(call, each, moved, blind=blind) for each in preview.lines[:VARIANCE_LINES_MAX]),
        needs_approval=preview.needs_approval,
    )


def _variance_line(call: Call, each: CountedLine, moved: set[tuple[str, Lot]], *, blind: bool) -> VarianceLine:
    item = lookup.item_by_id(call.shop.desk.reader(), each.item_id)
    return VarianceLine(
        item_id=each.item_id,
        name=each.item_id if item is None else item.name,
        name_zh="" if item is None else item.name_zh,
        weighed=item is not None and item.weighed,
        expected_thousandths=None if blind else each.expected_thousandths,
        counted_thousandths=each.counted_thousandths,
        moved_meanwhile=(each.item_id, Lot(each.batch, each.expires)) in moved,
        differs=each.counted_thousandths != each.expected_thousandths,
        batch=each.batch,
        expires=each.expires,
    )


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/drafts/{draft_id}/sweep",
        summary="Tags a handheld reader heard (EPC URIs): each counts once in the list",
        handler=sweep,
        request=SweepTags,
        response=SweepAnswer,
        right="stock",
        problems=(401, 403, 404, 409, 422),
    ),
    Endpoint(
        method="GET",
        path="/v1/drafts/{draft_id}/receipt",
        summary="What booking a receipt would say beside what was promised",
        handler=receipt_preview,
        response=ReceiptPreview,
        right="stock",
        problems=(401, 403, 404),
    ),
    Endpoint(
        method="GET",
        path="/v1/drafts/{draft_id}/variance",
        summary="What posting a count would correct",
        handler=draft_variance,
        response=Variance,
        right="stock",
        problems=(401, 403, 404, 422),
    ),
)
