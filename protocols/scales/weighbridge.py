"""The twelve-byte frame of Chinese weighing indicators: listening side and scale's side. No I/O, no clock.

  STX +|- d1..d6 dp xH xL ETX      dp: how many digits are behind the point
x: exclusive or from the sign to dp, two hexadecimal digits. Kilograms. The frame does not say whether the load rests: a
weight counts when four frames in a row are alike, and nothing is said of overload, net or faults. Good for receiving goods;
a till should have a scale that says when it rests.

Source: notes on the indicator by users of weighbridges; the check was computed from a recorded frame.
"""

from __future__ import annotations

import functools
import re

from protocols.device_events import WeightState
from protocols.scales.checks import xor
from protocols.scales.frames import FramedSession, Frames, Shown, weighed
from protocols.scales.session import Platter, ScaleProtocol
from protocols.scales.speaking import SpeakingScale, net_grams
from protocols.scales.units import mass_of

ALIKE = 4


def encode(digits: int, places: int) -> bytes:
    """One frame. Raises ValueError when the digits do not fit."""
    if not -999_999 <= digits <= 999_999:
        raise ValueError("six digits")
    body = f"{'-' if digits < 0 else '+'}{abs(digits):06}{places}".encode("ascii")
    return b"\x02" + body + f"{xor(body):02X}".encode("ascii") + b"\x03"


def _shown(found: re.Match[bytes]) -> Shown | None:
    body, sign, digits, places, check = found.groups()
    if xor(body) != int(check, 16):
        return None
    number, places_behind = digits.decode("ascii"), int(places)
    whole, part = number[: 6 - places_behind], number[6 - places_behind :]
    mass = mass_of(f"{sign.decode('ascii')}{whole or '0'}.{part}", "kg")
    return None if mass is None else weighed(mass)


FRAMES = Frames(re.compile(rb"\x02(([+-])([0-9]{6})([0-4]))([0-9A-Fa-f]{2})\x03"), 12, _shown)


class Indicator(SpeakingScale):
    """Three digits behind the point. What it cannot say, it shows by digits that do not stand still, or not at all."""

    def __init__(self, platter: Platter) -> None:
        super().__init__(platter)
        self._sway = False

    def frame(self) -> bytes:
        """What the display shows."""
        state = self.platter.state()
        if state in {WeightState.OVER_CAPACITY, WeightState.FAULT}:
            return b""
        self._sway = not self._sway
        return encode(net_grams(self.platter) + (5 if self._sway and state is WeightState.MOTION else 0), 3)


PROTOCOL = ScaleProtocol(
    name="weighbridge",
    line="8N1",
    asking=functools.partial(FramedSession, frames=FRAMES, alike=ALIKE),
    answering=Indicator,
    know=FRAMES.know,
    sure=True,
    tells=frozenset({WeightState.STABLE, WeightState.ZERO, WeightState.UNDER_ZERO}),
    tells_net=False,
    speaks_unasked=True,
)
