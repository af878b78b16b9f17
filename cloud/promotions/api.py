"""Routes of promotions: write one, check it, let a second person see it, publish it to some stores or all, recall it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.promotions import publishing, service, views
from cloud.promotions.domain import PROMOTION_ID
from cloud.promotions.schemas import (
    ChangedPromotion,
    DecisionBody,
    NewPromotion,
    PromotionPage,
    PublishBody,
    Published,
    RecallBody,
    WholePromotion,
)
from cloud.promotions.shapes import json_of, promotion_of
from cloud.promotions.store import Author
from cloud.web.access import Asking, PricesWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, text_cursor
from cloud.web.once import Repeat, repeat_of, write

router = APIRouter(prefix="/api/v1", tags=["promotions"])
Once = Annotated[Repeat, Depends(repeat_of)]
PromotionId = Annotated[str, Path(pattern=PROMOTION_ID)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]


def _author(asking: Asking) -> Author:
    return Author(asking.person.login, asking.now_ms)


@router.get("/promotions")
async def list_promotions(
    asking: Reader,
    zone: Annotated[str, Query(max_length=64)] = "",
    after: str | None = None,
    limit: Limit = PAGE_LIMIT_DEFAULT,
) -> PromotionPage:
    """Promotions by id, each with what stores hold of it."""
    async with asking.read() as tx:
        rows = await views.list_view(tx, zone, text_cursor(after) or "", limit)
    return PromotionPage(rows=rows, next=encode_cursor(rows[-1].promotion_id) if len(rows) == limit else None)


@router.post("/promotions", response_model=WholePromotion)
async def add_promotion(body: NewPromotion, asking: PricesWriter, once: Once) -> Response:
    """Begin a promotion: a draft. Unknown kinds and fields are refused."""
    promotion = promotion_of(body.rule)

    async def use_case(tx: Connection) -> Done[WholePromotion]:
        saved = await service.create(tx, promotion, body.zone, body.reason, _author(asking))
        noted = Entry(
            "promotion.added", promotion.promotion_id, zone=body.zone, after=json_of(saved.after), reason=body.reason
        )
        return Done(await views.whole_view(tx, promotion.promotion_id), noted)

    return await write(asking, once, use_case)


@router.get("/promotions/{promotion_id}")
async def get_promotion(promotion_id: PromotionId, asking: Reader) -> WholePromotion:
    """One promotion: the rule, what its check found, what stores hold and what happened."""
    async with asking.read() as tx:
        return await views.whole_view(tx, promotion_id)


@router.put("/promotions/{promotion_id}", response_model=WholePromotion)
async def change_promotion(promotion_id: PromotionId, body: ChangedPromotion, asking: PricesWriter, once: Once) -> Response:
    """Another rule: a draft again. Of a published one the next revision begins; stores keep the former."""
    promotion = promotion_of(body.rule, promotion_id=promotion_id)

    async def use_case(tx: Connection) -> Done[WholePromotion]:
        saved = await service.change(tx, promotion, body.reason, body.after_revision, _author(asking))
        before = None if saved.before is None else json_of(saved.before)
        noted = Entry("promotion.changed", promotion_id, before=before, after=json_of(saved.after), reason=body.reason)
        return Done(await views.whole_view(tx, promotion_id), None if saved.before == saved.after else noted)

    return await write(asking, once, use_case)


@router.delete("/promotions/{promotion_id}", status_code=204)
async def discard_promotion(promotion_id: PromotionId, asking: PricesWriter) -> None:
    """Forget a promotion that no store was ever given."""

    async def use_case(tx: Connection) -> Done[None]:
        row = await service.discard(tx, promotion_id)
        return Done(None, Entry("promotion.discarded", promotion_id, zone=row.zone, before=json_of(row.promotion)))

    await asking.change(use_case)


@router.post("/promotions/{promotion_id}/check", response_model=WholePromotion)
async def check(promotion_id: PromotionId, asking: PricesWriter, once: Once) -> Response:
    """Look at the draft: what is wrong, what somebody else must see, what is probably not meant. Publishes nothing."""

    async def use_case(tx: Connection) -> Done[WholePromotion]:
        found = await service.check(tx, promotion_id, _author(asking))
        noted = Entry("promotion.checked", promotion_id, after={"findings": [each.code for each in found]})
        return Done(await views.whole_view(tx, promotion_id), noted)

    return await write(asking, once, use_case)


@router.post("/promotions/{promotion_id}/approval-request", response_model=WholePromotion)
async def ask_approval(promotion_id: PromotionId, asking: PricesWriter, once: Once) -> Response:
    """Ask a second person to look at a checked promotion."""

    async def use_case(tx: Connection) -> Done[WholePromotion]:
        row = await service.ask(tx, promotion_id, _author(asking))
        noted = Entry("promotion.approval_asked", promotion_id, after={"revision": row.revision})
        return Done(await views.whole_view(tx, promotion_id), noted)

    return await write(asking, once, use_case)


@router.post("/promotions/{promotion_id}/decision", response_model=WholePromotion)
async def decide(promotion_id: PromotionId, body: DecisionBody, asking: PricesWriter, once: Once) -> Response:
    """Approve it as somebody who did not make it, or send it back as a draft."""

    async def use_case(tx: Connection) -> Done[WholePromotion]:
        row = await service.decide(tx, promotion_id, _author(asking), body.note, approve=body.approve)
        after = {"revision": row.revision}
        noted = Entry(
            "promotion.approved" if body.approve else "promotion.sent_back", promotion_id, after=after, reason=body.note
        )
        return Done(await views.whole_view(tx, promotion_id), noted)

    return await write(asking, once, use_case)


@router.post("/promotions/{promotion_id}/publish", response_model=Published)
async def publish(promotion_id: PromotionId, body: PublishBody, asking: PricesWriter, once: Once) -> Response:
    """Give it to some stores of its zone, or to all; again with more stores, or with none named, to widen the ring."""

    async def use_case(tx: Connection) -> Done[Published]:
        done = await publishing.publish(tx, promotion_id, body.stores, _author(asking))
        after = {"revision": done.row.revision, "stores": body.stores, "rule": json_of(done.row.promotion)}
        noted = Entry("promotion.published", promotion_id, zone=done.row.zone, after=after)
        return Done(_published(done), noted)

    return await write(asking, once, use_case)


@router.post("/promotions/{promotion_id}/recall", response_model=Published)
async def recall(promotion_id: PromotionId, body: RecallBody, asking: PricesWriter, once: Once) -> Response:
    """Take it from all stores at once."""

    async def use_case(tx: Connection) -> Done[Published]:
        done = await publishing.recall(tx, promotion_id, body.reason, _author(asking))
        return Done(_published(done), Entry("promotion.recalled", promotion_id, zone=done.row.zone, reason=body.reason))

    return await write(asking, once, use_case)


def _published(done: publishing.Published) -> Published:
    return Published(promotion_id=done.row.promotion_id, revision=done.row.revision, feed_version=done.feed_version)
