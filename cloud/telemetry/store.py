"""SQL of telemetry: the same in every tier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from psycopg import sql

from cloud.db.pool import Connection
from cloud.db.queries import load_queries
from cloud.settings import TelemetryDays
from cloud.telemetry.domain import DAY_MS, FIVE_MINUTES_MS, HOUR_MS, Point, Resolution, SeriesName

Q = load_queries(__file__, "telemetry.sql")
NAMES_MAX = 2_000
SHOWN_METRICS = ("labels_unshown", "labels_pending", "disk_free_mb", "oldest_fact_s")
"""Metrics of the box whose newest value is kept at hand (table telemetry_latest)."""

_UP = (("telemetry_5m", "telemetry_1h", HOUR_MS), ("telemetry_1h", "telemetry_1d", DAY_MS))
_ROLL_UP = {coarse: Q["roll_up"].format(fine=sql.Identifier(fine), coarse=sql.Identifier(coarse)) for fine, coarse, _ in _UP}


@dataclass(frozen=True, slots=True)
class Buckets:
    """Buckets of one width, as two columns, and the span they lie in."""

    store_ids: list[str]
    buckets: list[int]
    from_ms: int
    to_ms: int

    @classmethod
    def of(cls, touched: Iterable[tuple[str, int]], width_ms: int) -> Buckets:
        """The buckets of this width that hold these instants; at least one."""
        found = sorted({(store_id, at_ms // width_ms * width_ms) for store_id, at_ms in touched})
        begins = [bucket for _, bucket in found]
        return cls([store_id for store_id, _ in found], begins, min(begins), max(begins) + width_ms)


async def prepare(tx: Connection, now_ms: int) -> int:
    """Make the partitions that are missing; how many that were."""
    row = await (await tx.execute(Q["prepare"], {"now_ms": now_ms})).fetchone()
    return 0 if row is None else int(row[0])


async def keep(tx: Connection, now_ms: int, days: TelemetryDays) -> list[str]:
    """Let go of what is older; the statements that did it."""
    rows = await (await tx.execute(Q["keep"], {"now_ms": now_ms, **asdict(days)})).fetchall()
    return [str(row[0]) for row in rows]


async def tiers(tx: Connection) -> tuple[str, str]:
    """The tier the tables were made for, and the one the server offers now."""
    made = await (await tx.execute(Q["policy"])).fetchone()
    found = await (await tx.execute(Q["found_tier"])).fetchone()
    assert made is not None
    assert found is not None
    return str(made[0]), str(found[0])


async def alone(tx: Connection) -> bool:
    """Whether nobody else rolls up until this transaction ends."""
    row = await (await tx.execute(Q["alone"])).fetchone()
    return bool(row is not None and row[0])


async def take_dirty(tx: Connection, limit: int) -> list[tuple[str, int]]:
    """Take marks off the list: (store, five-minute bucket), with repetitions."""
    return [(str(row[0]), int(row[1])) for row in await (await tx.execute(Q["take_dirty"], {"limit": limit})).fetchall()]


async def roll_up(tx: Connection, touched: Sequence[tuple[str, int]]) -> None:
    """Aggregate exactly these buckets anew, and the hours and days they lie in."""
    await tx.execute(Q["roll_5m"], asdict(Buckets.of(touched, FIVE_MINUTES_MS)))
    for _, coarse, width_ms in _UP:
        await tx.execute(_ROLL_UP[coarse], {**asdict(Buckets.of(touched, width_ms)), "width_ms": width_ms})


async def note_latest(tx: Connection, touched: Sequence[tuple[str, int]]) -> None:
    """Keep the newest value of the shown metrics at hand."""
    await tx.execute(Q["latest"], {**asdict(Buckets.of(touched, FIVE_MINUTES_MS)), "metrics": list(SHOWN_METRICS)})


async def dirty_count(tx: Connection) -> int:
    """How many marks wait."""
    row = await (await tx.execute(Q["dirty_count"])).fetchone()
    return 0 if row is None else int(row[0])


async def names(tx: Connection, store_id: str, from_ms: int) -> list[SeriesName]:
    """What a store has measured since."""
    values = {"store_id": store_id, "from_ms": from_ms, "limit": NAMES_MAX}
    return [SeriesName(str(row[0]), str(row[1])) for row in await (await tx.execute(Q["names"], values)).fetchall()]


async def points(
    tx: Connection, store_id: str, name: SeriesName, resolution: Resolution, from_ms: int, to_ms: int
) -> list[Point]:
    """A series between two instants, oldest first; buckets without values are left out."""
    query: sql.SQL | sql.Composed = Q["raw_points"]
    if resolution.table is not None:
        query = Q["points"].format(table=sql.Identifier(resolution.table))
    values = {"store_id": store_id, **asdict(name), "from_ms": from_ms, "to_ms": to_ms, "step_ms": resolution.step_ms}
    rows = await (await tx.execute(query, values)).fetchall()
    return [Point(*row) for row in rows]
