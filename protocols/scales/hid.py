"""USB HID scales (usage page 8Dh), as the kernel's hidraw tells their reports: both sides. No I/O, no clock.

  report id, status, unit, exponent (signed), LSB, MSB
Status: 1 fault, 2 stable at zero, 3 motion, 4 stable, 5 below zero, 6 too heavy, 7 to be calibrated, 8 to be zeroed.
Unit: 2 grams, 3 kilograms, 11 ounces, 12 pounds. The report has no checksum (USB has its own); so that a stream which lost
its step is never read, a weight counts when two reports in a row are alike.

Sources: USB HID Point of Sale usage tables 1.02 (scale page); a note on the DYMO postal scales.
"""

from __future__ import annotations

import functools
import re
import struct

from protocols.device_events import WeightState
from protocols.scales.frames import FramedSession, Frames, Shown, weighed
from protocols.scales.session import ScaleProtocol
from protocols.scales.speaking import SpeakingScale, net_grams
from protocols.scales.units import mass_of

REPORT_ID = 3
REPORT_BYTES = 6
UNITS = {2: "g", 3: "kg", 11: "oz", 12: "lb"}
_STATES = {
    1: WeightState.FAULT,
    3: WeightState.MOTION,
    5: WeightState.UNDER_ZERO,
    6: WeightState.OVER_CAPACITY,
    7: WeightState.FAULT,
    8: WeightState.FAULT,
}
_STATUS_OF = {WeightState.ZERO: 2, WeightState.STABLE: 4, WeightState.BELOW_MINIMUM: 3, WeightState.WEIGH_AGAIN: 3} | {
    state: status for status, state in reversed(_STATES.items())
}


def encode(status: int, unit: int, exponent: int, value: int) -> bytes:
    """One report. Raises struct.error when a part does not fit."""
    return struct.pack("<BBBbH", REPORT_ID, status, unit, exponent, value)


def _shown(found: re.Match[bytes]) -> Shown | None:
    _, status, unit, exponent, value = struct.unpack("<BBBbH", found[0])
    if status in _STATES:
        return Shown(_STATES[status])
    if not -6 <= exponent <= 3:
        return None
    digits = str(value)
    if exponent < 0:
        digits = digits.rjust(1 - exponent, "0")
        digits = f"{digits[:exponent]}.{digits[exponent:]}"
    mass = mass_of(digits + "0" * max(0, exponent), UNITS[unit])
    if mass is None or (status == 2) != (mass.milligrams == 0):
        return None
    return weighed(mass, unit=UNITS[unit])


FRAMES = Frames(re.compile(rb"\x03[\x01-\x08][\x02\x03\x0b\x0c][\x00-\xff]{3}", re.DOTALL), REPORT_BYTES, _shown)


class HidScale(SpeakingScale):
    """Whole grams."""

    def frame(self) -> bytes:
        """One report."""
        state, net = self.platter.state(), net_grams(self.platter)
        return encode(_STATUS_OF[state], 2, 0, max(0, min(net, 0xFFFF)) if state is not WeightState.ZERO else 0)


PROTOCOL = ScaleProtocol(
    name="hid_scale",
    line="8N1",
    asking=functools.partial(FramedSession, frames=FRAMES, alike=2),
    answering=HidScale,
    know=lambda _data: False,
    tells_net=False,
    speaks_unasked=True,
)
