"""What most scale protocols share: whole frames are looked for in a stream, and one of them ends a question.

A protocol that *asks* takes the first whole frame after its question; one that only *listens* (the scale speaks unasked)
takes the newest. Where frames carry no checksum, a weight counts only when several in a row are alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from protocols.device_events import WeightRead, WeightState
from protocols.scales.session import ANSWER_WITHIN_MS, Ordered, ScaleOrder, Unanswered
from protocols.scales.units import Mass

_DAMAGED = 0x80
WITHOUT_PARITY = bytes(
    byte if byte < 0x80 else (byte & 0x7F if byte.bit_count() % 2 == 0 else _DAMAGED) for byte in range(256)
)
"""Below 80h: as it came (7-E-1, or a parity bit of 0). Above: taken off if right, else a byte no answer contains."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one frame says. `mass` None: no digits that mean anything; `unit` as the scale shows it."""

    state: WeightState
    mass: Mass | None = None
    net: bool = False
    unit: str = "kg"


def weighed(mass: Mass, *, net: bool = False, unit: str = "kg") -> Shown:
    """A weight at rest: stable, zero, or below zero (then without digits)."""
    if mass.grams < 0:
        return Shown(WeightState.UNDER_ZERO)
    return Shown(WeightState.STABLE if mass.grams else WeightState.ZERO, mass, net, unit)


def as_read(device_id: str, shown: Shown) -> WeightRead:
    """The device event of a frame. Milligrams are told only where they are not whole grams."""
    mass = shown.mass
    if mass is None:
        return WeightRead(device_id=device_id, state=shown.state)
    return WeightRead(
        device_id=device_id,
        state=shown.state,
        grams=mass.grams,
        net=shown.net,
        unit=shown.unit,
        milligrams=None if mass.milligrams == mass.grams * 1_000 else mass.milligrams,
    )


@dataclass(frozen=True, slots=True)
class Frames:
    """How a protocol's frames look. `read` gives None for a frame that is damaged (wrong checksum, impossible digits)."""

    pattern: re.Pattern[bytes]
    bytes_max: int
    read: Callable[[re.Match[bytes]], Shown | None]
    seven_bits: bool = False
    """The line is 7-E-1; opened as 8-N-1 it shows the parity in b7, which is checked and taken off."""

    def clean(self, data: bytes) -> bytes:
        """Bytes of the line as the frames know them."""
        return data.translate(WITHOUT_PARITY) if self.seven_bits else data

    def take(self, buffer: bytes) -> tuple[list[Shown], bytes]:
        """Every whole frame, and what may still become one."""
        found: list[Shown] = []
        at = 0
        while (match := self.pattern.search(buffer, at)) is not None:
            shown = self.read(match)
            at = match.start() + 1 if shown is None else match.end()
            if shown is not None:
                found.append(shown)
        return found, buffer[max(at, len(buffer) - self.bytes_max + 1) :]

    def know(self, data: bytes) -> bool:
        """Whether a whole frame of the protocol stands in these bytes."""
        return bool(self.take(self.clean(data))[0])


