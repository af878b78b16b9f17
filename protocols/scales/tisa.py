"""Tisa, spoken by Dibal and others: asking side and scale's side. No I/O, no clock.

  98 PPPPP C CR LF  ->  99 S WWWWW E IIIIII C CR LF
P unit price, W grams, I amount; C: exclusive or of all characters before it (it may be no digit). S: the weight is wrong,
E: the amount is wrong. A moving load is told as it is just then, with S = E = 1; one below 20 steps with S = 1; and so is,
as if it moved, a weight that since the last good answer changed by less than 20 steps and did not pass zero. So an answer
with S = E = 1 and the very weight that was good before, twice in a row, is that weight once more; any other weight that
stands still under S = E = 1 has to be lifted and put back. There is no tare, no zero, no word for too heavy.

Sources: Dibal DPOS400 manual pp. 15, 35, 45; the checks were computed from its examples.
"""

from __future__ import annotations

import re

from protocols.device_events import WeightState
from protocols.scales.checks import xor
from protocols.scales.frames import FramedSession, Frames, Shown, weighed
from protocols.scales.session import Answer, Platter, ScaleProtocol, Unanswered
from protocols.scales.speaking import AT_REST, AnsweringScale, net_grams
from protocols.scales.units import Mass

MINIMUM_GRAMS = 100
"""Twenty steps of 5 g, in the simulated scale."""
SAME_AGAIN = 2
STILL_AFTER = 4
"""So many answers alike under S = E = 1 are no load in motion."""


def _checked(body: str) -> bytes:
    data = body.encode("ascii")
    return data + bytes([xor(data)]) + b"\r\n"


def question(price: int) -> bytes:
    """The till's record. Raises ValueError for a price beyond five digits."""
    if not 0 <= price <= 99_999:
        raise ValueError("five digits")
    return _checked(f"98{price:05}")


def encode(grams: int, *, weight_wrong: bool = False, amount_wrong: bool = False, amount: int = 0) -> bytes:
    """The scale's record. Raises ValueError when the digits do not fit."""
    if not (0 <= grams <= 99_999 and 0 <= amount <= 999_999):
        raise ValueError("five digits of weight, six of amount")
    return _checked(f"99{int(weight_wrong)}{grams:05}{int(amount_wrong)}{amount:06}")


def _shown(found: re.Match[bytes]) -> Shown | None:
    body, weight_wrong, grams, amount_wrong, check = found.groups()
    if xor(body) != check[0]:
        return None
    mass = Mass(int(grams), int(grams) * 1_000)
    if weight_wrong == b"0":
        return weighed(mass) if amount_wrong == b"0" else Shown(WeightState.FAULT)
    if amount_wrong == b"1":
        return Shown(WeightState.MOTION, mass)
    return Shown(WeightState.BELOW_MINIMUM) if mass.grams else weighed(mass)


FRAMES = Frames(re.compile(rb"(99([01])([0-9]{5})([01])[0-9]{6})([\x00-\x7f])\r\n", re.DOTALL), 18, _shown)


class AskingSession(FramedSession):
    """The till's side."""

    def __init__(self, device_id: str) -> None:
        super().__init__(device_id, FRAMES, question=question(0))
        self._good: Shown | None = None
        self._wrong: Shown | None = None
        self._wrong_times = 0

    def expire(self, now_ms: int) -> Unanswered | None:
        """A lost answer ends what is known of the load."""
        given_up = super().expire(now_ms)
        if given_up is not None:
            self._good = None
            self._wrong_times = 0
        return given_up

    def _first(self, shown: list[Shown]) -> Shown | None:
        if not shown:
            return None
        first = shown[0]
        if first.state is not WeightState.MOTION:
            self._good = first if first.mass is not None else None
            self._wrong_times = 0
            return first
        self._wrong_times = self._wrong_times + 1 if first == self._wrong else 1
        self._wrong = first
        if self._good is not None and first.mass == self._good.mass:
            return self._good if self._wrong_times >= SAME_AGAIN else Shown(WeightState.MOTION)
        if self._wrong_times < STILL_AFTER:
            return Shown(WeightState.MOTION)
        self._good = None
        return Shown(WeightState.WEIGH_AGAIN)


class AnsweringSession(AnsweringScale):
    """The scale's side, with its rule of twenty steps."""

    def __init__(self, platter: Platter) -> None:
        super().__init__(platter)
        self._buffer = b""
        self._sway = False
        self._told: int | None = None
        """The weight of the last good answer; None: zero was passed since."""

    def receive(self, data: bytes, _now_ms: int) -> list[Answer]:
        """Answer every whole record with a right check."""
        *records, self._buffer = (self._buffer + data).split(b"\r\n")
        self._buffer = self._buffer[-16:]
        answers = []
        for record in records:
            found = re.search(rb"(98([0-9]{5}))([\x00-\x7f])\Z", record, re.DOTALL)
            if found is not None and xor(found[1]) == found[3][0]:
                answers.append(Answer(self._answer(int(found[2]))))
        return answers

    def _answer(self, price: int) -> bytes:
        state, net = self.platter.state(), net_grams(self.platter)
        shown = max(0, min(net, 99_999))
        if state not in AT_REST:
            self._sway = not self._sway
            momentary = shown + 5 * self._sway if state is WeightState.MOTION else 0
            return encode(momentary, weight_wrong=True, amount_wrong=True)
        if net < MINIMUM_GRAMS:
            self._told = self._told if net else None
            return encode(shown, weight_wrong=True)
        if self._told is not None and abs(net - self._told) < MINIMUM_GRAMS:
            return encode(shown, weight_wrong=True, amount_wrong=True)
        self._told = net
        return encode(shown, amount=min(999_999, (net * price + 500) // 1_000))


PROTOCOL = ScaleProtocol(
    name="tisa",
    line="8N1",
    asking=AskingSession,
    answering=AnsweringSession,
    know=FRAMES.know,
    sure=True,
    probe=question(0),
    tells=frozenset({WeightState.STABLE, WeightState.ZERO, WeightState.MOTION}),
    tells_net=False,
    weighs_from_grams=MINIMUM_GRAMS,
)
