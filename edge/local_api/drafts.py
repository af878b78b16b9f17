"""Receipts and counts in progress: begin, command, look at the variance. Finished ones are facts."""

from __future__ import annotations

import re
import uuid

from edge.catalogue import lookup
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.problems import Refused
from edge.local_api.staff_shapes import (
    DiscardDraft,
    DraftAnswer,
    DraftCommand,
    DraftLineView,
    DraftList,
    DraftView,
    OpenDraft,
    PostDraft,
    RemoveDraftLine,
    ScanCode,
    SetDraftQuantity,
    Variance,
    VarianceLine,
)
from edge.stock import drafts
from edge.stock.drafts import Done, Draft, DraftLine, Kind
from edge.stock.refusals import StockRefused

_DRAFT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
REFERENCE_CHARACTERS_MAX = 80
TIMES_MAX = 10_000
_UNKNOWN, _CONTRADICTS = {"draft_unknown"}, {"draft_other_kind", "draft_ended", "drafts_too_many"}


def _refused(refused: StockRefused) -> Refused:
    code = refused.reason.code
    status = 404 if code in _UNKNOWN else 409 if code in _CONTRADICTS else 422
    return Refused(status, code, refused.reason.text)


def _view(call: Call, draft: Draft) -> DraftView:
    return DraftView(
        draft_id=draft.draft_id,
        kind=draft.kind,
        place=draft.place,
        reference=draft.reference,
        opened_by=draft.opened_by,
        opened_at_ms=draft.opened_at_ms,
        state=draft.state,
        ended_at_ms=draft.ended_at_ms,
        lines=tuple(_line(call, line) for line in draft.lines),
    )


def _line(call: Call, line: DraftLine) -> DraftLineView:
    item = lookup.item_by_id(call.shop.desk.reader(), line.item_id)
    return DraftLineView(
        line_no=line.line_no,
        item_id=line.item_id,
        name=line.item_id if item is None else item.name,
        name_zh="" if item is None else item.name_zh,
        weighed=item is not None and item.weighed,
        gtin=line.gtin,
        quantity_thousandths=line.quantity_thousandths,
        moved_meanwhile=line.moved_meanwhile,
    )


async def open_drafts(call: Call) -> DraftList:
    try:
        kind = Kind(call.query.get("kind", ""))
    except ValueError:
        raise Refused(422, "kind", f"kind: one of {', '.join(Kind)}.") from None
    found = drafts.open_drafts(call.shop.desk.reader(), kind)
    return DraftList(drafts=tuple(_view(call, draft) for draft in found))


async def draft(call: Call) -> DraftView:
    found = drafts.draft_of(call.shop.desk.reader(), call.path["draft_id"])
    if found is None:
        raise _refused(StockRefused("draft_unknown"))
    return _view(call, found)


async def open_draft(call: Call) -> DraftView:
    wanted, draft_id = call.body_as(OpenDraft), call.path["draft_id"]
    if not _DRAFT_ID.fullmatch(draft_id):
        raise Refused(422, "draft_id", "The id of a draft: 1 to 64 letters, digits and hyphens; make a UUID.")
    reference = wanted.reference.strip()[:REFERENCE_CHARACTERS_MAX]
    try:
        opened = await call.shop.drafts.open(draft_id, wanted.kind, wanted.place, reference, call.who().staff_id)
    except StockRefused as refused:
        raise _refused(refused) from refused
    return _view(call, opened)


async def draft_command(call: Call) -> DraftAnswer:
    asked = call.body_as(DraftCommand)
    try:
        uuid.UUID(asked.id)
    except ValueError:
        raise Refused(422, "command_id", f"The command id {asked.id[:40]!r} is not a UUID.") from None
    try:
        done = await _carry_out(call, asked)
    except StockRefused as refused:
        known = drafts.draft_of(call.shop.desk.reader(), call.path["draft_id"])
        view = None if known is None else _view(call, known)
        return DraftAnswer(id=asked.id, ok=False, reason=refused.reason, draft=view)
    return DraftAnswer(
        id=asked.id,
        ok=True,
        item_id=done.item_id,
        added_thousandths=done.added_thousandths,
        draft=_view(call, done.draft),
    )


async def _carry_out(call: Call, asked: DraftCommand) -> Done:
    service, draft_id, who = call.shop.drafts, call.path["draft_id"], call.who().staff_id
    match asked.command:
        case ScanCode(code=code, times=times):
            if not 1 <= times <= TIMES_MAX:
                raise StockRefused("draft_quantity", most=TIMES_MAX)
            return await service.scan(draft_id, asked.id, code, times)
        case SetDraftQuantity(item_id=item_id, quantity_thousandths=quantity_thousandths):
            return await service.set_quantity(draft_id, asked.id, item_id, quantity_thousandths)
        case RemoveDraftLine(item_id=item_id):
            return await service.remove(draft_id, asked.id, item_id)
        case PostDraft():
            return Done(await service.post(draft_id, who))
        case DiscardDraft():
            return Done(await service.discard(draft_id, who))


async def draft_variance(call: Call) -> Variance:
    draft_id = call.path["draft_id"]
    try:
        counted = call.shop.drafts.variance(draft_id)
    except StockRefused as refused:
        raise _refused(refused) from refused
    found = drafts.draft_of(call.shop.desk.reader(), draft_id)
    lines = {} if found is None else {line.item_id: _line(call, line) for line in found.lines}
    return Variance(
        lines=tuple(
            VarianceLine(
                item_id=each.item_id,
                name=lines[each.item_id].name,
                name_zh=lines[each.item_id].name_zh,
                weighed=lines[each.item_id].weighed,
                expected_thousandths=each.expected_thousandths,
                counted_thousandths=each.counted_thousandths,
                moved_meanwhile=lines[each.item_id].moved_meanwhile,
            )
            for each in counted.lines
            if each.item_id in lines
        )
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/drafts",
        summary="Receipts or counts in progress",
        handler=open_drafts,
        response=DraftList,
        query={"kind": "receipt or count"},
        right="stock",
        problems=(401, 403, 422),
    ),
    Endpoint(
        method="GET",
        path="/v1/drafts/{draft_id}",
        summary="One receipt or count as it stands",
        handler=draft,
        response=DraftView,
        right="stock",
        problems=(401, 403, 404),
    ),
    Endpoint(
        method="PUT",
        path="/v1/drafts/{draft_id}",
        summary="Begin a receipt or a count; again: it is answered as it stands",
        handler=open_draft,
        request=OpenDraft,
        response=DraftView,
        right="stock",
        problems=(401, 403, 409, 422),
    ),
    Endpoint(
        method="POST",
        path="/v1/drafts/{draft_id}/commands",
        summary="Scan, set, remove, post or discard: carried out once, however often it is sent",
        handler=draft_command,
        request=DraftCommand,
        response=DraftAnswer,
        right="stock",
        problems=(401, 403, 422),
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
