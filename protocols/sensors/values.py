"""What a sensor's value is worth: faults it tells itself, values that stand still or fall though they should not. Pure."""

from __future__ import annotations

from protocols.device_events import Measurement, SensorHealth

_HEALTH_OF_FAULT = {"not_a_number": SensorHealth.FAULT, "implausible": SensorHealth.IMPLAUSIBLE}


class ValueWatch:
    """Looks at one measure of one sensor over time. `rising`: it may only grow; `stuck_after_ms` 0: it may stand still."""

    def __init__(self, *, rising: bool = False, stuck_after_ms: int = 0) -> None:
        self._rising = rising
        self._stuck_after_ms = stuck_after_ms
        self._last: float | None = None
        self._since_ms = 0

    def judge(self, sensor_id: str, measure: str, value: float | None, fault: str, mono_ms: int) -> Measurement:
        """The value with what it is worth. A counter that fell is flagged once; its new value is the next one's base."""
        if value is None:
            health = _HEALTH_OF_FAULT.get(fault, SensorHealth.FAULT)
            return Measurement(sensor_id=sensor_id, measure=measure, value=None, health=health, detail=fault)
        before, self._last = self._last, value
        if before is None or value != before:
            self._since_ms = mono_ms
        health, detail = SensorHealth.OK, ""
        if self._rising and before is not None and value < before:
            health, detail = SensorHealth.ROLLED_BACK, f"{before:g} > {value:g}"
        elif self._stuck_after_ms and mono_ms - self._since_ms >= self._stuck_after_ms:
            health = SensorHealth.STUCK
        return Measurement(sensor_id=sensor_id, measure=measure, value=value, health=health, detail=detail)