class FramedSession:
    """The till's side, see `session.AskingSession`, for frames. Without a question it listens.

    `alike`: so many frames in a row must say the same before a weight counts; other states count at once. With `opening`,
    the question is only sent after the scale answered the opening with `ready`.
    """

    def __init__(
        self,
        device_id: str,
        frames: Frames,
        *,
        question: bytes = b"",
        alike: int = 1,
        opening: bytes = b"",
        ready: bytes = b"",
        answer_within_ms: int = ANSWER_WITHIN_MS,
    ) -> None:
        self._device_id = device_id
        self._frames = frames
        self._question = question
        self._alike = alike
        self._opening = opening
        self._ready = ready
        self._answer_within_ms = answer_within_ms
        self._buffer = b""
        self._heard_bytes = False
        self._opened = True
        self._outgoing = b""
        self._same: Shown | None = None
        self._times = 0
        self.deadline_ms: int | None = None

    def ask(self, now_ms: int) -> bytes:
        """Begin a question, or wait for the next frame."""
        self._buffer, self._outgoing = b"", b""
        self._heard_bytes = False
        self._same, self._times = None, 0
        self._opened = not self._opening
        self.deadline_ms = now_ms + self._answer_within_ms
        return self._question if self._opened else self._opening

    def to_send(self) -> bytes:
        """The question after its opening, or the question once more."""
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def receive(self, data: bytes) -> WeightRead | Unanswered | None:
        """Take what came, in any pieces; never raises."""
        if self.deadline_ms is None:
            return None
        self._heard_bytes = self._heard_bytes or bool(data)
        if not self._opened:
            if self._ready in data:
                self._opened, self._outgoing = True, self._question
            return None
        shown, self._buffer = self._frames.take(self._buffer + self._frames.clean(data))
        ended = self._newest(shown) if not self._question else self._first(shown)
        if ended is None:
            return None
        self.deadline_ms = None
        self._buffer = b""
        return as_read(self._device_id, ended)

    def expire(self, now_ms: int) -> Unanswered | None:
        """Give up when the time is over."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return None
        self.deadline_ms = None
        return Unanswered.UNREADABLE if self._heard_bytes else Unanswered.SILENT

    def _first(self, shown: list[Shown]) -> Shown | None:
        for each in shown:
            if self._counts(each):
                return each
            self._outgoing = self._question
        return None

    def _newest(self, shown: list[Shown]) -> Shown | None:
        newest: Shown | None = None
        for each in shown:
            newest = each if self._counts(each) else None
        return newest

    def _counts(self, shown: Shown) -> bool:
        if shown.mass is None:
            self._same, self._times = None, 0
            return True
        self._times = self._times + 1 if shown == self._same else 1
        self._same = shown
        return self._times >= self._alike


Judge = Callable[[ScaleOrder, Shown], Ordered | None]
"""What a frame after an order proves; None: nothing yet."""


def judge_by_weight(order: ScaleOrder, shown: Shown) -> Ordered | None:
    """For scales that confirm nothing: zero and tare both end in a weight of zero at rest, clearing a tare in no net."""
    match shown.state:
        case WeightState.MOTION:
            return Ordered.MOTION
        case WeightState.ZERO:
            return Ordered.DONE
        case WeightState.STABLE if order is ScaleOrder.CLEAR_TARE and not shown.net:
            return Ordered.DONE
        case _:
            return Ordered.OUT_OF_RANGE


class FramedOrder:
    """Zero, tare or clear the tare, see `session.OrderSession`: sent once, judged by the frames that follow.

    `at_once`: the first frame is the answer. Otherwise the scale only goes on telling weights, and is given until the
    deadline to show that it did as told; what it showed last is then the reason why not.
    """

    def __init__(
        self,
        order: ScaleOrder,
        data: bytes,
        frames: Frames,
        *,
        judge: Judge = judge_by_weight,
        at_once: bool = True,
        within_ms: int = ANSWER_WITHIN_MS,
        unanswered: Ordered = Ordered.UNANSWERED,
    ) -> None:
        self._order = order
        self._data = data
        self._frames = frames
        self._judge = judge
        self._at_once = at_once
        self._within_ms = within_ms
        self._last = unanswered
        self._buffer = b""
        self.deadline_ms: int | None = None

    def start(self, now_ms: int) -> bytes:
        """The order, once."""
        self.deadline_ms = now_ms + self._within_ms
        return self._data

    def to_send(self) -> bytes:
        """Nothing more."""
        return b""

    def receive(self, data: bytes) -> Ordered | None:
        """Take what came, in any pieces; never raises."""
        if self.deadline_ms is None:
            return None
        shown, self._buffer = self._frames.take(self._buffer + self._frames.clean(data))
        for each in shown:
            judged = self._judge(self._order, each)
            if judged is None:
                continue
            if judged is Ordered.DONE or self._at_once:
                self.deadline_ms = None
                return judged
            self._last = judged
        return None

    def expire(self, now_ms: int) -> Ordered | None:
        """Why it was not done, when the time is over."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return None
        self.deadline_ms = None
        return self._last
