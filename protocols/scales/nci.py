"""NCI / Weigh-Tronix "ECR" (SCP-01 and SCP-02): asking side and scale's side. No I/O, no clock.

One letter and CR; answers between LF and ETX:
  W  weight   SCP-01  LF xxxx.xxUU CR LF hh CR ETX
              SCP-02  LF xx.xxxUU  CR LF S hh CR ETX
              in motion, below zero, too heavy, zero error: the status line alone
  S  status, Z zero, T tare                 LF (S) hh CR ETX
  other                                     LF ? CR ETX
Status: each byte 30h with b0-b3 as flags, b6 and parity.
  first   b0 motion, b1 at zero, b2 RAM error, b3 EEPROM error
  second  b0 under, b1 over, b2 ROM error, b3 calibration error, b6 another byte follows
  third   b0-b1 range, b2 net, b3 initial-zero error
The digits have a fixed width, so one lost or doubled on the line is no weight.

Sources: Avery Weigh-Tronix document 8408-14788; Mettler DIVA service manual pp. 35-55; Ohaus Courier 7000 p. 43.
"""

from __future__ import annotations

import functools
import re

from protocols.device_events import WeightState
from protocols.scales.frames import WITHOUT_PARITY, FramedOrder, FramedSession, Frames, Shown, weighed
from protocols.scales.session import Answer, AskingSession, Ordered, OrderSession, Platter, ScaleOrder, ScaleProtocol
from protocols.scales.speaking import AT_REST, AnsweringScale, net_grams
from protocols.scales.units import kilograms, mass_of

_MOTION, _AT_ZERO, _BROKEN = 0x01, 0x02, 0x0C
_UNDER, _OVER, _MORE = 0x01, 0x02, 0x40
_NET, _ZERO_ERROR = 0x04, 0x08
_UNITS = {b"KG": "kg", b"LB": "lb", b"OZ": "oz", b"G ": "g", b" G": "g"}
_STATUS = rb"([\x30-\x3f])(?:([\x30-\x3f])|([\x70-\x7f])([\x30-\x3f]))\r\x03"
_UNIT = rb"(KG|LB|OZ|G | G)"
FRAME_BYTES_MAX = 24


def _shown(found: re.Match[bytes]) -> Shown | None:
    digits, unit, first, second, second_more, third = found.groups()
    state = _state(first[0], (second or second_more)[0], third[0] if third else 0)
    if digits is None:
        return Shown(WeightState.FAULT if state is WeightState.STABLE else state)
    if state not in AT_REST:
        return Shown(state)
    mass = mass_of(digits.decode("ascii"), _UNITS[unit])
    return None if mass is None else weighed(mass, net=bool(third and third[0] & _NET), unit=_UNITS[unit])


def _state(first: int, second: int, third: int) -> WeightState:
    if (first | second) & _BROKEN or third & _ZERO_ERROR:
        return WeightState.FAULT
    if second & _OVER:
        return WeightState.OVER_CAPACITY
    if second & _UNDER:
        return WeightState.UNDER_ZERO
    if first & _MOTION:
        return WeightState.MOTION
    return WeightState.ZERO if first & _AT_ZERO else WeightState.STABLE


FRAMES_01 = Frames(
    re.compile(rb"\n(?:([0-9]{4}\.[0-9]{2}|[0-9]{3}\.[0-9]{3})" + _UNIT + rb"\r\n)?" + _STATUS),
    FRAME_BYTES_MAX,
    _shown,
    seven_bits=True,
)
FRAMES_02 = Frames(
    re.compile(rb"\n(?:([0-9]{2}\.[0-9]{3})" + _UNIT + rb"\r\n)?S" + _STATUS), FRAME_BYTES_MAX, _shown, seven_bits=True
)


def _judge(order: ScaleOrder, shown: Shown) -> Ordered:
    match shown.state:
        case WeightState.MOTION:
            return Ordered.MOTION
        case WeightState.ZERO:
            return Ordered.DONE
        case WeightState.FAULT if order is ScaleOrder.TARE:  # a status with nothing wrong in it
            return Ordered.DONE
        case _:
            return Ordered.OUT_OF_RANGE


_LETTERS = {ScaleOrder.ZERO: b"Z\r", ScaleOrder.TARE: b"T\r"}


def _place(frames: Frames, _session: AskingSession, order: ScaleOrder) -> OrderSession | None:
    if order not in _LETTERS:
        return None
    unanswered = Ordered.NOT_KNOWN if order is ScaleOrder.TARE else Ordered.UNANSWERED
    return FramedOrder(order, _LETTERS[order], frames, judge=_judge, unanswered=unanswered)


class AnsweringSession(AnsweringScale):
    """The scale's side. `letter_s`: SCP-02."""

    def __init__(self, platter: Platter, *, letter_s: bool) -> None:
        super().__init__(platter)
        self._letter_s = letter_s
        self._buffer = b""

    def receive(self, data: bytes, _now_ms: int) -> list[Answer]:
        """Answer every command in these bytes."""
        *commands, self._buffer = (self._buffer + data.translate(WITHOUT_PARITY, b"\n")).split(b"\r")
        self._buffer = self._buffer[-8:]
        return [Answer(self._answer(command)) for command in commands if command]

    def _answer(self, command: bytes) -> bytes:
        match command:
            case b"W":
                at_rest = self.platter.state() in AT_REST
                return (b"\n" + self._digits() + b"KG\r" if at_rest else b"") + self._status()
            case b"S":
                return self._status()
            case b"Z":
                self.platter.zero()
                return self._status()
            case b"T":
                done = self.platter.tare()
                return self._status() if done or self.platter.state() not in AT_REST else b"\n?\r\x03"
            case _:
                return b"\n?\r\x03"

    def _digits(self) -> bytes:
        return kilograms(net_grams(self.platter), 6 if self._letter_s else 7).encode("ascii")

    def _status(self) -> bytes:
        state = self.platter.state()
        first = 0x30 | {WeightState.MOTION: _MOTION, WeightState.ZERO: _AT_ZERO, WeightState.FAULT: 0x04}.get(state, 0)
        second = 0x30 | {WeightState.UNDER_ZERO: _UNDER, WeightState.OVER_CAPACITY: _OVER}.get(state, 0)
        status = bytes([first, second | _MORE, 0x30 | _NET]) if self.platter.tare_grams else bytes([first, second])
        return b"\n" + (b"S" if self._letter_s else b"") + status + b"\r\x03"


def _protocol(name: str, frames: Frames, *, letter_s: bool) -> ScaleProtocol:
    return ScaleProtocol(
        name=name,
        line="7E1",
        asking=functools.partial(FramedSession, frames=frames, question=b"W\r"),
        answering=functools.partial(AnsweringSession, letter_s=letter_s),
        know=frames.know,
        probe=b"W\r",
        order=functools.partial(_place, frames),
        orders=frozenset(_LETTERS),
    )


PROTOCOL_01 = _protocol("nci_scp01", FRAMES_01, letter_s=False)
PROTOCOL_02 = _protocol("nci_scp02", FRAMES_02, letter_s=True)
