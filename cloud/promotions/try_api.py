"""Routes that try a promotion out and change nothing: a sample basket, the baskets of a past day, words for a scope."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query

from cloud.promotions import ground, preview, service, what_if
from cloud.promotions.domain import PROMOTION_ID
from cloud.promotions.preview import Shopping
from cloud.promotions.replay import ASSUMPTIONS, Assume
from cloud.promotions.schemas import (
    DayView,
    OfferSumsView,
    PreviewBody,
    PreviewView,
    ScopeWordView,
    SumsView,
    WhatIfBody,
    WhatIfView,
)
from cloud.promotions.shapes import draft_of
from cloud.promotions.views import preview_view
from cloud.refusals import Invalid
from cloud.web.access import Asking, Reader
from cloud.web.cursors import encode_cursor, mixed_cursor

router = APIRouter(prefix="/api/v1", tags=["promotions"])
WORDS_MAX = 2_000
Zone = Annotated[str, Query(max_length=64)]


@router.post("/promotion-previews")
async def preview_basket(body: PreviewBody, asking: Reader) -> PreviewView:
    """Price a basket as a till would, with what is live and with a rule that need not be saved."""
    promotion = None if body.rule is None else draft_of(body.rule)
    starts_ms = asking.now_ms if promotion is None else max(promotion.starts_ms, asking.now_ms)
    shopping = Shopping(
        lines=tuple((line.item_id, line.pieces) for line in body.lines),
        groups=tuple(body.groups),
        member=body.member,
        coupons=tuple(body.coupons),
        at_ms=starts_ms if body.at_ms is None else body.at_ms,
        utc_offset_minutes=body.utc_offset_minutes,
    )
    async with asking.read() as tx:
        found = await preview.preview(tx, body.zone, promotion, shopping)
    return preview_view(found)


@router.post("/promotions/{promotion_id}/what-if")
async def replay_day(
    promotion_id: Annotated[str, Path(pattern=PROMOTION_ID)], body: WhatIfBody, asking: Reader
) -> WhatIfView:
    """What it would have made of a past day's baskets, some at a call: ask again with `next` and add the sums up."""
    try:
        day = datetime.date.fromisoformat(body.day)
    except ValueError:
        raise Invalid.field("day", f"'{body.day}' is no date", "Give it as 2026-11-27.") from None
    place = mixed_cursor(body.after, str, str) or ("", "")
    async with asking.read() as tx:
        row = await service.need(tx, promotion_id)
        asked = what_if.Asked(
            zone=row.zone,
            day=day,
            stores=tuple(body.stores),
            after=(str(place[0]), str(place[1])),
            assume=Assume(members=body.members),
        )
        found = await what_if.what_if(tx, row.promotion, asked, _today(asking))
    return WhatIfView(
        day=body.day,
        currency=row.currency,
        minor_digits=row.minor_digits,
        total=found.total,
        stores=[SumsView(store_id=store_id, **asdict(sums)) for store_id, sums in sorted(found.replayed.stores.items())],
        offers=[OfferSumsView(**asdict(each)) for _, each in sorted(found.replayed.offers.items())],
        assumed=list(ASSUMPTIONS),
        next=None if found.next is None else encode_cursor(*found.next),
    )


@router.get("/promotion-days")
async def days_with_sales(asking: Reader, zone: Zone) -> list[DayView]:
    """The latest days with sales in a zone, to try a promotion on."""
    async with asking.read() as tx:
        found = await what_if.days(tx, zone, _today(asking))
    return [DayView(day=day, sales=sales) for day, sales in found]


@router.get("/promotion-scope-words")
async def scope_words(asking: Reader) -> list[ScopeWordView]:
    """Brands, categories and styles a scope can name, and customer groups there are."""
    async with asking.read() as tx:
        return [ScopeWordView(**asdict(each)) for each in await ground.scope_words(tx, WORDS_MAX)]


def _today(asking: Asking) -> datetime.date:
    """The day it is now anywhere: a store east of here may be a day ahead."""
    return datetime.datetime.fromtimestamp(asking.now_ms / 1000, datetime.UTC).date() + datetime.timedelta(days=1)
