"""The Toledo 8217 and 8213 checkout scale protocols: asking side and device side. No I/O, no clock.

One-letter questions without terminator; answers `STX ... CR`:
  weight  STX WW.WWW CR       kilograms, `N` after the digits = net; set to pounds: WW.WW, on the 8213 0WW.WW
  status  STX ? <byte> CR     instead of a weight, and as the answer to Z, T and C
Status byte: b0 motion, b1 over capacity, b2 under zero, b3 outside the zero range, b4 centre of zero, b5 net, b6 differs
between makers (8213 and clones: always 1), b7 even parity. So only b0-b4 are read. The byte may look like STX or CR where
b6 is 0: its place decides, not its value. Line: 9600 baud, 7-E-1; a line opened as 8-N-1 shows the parity in b7, which is
checked and taken off here. There are no checksums and no sequence numbers: answers nobody waits for are dropped.
The 8213 is the older dialect: b6 of its status is always 1, pounds have a leading 0, and `H` asks for ten times the
resolution, told with one character more at both ends. Its answers are otherwise the 8217's.

Sources: Mettler DIVA service manual 72191202 pp. 35-55; Transcell PC-150 appendix B (8213); Ohaus Courier 7000 p. 43.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import re

import msgspec

from protocols.device_events import WeightRead, WeightState
from protocols.scales.frames import WITHOUT_PARITY, FramedOrder, Frames, Shown
from protocols.scales.session import (
    ANSWER_WITHIN_MS,
    Answer,
    Ordered,
    OrderSession,
    Platter,
    ScaleOrder,
    ScaleProtocol,
    Unanswered,
)
from protocols.scales.session import AskingSession as AnyAskingSession

SLOW_ANSWER_MS = 150
"""Z, T and C are answered this late."""

MOTION, OVER_CAPACITY, UNDER_ZERO, OUTSIDE_ZERO_RANGE, CENTRE_OF_ZERO, NET, ALWAYS_ONE = (1 << bit for bit in range(7))

_STX, _CR = b"\x02", b"\r"
_ANSWER_MAX_BYTES = 9
_POUND_HUNDREDTH, _GRAM = 45_359_237, 10_000_000
"""A hundredth of a pound and a gram in ten-millionths of a gram: 1 lb = 453.59237 g exactly."""


class Unit(enum.Enum):
    """What the scale is set to; it is not said on the wire. The value is how its weight looks, exactly.

    So a digit lost or doubled on the line is no weight, and pounds are never taken for kilograms.
    """

    KG = rb"([0-9]{2})\.([0-9]{3})"
    LB = rb"([0-9]{2})\.([0-9]{2})"
    LB_8213 = rb"(0[0-9]{2})\.([0-9]{2})"


_ANSWERS = {unit: re.compile(rb"\x02(?:\?([\x00-\x7f])|" + unit.value + rb"(N?))\r") for unit in Unit}


def grams_of(digits: int, unit: Unit) -> int:
    """Whole grams of a weight's digits without the point: as they are, or hundredths of a pound rounded half up."""
    if unit is Unit.KG:
        return digits
    return (2 * digits * _POUND_HUNDREDTH + _GRAM) // (2 * _GRAM)


class Command(enum.Enum):
    """What can be asked; the value is what goes over the line. ECHO ... ECHO_END is how some hosts look for a scale."""

    WEIGH = b"W"
    ZERO = b"Z"
    TARE = b"T"
    CLEAR_TARE = b"C"
    SELF_TEST = b"A"
    SELF_TEST_RESULT = b"B"
    ECHO = b"E"
    ECHO_END = b"F"
    WEIGH_FINE = b"H"


