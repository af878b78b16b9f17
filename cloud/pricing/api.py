"""Routes of prices: read, change one or many, see first, take back, history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Response
from msgspec import structs

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.pricing import service, store
from cloud.pricing.domain import PricePlan, WantedPrice
from cloud.pricing.layouts import usual_layouts
from cloud.pricing.schemas import (
    CancelAnswer,
    ChangeAnswer,
    ChangedPrice,
    ChangeRequest,
    FindingView,
    HistoryPage,
    ItemPrices,
    Landing,
    LandingStoreView,
    NewPrice,
    PriceChange,
    PriceListRow,
    PricePage,
    PriceView,
    PublishedChanges,
    PublishedChangeView,
    RevisionView,
    ScheduledPrice,
    WarningView,
    ZoneBody,
    ZoneView,
    ZoneWritten,
)
from cloud.pricing.service import ChangeResult
from cloud.pricing.store import Author
from cloud.refusals import Invalid, Missing
from cloud.web.access import Asking, PricesWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, number_cursor, text_cursor
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.feed_rows import ZoneRow

router = APIRouter(prefix="/api/v1", tags=["prices"])
Once = Annotated[Repeat, Depends(repeat_of)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
ZoneName = Annotated[str, Path(pattern="^[a-z0-9-]{1,32}$")]
REVISION_MAX = 2**31 - 1


def author_of(asking: Asking) -> Author:
    """Who changes a price."""
    return Author(asking.person.login, asking.now_ms)


def changed(plan: PricePlan, wanted: WantedPrice) -> ChangedPrice:
    """What becomes of one line."""
    first = plan.added[0] if plan.added else None
    return ChangedPrice(
        item_id=plan.item_id,
        unchanged=plan.unchanged,
        before_minor=plan.paid_minor or (None if plan.before is None else plan.before.price_minor),
        price_minor=wanted.price_minor,
        revision=None if first is None else first.revision,
        effective_from_ms=None if first is None else first.from_ms,
        effective_to_ms=wanted.to_ms,
        kept_scheduled=plan.kept_scheduled,
        warnings=[WarningView(code=row.code, detail=row.detail) for row in plan.warnings],
        was_minor=None if first is None else first.was_minor,
    )


def wanted_of(changes: Sequence[PriceChange]) -> list[WantedPrice]:
    """The lines of a request."""
    return [
        WantedPrice(row.item_id, row.price_minor, row.effective_from_ms, row.effective_to_ms, row.reason, row.was_minor)
        for row in changes
    ]


def found_views(result: ChangeResult) -> list[FindingView]:
    """What guard rails caught."""
    return [FindingView(**asdict(row)) for row in result.findings]


AS_IT_WAS = ("price_law", "cash_rounding_method", "cash_rounding_scope", "code_layouts", "bag_item_id")
"""What a change of a zone that does not say it leaves alone."""


@router.get("/zones")
async def list_zones(asking: Reader) -> list[ZoneView]:
    """Price zones: currency, tax mode, cash rounding."""
    async with asking.read() as tx:
        return [ZoneView(**structs.asdict(row)) for row in await store.list_zones(tx)]


@router.put("/zones/{zone}", response_model=ZoneWritten)
async def put_zone(zone: ZoneName, body: ZoneBody, asking: PricesWriter, once: Once) -> Response:
    """Add or change a price zone."""
    told = body.model_dump(exclude_none=True)

    async def use_case(tx: Connection) -> Done[ZoneWritten]:
        before = await store.present_zone(tx, zone)
        kept = (
            {name: getattr(before, name) for name in AS_IT_WAS} if before else {"code_layouts": usual_layouts(body.currency)}
        )
        row = msgspec.convert({**kept, **told, "zone": zone}, ZoneRow)
        version = await service.put_zone(tx, row, now_ms=asking.now_ms)
        verb = "added" if before is None else "changed"
        noted = Entry(f"zone.{verb}", zone, zone=zone, before=before, after=row)
        return Done(ZoneWritten(zone=zone, feed_version=version), noted)

    return await write(asking, once, use_case)


@router.get("/items/{item_id}/prices")
async def prices_of_item(item_id: str, asking: Reader) -> ItemPrices:
    """An item's price in force per zone, and what is scheduled."""
    async with asking.read() as tx:
        if not await store.known_items(tx, [item_id]):
            raise Missing("no_item", f"There is no item '{item_id}'.")
        zones = await store.prices_of(tx, item_id, asking.now_ms)
        scheduled = await store.scheduled(tx, item_id, asking.now_ms)
    return ItemPrices(
        item_id=item_id,
        zones=[PriceView(**asdict(row)) for row in zones],
        scheduled=[ScheduledPrice(**asdict(row)) for row in scheduled],
    )


@router.get("/zones/{zone}/prices")
async def list_prices(zone: str, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT) -> PricePage:
    """Every item with its price in force in a zone, in item order."""
    async with asking.read() as tx:
        rows = await store.list_prices(tx, zone, text_cursor(after), limit, asking.now_ms)
    next_cursor = encode_cursor(rows[-1].item_id) if len(rows) == limit else None
    return PricePage(rows=[PriceListRow(**asdict(row)) for row in rows], next=next_cursor)


