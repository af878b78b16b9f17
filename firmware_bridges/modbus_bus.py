"""Meters and refrigeration controllers on one Modbus line: each asked in its turn, a silent one less and less often."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from firmware_bridges.modbus_line import LineSettings, ModbusLine, ModbusLines, UnitRefused, UnitSilent
from firmware_bridges.supervise import Emit
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent, Measurement, SensorPresence, SensorsRead
from protocols.modbus.profile import Profile
from protocols.modbus.registers import Read, decode_read, reads_of
from protocols.sensors.presence import Presence
from protocols.sensors.values import ValueWatch

KIND = "sensors"
RETRY_FIRST_MS = 1_000
RETRY_CAP_MS = 10_000
ANSWER_MS = 1_000
QUIET_AFTER_MS = 60_000
_PARITY = {"none": "N", "even": "E", "odd": "O"}
MISSED_MAX = 2
"""A unit that misses so many questions in a row is told as not answering."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One device on the bus, as the settings name it."""

    sensor_id: str
    unit: int
    profile: Profile
    every_ms: int = 10_000
    quiet_after_ms: int = QUIET_AFTER_MS


@dataclass(slots=True)
class _Asked:
    """A unit and what is known of it. Lives as long as the driver, so that a line that breaks changes nothing of it."""

    unit: Unit
    presence: Presence
    watches: dict[str, ValueWatch]
    reads: tuple[Read, ...]
    due_ms: int = 0
    missed: int = 0
    lost: bool = False
    refused: dict[Read, int] = field(default_factory=dict)


class ModbusBus:
    """One line with its units. Emits SensorsRead per unit asked, SensorPresence when one is lost or back.

    READY while every unit answers, DEGRADED when one does not. A silent unit costs the others its own time-out once per try,
    and tries come 1 s to 10 s apart.
    """

    device_kind = KIND

    def __init__(
        self,
        device_id: str,
        place: str,
        units: Sequence[Unit],
        clock: Clock,
        *,
        baud: int = 9_600,
        parity: str = "none",
        answer_ms: int = ANSWER_MS,
    ) -> None:
        """`place`: a device path, `tcp://host:port` or `rtu+tcp://host:port`."""
        self.device_id = device_id
        self._line = LineSettings(place, baud, _PARITY[parity])
        self._lines = ModbusLines(answer_ms)
        self._clock = clock
        now_ms = clock.monotonic_ms()
        self._units = [_asked(unit, now_ms) for unit in units]
        self._told: tuple[DeviceState, str] | None = None

    async def run(self, emit: Emit) -> None:
        """Ask until the line is gone. Raises LinkBroken."""
        self._told = None
        self._tell_lost(emit)
        async with self._lines.line(self._line) as line:
            while True:
                asked = min(self._units, key=lambda each: each.due_ms)
                await asyncio.sleep(max(0, asked.due_ms - self._clock.monotonic_ms()) / 1000)
                await self._ask(line, asked, emit)
                self._tell_lost(emit)
                self._tell_state(emit)

    async def _ask(self, line: ModbusLine, asked: _Asked, emit: Emit) -> None:
        begun_ms = self._clock.monotonic_ms()
        found: list[Measurement] = []
        for read in asked.reads:
            try:
                registers = await line.ask(asked.unit.unit, read)
                values = decode_read(asked.unit.profile, read, registers)
            except UnitRefused as refused:  # it is there, but has no such register: the rest of it may be right
                asked.refused[read] = refused.code
                found.extend(_no_value(asked.unit.sensor_id, read, refused.code))
                continue
            except (UnitSilent, ValueError):
                asked.missed += 1
                wait_ms = min(RETRY_FIRST_MS << min(asked.missed - 1, 10), RETRY_CAP_MS)
                asked.due_ms = self._clock.monotonic_ms() + wait_ms
                return
            asked.refused.pop(read, None)
            now_ms = self._clock.monotonic_ms()
            for each in values:
                watch = asked.watches[each.measure]
                found.append(watch.judge(asked.unit.sensor_id, each.measure, each.value, each.fault, now_ms))
        asked.missed = 0
        asked.due_ms = begun_ms + asked.unit.every_ms
        asked.presence.heard(self._clock.monotonic_ms())
        emit(SensorsRead(device_id=self.device_id, measurements=tuple(found)))

    def _tell_lost(self, emit: Emit) -> None:
        now_ms = self._clock.monotonic_ms()
        for each in self._units:
            lost = each.presence.lost(now_ms)
            if lost != each.lost:
                each.lost = lost
                reason = "no answer for too long" if lost else ""
                emit(SensorPresence(device_id=self.device_id, sensor_id=each.unit.sensor_id, there=not lost, reason=reason))

    def _tell_state(self, emit: Emit) -> None:
        silent = [each.unit.sensor_id for each in self._units if each.missed >= MISSED_MAX]
        odd = [each.unit.sensor_id for each in self._units if each.refused]
        if silent:
            state = (DeviceState.DEGRADED, f"no answer from {', '.join(silent)}")
        elif odd:
            state = (DeviceState.DEGRADED, f"{', '.join(odd)} lacks registers of its profile: check the model")
        elif any(each.missed for each in self._units):
            return  # one miss is no state
        else:
            state = (DeviceState.READY, "")
        if state != self._told:
            self._told = state
            emit(DeviceStateEvent(device_id=self.device_id, device_kind=KIND, state=state[0], reason=state[1]))


def _asked(unit: Unit, now_ms: int) -> _Asked:
    watches = {
        point.measure: ValueWatch(rising=point.rising, stuck_after_ms=point.stuck_after_s * 1000)
        for point in unit.profile.points
    }
    return _Asked(unit, Presence(now_ms, quiet_after_ms=unit.quiet_after_ms), watches, reads_of(unit.profile), now_ms)


def _no_value(sensor_id: str, read: Read, code: int) -> list[Measurement]:
    watch = ValueWatch()
    return [watch.judge(sensor_id, point.measure, None, f"exception_{code}", 0) for point in read.points]