class AskingSession:
    """The till's side, see `session.AskingSession`: `W` only."""

    def __init__(self, device_id: str, answer_within_ms: int = ANSWER_WITHIN_MS, unit: Unit = Unit.KG) -> None:
        self._device_id = device_id
        self._unit = unit
        self._answer_within_ms = answer_within_ms
        self._buffer = b""
        self._heard_bytes = False
        self._last_weight: WeightRead | None = None
        self.deadline_ms: int | None = None
        """Until when the open question may be answered; None: no question is open."""

    def ask(self, now_ms: int) -> bytes:
        """Ask for the weight; a question still open is forgotten and half an answer thrown away."""
        if self.deadline_ms is not None:
            self._last_weight = None
        self._buffer = b""
        self._heard_bytes = False
        self.deadline_ms = now_ms + self._answer_within_ms
        return Command.WEIGH.value

    def receive(self, data: bytes) -> WeightRead | None:
        """Take what came, in any pieces. Returns the answer to the open question, at most one; never raises."""
        if self.deadline_ms is None:
            return None
        self._heard_bytes = self._heard_bytes or bool(data)
        self._buffer += data.translate(WITHOUT_PARITY)
        found = _ANSWERS[self._unit].search(self._buffer)
        if found is None:
            self._buffer = self._buffer[1 - _ANSWER_MAX_BYTES :]
            return None
        self.deadline_ms = None
        self._buffer = b""
        return self._read(found)

    def to_send(self) -> bytes:
        """Nothing: one letter is the whole question."""
        return b""

    def expire(self, now_ms: int) -> Unanswered | None:
        """Give the question up if its time is over; None if it is not, or nothing was asked."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return None
        self.deadline_ms = None
        # A scale that tells a weight only once may have told it in the answer that was lost.
        self._last_weight = None
        return Unanswered.UNREADABLE if self._heard_bytes else Unanswered.SILENT

    def forget(self) -> None:
        """A weight told before no longer stands for "as before"."""
        self._last_weight = None

    def _read(self, found: re.Match[bytes]) -> WeightRead:
        status, whole, part, net = found.groups()
        if status is None:
            total = grams_of(int(whole + part), self._unit)
            state = WeightState.STABLE if total else WeightState.ZERO
            unit = "kg" if self._unit is Unit.KG else "lb"
            self._last_weight = WeightRead(device_id=self._device_id, state=state, grams=total, net=bool(net), unit=unit)
            return self._last_weight
        state = state_of(status[0])
        if state is WeightState.STABLE and self._last_weight is not None:
            return self._last_weight
        self._last_weight = None
        # Nothing wrong and no weight known to repeat: nothing can be sold from that.
        return WeightRead(device_id=self._device_id, state=WeightState.FAULT if state is WeightState.STABLE else state)


def state_of(status: int) -> WeightState:
    """What a status byte says. STABLE: nothing wrong, "as before" (some scales tell a weight once, then only this)."""
    if status & OVER_CAPACITY:
        return WeightState.OVER_CAPACITY
    if status & UNDER_ZERO:
        return WeightState.UNDER_ZERO
    if status & MOTION:
        return WeightState.MOTION
    if status & CENTRE_OF_ZERO:
        return WeightState.ZERO
    if status & OUTSIDE_ZERO_RANGE:
        return WeightState.FAULT
    return WeightState.STABLE


def status_of(state: WeightState) -> int:
    """The status byte a scale sends in this state, b6 set, without parity."""
    bits = {
        WeightState.STABLE: 0,
        WeightState.MOTION: MOTION,
        WeightState.OVER_CAPACITY: OVER_CAPACITY,
        WeightState.UNDER_ZERO: UNDER_ZERO,
        WeightState.ZERO: CENTRE_OF_ZERO,
        WeightState.FAULT: OUTSIDE_ZERO_RANGE,
        WeightState.BELOW_MINIMUM: MOTION,
        WeightState.WEIGH_AGAIN: MOTION,
    }
    return bits[state] | ALWAYS_ONE


def encode_weight(grams: int, *, net: bool = False, unit: Unit = Unit.KG) -> bytes:
    """The answer with a weight. Raises ValueError when it does not fit: below 0, above 99.999 kg or 99.99 lb."""
    if unit is Unit.KG:
        digits, places = grams, 3
    else:
        digits, places = (2 * grams * _GRAM + _POUND_HUNDREDTH) // (2 * _POUND_HUNDREDTH), 2
    whole, part = divmod(digits, 10**places)
    if digits < 0 or whole > 99:
        raise ValueError(f"{grams} g does not fit into the digits of the scale")
    lead = "0" if unit is Unit.LB_8213 else ""
    return _STX + f"{lead}{whole:02}.{part:0{places}}{'N' if net else ''}".encode("ascii") + _CR


def encode_fine_weight(grams: int) -> bytes:
    """The 8213's answer to `H`: one digit more in front and one more behind. Raises ValueError when it does not fit."""
    if not 0 <= grams <= 99_999:
        raise ValueError(f"{grams} g does not fit into the digits of the scale")
    return _STX + f"0{grams // 1_000:02}.{grams % 1_000:03}0".encode("ascii") + _CR


