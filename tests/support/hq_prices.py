"""Prices at headquarters for tests: two zones, three stores, what a store would hold, and what a customer would pay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from cloud.db.pool import Connection, Database, Scope
from cloud.demo_goods import seed, seed_second_zone
from cloud.pricing.revisions import Author
from cloud.stores import service as stores
from cloud.stores.domain import StoreSettings
from cloud.users import service as users
from cloud.users import store as people
from cloud.users.domain import Role
from protocols.contract.feed_rows import PriceRow, decode_row, price_feed, store_price_feed
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase

ZONE_OF = {"S001": "north", "S002": "north", "S003": "south"}


@dataclass
class PricedChain:
    """The API over a database with goods, zones `north` and `south`, and three stores."""

    api: HqApi
    ground: GroundDatabase

    @property
    def now_ms(self) -> int:
        return self.api.clock.now_ms()

    @property
    def author(self) -> Author:
        return Author("anna", self.now_ms)

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Connection]:
        """A transaction over the whole chain."""
        async with self.api.database.transaction(Scope.everything()) as tx:
            yield tx

    async def person(self, role: Role = Role.PRICING, stores: tuple[str, ...] = ()) -> httpx.AsyncClient:
        """Somebody whose token outlives the days these tests let pass."""
        await self.api.person(role, stores)
        hq = self.api.hq
        login = f"{role}.{'-'.join(stores).lower() or 'all'}"
        async with self.change() as tx:
            row = await people.person_for_login(tx, login)
            assert row is not None
            token, _ = await users.add_api_token(tx, row.person(), "test", ids=hq.ids, rng=hq.rng, now_ms=self.now_ms)
        return self.api.client(token)

    async def rows(self, store_id: str, item_id: str) -> list[PriceRow]:
        """What the store holds of an item once it has taken everything up."""
        feeds = [price_feed(ZONE_OF[store_id]), store_price_feed(store_id)]
        found = await self.api.rows(
            "SELECT body FROM feed_row WHERE feed_id = ANY (%s) AND key LIKE %s", feeds, f"price/{item_id}/%"
        )
        decoded = [decode_row(bytes(body)) for (body,) in found if isinstance(body, (bytes, memoryview))]
        return [row for row in decoded if isinstance(row, PriceRow)]

    async def paid(self, store_id: str, item_id: str, at_ms: int | None = None, group: str = "") -> int | None:
        """What a customer of the group pays there: the rule of the contract, read from the rows the store holds."""
        at_ms = self.now_ms if at_ms is None else at_ms
        covering = [
            row
            for row in await self.rows(store_id, item_id)
            if row.effective_from_ms <= at_ms and (row.effective_to_ms is None or at_ms < row.effective_to_ms)
        ]
        everybody, own = (
            max(
                ((row.priority, row.revision, row.price_minor) for row in covering if row.customer_group == each),
                default=None,
            )
            for each in ("", group)
        )
        prices = [row[2] for row in (everybody, own) if row is not None]
        return min(prices, default=None) if group else (everybody and everybody[2])

    async def log(self, item_id: str) -> list[tuple[object, ...]]:
        """(what, book, revision, price) of an item, oldest first."""
        return await self.api.rows(
            "SELECT what, book_id, revision, price_minor FROM price_event WHERE item_id = %s ORDER BY event_id", item_id
        )


@asynccontextmanager
async def priced_chain(ground: GroundDatabase, items: int = 10) -> AsyncIterator[PricedChain]:
    """A chain whose goods got their first prices just now."""
    database: Database
    async with ground.open() as database:
        api = HqApi(database)
        async with database.transaction(Scope.everything()) as tx:
            await seed(tx, now_ms=api.clock.now_ms(), items=items)
            await seed_second_zone(tx, now_ms=api.clock.now_ms(), items=items)
            for store_id, zone in ZONE_OF.items():
                await stores.add_store(
                    tx, StoreSettings(store_id, store_id, zone, "Europe/Berlin"), now_ms=api.clock.now_ms()
                )
        yield PricedChain(api, ground)
