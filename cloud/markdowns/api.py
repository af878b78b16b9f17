"""Routes of proposed markdowns."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.markdowns import service
from cloud.markdowns.service import NEWEST, Filter
from cloud.pricing.revisions import Author
from cloud.web.access import PricesWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor
from cloud.web.in_scope import need_store
from cloud.web.once import Repeat, repeat_of, write

router = APIRouter(prefix="/api/v1", tags=["markdowns"])
Once = Annotated[Repeat, Depends(repeat_of)]


class ProposalView(BaseModel):
    store_id: str
    proposal_id: str
    at_ms: int
    item_id: str
    name: str
    place: str
    batch: str
    expires: str
    quantity_thousandths: int
    off_bp: int = Field(description="Basis points off")
    currency: str
    list_price_minor: int | None = Field(description="What the item costs there today without a markdown")
    proposed_minor: int | None
    state: str = Field(description="open, over, accepted or declined")
    decided_minor: int | None
    until_ms: int | None
    reason: str
    decided_by: str
    decided_ms: int | None


class ProposalPage(BaseModel):
    rows: list[ProposalView]
    next: str | None


class AcceptBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    price_minor: int | None = Field(default=None, description="Left out: the proposed price")


class AcceptedView(BaseModel):
    price_minor: int
    until_ms: int | None
    feed_version: int | None


class DeclineBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str = Field(default="", max_length=200)


@router.get("/markdown-proposals")
async def list_proposals(
    asking: Reader,
    store_id: Annotated[str | None, Query(max_length=64)] = None,
    open_only: bool = False,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> ProposalPage:
    """What your stores propose for batches near their date, the newest first."""
    before = cast("tuple[int, str] | None", mixed_cursor(after, int, str)) or NEWEST
    async with asking.read() as tx:
        wanted = Filter(store_id, open_only=open_only)
        rows = await service.proposals(tx, wanted, before, limit, now_ms=asking.now_ms)
    views = [ProposalView(**asdict(row), proposed_minor=row.proposed_minor) for row in rows]
    following = encode_cursor(rows[-1].at_ms, rows[-1].proposal_id) if len(rows) == limit else None
    return ProposalPage(rows=views, next=following)


@router.post("/stores/{store_id}/markdown-proposals/{proposal_id}/accept", response_model=AcceptedView)
async def accept(store_id: str, proposal_id: str, body: AcceptBody, asking: PricesWriter, once: Once) -> Response:
    """Make it a price of the store, until the last day of the goods."""

    async def use_case(tx: Connection) -> Done[AcceptedView]:
        await need_store(tx, store_id)
        author = Author(asking.person.login, asking.now_ms)
        done = await service.accept(tx, store_id, proposal_id, body.price_minor, author)
        after = {"item_id": done.proposal.item_id, "price_minor": done.price_minor, "until_ms": done.until_ms}
        noted = Entry("markdown.accepted", proposal_id, stores=(store_id,), after=after)
        view = AcceptedView(price_minor=done.price_minor, until_ms=done.until_ms, feed_version=done.feed_version)
        return Done(view, noted)

    return await write(asking, once, use_case)


@router.post("/stores/{store_id}/markdown-proposals/{proposal_id}/decline", status_code=204)
async def decline(store_id: str, proposal_id: str, body: DeclineBody, asking: PricesWriter, once: Once) -> Response:
    """Leave the price as it is."""

    async def use_case(tx: Connection) -> Done[None]:
        await need_store(tx, store_id)
        author = Author(asking.person.login, asking.now_ms)
        found = await service.decline(tx, store_id, proposal_id, body.reason.strip(), author)
        noted = Entry(
            "markdown.declined", proposal_id, stores=(store_id,), before={"item_id": found.item_id}, reason=body.reason
        )
        return Done(None, noted)

    return await write(asking, once, use_case)
