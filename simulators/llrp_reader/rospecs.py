"""The ROSpecs of a reader and their life: disabled, inactive, active (LLRP 1.0.1, section 6). Time is passed in. Pure.

Understood: start triggers none, at once, periodic; stop triggers none and duration; AISpecs that end never, after a
duration or after so many tags. Others are refused as out of range.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from protocols.llrp.event_parameters import FieldError, LlrpStatus, ParameterError, Status
from protocols.llrp.parameters import (
    AiSpec,
    AiSpecStopTrigger,
    PeriodicTriggerValue,
    RoBoundarySpec,
    RoReportSpec,
    RoSpec,
    RoSpecStartTrigger,
    RoSpecStopTrigger,
    TagObservationTrigger,
    TagReportContentSelector,
)
from protocols.llrp.wire import Parameter, find

ROSPECS_MAX = 8
DISABLED, INACTIVE, ACTIVE = 0, 1, 2
AT_ONCE, PERIODIC = 1, 2
STOP_AFTER, STOP_AFTER_TAGS = 1, 3
TELL_DEFAULT = 0xFFC0
P = TypeVar("P", bound=Parameter)


@dataclass(slots=True)
class RoSpecLife:
    """One ROSpec with what it asks for."""

    spec: RoSpec
    state: int = DISABLED
    since_ms: int = 0
    next_start_ms: int | None = None
    tags_seen: int = 0

    @property
    def antennas(self) -> tuple[int, ...]:
        """Of its (first) AISpec."""
        found = find(self.spec.parts, AiSpec)
        return (0,) if found is None else found.antennas

    @property
    def report(self) -> RoReportSpec:
        """When to report; without a spec of its own: at its end."""
        return find(self.spec.parts, RoReportSpec) or RoReportSpec(trigger=2, every_tags=0)

    @property
    def tell(self) -> int:
        """What to tell of a tag, as `Tell` bits."""
        selector = find(self.report.parts, TagReportContentSelector)
        return TELL_DEFAULT if selector is None else selector.tell

    @property
    def start(self) -> RoSpecStartTrigger:
        """Its start trigger."""
        return self._boundary(RoSpecStartTrigger) or RoSpecStartTrigger(trigger=0)

    def ends_at_ms(self) -> int | None:
        """When a duration ends it."""
        stop = self._boundary(RoSpecStopTrigger)
        ends = [stop.duration_ms] if stop is not None and stop.trigger == STOP_AFTER else []
        inventory = self._inventory_stop()
        if inventory is not None and inventory.trigger == STOP_AFTER:
            ends.append(inventory.duration_ms)
        if inventory is not None and (observed := find(inventory.parts, TagObservationTrigger)) is not None:
            ends.extend([observed.timeout_ms] if observed.timeout_ms else [])
        return self.since_ms + min(ends) if ends else None

    def tags_wanted(self) -> int | None:
        """After how many reads its AISpec ends."""
        inventory = self._inventory_stop()
        if inventory is None or inventory.trigger != STOP_AFTER_TAGS:
            return None
        observed = find(inventory.parts, TagObservationTrigger)
        return None if observed is None or observed.trigger not in {0, 3} else max(1, observed.tags)

    def period_ms(self) -> int:
        """Of a periodic start; 0: none."""
        value = find(self.start.parts, PeriodicTriggerValue)
        return 0 if value is None or self.start.trigger != PERIODIC else value.period_ms

    def offset_ms(self) -> int:
        """Of a periodic start."""
        value = find(self.start.parts, PeriodicTriggerValue)
        return 0 if value is None else value.offset_ms

    def _inventory_stop(self) -> AiSpecStopTrigger | None:
        found = find(self.spec.parts, AiSpec)
        return None if found is None else find(found.parts, AiSpecStopTrigger)

    def _boundary(self, kind: type[P]) -> P | None:
        boundary = find(self.spec.parts, RoBoundarySpec)
        return None if boundary is None else find(boundary.parts, kind)


OK = LlrpStatus(code=Status.SUCCESS)


def refusal(code: Status, words: str, *parts: Parameter) -> LlrpStatus:
    """A status that says no."""
    return LlrpStatus(code=code, description=words, parts=parts)


class RoSpecBook:
    """All ROSpecs of a reader; they outlive connections. Methods answer with an LLRPStatus."""

    def __init__(self) -> None:
        self.specs: dict[int, RoSpecLife] = {}

    @property
    def active(self) -> RoSpecLife | None:
        """The one that runs."""
        return next((life for life in self.specs.values() if life.state == ACTIVE), None)

    def add(self, spec: RoSpec | None) -> LlrpStatus:
        """ADD_ROSPEC."""
        if spec is None:
            return refusal(Status.M_MISSING_PARAMETER, "no ROSpec")
        if spec.rospec_id == 0 or spec.state != DISABLED:
            field = 0 if spec.rospec_id == 0 else 2
            fault = ParameterError(
                parameter=177, code=Status.P_FIELD, parts=(FieldError(field=field, code=Status.A_INVALID),)
            )
            return refusal(Status.M_PARAMETER, "a new ROSpec is disabled and has an id above 0", fault)
        if spec.rospec_id in self.specs:
            return refusal(Status.M_FIELD, f"ROSpec {spec.rospec_id} exists")
        if len(self.specs) >= ROSPECS_MAX:
            return refusal(Status.M_OVERFLOW_PARAMETER, f"at most {ROSPECS_MAX} ROSpecs")
        if find(spec.parts, RoBoundarySpec) is None or find(spec.parts, AiSpec) is None:
            return refusal(Status.M_MISSING_PARAMETER, "a ROSpec needs a boundary and an AISpec")
        if RoSpecLife(spec).start.trigger > PERIODIC:
            fault = ParameterError(
                parameter=179, code=Status.P_FIELD, parts=(FieldError(field=0, code=Status.A_OUT_OF_RANGE),)
            )
            return refusal(Status.M_PARAMETER, "this reader has no GPI", fault)
        self.specs[spec.rospec_id] = RoSpecLife(spec)
        return OK

    def delete(self, rospec_id: int) -> LlrpStatus:
        """DELETE_ROSPEC; 0: all."""
        return self._each(rospec_id, lambda life: self.specs.pop(life.spec.rospec_id) is None)

    def enable(self, rospec_id: int, now_ms: int) -> LlrpStatus:
        """ENABLE_ROSPEC; 0: all."""

        def switch(life: RoSpecLife) -> None:
            if life.state == DISABLED:
                life.state = INACTIVE
                start = {AT_ONCE: now_ms, PERIODIC: now_ms + life.offset_ms()}
                life.next_start_ms = start.get(life.start.trigger)

        return self._each(rospec_id, switch)

    def disable(self, rospec_id: int) -> LlrpStatus:
        """DISABLE_ROSPEC; 0: all."""

        def switch(life: RoSpecLife) -> None:
            life.state, life.next_start_ms = DISABLED, None

        return self._each(rospec_id, switch)

    def start(self, rospec_id: int, now_ms: int) -> LlrpStatus:
        """START_ROSPEC."""
        life = self.specs.get(rospec_id)
        if life is None or life.state == DISABLED:
            return refusal(Status.M_FIELD, f"ROSpec {rospec_id} is not there or disabled")
        if self.active is not None and self.active is not life:
            return refusal(Status.R_DEVICE, "another ROSpec is running")
        if life.state != ACTIVE:
            life.state, life.since_ms, life.tags_seen = ACTIVE, now_ms, 0
        return OK

    def stop(self, rospec_id: int) -> LlrpStatus:
        """STOP_ROSPEC."""
        life = self.specs.get(rospec_id)
        if life is None or life.state != ACTIVE:
            return refusal(Status.M_FIELD, f"ROSpec {rospec_id} does not run")
        life.state = INACTIVE
        return OK

    def advance(self, now_ms: int) -> tuple[RoSpecLife | None, RoSpecLife | None]:
        """Let triggers act: (what ended, what started)."""
        ended = self.active
        if ended is not None:
            ends_at_ms, wanted = ended.ends_at_ms(), ended.tags_wanted()
            over = (ends_at_ms is not None and now_ms >= ends_at_ms) or (wanted is not None and ended.tags_seen >= wanted)
            if not over:
                return None, None
            ended.state = INACTIVE
            if ended.start.trigger == AT_ONCE:
                ended.next_start_ms = now_ms
        for life in self.specs.values():
            if life.state == INACTIVE and life.next_start_ms is not None and now_ms >= life.next_start_ms:
                life.state, life.since_ms, life.tags_seen = ACTIVE, now_ms, 0
                life.next_start_ms = now_ms + life.period_ms() if life.period_ms() else None
                return ended, life
        return ended, None

    def _each(self, rospec_id: int, act: Callable[[RoSpecLife], object]) -> LlrpStatus:
        if rospec_id and rospec_id not in self.specs:
            return refusal(Status.M_FIELD, f"there is no ROSpec {rospec_id}", FieldError(field=0, code=Status.A_INVALID))
        for life in [life for life in self.specs.values() if rospec_id in {0, life.spec.rospec_id}]:
            act(life)
        return OK