@router.get("/zones/{zone}/prices/{item_id}/history")
async def history(
    zone: str, item_id: str, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> HistoryPage:
    """Every revision an item ever had in a zone, newest first: who, when, why, in which feed version."""
    before = number_cursor(after) or REVISION_MAX
    async with asking.read() as tx:
        rows = await store.history(tx, zone, item_id, before, limit)
    next_cursor = encode_cursor(rows[-1].revision) if len(rows) == limit else None
    return HistoryPage(rows=[RevisionView(**asdict(row)) for row in rows], next=next_cursor)


@router.put("/zones/{zone}/prices/{item_id}", response_model=ChangeAnswer)
async def change_price(zone: str, item_id: str, body: NewPrice, asking: PricesWriter, once: Once) -> Response:
    """Change one price, now or later."""
    wanted = WantedPrice(item_id, body.price_minor, body.effective_from_ms, body.effective_to_ms, body.reason)

    async def use_case(tx: Connection) -> Done[ChangeAnswer]:
        try:
            return await _change(tx, zone, [wanted], asking, dry_run=False)
        except Invalid as refused:
            raise Invalid.fields(
                [replace(row, field=row.field.removeprefix("changes/0/")) for row in refused.problems]
            ) from None

    return await write(asking, once, use_case)


@router.post("/zones/{zone}/price-changes", response_model=ChangeAnswer)
async def change_prices(zone: str, body: ChangeRequest, asking: PricesWriter, once: Once) -> Response:
    """Change many prices, all or none; with `dry_run` only say what would happen."""
    wanted = wanted_of(body.changes)

    async def use_case(tx: Connection) -> Done[ChangeAnswer]:
        return await _change(tx, zone, wanted, asking, dry_run=body.dry_run)

    return await write(asking, once, use_case)


async def _change(
    tx: Connection, zone: str, wanted: list[WantedPrice], asking: Asking, *, dry_run: bool
) -> Done[ChangeAnswer]:
    result = await service.change_prices(tx, zone, wanted, author_of(asking), dry_run=dry_run)
    if not dry_run:
        service.need_no_approval(result)
    rows = [changed(plan, row) for plan, row in zip(result.plans, wanted, strict=True)]
    answer = ChangeAnswer(
        zone=zone, dry_run=dry_run, feed_version=result.feed_version, rows=rows, findings=found_views(result)
    )
    return Done(answer, None if result.feed_version is None else noted(result, wanted))


def noted(result: ChangeResult, wanted: Sequence[WantedPrice]) -> Entry:
    """One entry for everything a feed version changed: which prices were in force, which come."""
    changing = [plan for plan in result.plans if not plan.unchanged]
    book = result.book
    everything = book.zone if book.own and book.zone is not None else book.book_id
    object_id = changing[0].item_id if len(changing) == 1 else everything
    before = [
        {"item_id": plan.item_id, "price_minor": plan.before.price_minor} for plan in changing if plan.before is not None
    ]
    after = [
        {
            "item_id": plan.item_id,
            "price_minor": row.price_minor,
            "effective_from_ms": row.from_ms,
            "effective_to_ms": row.to_ms,
        }
        for plan in changing
        for row in plan.added[:1]
    ]
    reasons = dict.fromkeys(row.reason for row in wanted if row.reason)
    stores = () if book.store_id is None else (book.store_id,)
    return Entry("price.changed", object_id, stores, book.zone or "", before, after, "; ".join(reasons))


@router.get("/zones/{zone}/price-changes")
async def list_changes(
    zone: str, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> PublishedChanges:
    """What was published in a zone, newest first: one row a feed version."""
    before = number_cursor(after) or REVISION_MAX
    async with asking.read() as tx:
        rows = await store.list_changes(tx, zone, before, limit)
    next_cursor = encode_cursor(rows[-1].feed_version) if len(rows) == limit else None
    return PublishedChanges(rows=[PublishedChangeView(**asdict(row)) for row in rows], next=next_cursor)


@router.get("/zones/{zone}/landing/{version}")
async def landing(zone: str, version: int, asking: Reader, limit: Limit = PAGE_LIMIT_DEFAULT) -> Landing:
    """Watch a published version arrive: which of the zone's stores hold it, and which do not yet."""
    async with asking.read() as tx:
        change = await store.published_change(tx, zone, version)
        if change is None:
            raise Missing("no_version", f"Version {version} of zone '{zone}' changed no price.")
        counts = await store.landing_counts(tx, zone, version, asking.now_ms)
        rows = await store.landing_stores(tx, zone, version, limit, asking.now_ms)
        labels = await store.landing_labels(tx, zone, version, [row.store_id for row in rows])
    views = []
    for row in rows:
        label_count, shown_count = labels.get(row.store_id, (0, 0))
        views.append(LandingStoreView(**asdict(row), label_count=label_count, label_shown_count=shown_count))
    return Landing(
        zone=zone, feed_version=version, change=PublishedChangeView(**asdict(change)), stores=views, **asdict(counts)
    )


@router.delete("/zones/{zone}/prices/{item_id}/revisions/{revision}", response_model=CancelAnswer)
async def cancel_change(zone: str, item_id: str, revision: int, asking: PricesWriter, once: Once) -> Response:
    """Take back a change that has not started."""

    async def use_case(tx: Connection) -> Done[CancelAnswer]:
        taken, version = await service.cancel_change(tx, zone, item_id, revision, author_of(asking))
        answer = CancelAnswer(zone=zone, item_id=item_id, revision=revision, feed_version=version)
        return Done(answer, Entry("price.taken_back", item_id, zone=zone, before=taken))

    return await write(asking, once, use_case)
