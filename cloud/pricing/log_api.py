"""Routes of what prices were: the timeline of an item, its log; and of what binds them: guard rails and costs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.pricing import ground, log, revisions
from cloud.pricing.api import author_of
from cloud.pricing.book_schemas import CostBody, CostView, Guard, GuardView, LogPage, LogRow, StepView, TimelineView
from cloud.pricing.comparison import DAY_MS
from cloud.pricing.ground import need_rules
from cloud.pricing.judge import Rules
from cloud.pricing.log import Place
from cloud.pricing.price_books import own_book
from cloud.pricing.timeline import Step
from cloud.refusals import Invalid, Missing
from cloud.web.access import PricesWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, number_cursor
from cloud.web.once import Repeat, repeat_of, write

router = APIRouter(prefix="/api/v1", tags=["prices"])
Once = Annotated[Repeat, Depends(repeat_of)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
ZoneName = Annotated[str, Path(pattern="^[a-z0-9-]{1,32}$")]
Currency = Annotated[str, Path(pattern="^[A-Z]{3}$")]
DAYS_MAX = 800


async def _need_item(tx: Connection, item_id: str) -> None:
    if not await revisions.known_items(tx, [item_id]):
        raise Missing("no_item", f"There is no item '{item_id}'.")


@router.get("/items/{item_id}/price-timeline")
async def price_timeline(
    item_id: str,
    asking: Reader,
    zone: Annotated[str | None, Query(max_length=32)] = None,
    store_id: Annotated[str | None, Query(max_length=64, description="A store: its zone's books and its own")] = None,
    group: Annotated[str, Query(max_length=32, description="A customer group; empty: everybody")] = "",
    days: Annotated[int, Query(ge=1, le=DAYS_MAX, description="How far back")] = 90,
    ahead: Annotated[int, Query(ge=0, le=DAYS_MAX, description="How far into what is planned")] = 30,
) -> TimelineView:
    """What an item cost in a zone or a store, and will cost as planned, stretch by stretch."""
    if (zone is None) == (store_id is None):
        raise Invalid.field("zone", "not exactly one of zone and store_id", "Ask for a zone or for one store.")
    now_ms = asking.now_ms
    async with asking.read() as tx:
        await _need_item(tx, item_id)
        span_ms = (now_ms - days * DAY_MS, now_ms + ahead * DAY_MS + 1)
        found = await log.told(tx, item_id, Place(zone, store_id, group), span_ms, now_ms)
    return TimelineView(
        item_id=item_id,
        zone=found.rules.zone,
        store_id=store_id,
        customer_group=group,
        currency=found.rules.currency,
        minor_digits=found.rules.minor_digits,
        price_law=found.rules.law,
        steps=[_step(step) for step in found.steps],
        lowest_30_days_minor=found.lowest_30_days_minor,
    )


def _step(step: Step) -> StepView:
    span = step.span
    return StepView(
        from_ms=step.from_ms,
        to_ms=step.to_ms,
        price_minor=step.price_minor,
        revision=None if span is None else span.revision,
        book_id=None if span is None else span.book_id,
        price_kind=None if span is None else span.price_kind,
        was_minor=None if span is None else span.was_minor,
    )


@router.get("/items/{item_id}/price-log")
async def price_log(item_id: str, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT) -> LogPage:
    """Everything that was ever said about an item's prices, newest first: published, withdrawn, recalled, approved."""
    before = number_cursor(after) or 2**62
    async with asking.read() as tx:
        await _need_item(tx, item_id)
        rows = await log.log_of_item(tx, item_id, before, limit)
    next_cursor = encode_cursor(rows[-1].event_id) if len(rows) == limit else None
    return LogPage(rows=[LogRow.model_validate(asdict(row)) for row in rows], next=next_cursor)


@router.get("/zones/{zone}/guard")
async def get_guard(zone: ZoneName, asking: Reader) -> GuardView:
    """What a second person must approve in a zone."""
    async with asking.read() as tx:
        return _guard(await _rules(tx, zone))


@router.put("/zones/{zone}/guard", response_model=GuardView)
async def put_guard(zone: ZoneName, body: Guard, asking: PricesWriter, once: Once) -> Response:
    """Change what a second person must approve in a zone."""

    async def use_case(tx: Connection) -> Done[GuardView]:
        await revisions.lock_prices(tx)
        before = _guard(await _rules(tx, zone))
        await ground.set_guard(tx, zone, body.change_percent, below_cost=body.below_cost)
        after = _guard(await _rules(tx, zone))
        entry = Entry("zone.guard_changed", zone, (), zone, before.model_dump(), after.model_dump())
        return Done(after, entry)

    return await write(asking, once, use_case)


async def _rules(tx: Connection, zone: str) -> Rules:
    return await need_rules(tx, own_book(zone))


def _guard(rules: Rules) -> GuardView:
    return GuardView(zone=rules.zone, change_percent=rules.change_percent, below_cost=rules.below_cost)


@router.get("/items/{item_id}/costs")
async def costs_of_item(item_id: str, asking: PricesWriter) -> list[CostView]:
    """What an item costs the chain, by currency, net of tax; for those who make prices."""
    async with asking.read() as tx:
        await _need_item(tx, item_id)
        return [CostView(**asdict(row)) for row in await ground.costs_of_item(tx, item_id)]


@router.put("/items/{item_id}/costs/{currency}", response_model=CostView)
async def put_cost(item_id: str, currency: Currency, body: CostBody, asking: PricesWriter, once: Once) -> Response:
    """Say what an item costs the chain."""

    async def use_case(tx: Connection) -> Done[CostView]:
        await _need_item(tx, item_id)
        before = {row.currency: row.cost_minor for row in await ground.costs_of_item(tx, item_id)}
        await ground.put_costs(tx, [(item_id, currency, body.cost_minor)], author_of(asking))
        after = next(row for row in await ground.costs_of_item(tx, item_id) if row.currency == currency)
        entry = Entry(
            "item_cost.changed",
            item_id,
            before={"currency": currency, "cost_minor": before.get(currency)},
            after={"currency": currency, "cost_minor": body.cost_minor},
        )
        return Done(CostView(**asdict(after)), entry)

    return await write(asking, once, use_case)
