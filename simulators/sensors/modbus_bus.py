"""A Modbus line with several units of any profile: values a hand sets, probes it breaks, units it silences."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocols.clock import RandomSource, SeededRandom
from protocols.modbus.device import Asked, DeviceLine, Framing, answer
from protocols.modbus.profile import Point, Profile, Table
from protocols.modbus.registers import encode, encode_raw, registers_of
from simulators.cables import Cable
from simulators.mouth import Mouth, SpeechFaults


class NoSuchPoint(LookupError):
    """There is no such unit, or it has no such measure."""


@dataclass(slots=True)
class SimulatedUnit:
    """One device on the bus."""

    unit: int
    profile: Profile
    values: dict[str, float] = field(default_factory=dict)
    silent: bool = False
    asked: int = 0
    broken: dict[str, int] = field(default_factory=dict)
    """Raw values that stand in for measures until they are set again."""
    _held: dict[tuple[Table, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = {point.measure: self.values.get(point.measure, 0.0) for point in self.profile.points}
        self._fill()

    @property
    def held(self) -> dict[tuple[Table, int], int]:
        """Its registers."""
        return self._held

    def point(self, measure: str) -> Point:
        """One of its points. Raises `NoSuchPoint`."""
        for point in self.profile.points:
            if point.measure == measure:
                return point
        known = ", ".join(point.measure for point in self.profile.points)
        raise NoSuchPoint(f"a {self.profile.name} has no {measure}; it has {known}")

    def set(self, measure: str, value: float) -> None:
        """It measures this now. Raises `NoSuchPoint`, OverflowError."""
        point = self.point(measure)
        encode(point, value, self.profile.order_of(point))
        self.values[measure] = value
        self.broken.pop(measure, None)
        self._fill()

    def set_raw(self, measure: str, raw: int) -> None:
        """Its registers hold exactly this (a broken probe's sentinel, no number). Raises `NoSuchPoint`, OverflowError."""
        point = self.point(measure)
        encode_raw(point, raw, self.profile.order_of(point))
        self.broken[measure] = raw
        self._fill()

    def _fill(self) -> None:
        self._held = registers_of(self.profile, self.values)
        for measure, raw in self.broken.items():
            point = self.point(measure)
            for at, register in enumerate(encode_raw(point, raw, self.profile.order_of(point)), start=point.address):
                self._held[point.table, at] = register


class ModbusBusSimulator:
    """The line. On a serial cable it speaks RTU; on a TCP port Modbus TCP, or RTU as a plain converter passes it on."""

    def __init__(self, cable: Cable, framing: Framing, units: list[SimulatedUnit], rng: RandomSource | None = None) -> None:
        self.cable = cable
        self.framing = framing
        self.units = {each.unit: each for each in units}
        self._mouth = Mouth(cable.send, rng if rng is not None else SeededRandom(1))
        self._line = DeviceLine(framing)

    @property
    def faults(self) -> SpeechFaults:
        """What is wrong with the line; change the fields while it runs."""
        return self._mouth.faults

    @faults.setter
    def faults(self, faults: SpeechFaults) -> None:
        self._mouth.faults = faults

    @property
    def plugged_in(self) -> bool:
        """Whether the box can find it."""
        return self.cable.plugged_in

    def unit(self, number: int) -> SimulatedUnit:
        """One unit. Raises `NoSuchPoint`."""
        if number not in self.units:
            raise NoSuchPoint(f"there is no unit {number}; here are {', '.join(map(str, self.units))}")
        return self.units[number]

    async def start(self) -> None:
        """Plug it in. Raises `simulators.web.CannotListen`."""
        self._line = DeviceLine(self.framing)
        await self.cable.plug_in(self._heard)

    async def stop(self) -> None:
        """Unplug it and end what it was about to say."""
        await self._mouth.hush()
        await self.cable.unplug()

    def _heard(self, data: bytes) -> None:
        for asked in self._line.receive(data):
            self._answer(asked)

    def _answer(self, asked: Asked) -> None:
        unit = self.units.get(asked.unit)
        if unit is None:
            return  # on a real line nobody answers for an absent unit
        unit.asked += 1
        if not unit.silent:
            self._mouth.say(self._line.frame(asked, answer(asked, unit.held)))
