"""Stores that report goods for HQ's tests: one line a fact, over the real ingest."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from msgspec import structs

from cloud import goods_keeper
from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database, Scope
from cloud.demo_goods import seed
from protocols.clock import FakeClock
from protocols.contract.facts import FactBody, GoodsReceived, ReceivedLine
from protocols.contract.feed_rows import FeedRow, decode_row
from protocols.contract.sale_parts import SaleLine
from protocols.contract.stock_facts import GoodsLine
from protocols.contract.values import Place
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_ingest import Desk, add_store, desk
from tests.support.hq_store import SimStore, StoreMemory

MILK, BREAD = "A000001", "A000002"
EPC = "urn:epc:id:sgtin:0614141.812345.{}"


@dataclass
class Shops:
    """Stores S001 and S002 behind the API, and the job that follows them."""

    api: HqApi
    ingest: Database
    desk: Desk
    stores: dict[str, SimStore]

    async def report(self, store_id: str, *facts: FactBody) -> None:
        """The store says this, and HQ has taken it."""
        store = self.stores[store_id]
        for fact in facts:
            store.report(fact)
        await store.exchange(self.desk.door(store_id))

    async def sell(self, store_id: str, item: str, pieces: int, **more: object) -> str:
        """A sale of one line; returns its id."""
        store = self.stores[store_id]
        sale = store.make_sale(lines=1)
        line: SaleLine = structs.replace(
            sale.lines[0], item_id=item, quantity=pieces, stock_thousandths=pieces * 1_000, **more
        )
        await self.report(store_id, structs.replace(sale, lines=(line,)))
        return sale.sale_id

    async def follow(self) -> None:
        """The job does what there is to do."""
        while await goods_keeper.once(self.api.database, self.api.clock):
            continue

    async def feed(self, feed_id: str) -> dict[str, FeedRow]:
        """What a feed holds."""
        rows = await self.api.rows("SELECT key, body FROM feed_row WHERE feed_id = %s ORDER BY key", feed_id)
        return {str(key): decode_row(bytes(body)) for key, body in rows}  # type: ignore[arg-type]

    async def quarantined(self) -> list[str]:
        """Why facts could not be made into rows."""
        rows = await self.api.rows("SELECT kind || ': ' || reason FROM visible_fact_quarantine ORDER BY quarantine_id")
        return [str(row[0]) for row in rows]


@contextlib.asynccontextmanager
async def shops(ground: GroundDatabase) -> AsyncIterator[Shops]:
    """Two stores of one zone, goods with prices, and a clock that agrees with the stores'."""
    async with ground.open() as app, ground.open_ingest() as ingest, desk(ingest) as running:
        api = HqApi(app, clock=FakeClock(SystemClock().now_ms()))
        async with app.transaction(Scope.everything()) as tx:
            await seed(tx, now_ms=api.clock.now_ms(), items=12)
        stores = {}
        for store_id in ("S001", "S002"):
            await add_store(app, store_id)
            stores[store_id] = SimStore(StoreMemory(store_id), SystemClock(), SystemRandom())
            stores[store_id].connect()
        yield Shops(api, ingest, running, stores)


def goods(number: int, item: str, pieces: int, batch: str = "", expires: str = "", *epcs: str) -> GoodsLine:
    """A line."""
    return GoodsLine(
        line_no=number, item_id=item, quantity_thousandths=pieces * 1_000, batch=batch, expires=expires, epcs=epcs
    )


def came(receipt_id: str, *lines: ReceivedLine, place: Place = Place.BACK_ROOM, **more: str) -> GoodsReceived:
    """A receipt."""
    return GoodsReceived(receipt_id=receipt_id, place=place, how="scan", lines=lines, staff_id="7", **more)


def received(number: int, item: str, pieces: int, batch: str = "", expires: str = "", **more: object) -> ReceivedLine:
    """A line of a receipt."""
    return ReceivedLine(
        line_no=number,
        item_id=item,
        quantity_thousandths=pieces * 1_000,
        batch=batch,
        expires=expires,
        **more,  # type: ignore[arg-type]
    )
