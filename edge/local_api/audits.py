"""Price checks: draw a sample, find what was scanned, compare, finish. Finished ones are facts."""

from __future__ import annotations

import re
import uuid

from edge.audits import store
from edge.audits.domain import Audit, Line
from edge.audits.refusals import AuditRefused
from edge.audits.service import Checked
from edge.catalogue import lookup
from edge.local_api.audit_shapes import (
    AuditFound,
    AuditLineView,
    AuditList,
    AuditView,
    CheckPrice,
    OpenAudit,
    PriceChecked,
    ScoreView,
)
from edge.local_api.endpoint import Call, Endpoint
from edge.local_api.problems import Refused
from edge.local_api.shapes import PositionView
from protocols.audits import ACCURACY_WANTED_BP, score

LISTED = 20
SEED_CHARACTERS_MAX = 32
_AUDIT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_UNKNOWN, _CONTRADICTS = {"audit_unknown", "unknown_code"}, {"audit_other", "audit_ended", "audits_too_many", "audit_full"}


def _refused(refused: AuditRefused) -> Refused:
    code = refused.reason.code
    status = 404 if code in _UNKNOWN else 409 if code in _CONTRADICTS else 422
    return Refused(status, code, refused.reason.text)


async def list_audits(call: Call) -> AuditList:
    source = call.shop.desk.reader()
    views = tuple(_view(call, audit, with_lines=False) for audit in store.newest(source, LISTED))
    labels = call.shop.labels
    return AuditList(
        audits=views, labelled=labels is not None and any(state != "removed" for state in labels.states().values())
    )


async def audit(call: Call) -> AuditView:
    found = store.audit_of(call.shop.desk.reader(), call.path["audit_id"])
    if found is None:
        raise _refused(AuditRefused("audit_unknown"))
    return _view(call, found)


async def open_audit(call: Call) -> AuditView:
    wanted, audit_id = call.body_as(OpenAudit), call.path["audit_id"]
    if not _AUDIT_ID.fullmatch(audit_id):
        raise Refused(422, "audit_id", "The id of a price check: 1 to 64 letters, digits and hyphens; make a UUID.")
    seed = wanted.seed.strip()[:SEED_CHARACTERS_MAX]
    try:
        opened = await call.shop.audits.open(audit_id, wanted.how, wanted.scope, wanted.size, seed, call.who().staff_id)
    except AuditRefused as refused:
        raise _refused(refused) from refused
    return _view(call, opened)


async def find_in_audit(call: Call) -> AuditFound:
    try:
        found = call.shop.audits.find(call.path["audit_id"], call.query.get("code", ""))
    except AuditRefused as refused:
        raise _refused(refused) from refused
    item, line = found.item, found.line
    return AuditFound(
        item_id=item.item_id,
        name=item.name,
        name_zh=item.name_zh,
        weighed=item.weighed,
        label_id=found.label_id,
        line_no=None if line is None or not line.sampled else line.line_no,
        finding="" if line is None else line.finding,
    )


async def check_price(call: Call) -> PriceChecked:
    read = call.body_as(CheckPrice)
    try:
        uuid.UUID(read.check_id)
    except ValueError:
        raise Refused(422, "check_id", f"The check id {read.check_id[:40]!r} is not a UUID.") from None
    checked = Checked(read.check_id, read.item_id, read.label_id, read.seen_minor)
    try:
        after, line = await call.shop.audits.check(call.path["audit_id"], checked)
    except AuditRefused as refused:
        raise _refused(refused) from refused
    return PriceChecked(line=_line(call, line), score=_score(after))


async def post_audit(call: Call) -> AuditView:
    try:
        return _view(call, await call.shop.audits.post(call.path["audit_id"], call.who().staff_id))
    except AuditRefused as refused:
        raise _refused(refused) from refused


async def discard_audit(call: Call) -> AuditView:
    try:
        return _view(call, await call.shop.audits.discard(call.path["audit_id"], call.who().staff_id))
    except AuditRefused as refused:
        raise _refused(refused) from refused


