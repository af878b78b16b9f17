"""Routes of campaigns: write one, see what it would do, let a second person see it, publish it ring by ring, recall it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from cloud.audit.domain import Done, Entry
from cloud.campaigns import files, publishing, service, store
from cloud.campaigns.domain import EVERYWHERE, Line, RingPlan, Wanted
from cloud.campaigns.schemas import (
    CampaignBody,
    CampaignPage,
    CampaignView,
    CountsView,
    DecisionBody,
    EffectView,
    FileRead,
    FindingView,
    LineBody,
    LinePage,
    LineProblemView,
    LinesBody,
    LineView,
    NewCampaignBody,
    PublishedView,
    RecallBody,
    RingView,
    StoreEffectView,
    WholeCampaign,
)
from cloud.campaigns.store import Author, CampaignRow
from cloud.db.pool import Connection
from cloud.imports.domain import WARN_PERCENT, Choices
from cloud.refusals import Missing
from cloud.web.access import Asking, PricesWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor, text_cursor
from cloud.web.once import Repeat, repeat_of, write

router = APIRouter(prefix="/api/v1", tags=["campaigns"])
Once = Annotated[Repeat, Depends(repeat_of)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
Word = Annotated[str, Query(max_length=64)]


def _author(asking: Asking) -> Author:
    return Author(asking.person.login, asking.now_ms)


def _wanted(body: CampaignBody) -> Wanted:
    rings = tuple(
        RingPlan(
            ring.name.strip(), ring.reach, tuple(ring.stores), tuple(ring.regions), ring.opens, ring.percent, ring.minutes
        )
        for ring in body.rings
    )
    return Wanted(body.name, body.reason, body.starts_at_ms, rings or EVERYWHERE, body.book_id)


def _lines(bodies: list[LineBody]) -> list[Line]:
    return [
        Line(line.line_no or number, line.zone, line.item_id, line.price_minor, line.to_ms)
        for number, line in enumerate(bodies, 1)
    ]


def _view(row: CampaignRow) -> CampaignView:
    return CampaignView(**asdict(row))


async def whole_view(tx: Connection, campaign_id: str) -> WholeCampaign:
    """A campaign with its rings, counts and first findings. Raises `Missing`."""
    found = await service.whole(tx, campaign_id)
    findings = await store.findings(tx, campaign_id, service.FINDINGS_SHOWN)
    return WholeCampaign(
        **asdict(found.row),
        rings=ring_views(found),
        counts=CountsView(**asdict(found.counts)),
        findings=[FindingView(**asdict(each)) for each in findings],
    )


def ring_views(found: service.Whole) -> list[RingView]:
    """Rings with those members the caller may see."""
    views = []
    for ring in found.rings:
        stores, regions = found.members.get(ring.ring_no, ([], []))
        views.append(RingView(**asdict(ring), stores=stores, regions=regions))
    return views


def _noted(row: CampaignRow) -> dict[str, object]:
    return {"name": row.name, "starts_at_ms": row.starts_at_ms, "lines": row.line_count, "state": row.state}


@router.get("/campaigns")
async def list_campaigns(asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT) -> CampaignPage:
    """Campaigns, newest first."""
    async with asking.read() as tx:
        rows = await store.list_campaigns(tx, text_cursor(after), limit)
    next_cursor = encode_cursor(rows[-1].campaign_id) if len(rows) == limit else None
    return CampaignPage(rows=[_view(row) for row in rows], next=next_cursor)


@router.post("/campaigns", response_model=WholeCampaign)
async def add_campaign(body: NewCampaignBody, asking: PricesWriter, once: Once) -> Response:
    """Begin a campaign: a draft, with its lines or without."""

    async def use_case(tx: Connection) -> Done[WholeCampaign]:
        campaign_id = await service.create(tx, _wanted(body), _lines(body.lines), _author(asking), asking.hq.ids)
        view = await whole_view(tx, campaign_id)
        after = {"name": view.name, "starts_at_ms": view.starts_at_ms, "lines": view.line_count}
        return Done(view, Entry("campaign.added", campaign_id, after=after, reason=view.reason))

    return await write(asking, once, use_case)


@router.get("/campaigns/{campaign_id}")
async def get_campaign(campaign_id: str, asking: Reader) -> WholeCampaign:
    """A campaign with its rings and what a check found."""
    async with asking.read() as tx:
        return await whole_view(tx, campaign_id)


@router.put("/campaigns/{campaign_id}", response_model=WholeCampaign)
async def change_campaign(campaign_id: str, body: CampaignBody, asking: PricesWriter, once: Once) -> Response:
    """Other words, start or rings; it is a draft again."""

    async def use_case(tx: Connection) -> Done[WholeCampaign]:
        before = await service.change(tx, campaign_id, _wanted(body), _author(asking))
        row = await service.need(tx, campaign_id)
        noted = Entry("campaign.changed", campaign_id, before=_noted(before), after=_noted(row))
        return Done(await whole_view(tx, campaign_id), noted)

    return await write(asking, once, use_case)


@router.delete("/campaigns/{campaign_id}", status_code=204)
async def discard_campaign(campaign_id: str, asking: PricesWriter) -> None:
    """Forget a campaign that was never published."""

    async def use_case(tx: Connection) -> Done[None]:
        row = await service.discard(tx, campaign_id)
        return Done(None, Entry("campaign.discarded", campaign_id, before=_noted(row)))

    await asking.change(use_case)


@router.get("/campaigns/{campaign_id}/lines")
async def list_lines(
    campaign_id: str, asking: Reader, odd: bool = False, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> LinePage:
    """Its lines by zone and item, after a check with the price before; `odd`: only those with a finding."""
    place = mixed_cursor(after, str, str) or ("", "")
    async with asking.read() as tx:
        await service.need(tx, campaign_id)
        rows = await store.page_of_lines(tx, campaign_id, (str(place[0]), str(place[1])), limit, odd=odd)
    next_cursor = encode_cursor(rows[-1].zone, rows[-1].item_id) if len(rows) == limit else None
    return LinePage(rows=[LineView(**asdict(row)) for row in rows], next=next_cursor)


@router.put("/campaigns/{campaign_id}/lines", response_model=WholeCampaign)
async def put_lines(campaign_id: str, body: LinesBody, asking: PricesWriter, once: Once) -> Response:
    """These lines in place of all others, all or none; it is a draft again."""

    async def use_case(tx: Connection) -> Done[WholeCampaign]:
        await service.put_lines(tx, campaign_id, _lines(body.lines), _author(asking))
        noted = Entry("campaign.lines_replaced", campaign_id, after={"lines": len(body.lines)})
        return Done(await whole_view(tx, campaign_id), noted)

    return await write(asking, once, use_case)


@router.post("/campaigns/{campaign_id}/file", response_model=FileRead)
async def put_file(
    campaign_id: str,
    request: Request,
    asking: PricesWriter,
    once: Once,
    name: Annotated[str, Query(max_length=200, description="The file's name")] = "",
    zone: Word = "",
    time_zone: Word = "",
    warn_percent: Annotated[int, Query(ge=1, le=10_000)] = WARN_PERCENT,
    encoding: Word = "",
    delimiter: Word = "",
    decimal: Word = "",
    sheet: Word = "",
) -> Response:
    """The lines of a CSV or Excel file (the raw body, at most 2 MB) in place of all others. With any error none is taken."""
    content = await request.body()
    choices = Choices(
        zone=zone,
        time_zone=time_zone,
        warn_percent=warn_percent,
        encoding=encoding,
        delimiter=delimiter,
        decimal=decimal,
        sheet=sheet,
    )

    async def use_case(tx: Connection) -> Done[FileRead]:
        await service.need(tx, campaign_id)
        read = await files.read_lines(tx, content, choices, asking.now_ms)
        noted = None
        if read.lines:
            await service.put_lines(tx, campaign_id, read.lines, _author(asking), source=name)
            noted = Entry("campaign.lines_replaced", campaign_id, after={"lines": len(read.lines), "file": name})
        problems = [LineProblemView(**asdict(problem)) for problem in read.problems]
        answer = FileRead(
            taken=bool(read.lines),
            file_name=name,
            format=read.format,
            line_count=read.line_count,
            error_count=read.error_count,
            problems=problems,
            refused_code=read.refused_code,
            refused_detail=read.refused_detail,
            refused_remedy=read.refused_remedy,
            refused_option=read.refused_option,
        )
        return Done(answer, noted)

    return await write(asking, once, use_case)


@router.post("/campaigns/{campaign_id}/check", response_model=WholeCampaign)
async def check(campaign_id: str, asking: PricesWriter, once: Once) -> Response:
    """Hold every line against the prices there are. Publishes nothing; says what would change and what is odd."""

    async def use_case(tx: Connection) -> Done[WholeCampaign]:
        findings = await service.check(tx, campaign_id, _author(asking))
        noted = Entry("campaign.checked", campaign_id, after={"findings": len(findings)})
        return Done(await whole_view(tx, campaign_id), noted)

    return await write(asking, once, use_case)


@router.get("/campaigns/{campaign_id}/effect")
async def effect(campaign_id: str, asking: Reader, day: Annotated[str, Query(max_length=10)] = "") -> EffectView:
    """What the sales of a business day (default: yesterday) would have come to, store by store."""
    async with asking.read() as tx:
        chosen, found = await service.effect(tx, campaign_id, day, asking.now_ms)
    rows = [
        StoreEffectView(currency=zone.currency, minor_digits=zone.minor_digits, **asdict(row))
        for zone in found
        for row in zone.stores
    ]
    return EffectView(day=chosen.isoformat(), stores=rows)


@router.post("/campaigns/{campaign_id}/approval-request", response_model=WholeCampaign)
async def ask_approval(campaign_id: str, asking: PricesWriter, once: Once) -> Response:
    """Ask a second person to look at a checked campaign."""

    async def use_case(tx: Connection) -> Done[WholeCampaign]:
        row = await service.ask(tx, campaign_id, _author(asking))
        noted = Entry("campaign.approval_asked", campaign_id, after={"findings": row.finding_count})
        return Done(await whole_view(tx, campaign_id), noted)

    return await write(asking, once, use_case)


@router.post("/campaigns/{campaign_id}/decision", response_model=WholeCampaign)
async def decide(campaign_id: str, body: DecisionBody, asking: PricesWriter, once: Once) -> Response:
    """Approve it as somebody who did not make it, or send it back as a draft."""

    async def use_case(tx: Connection) -> Done[WholeCampaign]:
        row = await service.decide(tx, campaign_id, _author(asking), body.note, approve=body.approve)
        after = {"made_by": row.made_by, "lines": row.line_count}
        noted = Entry(
            "campaign.approved" if body.approve else "campaign.sent_back", campaign_id, after=after, reason=body.note
        )
        return Done(await whole_view(tx, campaign_id), noted)

    return await write(asking, once, use_case)


@router.post("/campaigns/{campaign_id}/publish", response_model=PublishedView)
async def publish(campaign_id: str, asking: PricesWriter, once: Once) -> Response:
    """Open its first ring. Refused when prices changed since the check, or a second person must look first."""

    async def use_case(tx: Connection) -> Done[PublishedView]:
        done = await publishing.publish(tx, campaign_id, _author(asking))
        row = await service.need(tx, campaign_id)
        return Done(_published(campaign_id, done), Entry("campaign.published", campaign_id, after=_noted(row)))

    return await write(asking, once, use_case)


@router.post("/campaigns/{campaign_id}/rings/{ring_no}/open", response_model=PublishedView)
async def open_ring(campaign_id: str, ring_no: int, asking: PricesWriter, once: Once) -> Response:
    """Open the next ring now, without waiting for the former one."""

    async def use_case(tx: Connection) -> Done[PublishedView]:
        done = await publishing.open_ring(tx, campaign_id, ring_no, _author(asking))
        noted = Entry("campaign.ring_opened", campaign_id, after={"ring": ring_no, "stores": len(done.stores)})
        return Done(_published(campaign_id, done), noted)

    return await write(asking, once, use_case)


@router.post("/campaigns/{campaign_id}/recall", response_model=PublishedView)
async def recall(campaign_id: str, body: RecallBody, asking: PricesWriter, once: Once) -> Response:
    """Take back everything it published, started or not: what was in force before is in force again."""

    async def use_case(tx: Connection) -> Done[PublishedView]:
        done = await publishing.recall(tx, campaign_id, body.reason, _author(asking))
        noted = Entry("campaign.recalled", campaign_id, after={"feeds": len(done.versions)}, reason=body.reason)
        return Done(_published(campaign_id, done), noted)

    return await write(asking, once, use_case)


def _published(campaign_id: str, done: publishing.Published) -> PublishedView:
    return PublishedView(
        campaign_id=campaign_id,
        ring_no=done.ring_no,
        release_ids=[release_id for release_id, _ in done.parts if release_id],
        feeds=done.versions,
    )


def no_store(campaign_id: str, store_id: str) -> Missing:
    """The refusal of a store the campaign has not reached, or that may not be seen."""
    return Missing("no_store", f"Campaign '{campaign_id}' has not reached a store '{store_id}'.")
