"""Routes of price books: which there are, what they hold, change, recall, and what a change would have done to a day."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Response

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.pricing import log, service
from cloud.pricing.api import author_of, changed, found_views, noted, wanted_of
from cloud.pricing.book_schemas import (
    BookAdded,
    BookChangeAnswer,
    BookChangeRequest,
    BookPrices,
    BookPriceView,
    BookView,
    EffectRequest,
    EffectView,
    ItemEffectView,
    NewBook,
    RecallAnswer,
    RecallRequest,
    Revised,
    SpoiltView,
    StoreEffectView,
)
from cloud.pricing.effect import effect
from cloud.pricing.ground import need_book, need_rules
from cloud.pricing.price_books import Book
from cloud.pricing.recalls import Recalled
from cloud.refusals import Invalid
from cloud.web.access import PricesWriter, Reader
from cloud.web.cursors import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, encode_cursor, mixed_cursor
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.feed_rows import price_feed, store_price_feed

router = APIRouter(prefix="/api/v1", tags=["prices"])
Once = Annotated[Repeat, Depends(repeat_of)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
BookName = Annotated[str, Path(max_length=64)]


def _view(book: Book) -> BookView:
    return BookView(
        book_id=book.book_id,
        name=book.name,
        zone=book.zone,
        store_id=book.store_id,
        customer_group=book.customer_group,
        price_kind=book.price_kind,
        priority=book.priority,
        own=book.own,
        feed_id=book.feed_id,
    )


def _book_of(book_id: str, body: NewBook) -> Book:
    if (body.zone is None) == (body.store_id is None):
        raise Invalid.field("zone", "not exactly one of zone and store_id", "A book belongs to a zone or to one store.")
    feed_id = price_feed(body.zone) if body.zone is not None else store_price_feed(body.store_id or "")
    return Book(book_id, feed_id, body.name, body.zone, body.customer_group, body.price_kind, body.priority)


@router.get("/price-books")
async def list_books(asking: Reader) -> list[BookView]:
    """Every price book: the zones' own first, then the others; those of one store within your scope."""
    async with asking.read() as tx:
        return [_view(book) for book in await service.books(tx)]


@router.put("/price-books/{book_id}", response_model=BookAdded)
async def add_book(book_id: BookName, body: NewBook, asking: PricesWriter, once: Once) -> Response:
    """Add a price book. Its scope, group, kind and priority stay as they are for ever."""
    book = _book_of(book_id, body)

    async def use_case(tx: Connection) -> Done[BookAdded]:
        added = await service.add_book(tx, book, author_of(asking))
        answer = BookAdded(book=_view(await need_book(tx, book_id)), added=added)
        stores = () if book.store_id is None else (book.store_id,)
        entry = Entry("price_book.added", book_id, stores, book.zone or "", after=body.model_dump(mode="json"))
        return Done(answer, entry if added else None)

    return await write(asking, once, use_case)


@router.get("/price-books/{book_id}/prices")
async def prices_of_book(
    book_id: BookName, asking: Reader, after: str | None = None, limit: Limit = PAGE_LIMIT_DEFAULT
) -> BookPrices:
    """What a book holds that is in force or will be, in the order of item numbers."""
    place = cast("tuple[str, int] | None", mixed_cursor(after, str, int)) or ("", 0)
    async with asking.read() as tx:
        book = await need_book(tx, book_id)
        rules = await need_rules(tx, book)
        rows = await log.book_prices(tx, book, rules, place, limit, asking.now_ms)
    return BookPrices(
        book=_view(book),
        currency=rules.currency,
        minor_digits=rules.minor_digits,
        rows=[BookPriceView(**asdict(row)) for row in rows],
        next=encode_cursor(rows[-1].item_id, rows[-1].revision) if len(rows) == limit else None,
    )


@router.post("/price-books/{book_id}/price-changes", response_model=BookChangeAnswer)
async def change_book(book_id: BookName, body: BookChangeRequest, asking: PricesWriter, once: Once) -> Response:
    """Change prices in a book, all or none; with `dry_run` only say what would happen."""
    wanted = wanted_of(body.changes)

    async def use_case(tx: Connection) -> Done[BookChangeAnswer]:
        result = await service.change_book(tx, book_id, wanted, author_of(asking), dry_run=body.dry_run)
        if not body.dry_run:
            service.need_no_approval(result)
        answer = BookChangeAnswer(
            book_id=book_id,
            dry_run=body.dry_run,
            feed_version=result.feed_version,
            rows=[changed(plan, row) for plan, row in zip(result.plans, wanted, strict=True)],
            findings=found_views(result),
        )
        return Done(answer, None if result.feed_version is None else noted(result, wanted))

    return await write(asking, once, use_case)


@router.post("/price-books/{book_id}/recalls", response_model=RecallAnswer)
async def recall(book_id: BookName, body: RecallRequest, asking: PricesWriter, once: Once) -> Response:
    """Take prices back, started or not, all or none: what was in force before is in force again at once."""
    named = list(dict.fromkeys((row.item_id, row.revision) for row in body.prices))

    async def use_case(tx: Connection) -> Done[RecallAnswer]:
        done = await service.recall(tx, book_id, named, author_of(asking))
        return Done(_recalled(done), _recall_noted(done, body.reason))

    return await write(asking, once, use_case)


def _recalled(done: Recalled) -> RecallAnswer:
    return RecallAnswer(
        book_id=done.book.book_id,
        feed_version=done.feed_version,
        recalled=[Revised(item_id=item_id, revision=row.revision) for item_id, row in done.taken],
        given_back=[Revised(item_id=item_id, revision=revision) for item_id, revision in done.given_back],
        spoilt=[
            SpoiltView(
                item_id=row.item_id,
                book_id=row.book_id,
                revision=row.revision,
                effective_from_ms=row.from_ms,
                was_minor=row.was_minor,
                allowed_minor=row.allowed_minor,
            )
            for row in done.spoilt
        ],
    )


def _recall_noted(done: Recalled, reason: str) -> Entry:
    book = done.book
    object_id = done.taken[0][0] if len(done.taken) == 1 else book.book_id
    before = [
        {"item_id": item_id, "price_minor": row.price_minor, "effective_from_ms": row.from_ms} for item_id, row in done.taken
    ]
    stores = () if book.store_id is None else (book.store_id,)
    return Entry("price.recalled", object_id, stores, book.zone or "", before, None, reason)


@router.post("/price-books/{book_id}/effect")
async def effect_of(book_id: BookName, body: EffectRequest, asking: Reader) -> EffectView:
    """What the changes would have done to a day's baskets in the stores within your scope. Changes nothing."""
    yesterday = datetime.datetime.fromtimestamp(asking.now_ms / 1000, datetime.UTC).date() - datetime.timedelta(days=1)
    async with asking.read() as tx:
        found = await effect(tx, book_id, wanted_of(body.changes), body.day or yesterday)
    return EffectView(
        book_id=book_id,
        currency=found.currency,
        minor_digits=found.minor_digits,
        day=found.day,
        stores=[StoreEffectView(**asdict(row)) for row in found.stores],
        items=[ItemEffectView(**asdict(row)) for row in found.items],
    )
