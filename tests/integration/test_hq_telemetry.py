"""Telemetry at HQ: a store's values through real ingest into PostgreSQL, and rollups that are right whenever they arrive."""

from __future__ import annotations

import contextlib
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import pytest

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database, Scope
from cloud.telemetry import service
from cloud.telemetry.domain import DAY_MS, FIVE_MINUTES_MS, HOUR_MS, SeriesName, Span
from protocols.contract.telemetry import Measured, Series
from protocols.contract.values import Stream
from protocols.sync.messages import Ack
from protocols.sync.topics import Channel
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_ingest import Desk, add_store, desk
from tests.support.hq_store import SimStore, StoreMemory

Bucket = tuple[str, str, int]
Rolled = dict[Bucket, tuple[float, ...]]


def fact(at_ms: Sequence[int], **series: Sequence[float | None]) -> Measured:
    """A fact of the box itself; `scale__reads` is metric `reads` of device `scale`."""
    rows = []
    for name, values in series.items():
        device_id, _, metric = name.rpartition("__")
        rows.append(Series(device_id, metric, tuple(values)))
    return Measured(at_ms=tuple(at_ms), series=tuple(rows))


def brute_force(facts: Iterable[Measured], width_ms: int) -> Rolled:
    """The rollup by its definition: n, low, high, total, last."""
    values: dict[Bucket, list[tuple[int, float]]] = defaultdict(list)
    for each in facts:
        for series in each.series:
            for at_ms, value in zip(each.at_ms, series.values, strict=True):
                if value is not None:
                    values[series.device_id, series.metric, at_ms // width_ms * width_ms].append((at_ms, value))
    return {
        bucket: (len(found), min(v for _, v in found), max(v for _, v in found), sum(v for _, v in found), max(found)[1])
        for bucket, found in values.items()
    }


@dataclass
class Ground:
    """HQ with stores that speak to it over a desk."""

    database: Database
    desk: Desk

    async def store(self, store_id: str = "S001") -> SimStore:
        """A store HQ knows, welcomed."""
        await add_store(self.database, store_id)
        store = SimStore(StoreMemory(store_id), SystemClock(), SystemRandom())
        store.connect()
        await self.bring(store)
        return store

    async def bring(self, store: SimStore, *facts: Measured) -> None:
        """Journal facts and exchange until all is acknowledged."""
        for each in facts:
            store.report(each)
        await store.exchange(self.desk.door(store.memory.store_id))

    async def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        async with self.database.transaction(Scope.everything()) as tx:
            return list(await (await tx.execute(query.encode(), values)).fetchall())

    async def check(self, store_id: str, facts: Sequence[Measured]) -> None:
        """Every rollup is what brute force says."""
        for table, width_ms in (("5m", FIVE_MINUTES_MS), ("1h", HOUR_MS), ("1d", DAY_MS)):
            query = "SELECT device_id, metric, bucket_ms, n, low, high, total, last_value FROM telemetry_"
            found = await self.ask(f"{query}{table} WHERE store_id = %s", store_id)
            assert {row[:3]: row[3:] for row in found} == brute_force(facts, width_ms), table


@pytest.fixture
async def ground(embedded_database: GroundDatabase) -> AsyncIterator[Ground]:
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(embedded_database.open_ingest())
        yield Ground(database, await stack.enter_async_context(desk(database)))


async def test_values_arrive_once_are_rolled_up_and_read_back(ground: Ground) -> None:
    now_ms = SystemClock().now_ms()
    store = await ground.store()
    minute = now_ms // 60_000 * 60_000
    told = [fact([minute - n * 60_000], labels_unshown=[3.0 + n], scale__reads=[5.0 * n]) for n in (3, 2, 1, 0)]
    await ground.bring(store, *told)
    assert await service.roll_up(ground.database) == len(told)
    assert await service.roll_up(ground.database) == 0
    await ground.check("S001", told)
    async with ground.database.transaction(Scope.of_stores(["S001"])) as tx:
        names = await service.names(tx, "S001", now_ms=now_ms)
        points = await service.series(tx, "S001", SeriesName("scale", "reads"), Span.HOUR, now_ms=now_ms)
        day = await service.series(tx, "S001", SeriesName("", "labels_unshown"), Span.DAY, now_ms=now_ms)
    assert names == [SeriesName("", "labels_unshown"), SeriesName("scale", "reads")]
    assert [(point.at_ms, point.total) for point in points] == [(minute - 60_000 * n, 5.0 * n) for n in (3, 2, 1, 0)]
    assert (sum(point.n for point in day), max(point.high for point in day), day[-1].last) == (4, 6.0, 3.0)
    assert await ground.ask("SELECT metric, value FROM telemetry_latest") == [("labels_unshown", 3.0)]


async def test_after_45_days_away_half_a_bucket_finds_its_other_half(ground: Ground) -> None:
    store = await ground.store()
    begin = (SystemClock().now_ms() - 45 * DAY_MS) // FIVE_MINUTES_MS * FIVE_MINUTES_MS
    first = fact([begin + 60_000], load=[1.5])
    await ground.bring(store, first)
    await service.roll_up(ground.database)
    later = [fact([begin + 61_000 + n * HOUR_MS * 7], load=[n / 4], door__reads=[1.0]) for n in range(155)]
    await ground.bring(store, *later)
    assert await service.roll_up(ground.database, marks_at_once=50) == len(later)
    await ground.check("S001", [first, *later])


async def test_a_wrong_clock_and_a_wrong_fact_harm_nobody(ground: Ground) -> None:
    now_ms = SystemClock().now_ms()
    store = await ground.store()
    good = fact([now_ms], load=[1.0])
    (sale,) = store.sell()
    await ground.bring(store, fact([1, now_ms + 400 * DAY_MS], load=[7.0, 7.0]), fact([now_ms], load=[1.0, 2.0]), good)
    await service.roll_up(ground.database)
    await ground.check("S001", [good])
    assert await ground.ask("SELECT instants, left_out FROM measured ORDER BY left_out DESC") == [(2, 2), (1, 0)]
    assert await ground.ask("SELECT reason FROM fact_quarantine") == [("series /load: 2 values for 1 instants",)]
    assert await ground.ask("SELECT sale_id FROM sale") == [(sale.sale_id,)]


def some_facts(rng: random.Random, now_ms: int) -> list[Measured]:
    """A store's samples of 45 days, a few of them close together; values are quarters, so that sums are exact."""
    begins = [now_ms - rng.randrange(45 * DAY_MS) for _ in range(rng.randint(1, 6))]
    instants = sorted({begin + rng.randrange(900_000) for begin in begins for _ in range(rng.randint(1, 9))})
    facts = []
    while instants:
        count = rng.randint(1, 3)
        at_ms, instants = instants[:count], instants[count:]
        names = rng.sample(["load", "scale__reads", "scale__errors", "door__reads"], rng.randint(1, 4))
        values = {name: [rng.choice([None, rng.randint(-400, 400) / 4]) for _ in at_ms] for name in names}
        facts.append(fact(at_ms, **values))
    rng.shuffle(facts)  # a box whose clock was set back and forth
    return facts


@pytest.mark.parametrize("seed", range(6))
async def test_rollups_equal_brute_force_in_every_order_with_duplicates(ground: Ground, seed: int) -> None:
    """Batches of three stores come late, twice, and between passes; another incarnation brings some facts once more."""
    rng = random.Random(seed)
    now_ms = SystemClock().now_ms()
    stores = [await ground.store(f"S{number}") for number in range(3)]
    told = {store.memory.store_id: some_facts(rng, now_ms) for store in stores}
    for store in stores:
        doubled: list[tuple[Channel, bytes]] = []
        door = ground.desk.door(store.memory.store_id)

        async def noting(
            channel: Channel, payload: bytes, sent: list[tuple[Channel, bytes]] = doubled, door: object = door
        ) -> Sequence[bytes]:
            sent.append((channel, payload))
            return await door(channel, payload)  # type: ignore[operator,no-any-return]

        for each in told[store.memory.store_id]:
            store.report(each)
            if rng.random() < 0.5:
                await store.exchange(noting)
            if rng.random() < 0.3:
                await service.roll_up(ground.database, marks_at_once=rng.choice([1, 3, 5_000]))
        await store.exchange(noting)
        for channel, payload in rng.sample(doubled, min(3, len(doubled))):
            if channel is Channel.UP_BULK:
                answers = await ground.desk.send(store.memory.store_id, channel, payload)
                assert all(isinstance(answer, Ack) and not answer.rejected for answer in answers)
    await service.roll_up(ground.database)
    for store_id, facts in told.items():
        await ground.check(store_id, facts)
    assert await ground.ask("SELECT count(*) FROM fact_quarantine") == [(0,)]


async def test_the_same_facts_in_another_incarnation_count_once(ground: Ground) -> None:
    """A copied card: the box begins anew and sends facts HQ has already, under the same event ids."""
    store = await ground.store()
    now_ms = SystemClock().now_ms()
    told = [fact([now_ms - n * 60_000], load=[float(n)]) for n in range(5)]
    await ground.bring(store, *told)
    again = SimStore(StoreMemory("S001", nonce="nonce-2"), SystemClock(), SystemRandom())
    again.connect()
    await ground.bring(again)
    assert again.memory.incarnation == 2
    for stored in store.memory.journal(1, Stream.BULK).facts:
        again.journal_raw(Stream.BULK, stored)
    await ground.bring(again)
    await service.roll_up(ground.database)
    await ground.check("S001", told)
