"""Lists in progress: begin, command, sweep, look at the differences. Finished ones are facts."""

from __future__ import annotations

import re
import uuid

from edge.catalogue import lookup
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.problems import Refused
from edge.local_api.second_person import allowing, limit_of
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
    SetDraftLot,
    SetDraftQuantity,
)
from edge.stock import drafts
from edge.stock.batches import Lot
from edge.stock.drafts import Done, Draft, DraftLine, Kind, Poster
from edge.stock.refusals import StockRefused
from protocols.contract import rights

_DRAFT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
REFERENCE_CHARACTERS_MAX = 80
TIMES_MAX = 10_000
_UNKNOWN = {"draft_unknown", "reservation_unknown"}
_CONTRADICTS = {"draft_other_kind", "draft_ended", "drafts_too_many"}


def refusal_of(refused: StockRefused) -> Refused:
    code = refused.reason.code
    status = 404 if code in _UNKNOWN else 409 if code in _CONTRADICTS else 422
    return Refused(status, code, refused.reason.text)


def draft_view(call: Call, draft: Draft) -> DraftView:
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
        line_count=draft.line_count,
        asn_id=draft.asn_id,
        target=draft.target,
        note=draft.note,
        whole=draft.whole,
        swept=draft.swept,
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
        batch=line.lot.batch,
        expires=line.lot.expires,
        batch_tracked=item is not None and item.batch_tracked,
    )


async def open_drafts(call: Call) -> DraftList:
    try:
        kind = Kind(call.query.get("kind", ""))
    except ValueError:
        raise Refused(422, "kind", f"kind: one of {', '.join(Kind)}.") from None
    found = drafts.open_drafts(call.shop.desk.reader(), kind)
    return DraftList(drafts=tuple(draft_view(call, draft) for draft in found))


async def draft(call: Call) -> DraftView:
    found = drafts.draft_of(call.shop.desk.reader(), call.path["draft_id"])
    if found is None:
        raise refusal_of(StockRefused("draft_unknown"))
    return draft_view(call, found)


async def open_draft(call: Call) -> DraftView:
    wanted, draft_id = call.body_as(OpenDraft), call.path["draft_id"]
    if not _DRAFT_ID.fullmatch(draft_id):
        raise Refused(422, "draft_id", "The id of a draft: 1 to 64 letters, digits and hyphens; make a UUID.")
    reference, note = (text.strip()[:REFERENCE_CHARACTERS_MAX] for text in (wanted.reference, wanted.note))
    if wanted.kind is Kind.TRANSFER and rights.WRITE_OFF not in call.who().rights:
        raise Refused(403, "not_allowed", "Only who may write goods off may send them to another store.")
    try:
        opened = await call.shop.drafts.open(
            draft_id,
            wanted.kind,
            wanted.place,
            reference,
            call.who().staff_id,
            asn_id=wanted.asn_id,
            target=wanted.target.strip()[:REFERENCE_CHARACTERS_MAX],
            note=note,
            whole=wanted.whole,
        )
    except StockRefused as refused:
        raise refusal_of(refused) from refused
    return draft_view(call, opened)


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
        view = None if known is None else draft_view(call, known)
        return DraftAnswer(id=asked.id, ok=False, reason=refused.reason, draft=view)
    return DraftAnswer(
        id=asked.id,
        ok=True,
        item_id=done.item_id,
        added_thousandths=done.added_thousandths,
        draft=draft_view(call, done.draft),
        batch=done.lot.batch,
        expires=done.lot.expires,
    )


async def _carry_out(call: Call, asked: DraftCommand) -> Done:
    service, draft_id, who = call.shop.drafts, call.path["draft_id"], call.who().staff_id
    match asked.command:
        case ScanCode(code=code, times=times):
            if not 1 <= times <= TIMES_MAX:
                raise StockRefused("draft_quantity", most=TIMES_MAX)
            return await service.scan(draft_id, asked.id, code, times)
        case SetDraftQuantity() as wanted:
            lot = Lot(wanted.batch.strip(), wanted.expires)
            return await service.set_quantity(draft_id, asked.id, wanted.item_id, wanted.quantity_thousandths, lot)
        case SetDraftLot() as wanted:
            old, new = Lot(wanted.batch, wanted.expires), Lot(wanted.new_batch.strip(), wanted.new_expires)
            return await service.set_lot(draft_id, asked.id, wanted.item_id, old, new)
        case RemoveDraftLine() as wanted:
            return await service.remove(draft_id, asked.id, wanted.item_id, Lot(wanted.batch, wanted.expires))
        case PostDraft() as wanted:
            return Done(await service.post(draft_id, who, await _poster(call, draft_id, wanted)))
        case DiscardDraft():
            return Done(await service.discard(draft_id, who))


async def _poster(call: Call, draft_id: str, wanted: PostDraft) -> Poster:
    """Who posts, and who allows it: the PIN is checked here, whether it is needed is the service's to say."""
    person = call.who()
    found = drafts.draft_of(call.shop.desk.reader(), draft_id)
    approver_id = ""
    if wanted.approval is not None and found is not None:
        right, size = rights.COUNT, 0
        if found.kind is Kind.WRITE_OFF:
            right, size = rights.WRITE_OFF, call.shop.drafts.value_minor(draft_id)
        approver_id = await allowing(call, right, size, wanted.approval)
    return Poster(person.staff_id, approver_id, limit_of(person, rights.WRITE_OFF), wanted.rest_comes)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/drafts",
        summary="Lists in progress",
        handler=open_drafts,
        response=DraftList,
        query={"kind": "receipt, count, move, transfer or write_off"},
        right="stock",
        problems=(401, 403, 422),
    ),
    Endpoint(
        method="GET",
        path="/v1/drafts/{draft_id}",
        summary="One list as it stands",
        handler=draft,
        response=DraftView,
        right="stock",
        problems=(401, 403, 404),
    ),
    Endpoint(
        method="PUT",
        path="/v1/drafts/{draft_id}",
        summary="Begin a list; again: it is answered as it stands",
        handler=open_draft,
        request=OpenDraft,
        response=DraftView,
        right="stock",
        problems=(401, 403, 409, 422),
    ),
    Endpoint(
        method="POST",
        path="/v1/drafts/{draft_id}/commands",
        summary="Scan, set, set batch, remove, post or discard: carried out once, however often it is sent",
        handler=draft_command,
        request=DraftCommand,
        response=DraftAnswer,
        right="stock",
        problems=(401, 403, 422),
    ),
)