def _view(call: Call, found: Audit, *, with_lines: bool = True) -> AuditView:
    source = call.shop.desk.reader()
    zone, setup = lookup.zone(source), lookup.setup(source)
    return AuditView(
        audit_id=found.audit_id,
        how=found.how,
        scope=found.scope,
        seed=found.seed,
        population=found.population,
        currency=found.currency,
        minor_digits=2 if zone is None else zone.minor_digits,
        opened_by=found.opened_by,
        opened_at_ms=found.opened_at_ms,
        state=found.state,
        ended_by=found.ended_by,
        ended_at_ms=found.ended_at_ms,
        score=_score(found),
        store_id=call.shop.desk.store_id,
        store_name="" if setup is None else setup.name,
        lines=tuple(_line(call, line) for line in found.lines) if with_lines else (),
    )


def _line(call: Call, line: Line) -> AuditLineView:
    item = lookup.item_by_id(call.shop.desk.reader(), line.item_id)
    return AuditLineView(
        line_no=line.line_no,
        item_id=line.item_id,
        name=line.item_id if item is None else item.name,
        name_zh="" if item is None else item.name_zh,
        weighed=item is not None and item.weighed,
        label_id=line.label_id,
        stratum=line.stratum,
        position=PositionView(aisle=line.position.aisle, shelf=line.position.shelf, slot=line.position.slot),
        sampled=line.sampled,
        promotion=line.promotion,
        finding=line.finding,
        seen_minor=line.seen_minor,
        till_minor=line.till_minor,
        at_ms=line.at_ms,
    )


def _score(found: Audit) -> ScoreView:
    said = score(found.lines)
    return ScoreView(
        drawn=said.drawn,
        checked=said.checked,
        correct=said.correct,
        overcharges=said.overcharges,
        undercharges=said.undercharges,
        missing=said.missing,
        unchecked=said.unchecked,
        overcharge_minor=said.overcharge_minor,
        undercharge_minor=said.undercharge_minor,
        accuracy_bp=said.accuracy_bp,
        passed=said.passed,
        wanted_bp=ACCURACY_WANTED_BP,
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/audits",
        summary="Price checks: the unfinished ones, then the newest",
        handler=list_audits,
        response=AuditList,
        right="labels",
        problems=(401, 403),
    ),
    Endpoint(
        method="GET",
        path="/v1/audits/{audit_id}",
        summary="One price check as it stands",
        handler=audit,
        response=AuditView,
        right="labels",
        problems=(401, 403, 404),
    ),
    Endpoint(
        method="PUT",
        path="/v1/audits/{audit_id}",
        summary="Draw a sample of shelf prices to check; again: it is answered as it stands",
        handler=open_audit,
        request=OpenAudit,
        response=AuditView,
        right="labels",
        problems=(401, 403, 409, 422),
    ),
    Endpoint(
        method="GET",
        path="/v1/audits/{audit_id}/find",
        summary="What a scanned label or barcode means in a price check",
        handler=find_in_audit,
        response=AuditFound,
        query={"code": "as scanned"},
        right="labels",
        problems=(401, 403, 404, 422),
    ),
    Endpoint(
        method="POST",
        path="/v1/audits/{audit_id}/checks",
        summary="Say what the shelf shows: compared with the till at once, counted once however often it is sent",
        handler=check_price,
        request=CheckPrice,
        response=PriceChecked,
        right="labels",
        problems=(401, 403, 404, 409, 422),
    ),
    Endpoint(
        method="POST",
        path="/v1/audits/{audit_id}/post",
        summary="Finish a price check: it becomes a fact",
        handler=post_audit,
        response=AuditView,
        right="labels",
        problems=(401, 403, 404, 409, 422),
    ),
    Endpoint(
        method="DELETE",
        path="/v1/audits/{audit_id}",
        summary="Throw an unfinished price check away",
        handler=discard_audit,
        response=AuditView,
        right="labels",
        problems=(401, 403, 404, 409),
    ),
)
