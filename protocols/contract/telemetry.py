"""Measurements a store takes of itself and its devices: the one bulk fact, and the words for what is measured. Pure.

`Measured` holds one or a few instants and, per series (device and metric), one value per instant. Gauges are what was found
at that instant. Counters are what was added since the instant before, so that a restart needs no rule and a sum over a span
is a count; a counter that added nothing is left out. Values are floats: nothing here is money or weight that is sold.
Units are the last word of a metric's name (`_ms`, `_mb`, `_celsius`); names without one are plain numbers.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence

import msgspec

SERIES_MAX = 1_000
"""Of one fact. A box with more leaves the rest out and says so in `series_left_out`."""
INSTANTS_MAX = 60
NAME_LENGTH_MAX = 64
LATE_MAX_MS = 46 * 86_400_000
"""HQ takes values up to this age: stores may be away for 45 days."""
AHEAD_MAX_MS = 86_400_000
"""HQ takes values up to this far ahead of its own clock."""
BOX = ""
"""The device id of the box itself."""


class Series(msgspec.Struct, frozen=True, array_like=True):
    """One device's metric: `values[i]` belongs to `at_ms[i]` of the fact; None where it was not taken."""

    device_id: str
    metric: str
    values: tuple[float | None, ...]


class Measured(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="Measured"):
    """What a store measured at some instants (its own wall clock, ascending)."""

    at_ms: tuple[int, ...]
    series: tuple[Series, ...]


class Kind(enum.StrEnum):
    """How values of a metric add up."""

    GAUGE = "gauge"
    COUNTER = "counter"


METRICS: dict[str, Kind] = {
    # of a device
    "reads": Kind.COUNTER,
    "errors": Kind.COUNTER,
    "reconnects": Kind.COUNTER,
    "events": Kind.COUNTER,
    "hangs": Kind.COUNTER,
    "abandoned": Kind.COUNTER,
    "read_bytes": Kind.COUNTER,
    "written_bytes": Kind.COUNTER,
    "down": Kind.GAUGE,
    # of a reader of tags
    "tag_reads": Kind.COUNTER,
    "decode_errors": Kind.COUNTER,
    "buffer_warnings": Kind.COUNTER,
    "reads_per_s": Kind.GAUGE,
    "unique_per_s": Kind.GAUGE,
    "buffer_percent": Kind.GAUGE,
    "antennas_missing": Kind.GAUGE,
    "keepalive_age_s": Kind.GAUGE,
    "clock_off_s": Kind.GAUGE,
    # of the box
    "sales": Kind.COUNTER,
    "till_commands": Kind.COUNTER,
    "till_refusals": Kind.COUNTER,
    "till_command_ms": Kind.GAUGE,
    "till_command_worst_ms": Kind.GAUGE,
    "labels_confirmed": Kind.COUNTER,
    "label_confirm_ms": Kind.GAUGE,
    "label_confirm_worst_ms": Kind.GAUGE,
    "labels_bound": Kind.GAUGE,
    "labels_pending": Kind.GAUGE,
    "labels_unshown": Kind.GAUGE,
    "labels_mismatched": Kind.GAUGE,
    "label_mismatch_s": Kind.COUNTER,
    "prints_waiting": Kind.GAUGE,
    "facts_waiting": Kind.GAUGE,
    "oldest_fact_s": Kind.GAUGE,
    "events_waiting": Kind.GAUGE,
    "writes_waiting": Kind.GAUGE,
    "hq_online": Kind.GAUGE,
    "disk_free_mb": Kind.GAUGE,
    "memory_mb": Kind.GAUGE,
    "memory_free_mb": Kind.GAUGE,
    "cpu_celsius": Kind.GAUGE,
    "load": Kind.GAUGE,
    "series_left_out": Kind.COUNTER,
    "samples_dropped": Kind.COUNTER,
}
"""What this software measures. HQ stores any name: a newer box may know more.

`label_mismatch_s` counts label-seconds during which a label may have shown another price than the one in force: of the box,
and of the items with the most, whose "device" is `item:` and the item id."""


def kind_of(metric: str) -> Kind:
    """How a metric adds up; an unknown one is taken for a gauge."""
    return METRICS.get(metric, Kind.GAUGE)


def problem_of(measured: Measured) -> str:
    """Why the fact cannot be taken, naming the field; empty when it can."""
    if not 1 <= len(measured.at_ms) <= INSTANTS_MAX:
        return f"at_ms: {len(measured.at_ms)} instants, 1 to {INSTANTS_MAX} are allowed"
    if any(later <= earlier for earlier, later in zip(measured.at_ms, measured.at_ms[1:], strict=False)):
        return "at_ms: not ascending"
    if len(measured.series) > SERIES_MAX:
        return f"series: {len(measured.series)}, at most {SERIES_MAX} are allowed"
    seen: set[tuple[str, str]] = set()
    for series in measured.series:
        name = (series.device_id, series.metric)
        where = f"series {series.device_id[:NAME_LENGTH_MAX]}/{series.metric[:NAME_LENGTH_MAX]}"
        if not series.metric or max(map(len, name)) > NAME_LENGTH_MAX:
            return f"{where}: names have at most {NAME_LENGTH_MAX} characters, and a metric has one"
        if name in seen:
            return f"{where}: comes twice"
        seen.add(name)
        if len(series.values) != len(measured.at_ms):
            return f"{where}: {len(series.values)} values for {len(measured.at_ms)} instants"
        if not _finite(series.values):
            return f"{where}: a value is no finite number"
    return ""


def _finite(values: Sequence[float | None]) -> bool:
    return all(value is None or math.isfinite(value) for value in values)


def in_time(at_ms: int, heard_ms: int) -> bool:
    """Whether HQ takes a value of this instant in a fact that came at `heard_ms` of its own clock."""
    return heard_ms - LATE_MAX_MS <= at_ms <= heard_ms + AHEAD_MAX_MS
