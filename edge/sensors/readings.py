"""The newest value of every measure of every sensor, how old it is and what it is worth. In memory; on the event loop only.

Bounded: sensors are those of the settings, and each keeps at most `MEASURES_MAX` measures; a further one is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from protocols.clock import Clock
from protocols.device_events import Measurement, SensorHealth, SensorPresence, SensorsRead

MEASURES_MAX = 64
NO_VALUE = frozenset({SensorHealth.FAULT, SensorHealth.IMPLAUSIBLE, SensorHealth.STUCK, SensorHealth.LOST})
"""A value of such health is not one to decide by."""


@dataclass(frozen=True, slots=True)
class SensorPlace:
    """A sensor of the settings, and the device it is reached through."""

    sensor_id: str
    device_id: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest value of one measure. `at_ms`: the box's wall clock."""

    measure: str
    value: float | None
    health: SensorHealth
    detail: str
    at_ms: int


@dataclass(slots=True)
class SensorNow:
    """One sensor. `heard_ms` None: nothing since the box started."""

    place: SensorPlace
    there: bool = True
    reason: str = ""
    heard_ms: int | None = None
    readings: dict[str, Reading] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """`waiting` (nothing yet), `lost`, `fault` (a value is no good), `ok`."""
        if not self.there:
            return "lost"
        if self.heard_ms is None:
            return "waiting"
        bad = any(each.health is not SensorHealth.OK for each in self.readings.values())
        return "fault" if bad else "ok"

    def value(self, measure: str) -> float | None:
        """A value one can decide by; None: there is none now."""
        found = self.readings.get(measure)
        if not self.there or found is None or found.health in NO_VALUE:
            return None
        return found.value


class SensorBoard:
    """All of them."""

    def __init__(self, places: Iterable[SensorPlace], clock: Clock) -> None:
        self._clock = clock
        self._sensors = {place.sensor_id: SensorNow(place) for place in places}
        self.revision = 0

    def sensors(self) -> tuple[SensorNow, ...]:
        """In the order of the settings."""
        return tuple(self._sensors.values())

    def sensor(self, sensor_id: str) -> SensorNow | None:
        """One of them."""
        return self._sensors.get(sensor_id)

    def take(self, event: SensorsRead) -> None:
        """Values came. A partial message changes what it names and nothing else."""
        for each in event.measurements:
            self.put(each)

    def put(self, measurement: Measurement) -> None:
        """One value came."""
        sensor = self._sensors.get(measurement.sensor_id)
        if sensor is None:
            return
        sensor.heard_ms = self._clock.now_ms()
        if measurement.measure not in sensor.readings and len(sensor.readings) >= MEASURES_MAX:
            return
        sensor.readings[measurement.measure] = Reading(
            measurement.measure, measurement.value, measurement.health, measurement.detail, sensor.heard_ms
        )
        self.revision += 1

    def presence(self, event: SensorPresence) -> None:
        """A sensor is lost, or there again."""
        sensor = self._sensors.get(event.sensor_id)
        if sensor is not None:
            sensor.there, sensor.reason = event.there, event.reason
            self.revision += 1

    def gauges(self) -> dict[tuple[str, str], float]:
        """Every good value, by (sensor id, measure): for telemetry."""
        return {
            (sensor_id, reading.measure): reading.value
            for sensor_id, sensor in self._sensors.items()
            if sensor.there
            for reading in sensor.readings.values()
            if reading.value is not None and reading.health not in NO_VALUE
        }
