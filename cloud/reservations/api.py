"""Routes of reservations: an online order asks a store to hold goods, reads the answer, cancels."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Response
from msgspec import structs

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.refusals import Missing
from cloud.reservations import service, store
from cloud.reservations.domain import Question, row_of
from cloud.reservations.schemas import (
    AnswerView,
    HeldView,
    LineView,
    QuestionBody,
    ReservationPage,
    ReservationTold,
    ReservationView,
    WholeReservation,
)
from cloud.reservations.store import Filter
from cloud.web.access import Reader, StockWriter
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor
from cloud.web.in_scope import need_store
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.feed_rows import stock_feed
from protocols.contract.feed_stock import ReservationLine

router = APIRouter(prefix="/api/v1", tags=["reservations"])
Once = Annotated[Repeat, Depends(repeat_of)]
NEWEST = (2**62, "")


@router.get("/reservations")
async def list_reservations(
    asking: Reader,
    store_id: Annotated[str | None, Query(max_length=64)] = None,
    state: Annotated[str | None, Query(max_length=20)] = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT_DEFAULT,
) -> ReservationPage:
    """What stores were asked to hold, the newest first, and how each stands."""
    before = cast("tuple[int, str] | None", mixed_cursor(after, int, str)) or NEWEST
    async with asking.read() as tx:
        rows = await store.reservations(tx, Filter(store_id, state), before, limit)
    following = encode_cursor(rows[-1].added_ms, rows[-1].reservation_id) if len(rows) == limit else None
    return ReservationPage(rows=[ReservationView(**asdict(row)) for row in rows], next=following)


@router.get("/stores/{store_id}/reservations/{reservation_id}")
async def get_reservation(store_id: str, reservation_id: str, asking: Reader) -> WholeReservation:
    """One reservation: lines, what is held, and everything the store said."""
    async with asking.read() as tx:
        found = await store.reservations(tx, Filter(store_id, reservation_id=reservation_id), NEWEST, 1)
        if not found:
            detail = f"There is no reservation '{reservation_id}' in store '{store_id}'."
            raise Missing("no_reservation", detail, "See the list of reservations.")
        lines = await store.lines(tx, store_id, reservation_id)
        answers = await store.answers(tx, store_id, reservation_id)
    return WholeReservation(
        reservation=ReservationView(**asdict(found[0])),
        lines=[LineView(**asdict(line)) for line in lines],
        answers=[AnswerView(**asdict(answer)) for answer in answers],
    )


@router.put("/stores/{store_id}/reservations/{reservation_id}", response_model=ReservationTold)
async def ask(store_id: str, reservation_id: str, body: QuestionBody, asking: StockWriter, once: Once) -> Response:
    """Ask the store to hold goods for an order. It answers within seconds of hearing it; a sale beats a reservation."""
    lines = tuple(ReservationLine(**line.model_dump()) for line in body.lines)
    asked = Question(store_id, reservation_id, body.order_id.strip(), lines, body.due_ms, body.until_ms, body.name.strip())

    async def use_case(tx: Connection) -> Done[ReservationTold]:
        await need_store(tx, store_id)
        version = await service.ask(tx, asked, asking.person.login, now_ms=asking.now_ms)
        after = structs.asdict(row_of(asked))
        noted = Entry("reservation.asked", reservation_id, stores=(store_id,), after=after)
        return Done(ReservationTold(feed_id=stock_feed(store_id), feed_version=version), noted)

    return await write(asking, once, use_case)


@router.delete("/stores/{store_id}/reservations/{reservation_id}", response_model=ReservationTold)
async def cancel(store_id: str, reservation_id: str, asking: StockWriter, once: Once) -> Response:
    """Nobody wants the goods any more: the store lets them go."""

    async def use_case(tx: Connection) -> Done[ReservationTold]:
        await need_store(tx, store_id)
        version = await service.cancel(tx, store_id, reservation_id, now_ms=asking.now_ms)
        noted = Entry("reservation.cancelled", reservation_id, stores=(store_id,))
        return Done(ReservationTold(feed_id=stock_feed(store_id), feed_version=version), noted)

    return await write(asking, once, use_case)


@router.get("/items/{item_id}/reserved")
async def reserved(item_id: str, asking: Reader) -> list[HeldView]:
    """What each store holds of an item for customers: not for others to take."""
    async with asking.read() as tx:
        held = await store.held_of_item(tx, item_id)
    return [HeldView(store_id=store_id, held_thousandths=quantity) for store_id, quantity in held.items()]
