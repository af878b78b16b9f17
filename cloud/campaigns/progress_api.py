"""Routes of a campaign on its way: how far each store and each label has come, in which time, and what lags and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.campaigns import domain, landing, service, store
from cloud.campaigns.api import no_store, ring_views
from cloud.campaigns.schemas import (
    LabelLandingView,
    LabelPage,
    Progress,
    PublicationView,
    StoreLandingView,
    Stragglers,
    StragglerView,
    TickView,
)
from cloud.web.access import Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor

router = APIRouter(prefix="/api/v1", tags=["campaigns"])
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
STRAGGLERS_MAX = 500
TICKS_SHOWN = 500


@router.get("/campaigns/{campaign_id}/progress")
async def progress(campaign_id: str, asking: Reader, limit: Limit = 200) -> Progress:
    """How far it has come in the stores within your scope, those furthest behind first."""
    async with asking.read() as tx:
        found = await service.whole(tx, campaign_id)
        counts = await landing.counts(tx, campaign_id)
        stores = await landing.stores(tx, campaign_id, limit, asking.now_ms)
        ticks = await landing.ticks(tx, campaign_id, TICKS_SHOWN)
        publications = await store.publications(tx, campaign_id)
    return Progress(
        campaign_id=campaign_id,
        state=found.row.state,
        **asdict(counts),
        eta_ms=domain.eta_ms(ticks, max((row.at_ms for row in publications), default=0), asking.now_ms),
        publications=[PublicationView(**asdict(row)) for row in publications],
        rings=ring_views(found),
        stores=[StoreLandingView(**asdict(row)) for row in stores],
        ticks=[TickView(**asdict(tick)) for tick in ticks],
    )


@router.get("/campaigns/{campaign_id}/stores/{store_id}/labels")
async def labels_of_store(
    campaign_id: str, store_id: str, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> LabelPage:
    """One store label by label, those that do not show it first: what it must show, what it confirmed, with the evidence."""
    place = mixed_cursor(after, int, str, str, str) or (-1, "", "", "")
    async with asking.read() as tx:
        await service.need(tx, campaign_id)
        here = await landing.store_landing(tx, campaign_id, store_id, asking.now_ms)
        if here is None:
            raise no_store(campaign_id, store_id)
        begin = (int(place[0]), str(place[1]), str(place[2]), str(place[3]))
        rows = await landing.labels(tx, campaign_id, store_id, begin, limit)
    last = rows[-1] if len(rows) == limit else None
    return LabelPage(
        store_id=store_id,
        published_at_ms=here.published_at_ms,
        received_at_ms=here.received_at_ms,
        applied_at_ms=here.applied_at_ms,
        rows=[LabelLandingView(**asdict(row)) for row in rows],
        next=None if last is None else encode_cursor(int(last.shows), last.position, last.label_id, last.item_id),
    )


@router.get("/campaigns/{campaign_id}/stragglers")
async def stragglers(campaign_id: str, asking: Reader) -> Stragglers:
    """Labels that do not show it, by store and shelf position, with what is known of why."""
    async with asking.read() as tx:
        await service.need(tx, campaign_id)
        rows = await landing.stragglers(tx, campaign_id, STRAGGLERS_MAX, asking.now_ms)
    return Stragglers(rows=[StragglerView(**asdict(row)) for row in rows])
