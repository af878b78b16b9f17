"""A seeded trickle of sales over many stores, through the real checkout: chain screens live."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from edge.checkout.till import Till
from edge.many.store import Goods, ManyStore
from edge.store_db.errors import StoreDbError
from protocols.contract.till import TillAnswer, TillCommand, TillRequest
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash

log = structlog.get_logger("tallystick.edge.many")

GOODS_MAX = 60
LINES_MAX = 6
NOTE_MINOR = 1_000
FLOAT_MINOR = 10_000
READY_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Cashier:
    """Who sells in every store."""

    staff_id: str
    pin: str


class Cashiers:
    """Sells `per_minute` sales a minute over all stores together, in stores and baskets that the seed chooses."""

    def __init__(self, stores: Sequence[ManyStore], cashier: Cashier, *, per_minute: int, seed: int) -> None:
        self._stores = stores
        self._cashier = cashier
        self._pause_seconds = 60 / per_minute
        self._dice = random.Random(seed)
        self._goods: dict[str, list[Goods]] = {}

    async def run(self) -> None:
        """Sell for ever; a store that cannot sell just now is passed over."""
        while True:
            await asyncio.sleep(self._dice.uniform(0.5, 1.5) * self._pause_seconds)
            store = self._dice.choice(self._stores)
            with contextlib.suppress(StoreDbError):
                await self._sell(store)

    async def _sell(self, store: ManyStore) -> None:
        till = next(iter(store.box.tills.values()), None)
        goods = self._goods.get(store.store_id) or store.goods(GOODS_MAX)
        if till is None or not goods or not await self._open(store, till):
            return
        self._goods[store.store_id] = goods
        for _ in range(self._dice.randint(1, LINES_MAX)):
            await self._do(store, till, Scan(code=self._dice.choice(goods).code))
        due_minor = till.state().due_minor
        if due_minor > 0:
            await self._do(
                store, till, PayCash(tendered_minor=-(-due_minor // NOTE_MINOR) * NOTE_MINOR, expected_due_minor=due_minor)
            )

    async def _open(self, store: ManyStore, till: Till) -> bool:
        """Somebody is logged in with an open shift."""
        if till.state().mode == "login":
            await self._do(store, till, Login(staff_id=self._cashier.staff_id, pin=self._cashier.pin))
        if till.state().mode == "shift":
            await self._do(store, till, OpenShift(float_minor=FLOAT_MINOR))
        return till.state().mode == "sale"

    async def _do(self, store: ManyStore, till: Till, command: TillCommand) -> TillAnswer:
        answer = await till.ask(TillRequest(id=store.ground.ids.new(), command=command))
        if not answer.ok and answer.reason is not None:
            log.info("the till said no", store=store.store_id, command=type(command).__name__, reason=answer.reason.code)
        return answer
