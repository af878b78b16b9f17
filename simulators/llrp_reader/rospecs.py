"""The ROSpecs of a reader and their life: disabled, inactive, active (LLRP 1.0.1, section 6). Time is passed in. Pure.

All triggers: start by request, at once, periodic, by an input; stop by request, duration, input; AISpecs that end never,
after a duration, by an input, after tags, silence or attempts, each with its timeout; loops (1.1). What happened since
somebody last asked is in `news`, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from protocols.llrp.event_parameters import LlrpStatus
from protocols.llrp.parameters import (
    AiSpec,
    AiSpecStopTrigger,
    GpiTriggerValue,
    LoopSpec,
    PeriodicTriggerValue,
    RfSurveySpec,
    RfSurveySpecStopTrigger,
    RoBoundarySpec,
    RoReportSpec,
    RoSpec,
    RoSpecStartTrigger,
    RoSpecStopTrigger,
    TagObservationTrigger,
)
from protocols.llrp.wire import Parameter, find
from simulators.llrp_reader.checks import Checks
from simulators.llrp_reader.refusals import OK, Refused, device, missing, overflow, wrong_message_field

DISABLED, INACTIVE, ACTIVE = 0, 1, 2
BY_REQUEST, AT_ONCE, PERIODIC, BY_INPUT = range(4)
STOP_AFTER, STOP_BY_INPUT, STOP_BY_TAGS = 1, 2, 3
SEEN, SILENCE, ATTEMPTS, SEEN_UNIQUE, SILENCE_UNIQUE = range(5)
SURVEY_MS = 1_000
"""A survey without a duration takes so long for a round of its band."""
P = TypeVar("P", bound=Parameter)


@dataclass(frozen=True, slots=True)
class Began:
    """A ROSpec became active."""

    life: RoSpecLife


@dataclass(frozen=True, slots=True)
class SpecEnded:
    """The AISpec or survey at this place (from 1) ended."""

    life: RoSpecLife
    index: int


@dataclass(frozen=True, slots=True)
class Looped:
    """All its specs ran, and begin again."""

    life: RoSpecLife
    loops: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A ROSpec is active no more; `preempted_by`: another one's id, 0: by itself."""

    life: RoSpecLife
    preempted_by: int = 0


News = Began | SpecEnded | Looped | Ended


@dataclass(slots=True, eq=False)
class RoSpecLife:
    """One ROSpec, and how far it is."""

    spec: RoSpec
    state: int = DISABLED
    since_ms: int = 0
    next_start_ms: int | None = None
    at: int = 0
    """Which of its specs runs, from 0."""
    spec_since_ms: int = 0
    observed: int = 0
    unique: set[bytes] = field(default_factory=set)
    last_ms: int = 0
    """When the last tag was seen (silence counts from here)."""
    last_new_ms: int = 0
    attempts: int = 0
    loops: int = 0
    input_hit: bool = False
    specs: tuple[AiSpec | RfSurveySpec, ...] = ()
    """What it runs, one after the other."""
    report: RoReportSpec | None = None
    """When to report; None: as configured."""

    def __post_init__(self) -> None:
        self.specs = tuple(part for part in self.spec.parts if isinstance(part, AiSpec | RfSurveySpec))
        self.report = find(self.spec.parts, RoReportSpec)

    @property
    def rospec_id(self) -> int:
        """Its id."""
        return self.spec.rospec_id

    @property
    def now(self) -> AiSpec | RfSurveySpec:
        """What runs now."""
        return self.specs[self.at]

    @property
    def antennas(self) -> tuple[int, ...]:
        """Of what runs now."""
        return self.now.antennas if isinstance(self.now, AiSpec) else (self.now.antenna,)

    @property
    def start(self) -> RoSpecStartTrigger:
        """Its start trigger."""
        return self._boundary(RoSpecStartTrigger) or RoSpecStartTrigger(trigger=BY_REQUEST)

    @property
    def stop(self) -> RoSpecStopTrigger:
        """Its stop trigger."""
        return self._boundary(RoSpecStopTrigger) or RoSpecStopTrigger(trigger=0)

    def period(self) -> PeriodicTriggerValue:
        """Of a periodic start."""
        return find(self.start.parts, PeriodicTriggerValue) or PeriodicTriggerValue(offset_ms=0, period_ms=0)

    def begin_spec(self, now_ms: int) -> None:
        """The spec at `at` begins."""
        self.spec_since_ms = self.last_ms = self.last_new_ms = now_ms
        self.observed = self.attempts = 0
        self.unique = set()
        self.input_hit = False

    def over(self, now_ms: int) -> bool:
        """Whether its own stop trigger ends all of it."""
        stop = self.stop
        if stop.trigger == STOP_AFTER:
            return now_ms >= self.since_ms + stop.duration_ms
        value = find(stop.parts, GpiTriggerValue)
        timed_out = value is not None and value.timeout_ms > 0 and now_ms >= self.since_ms + value.timeout_ms
        return stop.trigger == STOP_BY_INPUT and timed_out

    def spec_over(self, now_ms: int) -> bool:
        """Whether what runs now is at its end."""
        running, gone_ms = self.now, now_ms - self.spec_since_ms
        if isinstance(running, RfSurveySpec):
            stop = find(running.parts, RfSurveySpecStopTrigger)
            rounds = 1 if stop is None or stop.trigger != 2 else max(1, stop.rounds)
            wanted_ms = stop.duration_ms if stop is not None and stop.trigger == 1 else rounds * SURVEY_MS
            return gone_ms >= wanted_ms
        trigger = find(running.parts, AiSpecStopTrigger) or AiSpecStopTrigger(trigger=0)
        if trigger.trigger == STOP_AFTER:
            return gone_ms >= trigger.duration_ms
        if trigger.trigger == STOP_BY_INPUT:
            value = find(trigger.parts, GpiTriggerValue)
            return self.input_hit or (value is not None and 0 < value.timeout_ms <= gone_ms)
        observed = find(trigger.parts, TagObservationTrigger)
        if trigger.trigger != STOP_BY_TAGS or observed is None:
            return False
        return self._tags_over(observed, now_ms) or 0 < observed.timeout_ms <= gone_ms

    def tags_left(self) -> int | None:
        """How many more tags end what runs now; None: tags do not."""
        if not isinstance(self.now, AiSpec):
            return None
        trigger = find(self.now.parts, AiSpecStopTrigger)
        observed = None if trigger is None else find(trigger.parts, TagObservationTrigger)
        if trigger is None or observed is None or trigger.trigger != STOP_BY_TAGS:
            return None
        have = {SEEN: self.observed, SEEN_UNIQUE: len(self.unique)}.get(observed.trigger)
        return None if have is None else max(1, observed.tags) - have

    def _tags_over(self, observed: TagObservationTrigger, now_ms: int) -> bool:
        match observed.trigger:
            case 0 | 3:
                left = self.tags_left()
                return left is not None and left <= 0
            case 1:
                return now_ms - self.last_ms >= observed.interval_ms
            case 2:
                return self.attempts >= max(1, observed.attempts)
            case _:
                return now_ms - self.last_new_ms >= observed.interval_ms

    def _boundary(self, kind: type[P]) -> P | None:
        boundary = find(self.spec.parts, RoBoundarySpec)
        return None if boundary is None else find(boundary.parts, kind)


