"""Toledo continuous output (8530 and many clones): listening side and scale's side. No I/O, no clock.

  STX SWA SWB SWC wwwwww tttttt CR CHK      the weight shown, the tare; CHK: two's complement of the sum, seven bits
SWA: b0-b2 place of the point (2: none, 3: one digit, 4: two, 5: three; 1 and 0: one and two noughts behind), b3-b4 step.
SWB: b0 net, b1 below zero, b2 out of range, b3 motion, b4 kilograms (0: pounds), b6 start-up zero not taken.
SWC: b0-b2 another unit (0: as SWB says, 1 grams, 2 tonnes, 3 ounces). b5 of all three is 1.
The scale can be set to leave CHK out; then a weight counts when two frames in a row are alike.

Sources: Kern FTC manual p. 42; Rockwell 57C428 appendix D.
"""

from __future__ import annotations

import dataclasses
import functools
import re

from protocols.device_events import WeightState
from protocols.scales.checks import negative_sum7
from protocols.scales.frames import FramedSession, Frames, Shown, weighed
from protocols.scales.session import ScaleProtocol
from protocols.scales.speaking import SpeakingScale, net_grams
from protocols.scales.units import mass_of

_ALWAYS, _KILOGRAMS, _NOT_ZEROED = 0x20, 0x10, 0x40
_NET, _NEGATIVE, _OUT_OF_RANGE, _MOTION = 0x01, 0x02, 0x04, 0x08
_OTHER_UNITS = {1: "g", 2: "t", 3: "oz"}
_STEP_5_THOUSANDTHS = _ALWAYS | 0x18 | 5


def encode(swb: int, weight: int, tare: int, swa: int = _STEP_5_THOUSANDTHS, swc: int = _ALWAYS) -> bytes:
    """One frame; digits in the scale's own steps. Raises ValueError when they do not fit."""
    if not (0 <= weight <= 999_999 and 0 <= tare <= 999_999):
        raise ValueError("six digits")
    body = b"\x02" + bytes([swa, swb, swc]) + f"{weight:>6}{tare:>6}\r".encode("ascii")
    return body + bytes([negative_sum7(body)])


def _shown(found: re.Match[bytes]) -> Shown | None:
    body, _, _, check = found.groups()
    return _unchecked(found) if negative_sum7(body) == check[0] else None


def _unchecked(found: re.Match[bytes]) -> Shown | None:
    words, weight = found[2], found[3]
    swa, swb, swc = words
    state = _state(swb)
    if state is not None:
        return Shown(state)
    unit = _OTHER_UNITS.get(swc & 0x07, "kg" if swb & _KILOGRAMS else "lb")
    places = (swa & 0x07) - 2
    digits = weight.decode("ascii").lstrip() or "0"
    number = digits + "0" * -places if places <= 0 else f"{digits[:-places] or '0'}.{digits[-places:].rjust(places, '0')}"
    mass = mass_of(number, unit)
    return None if mass is None else weighed(mass, net=bool(swb & _NET), unit=unit)


def _state(swb: int) -> WeightState | None:
    if swb & _NOT_ZEROED:
        return WeightState.FAULT
    if swb & _NEGATIVE:
        return WeightState.UNDER_ZERO
    if swb & _OUT_OF_RANGE:
        return WeightState.OVER_CAPACITY
    return WeightState.MOTION if swb & _MOTION else None


_BODY = rb"(\x02([\x20-\x7f]{3})([ 0-9]{6})[ 0-9]{6}\r)"
FRAMES = Frames(re.compile(_BODY + rb"([\x00-\x7f])", re.DOTALL), 18, _shown)
UNCHECKED = Frames(re.compile(_BODY, re.DOTALL), 17, _unchecked)


class ContinuousScale(SpeakingScale):
    """Kilograms with three digits, in steps of five."""

    def frame(self) -> bytes:
        """What the display shows."""
        state, net, tare = self.platter.state(), net_grams(self.platter), self.platter.tare_grams
        flags = {
            WeightState.MOTION: _MOTION,
            WeightState.OVER_CAPACITY: _OUT_OF_RANGE,
            WeightState.UNDER_ZERO: _NEGATIVE,
            WeightState.FAULT: _NOT_ZEROED,
        }
        swb = _ALWAYS | _KILOGRAMS | flags.get(state, 0) | (_NET if tare else 0)
        return encode(swb, min(abs(net), 999_999), tare)


PROTOCOL = ScaleProtocol(
    name="toledo_continuous",
    line="8N1",
    asking=functools.partial(FramedSession, frames=FRAMES),
    answering=ContinuousScale,
    know=FRAMES.know,
    sure=True,
    speaks_unasked=True,
)


def without_checksum() -> ScaleProtocol:
    """The protocol for a scale that is set to leave CHK out."""
    return dataclasses.replace(PROTOCOL, asking=functools.partial(FramedSession, frames=UNCHECKED, alike=2))
