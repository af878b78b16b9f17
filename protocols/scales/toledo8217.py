"""Toledo 8217 and 8213: single characters ask, STX ... CR answers. Both roles, no I/O, no clock.

Line: 9600 baud, 7 data bits, even parity, 1 stop bit; the parity bit is gone, or masked here, before a byte is read.
Source: Mettler-Toledo 8213/8217 interface description. Clones differ in bits 5 and 6 of the status byte.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from protocols.device_events import WeightRead, WeightState

STX, CR = 0x02, 0x0D
ANSWER_WITHIN_MS = 500
"""A scale that has not answered `W` by then is silent."""
COMMAND_DELAY_MS = 150
"""Tare and clear are answered after this long."""
FRAME_MAX = 12
"""Longest answer, without STX and CR; anything longer is noise."""

_LB_HUNDREDTHS_TO_GRAMS = (45_359_237, 10_000_000)


class Unit(enum.StrEnum):
    """How the scale is set. It is not said on the wire, only shown by the number of digits."""

    KG = "kg"
    LB = "lb"
    LB_8213 = "lb_8213"


_WEIGHTS = {
    Unit.KG: re.compile(rb"(\d\d)\.(\d\d\d)(N?)"),
    Unit.LB: re.compile(rb"(\d\d)\.(\d\d)(N?)"),
    Unit.LB_8213: re.compile(rb"(0\d\d)\.(\d\d)(N?)"),
}
"""Exact, so that a digit lost or doubled on the line is no weight."""


class Status(enum.IntFlag):
    """The status byte's bits that are the same on every make."""

    MOTION = 1
    OVER_CAPACITY = 2
    UNDER_ZERO = 4
    OUTSIDE_ZERO_CAPTURE = 8
    CENTRE_OF_ZERO = 16
    NET = 32
    ALWAYS = 64


@dataclass(frozen=True, slots=True)
class Garbled:
    """Something came that is no answer of such a scale."""

    data: bytes


def grams_of(whole_and_part: int, unit: Unit) -> int:
    """Whole grams of a weight in thousandths of a kilogram or hundredths of a pound (rounded half up)."""
    if unit is Unit.KG:
        return whole_and_part
    numerator, denominator = _LB_HUNDREDTHS_TO_GRAMS
    return (2 * whole_and_part * numerator + denominator) // (2 * denominator)


def digits_of(grams: int, unit: Unit) -> bytes:
    """A weight as the scale shows it. Raises ValueError when it does not fit in the digits."""
    if unit is Unit.KG:
        whole, part, form = grams // 1000, grams % 1000, b"%02d.%03d"
    else:
        numerator, denominator = _LB_HUNDREDTHS_TO_GRAMS
        hundredths = (2 * grams * denominator + numerator) // (2 * numerator)
        whole, part, form = hundredths // 100, hundredths % 100, b"%02d.%02d"
    if grams < 0 or whole > 99:
        raise ValueError(f"{grams} g does not fit in the digits of a scale")
    return (b"0" if unit is Unit.LB_8213 else b"") + form % (whole, part)


def state_of(status: int) -> WeightState:
    """What a status byte without a weight means; what forbids weighing most comes first."""
    if status & Status.OVER_CAPACITY:
        return WeightState.OVER_CAPACITY
    if status & Status.UNDER_ZERO:
        return WeightState.UNDER_ZERO
    if status & Status.MOTION:
        return WeightState.MOTION
    if status & Status.CENTRE_OF_ZERO:
        return WeightState.ZERO
    return WeightState.FAULT


class ScaleSession:
    """The box's side: asks for the weight, reads the answer. One question at a time; what nobody asked for is dropped."""

    def __init__(self, device_id: str, unit: Unit = Unit.KG) -> None:
        self._device_id = device_id
        self._unit = unit
        self._frame: bytearray | None = None
        self._deadline_ms: int | None = None
        self._last: WeightRead | None = None

    @property
    def deadline_ms(self) -> int | None:
        """When the open question counts as unanswered; None while none is open."""
        return self._deadline_ms

    def ask(self, now_ms: int) -> bytes:
        """The bytes of a new question. What came for an older one is forgotten."""
        self._frame = None
        self._deadline_ms = now_ms + ANSWER_WITHIN_MS
        return b"W"

    def expire(self, now_ms: int) -> bool:
        """Whether the open question ran out of time; it is then closed, and the last weight is nobody's."""
        if self._deadline_ms is None or now_ms < self._deadline_ms:
            return False
        self._frame = self._deadline_ms = self._last = None
        return True

    def feed(self, data: bytes) -> WeightRead | Garbled | None:
        """Take bytes, in whatever pieces. The answer to the open question, or Garbled (the question stays open), or None."""
        garbled: Garbled | None = None
        for byte in data:
            if self._deadline_ms is None:
                self._frame = None
                break
            frame = self._take(byte & 0x7F)
            if frame is None:
                continue
            answer = self._read(frame)
            if isinstance(answer, WeightRead):
                self._deadline_ms = None
                garbled = None
                self._last = answer if answer.grams is not None else None
                return answer
            garbled = answer
        return garbled

    def _take(self, byte: int) -> bytes | None:
        """A frame's inside when `byte` ends it."""
        if byte == STX:
            self._frame = bytearray()
        elif self._frame is not None:
            # The second byte of `? status` may be any value, CR among them.
            if byte == CR and bytes(self._frame) != b"?":
                frame, self._frame = bytes(self._frame), None
                return frame
            self._frame.append(byte)
            if len(self._frame) > FRAME_MAX:
                frame, self._frame = bytes(self._frame), None
                return frame
        return None

    def _read(self, frame: bytes) -> WeightRead | Garbled:
        if len(frame) == 2 and frame[:1] == b"?":
            return self._read_status(frame[1])
        found = _WEIGHTS[self._unit].fullmatch(frame)
        if found is None:
            return Garbled(frame)
        grams = grams_of(int(found[1] + found[2]), self._unit)
        state = WeightState.STABLE if grams else WeightState.ZERO
        return WeightRead(device_id=self._device_id, state=state, grams=grams, net=found[3] == b"N")

    def _read_status(self, status: int) -> WeightRead:
        nothing_to_say = not status & ~(Status.NET | Status.ALWAYS)
        if nothing_to_say and self._last is not None:
            # Some scales tell a weight once, then an empty status until the load changes.
            return self._last
        return WeightRead(device_id=self._device_id, state=state_of(status), net=False)