class RoSpecBook:
    """All ROSpecs of a reader; they outlive connections. Requests are answered with an LLRPStatus."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self.specs: dict[int, RoSpecLife] = {}
        self.active: RoSpecLife | None = None
        self.news: list[News] = []

    def take_news(self) -> list[News]:
        """What happened since the last call."""
        news, self.news = self.news, []
        return news

    # Requests.

    def add(self, spec: RoSpec | None) -> LlrpStatus:
        """ADD_ROSPEC."""
        return _answered(lambda: self._add(spec))

    def delete(self, rospec_id: int, now_ms: int) -> LlrpStatus:
        """DELETE_ROSPEC; 0: all."""
        return self._each(rospec_id, lambda life: self._delete(life, now_ms))

    def enable(self, rospec_id: int, now_ms: int) -> LlrpStatus:
        """ENABLE_ROSPEC; 0: all."""
        return self._each(rospec_id, lambda life: self._enable(life, now_ms))

    def disable(self, rospec_id: int, now_ms: int) -> LlrpStatus:
        """DISABLE_ROSPEC; 0: all."""
        return self._each(rospec_id, lambda life: self._disable(life, now_ms))

    def start(self, rospec_id: int, now_ms: int) -> LlrpStatus:
        """START_ROSPEC."""
        return _answered(lambda: self._start(rospec_id, now_ms))

    def stop(self, rospec_id: int, now_ms: int) -> LlrpStatus:
        """STOP_ROSPEC."""
        return _answered(lambda: self._stop(rospec_id, now_ms))

    # The world.

    def heard(self, now_ms: int, epcs: Iterable[bytes], attempts: int) -> None:
        """What the active one read in a slot; `attempts`: how often it has asked all its antennas by now."""
        life = self.active
        if life is None:
            return
        life.attempts += attempts
        for epc in epcs:
            life.observed += 1
            life.last_ms = now_ms
            if epc not in life.unique:
                life.unique.add(epc)
                life.last_new_ms = now_ms

    def input_changed(self, port: int, high: bool, now_ms: int) -> None:
        """An input has a new level."""
        life = self.active
        if life is not None:
            stop = life.stop
            if stop.trigger == STOP_BY_INPUT and _is_hit(stop.parts, port, high):
                self._end(life, now_ms)
            elif isinstance(life.now, AiSpec):
                trigger = find(life.now.parts, AiSpecStopTrigger)
                if trigger is not None and trigger.trigger == STOP_BY_INPUT:
                    life.input_hit = life.input_hit or _is_hit(trigger.parts, port, high)
        for other in self.specs.values():
            if other.state == INACTIVE and other.start.trigger == BY_INPUT and _is_hit(other.start.parts, port, high):
                self._begin_if_free(other, now_ms)

    def advance(self, now_ms: int) -> None:
        """Let triggers act."""
        life = self.active
        if life is not None:
            self._advance_active(life, now_ms)
        for other in list(self.specs.values()):
            due = other.next_start_ms
            if other.state == INACTIVE and due is not None and now_ms >= due and self._begin_if_free(other, now_ms):
                period_ms = other.period().period_ms if other.start.trigger == PERIODIC else 0
                other.next_start_ms = due + period_ms if period_ms else None

    def next_start_ms(self) -> int | None:
        """When the next one begins by itself."""
        due = [
            life.next_start_ms for life in self.specs.values() if life.state == INACTIVE and life.next_start_ms is not None
        ]
        return min(due, default=None)

    # One step each.

    def _add(self, spec: RoSpec | None) -> None:
        if spec is None:
            raise missing((), "no ROSpec")
        if spec.rospec_id in self.specs:
            raise wrong_message_field(0, f"ROSpec {spec.rospec_id} exists")
        if len(self.specs) >= self._checks.profile.rospecs_max:
            raise overflow((), f"at most {self._checks.profile.rospecs_max} ROSpecs")
        self._checks.rospec(spec)
        self.specs[spec.rospec_id] = RoSpecLife(spec)

    def _delete(self, life: RoSpecLife, now_ms: int) -> None:
        if life is self.active:
            self._end(life, now_ms)
        del self.specs[life.rospec_id]

    def _enable(self, life: RoSpecLife, now_ms: int) -> None:
        if life.state == DISABLED:
            life.state = INACTIVE
            starts = {AT_ONCE: now_ms, PERIODIC: now_ms + life.period().offset_ms}
            life.next_start_ms = starts.get(life.start.trigger)

    def _disable(self, life: RoSpecLife, now_ms: int) -> None:
        if life is self.active:
            self._end(life, now_ms)
        life.state, life.next_start_ms = DISABLED, None

    def _start(self, rospec_id: int, now_ms: int) -> None:
        life = self.specs.get(rospec_id)
        if life is None or life.state == DISABLED:
            raise wrong_message_field(0, f"ROSpec {rospec_id} is not there or disabled")
        if life.state != ACTIVE and not self._begin_if_free(life, now_ms):
            raise device("another ROSpec is running")

    def _stop(self, rospec_id: int, now_ms: int) -> None:
        life = self.specs.get(rospec_id)
        if life is None or life.state != ACTIVE:
            raise wrong_message_field(0, f"ROSpec {rospec_id} does not run")
        self._end(life, now_ms)
        if life.start.trigger == AT_ONCE:
            life.next_start_ms = None  # stopped by hand: it does not begin again by itself

    def _begin_if_free(self, life: RoSpecLife, now_ms: int) -> bool:
        other = self.active
        if other is not None and other.spec.priority <= life.spec.priority:
            return False
        if other is not None:
            self._end(other, now_ms, preempted_by=life.rospec_id)
        life.state, life.since_ms, life.at, life.loops = ACTIVE, now_ms, 0, 0
        life.begin_spec(now_ms)
        self.active = life
        self.news.append(Began(life))
        return True

    def _end(self, life: RoSpecLife, now_ms: int, *, preempted_by: int = 0) -> None:
        life.state, self.active = INACTIVE, None
        if life.start.trigger == AT_ONCE:
            life.next_start_ms = now_ms
        self.news += [SpecEnded(life, life.at + 1), Ended(life, preempted_by)]

    def _advance_active(self, life: RoSpecLife, now_ms: int) -> None:
        if life.over(now_ms):
            self._end(life, now_ms)
            return
        if not life.spec_over(now_ms):
            return
        if life.at + 1 < len(life.specs):
            self.news.append(SpecEnded(life, life.at + 1))
            life.at += 1
            life.begin_spec(now_ms)
            return
        loop = find(life.spec.parts, LoopSpec)
        life.loops += 1
        if loop is None or (loop.loops and life.loops >= loop.loops):
            self._end(life, now_ms)
            return
        self.news += [SpecEnded(life, life.at + 1), Looped(life, life.loops)]
        life.at = 0
        life.begin_spec(now_ms)

    def _each(self, rospec_id: int, act: Callable[[RoSpecLife], None]) -> LlrpStatus:
        if rospec_id and rospec_id not in self.specs:
            return wrong_message_field(0, f"there is no ROSpec {rospec_id}").status
        for life in [life for life in self.specs.values() if rospec_id in {0, life.rospec_id}]:
            act(life)
        return OK


def _is_hit(parts: tuple[Parameter, ...], port: int, high: bool) -> bool:
    value = find(parts, GpiTriggerValue)
    return value is not None and value.port == port and value.high is high


def _answered(act: Callable[[], None]) -> LlrpStatus:
    try:
        act()
    except Refused as refused:
        return refused.status
    return OK
