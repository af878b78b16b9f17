"""Orders of operators about a store's session, carried out under the lock of its record (table store_order)."""

from __future__ import annotations

import asyncio

import psycopg
import structlog
from psycopg_pool import PoolTimeout, TooManyRequests

from cloud.db.pool import Connection, Database, Scope
from cloud.ingest import store
from cloud.ingest.contact import save_contacts
from cloud.stores.domain import OrderKind
from protocols.clock import Clock
from protocols.sync.hq_hello import order_new_incarnation, resolve_clone

log = structlog.get_logger("cloud.ingest")

LOOK_SECONDS = 30.0
RETRY_SECONDS = 1.0


class Orders:
    """Looks for open orders whenever it is told, and now and then by itself."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._some = asyncio.Event()

    def look(self) -> None:
        """There may be an order."""
        self._some.set()

    async def run(self) -> None:
        """Carry out orders until cancelled."""
        while True:
            self._some.clear()
            try:
                async with self._database.transaction(Scope.everything()) as tx:
                    rows = await (await tx.execute(store.Q["open_orders"])).fetchall()
                for order_id, store_id, kind, boot_id in rows:
                    async with self._database.transaction(Scope.everything()) as tx:
                        await self._carry_out(tx, int(order_id), str(store_id), OrderKind(kind), str(boot_id))
            except (psycopg.OperationalError, PoolTimeout, TooManyRequests, OSError) as error:
                log.warning("orders cannot be read", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._some.wait()
            except TimeoutError:
                pass

    async def _carry_out(self, tx: Connection, order_id: int, store_id: str, kind: OrderKind, boot_id: str) -> None:
        now_ms = self._clock.now_ms()
        stores = await store.lock_stores(tx, [store_id], set(), "", durable_on_commit=True)
        mine = stores[store_id]
        outcome = "done"
        match kind:
            case OrderKind.CHOOSE_BOX:
                try:
                    mine.record = resolve_clone(mine.record, boot_id)
                except ValueError as error:
                    outcome = str(error)
            case OrderKind.NEW_INCARNATION:
                mine.record = order_new_incarnation(mine.record)
        mine.record_changed = True
        await store.save_sessions(tx, [mine])
        await save_contacts(tx, [mine], now_ms)
        await tx.execute(store.Q["close_order"], {"order_id": order_id, "now_ms": now_ms, "outcome": outcome})
        log.info("an order was carried out", store=store_id, order=kind.value, outcome=outcome)
