"""The `ST,GS,` family of speaking scales and indicators: listening side and scale's side. No I/O, no clock.

  18 bytes (A&D, T-Scale, Excell, Brecknell ...)   ST,GS,+0012.345kg CR LF
  22 bytes (CAS)                                   ST,GS,<id><lamp>,  12.345 kg CR LF
ST stable, US unstable, OL too heavy; GS gross, NT net. Makers pad with blanks or zeros as they like, so one tolerant reader
covers them; a digit lost on the line may leave a weight, so a weight counts only when two frames in a row are alike.
Lamp byte: b7 always 1, b6 stable, b4 hold, b3 print, b2 gross, b1 tare, b0 zero.
CAS indicators take commands, each a line: ZE zero, KT tare, TR tare off; they go on speaking, which shows what was done.

Sources: CAS NT-200 p. 48, CI-600D pp. 74, 82; Excell H3 p. 67, T-Scale notes.
"""

from __future__ import annotations

import functools
import re

from protocols.device_events import WeightState
from protocols.scales.frames import FramedOrder, FramedSession, Frames, Shown, weighed
from protocols.scales.session import ALL_STATES, AskingSession, OrderSession, ScaleOrder, ScaleProtocol
from protocols.scales.speaking import AT_REST, SpeakingScale, net_grams
from protocols.scales.units import kilograms, mass_of

_LAMP_ON, _LAMP_STABLE, _LAMP_GROSS, _LAMP_TARE, _LAMP_ZERO = 0x80, 0x40, 0x04, 0x02, 0x01


def _shown(found: re.Match[bytes]) -> Shown | None:
    status, side, number, unit = (part.decode("ascii") if part is not None else "" for part in found.groups())
    if status == "OL":
        return Shown(WeightState.OVER_CAPACITY)
    if status == "US":
        return Shown(WeightState.MOTION)
    mass = mass_of(number.replace(" ", ""), unit)
    return None if mass is None else weighed(mass, net=side == "NT", unit=unit)


_HEAD, _LAMPS = rb"(ST|US|OL), ?(GS|NT),", rb"[\x00-\x7f][\x80-\xff],"
_WEIGHT = rb" *([+-]? *[0-9]{1,7}(?:\.[0-9]{1,4})?|-{3,8}) *(kg|g|lb|oz|t) *\r?\n"
FRAMES = Frames(re.compile(_HEAD + b"(?:" + _LAMPS + b")?" + _WEIGHT), 40, _shown)
_WITH_LAMPS = Frames(re.compile(_HEAD + _LAMPS + _WEIGHT), 40, _shown)
_WITHOUT_LAMPS = Frames(re.compile(_HEAD + _WEIGHT), 40, _shown)
_COMMANDS = {ScaleOrder.ZERO: b"ZE\r\n", ScaleOrder.TARE: b"KT\r\n", ScaleOrder.CLEAR_TARE: b"TR\r\n"}


def _place(_session: AskingSession, order: ScaleOrder) -> OrderSession:
    return FramedOrder(order, _COMMANDS[order], FRAMES, at_once=False)


class StGsScale(SpeakingScale):
    """Eighteen bytes, again and again."""

    def frame(self) -> bytes:
        """What the display shows."""
        state, net = self.platter.state(), net_grams(self.platter)
        number = f"{'-' if net < 0 else '+'}{kilograms(net, 7)}"
        return self._line(state, b"", number, "kg")

    def _line(self, state: WeightState, lamp: bytes, number: str, unit: str) -> bytes:
        if state is WeightState.FAULT:
            return b""
        resting = state in AT_REST or state is WeightState.UNDER_ZERO
        status = "OL" if state is WeightState.OVER_CAPACITY else "ST" if resting else "US"
        side = "NT" if self.platter.tare_grams else "GS"
        number = "--------" if status == "OL" else number
        return f"{status},{side},".encode("ascii") + lamp + f"{number}{unit}\r\n".encode("ascii")


class CasIndicator(StGsScale):
    """Twenty-two bytes with number and lamps; takes commands."""

    commands = ((b"ZE\r\n", "zero"), (b"KT\r\n", "tare"), (b"TR\r\n", "clear_tare"))

    def frame(self) -> bytes:
        """What the display and the lamps show."""
        state, net = self.platter.state(), net_grams(self.platter)
        lamp = _LAMP_ON | (_LAMP_STABLE if state in AT_REST else 0) | (_LAMP_ZERO if state is WeightState.ZERO else 0)
        lamp |= _LAMP_TARE if self.platter.tare_grams else _LAMP_GROSS
        number = ("-" if net < 0 else " ") + kilograms(net).rjust(7)
        return self._line(state, bytes([0x31, lamp]) + b",", number, " kg")


_TELLS = ALL_STATES - {WeightState.FAULT}
ST_GS = ScaleProtocol(
    name="st_gs",
    line="8N1",
    asking=functools.partial(FramedSession, frames=FRAMES, alike=2),
    answering=StGsScale,
    know=_WITHOUT_LAMPS.know,
    tells=_TELLS,
    speaks_unasked=True,
)
CAS_CONTINUOUS = ScaleProtocol(
    name="cas_continuous",
    line="8N1",
    asking=functools.partial(FramedSession, frames=FRAMES, alike=2),
    answering=CasIndicator,
    know=_WITH_LAMPS.know,
    order=_place,
    orders=frozenset(ScaleOrder),
    tells=_TELLS,
    speaks_unasked=True,
)
