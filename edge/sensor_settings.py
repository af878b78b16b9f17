"""What the store makes of its sensors, as tables of the settings: cold-chain rules, and where measurements are copied to.

Every key is explained in `example-store.toml`.
"""

from __future__ import annotations

import math
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

import msgspec

from edge.tag_settings import TagTables
from edge.toml_lines import KeyPath

Problems = list[tuple[KeyPath, str]]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: unknown keys are refused."""


class ColdRuleSettings(_Table, frozen=True, kw_only=True):
    id: str
    sensors: tuple[str, ...]
    measure: str = "temperature_celsius"
    above: float | None = None
    below: float | None = None
    minutes: int = 20
    pause_in_defrost: bool = True
    defrost_minutes: int = 60
    lost_minutes: int = 15
    escalate_minutes: int = 30


class InfluxSettings(_Table, frozen=True, kw_only=True):
    url: str
    org: str = ""
    bucket: str = "tallystick"
    token_file: Path | None = None
    queue_points: int = 20_000


class SensorTables(TagTables, frozen=True, kw_only=True):
    """Tables about sensors, on top of those about tags."""

    cold_rules: tuple[ColdRuleSettings, ...] = ()
    influx: InfluxSettings | None = None


TABLES: dict[str, type[msgspec.Struct]] = {"cold_rules": ColdRuleSettings, "influx": InfluxSettings}


def problems(settings: SensorTables, sensor_ids: Sequence[str]) -> Problems:
    """What is wrong: with the tables, with sensors they name, and with sensors of the same id."""
    found: Problems = []
    for twice in sorted({each for each in sensor_ids if sensor_ids.count(each) > 1}):
        found.append((("devices",), f"two sensors have the id '{twice}'."))
    seen: set[str] = set()
    for index, rule in enumerate(settings.cold_rules):
        where = ("cold_rules", index)
        if rule.id in seen:
            found.append(((*where, "id"), f"two cold rules have the id '{rule.id}'."))
        seen.add(rule.id)
        unknown = [each for each in rule.sensors if each not in sensor_ids]
        if not rule.sensors or unknown:
            name = unknown[0] if unknown else ""
            found.append(((*where, "sensors"), f"cold rule '{rule.id}': there is no sensor '{name}' in [[devices]]."))
        if rule.above is None and rule.below is None:
            found.append((where, f"cold rule '{rule.id}': give above, below or both."))
        limits = [each for each in (rule.above, rule.below) if each is not None]
        upside_down = rule.above is not None and rule.below is not None and rule.below >= rule.above
        if upside_down or not all(map(math.isfinite, limits)):
            found.append(((*where, "below"), f"cold rule '{rule.id}': below is less than above."))
        if min(rule.minutes, rule.defrost_minutes, rule.lost_minutes, rule.escalate_minutes) < 0:
            found.append((where, f"cold rule '{rule.id}': minutes are 0 or more."))
    return [*found, *_influx_problems(settings.influx)]


def _influx_problems(influx: InfluxSettings | None) -> Problems:
    if influx is None:
        return []
    found: Problems = []
    parts = urllib.parse.urlsplit(influx.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        found.append((("influx", "url"), f"influx.url: http://host:8086 or https://host is expected, not '{influx.url}'."))
    if not 100 <= influx.queue_points <= 1_000_000:
        found.append((("influx", "queue_points"), "influx.queue_points: 100 to 1000000."))
    return found