def encode_status(status: int) -> bytes:
    """The answer with a status byte. Raises ValueError unless it has seven bits."""
    if not 0 <= status <= 0x7F:
        raise ValueError(f"status {status:#x} has more than seven bits")
    return _STX + b"?" + bytes([status]) + _CR


def with_even_parity(data: bytes) -> bytes:
    """The seven-bit bytes as a port opened 8-N-1 sees them."""
    return bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in data)


class Asked(msgspec.Struct, frozen=True):
    """The scale was asked something it must answer."""

    command: Command


class Echo(msgspec.Struct, frozen=True):
    """Bytes to send back as they are (between E and F)."""

    data: bytes


class DeviceSession:
    """The scale's side: letters in, questions out. What is no command is ignored, as the scale does."""

    def __init__(self) -> None:
        self._echoing = False

    def receive(self, data: bytes) -> list[Asked | Echo]:
        """Take bytes in any pieces; never raises. E is answered with `STX E CR`, then all comes back until F."""
        heard: list[Asked | Echo] = []
        for byte in data.translate(WITHOUT_PARITY):
            letter = bytes([byte])
            if self._echoing and letter != Command.ECHO_END.value:
                heard.append(Echo(letter))
            elif letter in _BY_LETTER:
                command = _BY_LETTER[letter]
                self._echoing = command is Command.ECHO
                if command is not Command.ECHO_END:
                    heard.append(Asked(command))
        return heard


ECHO_ANSWER = _STX + Command.ECHO.value + _CR
SELF_TEST_ANSWER = _STX + _CR
_BY_LETTER = {command.value: command for command in Command}


class AnsweringSession:
    """The scale's side over its platter, see `session.AnsweringSession`."""

    def __init__(self, platter: Platter, unit: Unit = Unit.KG, *, fine: bool = False) -> None:
        """`fine`: it knows `H` (8213)."""
        self._platter = platter
        self._unit = unit
        self._fine = fine
        self._hears = DeviceSession()

    @property
    def waiting(self) -> bool:
        """Never: the scale says nothing unasked."""
        return False

    def greeting(self) -> bytes:
        """The scale says nothing unasked."""
        return b""

    def tick(self, _now_ms: int) -> list[Answer]:
        """The scale says nothing unasked."""
        return []

    def receive(self, data: bytes, _now_ms: int) -> list[Answer]:
        """Answer every question in these bytes, in order."""
        answers: list[Answer] = []
        for heard in self._hears.receive(data):
            if isinstance(heard, Echo):
                answers.append(Answer(heard.data))
            elif heard.command is not Command.WEIGH_FINE or self._fine:
                answers.append(self._answer(heard.command))
        return answers

    def _answer(self, command: Command) -> Answer:
        match command:
            case Command.WEIGH:
                return Answer(self._weight())
            case Command.WEIGH_FINE:
                return Answer(self._weight(fine=True))
            case Command.ZERO:
                self._platter.zero()
            case Command.TARE:
                self._platter.tare()
            case Command.CLEAR_TARE:
                self._platter.clear_tare()
            case Command.SELF_TEST:
                return Answer(SELF_TEST_ANSWER)
            case Command.SELF_TEST_RESULT:
                return Answer(encode_status(status_of(WeightState.STABLE)))
            case Command.ECHO | Command.ECHO_END:
                return Answer(ECHO_ANSWER)
        return Answer(self._status(), SLOW_ANSWER_MS)

    def _weight(self, *, fine: bool = False) -> bytes:
        tare_grams = self._platter.tare_grams
        if self._platter.state() in {WeightState.STABLE, WeightState.ZERO}:
            if fine:
                return encode_fine_weight(self._platter.gross_grams - tare_grams)
            return encode_weight(self._platter.gross_grams - tare_grams, net=tare_grams != 0, unit=self._unit)
        return self._status()

    def _status(self) -> bytes:
        return encode_status(status_of(self._platter.state()) | (NET if self._platter.tare_grams else 0))


