"""Routes of deliveries and transfers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import PlainTextResponse
from msgspec import structs

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.deliveries import service, store, tagging
from cloud.deliveries.domain import Notice
from cloud.deliveries.schemas import (
    DeliveryLineView,
    DeliveryPage,
    DeliveryView,
    FeedTold,
    NoticeBody,
    TagsBody,
    TagsGiven,
    TransferLineView,
    TransferPage,
    TransferView,
)
from cloud.web.access import Reader, StockWriter
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor
from cloud.web.in_scope import need_store
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.feed_rows import stock_feed
from protocols.contract.feed_stock import AsnLine

router = APIRouter(prefix="/api/v1", tags=["deliveries"])
Once = Annotated[Repeat, Depends(repeat_of)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
NEWEST = (2**62, "")


def _before(after: str | None) -> tuple[int, str]:
    return cast("tuple[int, str] | None", mixed_cursor(after, int, str)) or NEWEST


@router.get("/deliveries")
async def list_deliveries(
    asking: Reader,
    store_id: Annotated[str | None, Query(max_length=64)] = None,
    state: Annotated[str | None, Query(pattern="^(waiting|received|withdrawn)$")] = None,
    after: str | None = None,
    limit: Limit = PAGE_LIMIT_DEFAULT,
) -> DeliveryPage:
    """Goods announced to your stores, the newest first, and what became of them."""
    async with asking.read() as tx:
        rows = await store.deliveries(tx, store_id, state, _before(after), limit)
    following = encode_cursor(rows[-1].added_ms, rows[-1].asn_id) if len(rows) == limit else None
    return DeliveryPage(rows=[DeliveryView(**asdict(row)) for row in rows], next=following)


@router.get("/stores/{store_id}/deliveries/{asn_id}/lines")
async def lines_of_delivery(store_id: str, asn_id: str, asking: Reader) -> list[DeliveryLineView]:
    """What was promised and what came, the largest differences first; nothing outside your stores."""
    async with asking.read() as tx:
        rows = await store.delivery_lines(tx, store_id, asn_id)
    return [DeliveryLineView(**asdict(row)) for row in rows]


@router.put("/stores/{store_id}/deliveries/{asn_id}", response_model=FeedTold)
async def announce(store_id: str, asn_id: str, body: NoticeBody, asking: StockWriter, once: Once) -> Response:
    """Tell a store of goods on their way, or correct what it was told."""
    lines = tuple(
        AsnLine(line_no=number, **{**line.model_dump(), "epcs": tuple(line.epcs)})
        for number, line in enumerate(body.lines, start=1)
    )
    notice = Notice(store_id, asn_id, body.reference.strip(), body.sender.strip(), body.expected_ms, lines, place=body.place)

    async def use_case(tx: Connection) -> Done[FeedTold]:
        await need_store(tx, store_id)
        version = await service.announce(tx, notice, asking.person.login, now_ms=asking.now_ms)
        after = [structs.asdict(line) for line in notice.lines]
        noted = Entry("delivery.announced", asn_id, stores=(store_id,), after=after, reason=notice.reference)
        return Done(FeedTold(feed_id=stock_feed(store_id), feed_version=version), noted)

    return await write(asking, once, use_case)


@router.post("/stores/{store_id}/deliveries/{asn_id}/tags", response_model=TagsGiven)
async def give_tags(store_id: str, asn_id: str, body: TagsBody, asking: StockWriter, once: Once) -> Response:
    """Give every piece that has none a tag nobody else has, and tell the store which tags come."""

    async def use_case(tx: Connection) -> Done[TagsGiven]:
        await need_store(tx, store_id)
        plan = tagging.TagPlan(body.company_prefix_digits)
        done = await tagging.give_tags(tx, store_id, asn_id, plan, asking.person.login, now_ms=asking.now_ms)
        noted = Entry("delivery.tagged", asn_id, stores=(store_id,), after=done.tags)
        return Done(TagsGiven(tags=done.tags, feed_id=stock_feed(store_id), feed_version=done.feed_version), noted)

    return await write(asking, once, use_case)


@router.get("/stores/{store_id}/deliveries/{asn_id}/tags.csv", response_class=PlainTextResponse)
async def tags_to_print(
    store_id: str,
    asn_id: str,
    asking: Reader,
    scheme: Annotated[str, Query(pattern="^(sgtin-96|sgtin-198|sgtin\\+)$")] = "sgtin-96",
) -> PlainTextResponse:
    """What to write into each tag of a delivery, for a tag printer: EPC and protocol control word in hexadecimal."""
    async with asking.read() as tx:
        await need_store(tx, store_id)
        return PlainTextResponse(await tagging.printed(tx, store_id, asn_id, scheme), media_type="text/csv")


@router.delete("/stores/{store_id}/deliveries/{asn_id}", response_model=FeedTold)
async def withdraw(store_id: str, asn_id: str, asking: StockWriter, once: Once) -> Response:
    """The goods do not come."""

    async def use_case(tx: Connection) -> Done[FeedTold]:
        await need_store(tx, store_id)
        version = await service.withdraw(tx, store_id, asn_id, now_ms=asking.now_ms)
        noted = Entry("delivery.withdrawn", asn_id, stores=(store_id,))
        return Done(FeedTold(feed_id=stock_feed(store_id), feed_version=version), noted)

    return await write(asking, once, use_case)


@router.get("/transfers")
async def list_transfers(
    asking: Reader,
    store_id: Annotated[str | None, Query(max_length=64)] = None,
    waiting: Annotated[bool, Query(description="Only goods on their way")] = False,
    after: str | None = None,
    limit: Limit = PAGE_LIMIT_DEFAULT,
) -> TransferPage:
    """Goods between stores, from or to one of yours, the newest first."""
    async with asking.read() as tx:
        rows = await store.transfers(tx, store_id, waiting=waiting, before=_before(after), limit=limit)
    following = encode_cursor(rows[-1].at_ms, rows[-1].transfer_id) if len(rows) == limit else None
    return TransferPage(rows=[TransferView(**asdict(row)) for row in rows], next=following)


@router.get("/transfers/{from_store_id}/{transfer_id}/lines")
async def lines_of_transfer(from_store_id: str, transfer_id: str, asking: Reader) -> list[TransferLineView]:
    """What was sent and what came, the largest differences first."""
    async with asking.read() as tx:
        rows = await store.transfer_lines(tx, from_store_id, transfer_id)
    return [TransferLineView(**asdict(row)) for row in rows]
