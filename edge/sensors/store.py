"""Rows of what cold-chain rules know, and of the sums of people counters."""

from __future__ import annotations

from edge.sensors.cold_domain import Cause, Watch
from edge.store_db.connection import Connection
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.sensors.people_counter import Mark

queries = load("edge.sensors", "sensors.sql")
Source = Connection | Tx


def watches(source: Source) -> list[tuple[Watch, int]]:
    """Everything that is not calm, and when it was saved (wall clock)."""
    found = []
    for row in source.execute(queries["watches"]).fetchall():
        rule_id, sensor_id, cause, *numbers, saved_ms = row
        since_ms, over_ms, defrost_ms, alarm_id, level, alarm_ms, worst, staff_id, note, acknowledged_ms = numbers
        worst = None if worst is None else worst / 1000
        watch = Watch(
            rule_id, sensor_id, Cause(cause), since_ms, over_ms, defrost_ms, alarm_id, level, alarm_ms, worst,
            staff_id, note, acknowledged_ms,
        )  # fmt: skip
        found.append((watch, saved_ms))
    return found


def put_watch(tx: Tx, watch: Watch, now_ms: int) -> None:
    """What is known now; a calm one needs no row."""
    if watch.calm:
        tx.execute(queries["drop_watch"], (watch.rule_id, watch.sensor_id, watch.cause.value))
        return
    worst = None if watch.worst is None else round(watch.worst * 1000)
    row = (
        watch.rule_id, watch.sensor_id, watch.cause.value, watch.since_ms, watch.over_ms, watch.defrost_ms, watch.alarm_id,
        watch.level, watch.alarm_ms, worst, watch.staff_id, watch.note, watch.acknowledged_ms, now_ms,
    )  # fmt: skip
    tx.execute(queries["put_watch"], row)


def mark(source: Source, sensor_id: str) -> Mark | None:
    """What a people counter said last."""
    row = source.execute(queries["mark"], (sensor_id,)).fetchone()
    return None if row is None else Mark(*row)


def put_mark(tx: Tx, sensor_id: str, now: Mark) -> None:
    """What it says now."""
    tx.execute(queries["put_mark"], (sensor_id, now.people_in, now.people_out, now.timestamp, now.at_ms))
