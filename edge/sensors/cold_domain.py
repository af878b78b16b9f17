"""The cold chain: how long a sensor has been out of its limit, when that is an alarm, and when it is over. Pure.

Time is given as what passed since the look before (monotonic), so a clock that jumps changes nothing. What is known of a
rule and a sensor is one frozen value that goes into the store database at each step.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

LEVEL_MAX = 3
RESUME_MAX_MS = 24 * 3_600_000
NOTE_MAX = 300


class Cause(enum.StrEnum):
    """What is wrong. A sensor may have two alarms at once: the last value was too warm, and then it was lost."""

    ABOVE = "above"
    BELOW = "below"
    LOST = "lost"


class Step(enum.StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Rule:
    """Limits of a group of sensors. `above`, `below` None: no such limit; `lost_ms`, `escalate_ms` 0: never."""

    rule_id: str
    sensors: tuple[str, ...]
    measure: str = "temperature_celsius"
    above: float | None = None
    below: float | None = None
    delay_ms: int = 20 * 60_000
    pause_in_defrost: bool = True
    defrost_max_ms: int = 60 * 60_000
    """A defrost that takes longer than this is no excuse any more."""
    lost_ms: int = 15 * 60_000
    escalate_ms: int = 30 * 60_000

    def causes(self) -> tuple[Cause, ...]:
        """What this rule looks for."""
        wanted = (
            (Cause.ABOVE, self.above is not None),
            (Cause.BELOW, self.below is not None),
            (Cause.LOST, self.lost_ms > 0),
        )
        return tuple(cause for cause, look in wanted if look)

    def limit(self, cause: Cause) -> float | None:
        """The limit of a cause."""
        return {Cause.ABOVE: self.above, Cause.BELOW: self.below}.get(cause)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a sensor is like now. `value` None: nothing to decide by. `lost` None: it did not speak since the box began."""

    value: float | None
    lost: bool | None = False
    defrost: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of one rule, sensor and cause. `since_ms` 0: nothing is wrong. `alarm_id` empty: no alarm (yet)."""

    rule_id: str
    sensor_id: str
    cause: Cause
    since_ms: int = 0
    over_ms: int = 0
    defrost_ms: int = 0
    alarm_id: str = ""
    level: int = 0
    alarm_ms: int = 0
    """How long the alarm has stood without anybody taking note, since the last level."""
    worst: float | None = None
    staff_id: str = ""
    note: str = ""
    acknowledged_ms: int = 0

    @property
    def calm(self) -> bool:
        """Nothing is wrong."""
        return not self.since_ms


def step(rule: Rule, watch: Watch, sample: Sample, passed_ms: int, now_ms: int) -> tuple[Watch, Step | None]:
    """One look. A raised watch has `alarm_id` "new": the caller gives it its id."""
    wrong = _wrong(rule, watch.cause, sample)
    if wrong is None:
        return _unknown(rule, watch, passed_ms)
    if not wrong:
        ended = Step.ENDED if watch.alarm_id else None
        return Watch(watch.rule_id, watch.sensor_id, watch.cause), ended
    begun = watch if watch.since_ms else replace(watch, since_ms=now_ms)
    over = _counted(rule, begun, sample, passed_ms if watch.since_ms else 0)
    over = replace(over, worst=_worst(watch.cause, over.worst, sample.value))
    if over.alarm_id:
        return _standing(rule, over, passed_ms)
    delay_ms = rule.lost_ms if watch.cause is Cause.LOST else rule.delay_ms
    if over.over_ms >= delay_ms:
        return replace(over, alarm_id="new", alarm_ms=0), Step.RAISED
    return over, None


def resumed(watch: Watch, saved_ms: int, now_ms: int) -> Watch:
    """After a restart: while the box was off, nothing got better. At most a day, and nothing if the clock went back."""
    off_ms = now_ms - saved_ms
    if watch.calm or not 0 < off_ms <= RESUME_MAX_MS:
        return watch
    return replace(watch, over_ms=watch.over_ms + off_ms, alarm_ms=watch.alarm_ms + off_ms if watch.alarm_id else 0)


def acknowledged(watch: Watch, staff_id: str, note: str, now_ms: int) -> Watch:
    """A person takes note."""
    return replace(watch, staff_id=staff_id, note=note.strip()[:NOTE_MAX], acknowledged_ms=now_ms)


def _wrong(rule: Rule, cause: Cause, sample: Sample) -> bool | None:
    """None: cannot be told now."""
    if cause is Cause.LOST:
        return sample.lost
    if sample.value is None:
        return None
    if cause is Cause.ABOVE:
        return rule.above is not None and sample.value > rule.above
    return rule.below is not None and sample.value < rule.below


def _unknown(rule: Rule, watch: Watch, passed_ms: int) -> tuple[Watch, Step | None]:
    """No value: what was wrong is taken to stay so, and goes on escalating; it neither begins nor ends nor is raised."""
    if not watch.alarm_id:
        return watch, None
    return _standing(rule, watch, passed_ms)


def _counted(rule: Rule, watch: Watch, sample: Sample, passed_ms: int) -> Watch:
    """Time out of the limit counts, but not while the case defrosts."""
    if not sample.defrost:
        return replace(watch, over_ms=watch.over_ms + passed_ms, defrost_ms=0)
    excused = rule.pause_in_defrost and watch.cause is Cause.ABOVE and watch.defrost_ms < rule.defrost_max_ms
    over_ms = watch.over_ms + (0 if excused else passed_ms)
    return replace(watch, over_ms=over_ms, defrost_ms=watch.defrost_ms + passed_ms)


def _standing(rule: Rule, watch: Watch, passed_ms: int) -> tuple[Watch, Step | None]:
    if watch.staff_id or not rule.escalate_ms or watch.level >= LEVEL_MAX:
        return watch, None
    alarm_ms = watch.alarm_ms + passed_ms
    if alarm_ms >= rule.escalate_ms:
        return replace(watch, level=watch.level + 1, alarm_ms=0), Step.ESCALATED
    return replace(watch, alarm_ms=alarm_ms), None


def _worst(cause: Cause, before: float | None, value: float | None) -> float | None:
    if value is None or cause is Cause.LOST:
        return before
    if before is None:
        return value
    return max(before, value) if cause is Cause.ABOVE else min(before, value)
