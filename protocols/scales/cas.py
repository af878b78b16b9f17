"""CAS AP / PD-II type 6 / SW-II and alike ("ENQ, DC1"): asking side and scale's side. No I/O, no clock.

  ENQ -> ACK (ready) or NAK;  DC1 -> SOH STX STA SIGN w5..w0 U1 U0 BCC ETX EOT
STA: S steady, U not. SIGN: blank, `-`, or `F` for too heavy (the digits may then be F too). Six characters of weight with
the point, two of unit. BCC: exclusive or from STA to the last of the unit. Nothing is said of a tare, and there is no
command for tare or zero in this dialogue.

Sources: CAS PD-II pp. 19, 23, SW-II p. 15, AP-1 protocol document; Ohaus Aviator p. 36.
"""

from __future__ import annotations

import functools
import re

from protocols.device_events import WeightState
from protocols.scales.checks import xor
from protocols.scales.frames import FramedSession, Frames, Shown, weighed
from protocols.scales.session import ALL_STATES, Answer, ScaleProtocol
from protocols.scales.speaking import AnsweringScale, net_grams
from protocols.scales.units import kilograms, mass_of

ENQ, ACK, NAK, DC1 = b"\x05", b"\x06", b"\x15", b"\x11"


def encode(state: WeightState, grams: int) -> bytes:
    """The scale's block. Grams beyond six characters are cut: only a state is told then."""
    sign = "F" if state is WeightState.OVER_CAPACITY else "-" if grams < 0 else " "
    steady = state in {WeightState.STABLE, WeightState.ZERO, WeightState.UNDER_ZERO, WeightState.OVER_CAPACITY}
    digits = "FFFFFF" if sign == "F" else kilograms(grams, 6)[:6]
    block = f"{'S' if steady else 'U'}{sign}{digits}kg".encode("ascii")
    return b"\x01\x02" + block + bytes([xor(block)]) + b"\x03\x04"


def _shown(found: re.Match[bytes]) -> Shown | None:
    block, steady, sign, digits, unit, check = found.groups()
    if xor(block) != check[0]:
        return None
    if sign == b"F":
        return Shown(WeightState.OVER_CAPACITY)
    if steady == b"U":
        return Shown(WeightState.MOTION)
    name = unit.decode("ascii").strip().lower()
    mass = mass_of((sign + digits).decode("ascii").replace(" ", ""), name)
    return None if mass is None else weighed(mass, unit=name)


FRAMES = Frames(
    re.compile(rb"\x01\x02(([SU])([ \-F])([ 0-9.F]{6})([A-Za-z ]{2}))([\x00-\x7f])\x03\x04", re.DOTALL), 15, _shown
)


class AnsweringSession(AnsweringScale):
    """The scale's side."""

    def receive(self, data: bytes, _now_ms: int) -> list[Answer]:
        """ENQ and DC1, each by itself, as the scale takes them."""
        answers: list[Answer] = []
        for byte in data:
            if byte == ENQ[0]:
                answers.append(Answer(ACK))
            elif byte == DC1[0] and self.platter.state() is not WeightState.FAULT:
                answers.append(Answer(encode(self.platter.state(), net_grams(self.platter))))
        return answers


PROTOCOL = ScaleProtocol(
    name="cas",
    line="8N1",
    asking=functools.partial(FramedSession, frames=FRAMES, question=DC1, opening=ENQ, ready=ACK),
    answering=AnsweringSession,
    know=FRAMES.know,
    sure=True,
    probe=ENQ + DC1,
    tells=ALL_STATES - {WeightState.FAULT},
    tells_net=False,
)
