"""Cold-chain alarms at HQ: each step once, with its figures and its note, and only for whoever may see the store."""

from __future__ import annotations

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Scope
from cloud.telemetry import service
from cloud.telemetry.domain import SeriesName
from protocols.contract.facts import ColdAlarmChanged
from protocols.contract.telemetry import Measured, Series
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_ingest import add_store, desk
from tests.support.hq_store import SimStore, StoreMemory


def step(what: str, value: float | None, **more: object) -> ColdAlarmChanged:
    return ColdAlarmChanged(
        alarm_id="a-1", rule_id="freezers", sensor_id="freezer-1", measure="temperature_celsius", cause="above", step=what,
        since_ms=1_790_000_000_000, limit=-15.0, value=value, worst=-7.5, **more,
    )  # type: ignore[arg-type]  # fmt: skip


async def test_every_step_is_kept_and_seen_in_its_scope(embedded_database: GroundDatabase) -> None:
    steps = [
        step("raised", -7.5),
        step("acknowledged", None, staff_id="ann", note='moved to\t"freezer 2" \\ 已转移'),
        step("ended", -16.0, staff_id="ann"),
    ]
    async with embedded_database.open_ingest() as app:
        await add_store(app, "S001")
        store = SimStore(StoreMemory("S001"), SystemClock(), SystemRandom())
        store.connect()
        now_ms = SystemClock().now_ms()
        series = (Series("freezer-1", "temperature_celsius", (-7.5,)), Series("door", "people_in", (3.0,)))
        async with desk(app) as ingesting:
            await store.exchange(ingesting.door("S001"))
            for fact in (*steps, Measured(at_ms=(now_ms,), series=series)):
                store.report(fact)
            await store.exchange(ingesting.door("S001"))
        assert await service.roll_up(app)
        query = (
            b"SELECT step, value, worst, limit_value, staff_id, note FROM visible_cold_alarm_step ORDER BY ingest_rev, at_ms"
        )
        async with app.transaction(Scope.everything()) as tx:
            found = await (await tx.execute(query)).fetchall()
            names = await service.names(tx, "S001", now_ms=now_ms)
        async with app.transaction(Scope.of_stores(["S002"])) as tx:
            hidden = await (await tx.execute(query)).fetchall()
    told = {row[0]: tuple(row[1:]) for row in found}
    assert told == {
        "raised": (-7.5, -7.5, -15.0, "", ""),
        "acknowledged": (None, -7.5, -15.0, "ann", 'moved to\t"freezer 2" \\ 已转移'),
        "ended": (-16.0, -7.5, -15.0, "ann", ""),
    }
    assert hidden == []
    assert SeriesName("freezer-1", "temperature_celsius") in names
    assert SeriesName("door", "people_in") in names