def _status_shown(found: re.Match[bytes]) -> Shown:
    """After an order: ZERO stands for "centre of zero", STABLE for nothing wrong."""
    status = found[1][0]
    return Shown(WeightState.ZERO if status & (CENTRE_OF_ZERO | _WRONG) == CENTRE_OF_ZERO else state_of(status & _WRONG))


_WRONG = MOTION | OVER_CAPACITY | UNDER_ZERO
_STATUS = Frames(re.compile(rb"\x02\?([\x00-\x7f])\r"), 4, _status_shown, seven_bits=True)
_LETTERS = {ScaleOrder.ZERO: Command.ZERO, ScaleOrder.TARE: Command.TARE, ScaleOrder.CLEAR_TARE: Command.CLEAR_TARE}


def _judge(order: ScaleOrder, shown: Shown) -> Ordered:
    match shown.state:
        case WeightState.MOTION:
            return Ordered.MOTION
        case WeightState.ZERO:
            return Ordered.DONE
        case WeightState.STABLE if order is not ScaleOrder.ZERO:
            return Ordered.DONE
        case _:
            return Ordered.OUT_OF_RANGE


def order_session(session: AnyAskingSession, order: ScaleOrder) -> OrderSession:
    """Z, T and C. A scale whose tare is switched off does not answer T and C at all."""
    if isinstance(session, AskingSession):
        session.forget()
    unanswered = Ordered.UNANSWERED if order is ScaleOrder.ZERO else Ordered.NOT_KNOWN
    return FramedOrder(order, _LETTERS[order].value, _STATUS, judge=_judge, unanswered=unanswered)


def know(data: bytes) -> bool:
    """Whether an answer of either dialect stands in these bytes."""
    return any(pattern.search(data.translate(WITHOUT_PARITY)) for pattern in _ANSWERS.values())


def in_pounds(protocol: ScaleProtocol) -> ScaleProtocol:
    """One of these two protocols, for a scale that is set to pounds."""
    unit = Unit.LB_8213 if protocol.name == PROTOCOL_8213.name else Unit.LB
    return dataclasses.replace(
        protocol,
        asking=functools.partial(AskingSession, unit=unit),
        answering=functools.partial(AnsweringSession, unit=unit),
    )


PROTOCOL = ScaleProtocol(
    name="toledo8217",
    line="7E1",
    asking=AskingSession,
    answering=AnsweringSession,
    know=know,
    probe=Command.WEIGH.value,
    order=order_session,
    orders=frozenset(ScaleOrder),
)
PROTOCOL_8213 = ScaleProtocol(
    name="toledo8213",
    line="7E1",
    asking=AskingSession,
    answering=functools.partial(AnsweringSession, fine=True),
    know=know,
    probe=Command.WEIGH.value,
    order=order_session,
    orders=frozenset(ScaleOrder),
)
