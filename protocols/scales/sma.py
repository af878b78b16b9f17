"""SMA SCP-0499, the common protocol of American scale makers: asking side and scale's side. No I/O, no clock.

Commands `LF <letter> CR`: W weight, Z zero, T tare, C clear tare. The answer to each is the weight:
  LF <s><r><n><m><f><10 digits><3 unit> CR
s: Z centre of zero, O over, U under, E zero error, I initial-zero error, T tare error, blank; r: range; n: G gross, N net,
T tare; m: M in motion; f: reserved. Errors have dashes for digits. What the scale does not know: `LF ? CR`. The fields have
a fixed width, so a digit lost or doubled on the line is no weight.

Source: SMA SCP-0499 (levels 1 and 2).
"""

from __future__ import annotations

import functools
import re

from protocols.device_events import WeightState
from protocols.scales.frames import FramedOrder, FramedSession, Frames, Shown, weighed
from protocols.scales.session import Answer, AskingSession, Ordered, OrderSession, Platter, ScaleOrder, ScaleProtocol
from protocols.scales.speaking import AT_REST, AnsweringScale, net_grams
from protocols.scales.units import kilograms, mass_of

_STATES = {"O": WeightState.OVER_CAPACITY, "U": WeightState.UNDER_ZERO, "E": WeightState.FAULT, "I": WeightState.FAULT}
_LETTER_OF = {WeightState.OVER_CAPACITY: "O", WeightState.UNDER_ZERO: "U", WeightState.FAULT: "E", WeightState.ZERO: "Z"}


def _shown(found: re.Match[bytes]) -> Shown | None:
    status, net, motion, digits, unit = (part.decode("ascii") for part in found.groups())
    if status in _STATES:
        return Shown(_STATES[status])
    if status == "T":
        return Shown(WeightState.FAULT)
    if motion == "M":
        return Shown(WeightState.MOTION)
    mass = mass_of(digits, unit.strip().lower())
    return None if mass is None or net == "T" else weighed(mass, net=net == "N", unit=unit.strip().lower())


FRAMES = Frames(re.compile(rb"\n([ZOUEIT ])[0-9 ]([GNT])([M ])[ -~]([ 0-9.+-]{10})([A-Za-z ]{3})\r"), 20, _shown)
_LETTERS = {ScaleOrder.ZERO: b"\nZ\r", ScaleOrder.TARE: b"\nT\r", ScaleOrder.CLEAR_TARE: b"\nC\r"}


def _judge(order: ScaleOrder, shown: Shown) -> Ordered:
    if shown.state is WeightState.MOTION:
        return Ordered.MOTION
    done = {
        ScaleOrder.ZERO: shown.state is WeightState.ZERO,
        ScaleOrder.TARE: shown.state is WeightState.ZERO,
        ScaleOrder.CLEAR_TARE: shown.state in AT_REST and not shown.net,
    }
    return Ordered.DONE if done[order] else Ordered.OUT_OF_RANGE


def _place(_session: AskingSession, order: ScaleOrder) -> OrderSession:
    return FramedOrder(order, _LETTERS[order], FRAMES, judge=_judge)


class AnsweringSession(AnsweringScale):
    """The scale's side."""

    def __init__(self, platter: Platter) -> None:
        super().__init__(platter)
        self._buffer = b""

    def receive(self, data: bytes, _now_ms: int) -> list[Answer]:
        """Answer every command in these bytes."""
        *commands, self._buffer = (self._buffer + data).split(b"\r")
        self._buffer = self._buffer[-8:]
        return [Answer(self._answer(command.rpartition(b"\n")[2])) for command in commands if b"\n" in command]

    def _answer(self, command: bytes) -> bytes:
        does = {b"W": lambda: True, b"Z": self.platter.zero, b"T": self.platter.tare, b"C": self.platter.clear_tare}
        if command not in does:
            return b"\n?\r"
        does[command]()
        state, net = self.platter.state(), net_grams(self.platter)
        broken = state not in AT_REST and state is not WeightState.MOTION
        digits = "-" * 10 if broken else f"{'-' if net < 0 else ''}{kilograms(net)}".rjust(10)
        side = "N" if self.platter.tare_grams else "G"
        return f"\n{_LETTER_OF.get(state, ' ')}1{side}{'M' if state is WeightState.MOTION else ' '} {digits}kg \r".encode(
            "ascii"
        )


PROTOCOL = ScaleProtocol(
    name="sma",
    line="8N1",
    asking=functools.partial(FramedSession, frames=FRAMES, question=b"\nW\r"),
    answering=AnsweringSession,
    know=FRAMES.know,
    probe=b"\nW\r",
    order=_place,
    orders=frozenset(ScaleOrder),
)
