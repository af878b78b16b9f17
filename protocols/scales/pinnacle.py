"""Pinnacle (顶尖) counter scales, OS2 series: listening side and scale's side. No I/O, no clock.

  weight   SOH STX F sign w5..w0 U1 U0 XOR ETX EOT      F: S stable, U unstable, F out of range or no start-up zero
XOR covers all twelve bytes before it, SOH and STX too (the CAS frame looks the same and leaves them out).
Commands, each ended by TAB: <TK> tare, <ZK> zero, <AL> passive (silent), <PB> active (speaks unasked). They are not
answered; the frames show what was done. The till's side switches the scale active when it is silent.

Source: Pinnacle OS2CX manual pp. 19, 23.
"""

from __future__ import annotations

import re

from protocols.device_events import WeightState
from protocols.scales.checks import xor
from protocols.scales.frames import FramedOrder, FramedSession, Frames, Shown, weighed
from protocols.scales.session import ALL_STATES, OrderSession, ScaleOrder, ScaleProtocol, Unanswered
from protocols.scales.session import AskingSession as AnyAskingSession
from protocols.scales.speaking import SpeakingScale, net_grams
from protocols.scales.units import kilograms, mass_of

TARE, ZERO, PASSIVE, ACTIVE = b"<TK>\t", b"<ZK>\t", b"<AL>\t", b"<PB>\t"


def encode(state: WeightState, grams: int) -> bytes:
    """The scale's frame."""
    letter = {WeightState.MOTION: "U", WeightState.OVER_CAPACITY: "F", WeightState.FAULT: "F"}.get(state, "S")
    body = b"\x01\x02" + f"{letter}{'-' if grams < 0 else ' '}{kilograms(grams, 6)[:6]}kg".encode("ascii")
    return body + bytes([xor(body)]) + b"\x03\x04"


def _shown(found: re.Match[bytes]) -> Shown | None:
    body, letter, sign, digits, unit, check = found.groups()
    if xor(body) != check[0]:
        return None
    if letter != b"S":
        return Shown(WeightState.MOTION if letter == b"U" else WeightState.OVER_CAPACITY)
    name = unit.decode("ascii").strip().lower()
    mass = mass_of((sign + digits).decode("ascii").replace(" ", ""), name)
    return None if mass is None else weighed(mass, unit=name)


FRAMES = Frames(
    re.compile(rb"(\x01\x02([SUF])([ +\-])([ 0-9.]{6})([A-Za-z ]{2}))([\x00-\x7f])\x03\x04", re.DOTALL), 15, _shown
)
_COMMANDS = {ScaleOrder.ZERO: ZERO, ScaleOrder.TARE: TARE}


class ListeningSession(FramedSession):
    """Listens; after a silence, and at first, it tells the scale to speak."""

    def __init__(self, device_id: str) -> None:
        super().__init__(device_id, FRAMES)
        self._silent = True

    def ask(self, now_ms: int) -> bytes:
        """Wait for the next frame."""
        return super().ask(now_ms) or (ACTIVE if self._silent else b"")

    def expire(self, now_ms: int) -> Unanswered | None:
        """See `FramedSession`."""
        given_up = super().expire(now_ms)
        if given_up is not None:
            self._silent = given_up is Unanswered.SILENT
        elif self.deadline_ms is None:
            self._silent = False
        return given_up


def _place(_session: AnyAskingSession, order: ScaleOrder) -> OrderSession | None:
    data = _COMMANDS.get(order)
    return None if data is None else FramedOrder(order, data, FRAMES, at_once=False)


class PinnacleScale(SpeakingScale):
    """Speaks until it is told to be silent."""

    commands = ((TARE, "tare"), (ZERO, "zero"), (PASSIVE, "silent"), (ACTIVE, "speaking"))

    def frame(self) -> bytes:
        """What the display shows."""
        return encode(self.platter.state(), net_grams(self.platter))


PROTOCOL = ScaleProtocol(
    name="pinnacle",
    line="8N1",
    asking=ListeningSession,
    answering=PinnacleScale,
    know=FRAMES.know,
    sure=True,
    probe=ACTIVE,
    order=_place,
    orders=frozenset(_COMMANDS),
    tells=ALL_STATES - {WeightState.FAULT},
    tells_net=False,
    speaks_unasked=True,
)
