"""The time tables of each tier: on plain PostgreSQL they are made and let go of; for TimescaleDB the SQL is what was agreed.

The files in tests/golden/telemetry guard against unwanted change; no TimescaleDB was there to run them.
`UPDATE_GOLDEN=1` writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from cloud.clock import SystemClock
from cloud.db.pool import Scope
from cloud.settings import SettingsError, TelemetryDays, read_settings
from cloud.telemetry import service
from cloud.telemetry.domain import DAY_MS
from tests.support.hq_ground import GroundDatabase

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "telemetry"
NOW_MS = 1_790_000_000_000


@pytest.mark.parametrize("tier", ["none", "apache", "timescale"])
def test_the_sql_of_every_tier_is_what_was_agreed(embedded_database: GroundDatabase, tier: str) -> None:
    with embedded_database.owner() as owner:
        made = [str(row[0]) for row in owner.execute("SELECT hq_telemetry_ddl(%s)", (tier,)).fetchall()]
        keeping = "SELECT hq_telemetry_keep_ddl(%s, %s, true)"
        made += ["-- every hour"] + [str(row[0]) for row in owner.execute(keeping, (tier, NOW_MS)).fetchall()]
    text = ";\n".join(made) + ";\n"
    golden = GOLDEN / f"{tier}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


def test_all_tiers_have_the_same_names_for_readers(embedded_database: GroundDatabase) -> None:
    def views(tier: str) -> set[str]:
        with embedded_database.owner() as owner:
            rows = owner.execute("SELECT hq_telemetry_ddl(%s)", (tier,)).fetchall()
        return {str(row[0]) for row in rows if "VIEW visible_" in str(row[0])}

    assert len(views("none")) == 4
    assert views("none") == views("apache") == views("timescale")


def test_without_the_extension_the_tier_is_none(embedded_database: GroundDatabase) -> None:
    with embedded_database.owner() as owner:
        assert owner.execute("SELECT tier, hq_telemetry_tier() FROM telemetry_policy").fetchone() == ("none", "none")
        with pytest.raises(psycopg.errors.RaiseException, match="none, apache or timescale"):
            owner.execute("SELECT hq_telemetry_ddl('gold')")


async def test_partitions_are_made_ahead_and_let_go_of(embedded_database: GroundDatabase) -> None:
    now_ms = SystemClock().now_ms()
    names = "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relname LIKE 'measurement%' ORDER BY 1"
    async with embedded_database.open_ingest() as database:

        async def partitions() -> list[str]:
            async with database.transaction(Scope.everything()) as tx:
                return [str(row[0]) for row in await (await tx.execute(names.encode())).fetchall()]

        before = await partitions()
        await service.prepare(database, now_ms)
        assert await partitions() == before, "the migration has made them"
        later_ms = now_ms + 60 * DAY_MS
        await service.prepare(database, later_ms)
        grown = await partitions()
        assert len(grown) > len(before)
        dropped = await service.keep(database, later_ms, TelemetryDays())
        left = await partitions()
        assert set(before) - set(left)
        assert {f"DROP TABLE {name}" for name in set(grown) - set(left)} <= set(dropped)
        oldest_late_ms = later_ms - 46 * DAY_MS
        async with database.transaction(Scope.everything()) as tx:
            for at_ms in (oldest_late_ms, later_ms + 14 * DAY_MS - 1):
                await tx.execute(b"INSERT INTO measurement VALUES ('S', '', 'load', %s, 1, 1)", (at_ms,))
        with pytest.raises(psycopg.errors.RaiseException, match="at least 47"):
            await service.keep(database, later_ms, TelemetryDays(raw=46))


def test_the_application_may_not_make_or_drop_tables_itself(embedded_database: GroundDatabase) -> None:
    with psycopg.connect(embedded_database.app_url, autocommit=True) as app:
        for statement in (b"SELECT hq_telemetry_prepare(1)", b"SELECT hq_telemetry_keep(1, 60, 90, 400, 3660)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement)


@pytest.mark.parametrize("text", ["30,90,400,3660", "60,50,400,3660", "60,90,400", "many"])
def test_days_that_would_lose_late_values_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="TALLYSTICK_TELEMETRY_DAYS"):
        read_settings({"TALLYSTICK_TELEMETRY_DAYS": text})
    assert read_settings({"TALLYSTICK_TELEMETRY_DAYS": "50,60,70,80"}).telemetry_days == TelemetryDays(50, 60, 70, 80)