@dataclass(frozen=True, slots=True)
class Load:
    """What the platter's cell measures, before zero and tare."""

    grams: int = 0
    in_motion: bool = False
    over_capacity: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes the scale sends, and how long it takes."""

    data: bytes
    after_ms: int = 0


class ScaleDevice:
    """The scale's side: answers single characters, keeps its zero and tare. Characters it does not know get no answer."""

    ZERO_CAPTURE_GRAMS = 300

    def __init__(self, unit: Unit = Unit.KG, *, tare_enabled: bool = True) -> None:
        self._unit = unit
        self._tare_enabled = tare_enabled
        self._zero_grams = 0
        self._tare_grams = 0
        self._echoing = False
        self._tare_digits: bytes | None = None

    def feed(self, data: bytes, load: Load) -> list[Reply]:
        """The answers to these characters while `load` lies on the platter."""
        replies: list[Reply] = []
        for byte in data:
            reply = self._answer(bytes([byte & 0x7F]), load)
            if reply is not None:
                replies.append(reply)
        return replies

    def _answer(self, character: bytes, load: Load) -> Reply | None:
        if self._echoing:
            self._echoing = character != b"F"
            return Reply(character) if self._echoing else None
        if self._tare_digits is not None and character.isdigit():
            return self._digital_tare(character, load)
        self._tare_digits = None
        match character:
            case b"W":
                return Reply(self._weight(load))
            case b"Z":
                self._set_zero(load)
                return self._status_reply(load)
            case b"T" if self._tare_enabled:
                return self._platter_tare(load)
            case b"C":
                if not load.in_motion:
                    self._tare_grams = 0
                return self._status_reply(load, COMMAND_DELAY_MS)
            case b"A":
                return Reply(b"\x02\r")
            case b"B":
                return Reply(b"\x02?@\r")
            case b"E":
                self._echoing = True
                return Reply(b"\x02E\r")
            case _:
                return None

    def _weight(self, load: Load) -> bytes:
        status = self._status(load)
        net_grams = load.grams - self._zero_grams - self._tare_grams
        if status & (Status.MOTION | Status.OVER_CAPACITY | Status.UNDER_ZERO) or net_grams < 0:
            return self._frame_of(status if net_grams >= 0 else status | Status.UNDER_ZERO)
        try:
            digits = digits_of(net_grams, self._unit)
        except ValueError:
            return self._frame_of(status | Status.OVER_CAPACITY)
        return bytes((STX,)) + digits + (b"N" if self._tare_grams else b"") + bytes((CR,))

    def _status(self, load: Load) -> int:
        gross_grams = load.grams - self._zero_grams
        status = int(Status.ALWAYS)
        status |= Status.MOTION * load.in_motion
        status |= Status.OVER_CAPACITY * load.over_capacity
        status |= Status.UNDER_ZERO * (gross_grams < 0)
        status |= Status.OUTSIDE_ZERO_CAPTURE * (abs(load.grams) > self.ZERO_CAPTURE_GRAMS)
        status |= Status.CENTRE_OF_ZERO * (gross_grams == 0 and not load.in_motion)
        status |= Status.NET * (self._tare_grams > 0)
        return status

    def _frame_of(self, status: int) -> bytes:
        return bytes((STX, ord("?"), status, CR))

    def _status_reply(self, load: Load, after_ms: int = 0) -> Reply:
        return Reply(self._frame_of(self._status(load)), after_ms)

    def _set_zero(self, load: Load) -> None:
        if not load.in_motion and not self._tare_grams and abs(load.grams) <= self.ZERO_CAPTURE_GRAMS:
            self._zero_grams = load.grams

    def _platter_tare(self, load: Load) -> Reply:
        # Digits that follow make it a digital tare; the answer to the `T` itself has then left already, as on the scale.
        self._tare_digits = b""
        gross_grams = load.grams - self._zero_grams
        if not load.in_motion and gross_grams >= 0:
            self._tare_grams = gross_grams
        return self._status_reply(load, COMMAND_DELAY_MS)

    def _digital_tare(self, digit: bytes, load: Load) -> Reply | None:
        self._tare_digits = (self._tare_digits or b"") + digit
        if len(self._tare_digits) < 5:
            return None
        self._tare_grams, self._tare_digits = int(self._tare_digits), None
        return self._status_reply(load, COMMAND_DELAY_MS)
