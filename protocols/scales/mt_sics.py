"""MT-SICS, the command set of Mettler-Toledo scales and of many clones: asking side and scale's side. No I/O, no clock.

ASCII lines, parameters parted by one space, every line ends CR LF, both ways:
  SI    the weight at once    S S <weight> <unit>   stable
                              S D <weight> <unit>   moving
                              S I | S + | S -       not executable now | overload | underload
  S     the stable weight     as SI, after waiting; `S I` when it does not come to rest
  SIR   SI again and again, until any other command
  Z ZI  zero                  Z A | Z I | Z + | Z -;  ZI S | ZI D
  T TI  tare                  T S <weight> <unit> | T I | T + | T -;  TI S | TI D
  TA    ask or preset tare    TA A <weight> <unit> | TA I | TA L
  TAC   clear tare            TAC A
  @     start anew            I4 A "<serial number>", also said when the scale is switched on
  I0-I4 who are you
  ES ET EL                    not understood | transmission error | not executable
The weight stands right-aligned in ten characters, but clones pad as they like. There is no checksum and no sequence
number, and a weight with a digit lost is a weight. So the asking side takes a weight only when it is read twice alike,
and asks for the tare before and after, because the weight does not say whether it is net. The tare is asked first after
every lost answer: answers come in order, so older weights still on their way are not taken for new ones.

Sources: MT AL-IC manual p. 72, AT p. 87, JS series p. 30 (commands and answers); common defaults 9600 8-N-1.
"""

from __future__ import annotations

import enum
import re

import msgspec

from protocols.device_events import WeightRead, WeightState
from protocols.scales.frames import as_read, weighed
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
from protocols.scales.units import grams_of, mass_of

LINE_BYTES_MAX = 80
RETRIES_MAX = 6
"""So often is a step asked again within one question when its answer came damaged or the scale did not understand it."""
TARE_REFUSED_MAX = 5
"""So often in a row `ES` to `TA` means a scale without that command: what it shows then counts as gross."""
TARE_TRIED_AGAIN_EVERY = 50
"""Noise may have spoilt the question that often: every so many weights the tare is asked for again."""
STABLE_WITHIN_MS = 3_000
ORDER_WITHIN_MS = 2_500
"""A till does not wait for a scale longer than that, though the scale may still be waiting for rest."""
REPEAT_MS = 100
WEIGHT_WIDTH = 10

_WEIGHT = re.compile(r"(S|TA) ([SDA]) +(-?)([0-9]{1,9})(?:\.([0-9]{1,6}))? +([A-Za-z]{1,4}) *")


def weight_text(grams: int, unit: str = "kg") -> str:
    """Weight and unit as they stand in an answer; grams in whole grams, kilograms with three digits."""
    if unit == "g":
        return f"{grams:>{WEIGHT_WIDTH}} g"
    whole, part = divmod(abs(grams), 1_000)
    return f"{'-' if grams < 0 else ''}{whole}.{part:03}".rjust(WEIGHT_WIDTH) + " kg"


class _Step(enum.Enum):
    """What the asking side waits for."""

    TARE_BEFORE = enum.auto()
    WEIGHT = enum.auto()
    AGAIN = enum.auto()
    TARE_AFTER = enum.auto()


_ASKS = {
    _Step.TARE_BEFORE: b"TA\r\n",
    _Step.WEIGHT: b"SI\r\n",
    _Step.AGAIN: b"SI\r\n",
    _Step.TARE_AFTER: b"TA\r\n",
}


class AskingSession:
    """The till's side, see `session.AskingSession`: TA (when not known), SI, SI, TA."""

    def __init__(self, device_id: str, answer_within_ms: int = ANSWER_WITHIN_MS) -> None:
        self._device_id = device_id
        self._answer_within_ms = answer_within_ms
        self._buffer = b""
        self._heard_bytes = False
        self._step = _Step.WEIGHT
        self._outgoing = b""
        self._tare: str | None = None
        """The tare as the scale told it last; None: not known."""
        self._tare_refused = 0
        self._retries = 0
        self._weight = ""
        self._read: WeightRead | None = None
        self.deadline_ms: int | None = None

    def ask(self, now_ms: int) -> bytes:
        """Begin a question for the weight."""
        if self.deadline_ms is not None:
            self._tare = None
        self._buffer = b""
        self._retries = 0
        self.deadline_ms = now_ms + self._answer_within_ms
        if not self._has_tare:
            self._tare_refused += 1
        if self._tare_refused >= TARE_REFUSED_MAX + TARE_TRIED_AGAIN_EVERY:
            self._tare_refused = TARE_REFUSED_MAX - 1
        self._go(_Step.TARE_BEFORE if self._tare is None and self._has_tare else _Step.WEIGHT)
        return self.to_send()

    def to_send(self) -> bytes:
        """The next step of the open question, once."""
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def receive(self, data: bytes) -> WeightRead | Unanswered | None:
        """Take what came, in any pieces; what nobody waits for is dropped."""
        if self.deadline_ms is None:
            return None
        self._heard_bytes = self._heard_bytes or bool(data)
        self._buffer = self._buffer + data
        while b"\n" in self._buffer and not self._outgoing:
            line, _, self._buffer = self._buffer.partition(b"\n")
            ended = self._hear(line.removesuffix(b"\r").decode("latin-1"))
            if ended is not None:
                self.deadline_ms = None
                self._buffer = b""
                if isinstance(ended, Unanswered):
                    self._tare = None
                return ended
        # After a step of ours, what is left came before the scale could have heard it.
        self._buffer = b"" if self._outgoing else self._buffer[-LINE_BYTES_MAX:]
        return None

    def expire(self, now_ms: int) -> Unanswered | None:
        """Give the question up if its time is over."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return None
        self.deadline_ms = None
        self._tare = None
        return Unanswered.UNREADABLE if self._heard_bytes else Unanswered.SILENT

    def forget(self) -> None:
        """The tare may be another one from now on."""
        self._tare = None

    @property
    def _has_tare(self) -> bool:
        return self._tare_refused < TARE_REFUSED_MAX

    def _go(self, step: _Step) -> None:
        self._step = step
        self._outgoing = _ASKS[step]
        self._heard_bytes = False

    def _hear(self, line: str) -> WeightRead | Unanswered | None:
        if line.startswith("I4 A "):  # switched on anew: nothing known holds
            self._tare = None
            return None
        if self._step in {_Step.TARE_BEFORE, _Step.TARE_AFTER}:
            return self._hear_tare(line)
        return self._hear_weight(line)

    def _hear_tare(self, line: str) -> WeightRead | Unanswered | None:
        found = _WEIGHT.fullmatch(line)
        if found is not None and found[1] == "TA" and found[2] == "A":
            before, self._tare = self._tare, f"{found[3]}{found[4]}.{found[5]} {found[6]}"
            self._tare_refused = 0
            if self._step is _Step.TARE_BEFORE:
                self._go(_Step.WEIGHT)
                return None
            return self._told(found) if before == self._tare else self._state(WeightState.MOTION)
        match line:
            case "ES" | "TA L" | "EL":
                return self._no_tare()
            case "TA I":
                self._tare = None
                return self._state(WeightState.MOTION)
            case _ if line.startswith("S "):  # late: nobody waits for a weight now
                return None
        return self._ask_again()

    def _no_tare(self) -> WeightRead | Unanswered | None:
        """The scale knows no TA, or noise made the question something else."""
        self._tare_refused += 1
        if self._has_tare:
            return self._ask_again()
        if self._step is _Step.TARE_AFTER:
            return self._state(WeightState.MOTION)
        self._go(_Step.WEIGHT)
        return None

    def _ask_again(self) -> Unanswered | None:
        self._retries += 1
        if self._retries > RETRIES_MAX:
            return Unanswered.UNREADABLE
        self._go(self._step)
        return None

    def _told(self, tare: re.Match[str]) -> WeightRead | Unanswered:
        """The weight read twice, now that the tare is certain."""
        assert self._read is not None
        taken_off = int(tare[4] + (tare[5] or "")) != 0
        return msgspec.structs.replace(self._read, net=taken_off)

    def _hear_weight(self, line: str) -> WeightRead | Unanswered | None:
        match line.rstrip(" "):
            case "S I":
                return self._state(WeightState.MOTION)
            case "S +":
                return self._state(WeightState.OVER_CAPACITY)
            case "S -":
                return self._state(WeightState.UNDER_ZERO)
            case "EL":
                return self._state(WeightState.FAULT)
        if line.startswith("TA "):  # late, or said twice
            return None
        found = _WEIGHT.fullmatch(line)
        if found is None or found[1] != "S" or found[2] == "A":
            return self._ask_again()
        if found[2] == "D":
            return self._state(WeightState.MOTION)
        if self._step is _Step.WEIGHT:
            self._weight = line
            self._go(_Step.AGAIN)
            return None
        if line != self._weight:
            return self._state(WeightState.MOTION)
        read = self._weighed(found)
        if isinstance(read, Unanswered) or read.grams is None or not self._has_tare:
            return read
        self._read = read
        self._go(_Step.TARE_AFTER)
        return None

    def _weighed(self, found: re.Match[str]) -> WeightRead | Unanswered:
        mass = mass_of(f"{found[3]}{found[4]}.{found[5] or ''}", found[6])
        return Unanswered.UNREADABLE if mass is None else as_read(self._device_id, weighed(mass, unit=found[6]))

    def _state(self, state: WeightState) -> WeightRead:
        return WeightRead(device_id=self._device_id, state=state)


class AnsweringSession:
    """The scale's side over its platter, see `session.AnsweringSession`. It weighs in kilograms or grams."""

    def __init__(self, platter: Platter, *, unit: str = "kg", serial_number: str = "0123456789") -> None:
        self._platter = platter
        self._unit = unit
        self._serial_number = serial_number
        self._buffer = b""
        self._waits: tuple[str, int] | None = None
        """A command that waits for rest, and until when."""
        self._repeats_at_ms: int | None = None

    @property
    def waiting(self) -> bool:
        """While a command waits for rest, and while SIR repeats."""
        return self._waits is not None or self._repeats_at_ms is not None

    def greeting(self) -> bytes:
        """Who has been switched on."""
        return _line(f'I4 A "{self._serial_number}"')

    def receive(self, data: bytes, now_ms: int) -> list[Answer]:
        """Answer every line in these bytes, in order."""
        self._buffer += data
        said: list[str] = []
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            said += self._answer(line.removesuffix(b"\r"), now_ms)
        if len(self._buffer) > LINE_BYTES_MAX:
            self._buffer = b""
            said.append("ET")
        return [Answer(_line(text)) for text in said]

    def tick(self, now_ms: int) -> list[Answer]:
        """Commands that waited for rest, and SIR's next weight."""
        said: list[str] = []
        if self._waits is not None:
            command, until_ms = self._waits
            if self._platter.state() is not WeightState.MOTION or now_ms >= until_ms:
                self._waits = None
                said += self._at_rest(command)
        if self._repeats_at_ms is not None and now_ms >= self._repeats_at_ms:
            self._repeats_at_ms = now_ms + REPEAT_MS
            said.append(self._weight())
        return [Answer(_line(text)) for text in said]

    def _answer(self, line: bytes, now_ms: int) -> list[str]:
        self._waits = None
        self._repeats_at_ms = None
        if len(line) > LINE_BYTES_MAX or not line.isascii():
            return ["ET"]
        command, _, rest = line.decode("ascii").partition(" ")
        if rest and command != "TA":
            return ["EL" if command in _COMMANDS else "ES"]
        match command:
            case "S" | "Z" | "T" if self._platter.state() is WeightState.MOTION:
                self._waits = command, now_ms + STABLE_WITHIN_MS
                return []
            case "S" | "Z" | "T":
                return self._at_rest(command)
            case "SI":
                return [self._weight()]
            case "SIR":
                self._repeats_at_ms = now_ms + REPEAT_MS
                return [self._weight()]
            case "ZI" | "TI":
                return [self._at_once(command)]
            case "TA":
                return [self._tare(rest)]
            case "TAC":
                return ["TAC A" if self._platter.clear_tare() else "TAC I"]
            case _:
                return self._about(command)

    def _about(self, command: str) -> list[str]:
        match command:
            case "@":
                self._platter.clear_tare()
                return [f'I4 A "{self._serial_number}"']
            case "I0":
                last = len(_COMMANDS) - 1
                return [
                    f'I0 {"A" if at == last else "B"} {level} "{name}"' for at, (name, level) in enumerate(_COMMANDS.items())
                ]
            case "I1":
                return ['I1 A "01" "2.00" "2.00" "" ""']
            case "I2":
                return ['I2 A "Simulated scale 15.000 kg"']
            case "I3":
                return ['I3 A "1.00"']
            case "I4":
                return [f'I4 A "{self._serial_number}"']
            case _:
                return ["ES"]

    def _at_rest(self, command: str) -> list[str]:
        """S, Z and T once nothing moves, or when their time is over."""
        if command == "S":
            text = self._weight()
            return ["S I" if text.startswith("S D") else text]
        done = self._platter.zero() if command == "Z" else self._platter.tare()
        if not done:
            return [f"{command} {self._why_not(command)}"]
        return ["Z A" if command == "Z" else f"T S {weight_text(self._platter.tare_grams, self._unit)}"]

    def _at_once(self, command: str) -> str:
        done = self._platter.zero() if command == "ZI" else self._platter.tare()
        return f"{command} {'S' if done else self._why_not(command)}"

    def _why_not(self, command: str) -> str:
        """`+` and `-` to a zero: beyond the zero range."""
        state = self._platter.state()
        if command.startswith("Z") and state is WeightState.STABLE and not self._platter.tare_grams:
            return "+"
        return _WHY_NOT.get(state, "I")

    def _tare(self, given: str) -> str:
        if given:
            found = _WEIGHT.fullmatch(f"TA A {given}")
            grams = None if found is None else grams_of(found[3], found[4], found[5] or "", found[6])
            if grams is None or not self._platter.preset_tare(grams):
                return "TA L"
        return f"TA A {weight_text(self._platter.tare_grams, self._unit)}"

    def _weight(self) -> str:
        state = self._platter.state()
        net_grams = self._platter.gross_grams - self._platter.tare_grams
        below_its_tare = net_grams < 0 <= self._platter.gross_grams
        if state in {WeightState.STABLE, WeightState.ZERO} or (state is WeightState.UNDER_ZERO and below_its_tare):
            return f"S S {weight_text(net_grams, self._unit)}"
        if state is WeightState.MOTION:
            return f"S D {weight_text(net_grams, self._unit)}"
        return "EL" if state is WeightState.FAULT else f"S {_WHY_NOT[state]}"


_WHY_NOT = {WeightState.OVER_CAPACITY: "+", WeightState.UNDER_ZERO: "-"}
_COMMANDS = {
    "I0": 0, "I1": 0, "I2": 0, "I3": 0, "I4": 0, "S": 0, "SI": 0, "SIR": 0, "Z": 0, "ZI": 0, "@": 0,
    "T": 1, "TA": 1, "TAC": 1, "TI": 1,
}  # fmt: skip
"""Every command with its level, as I0 lists them."""


def _line(text: str) -> bytes:
    return text.encode("ascii") + b"\r\n"


_ORDERS = {ScaleOrder.ZERO: "Z", ScaleOrder.TARE: "T", ScaleOrder.CLEAR_TARE: "TAC"}
_SAID = re.compile(rb"\A(?:(Z|T|TAC) (A|I|L|\+|-|S [^\r\n]*)|(ES|EL|ET))\r?\Z")


class MtSicsOrder:
    """Z, T and TAC, see `session.OrderSession`. Z and T wait for rest: the scale has its own time-out for that."""

    def __init__(self, order: ScaleOrder) -> None:
        self._word = _ORDERS[order]
        self._buffer = b""
        self.deadline_ms: int | None = None

    def start(self, now_ms: int) -> bytes:
        """The order, once."""
        self.deadline_ms = now_ms + ORDER_WITHIN_MS
        return _line(self._word)

    def to_send(self) -> bytes:
        """Nothing more."""
        return b""

    def receive(self, data: bytes) -> Ordered | None:
        """Take what came; lines that answer something else are passed over."""
        if self.deadline_ms is None:
            return None
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        self._buffer = self._buffer[-LINE_BYTES_MAX:]
        for line in lines:
            found = _SAID.fullmatch(line)
            if found is None or (found[1] is not None and found[1].decode() != self._word):
                continue
            self.deadline_ms = None
            return _ordered(found)
        return None

    def expire(self, now_ms: int) -> Ordered | None:
        """Nothing readable came."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return None
        self.deadline_ms = None
        return Ordered.UNANSWERED


def _ordered(said: re.Match[bytes]) -> Ordered:
    if said[3] is not None:
        return Ordered.UNANSWERED if said[3] == b"ET" else Ordered.NOT_KNOWN
    match said[2][:1]:
        case b"A" | b"S":
            return Ordered.DONE
        case b"I" | b"L":
            return Ordered.MOTION
        case _:
            return Ordered.OUT_OF_RANGE


def _place(session: AnyAskingSession, order: ScaleOrder) -> OrderSession:
    if isinstance(session, AskingSession):
        session.forget()
    return MtSicsOrder(order)


_SPOKEN = re.compile(rb"(?:^|\n)(?:S [SD] +-?[0-9]+(?:\.[0-9]+)? +[A-Za-z]+ *|S [I+-]|I4 A \"[^\"\r\n]*\"|E[STL])\r\n")

PROTOCOL = ScaleProtocol(
    name="mt_sics",
    line="8N1",
    asking=AskingSession,
    answering=AnsweringSession,
    know=lambda data: _SPOKEN.search(data) is not None,
    probe=b"\r\nSI\r\n",
    order=_place,
    orders=frozenset(ScaleOrder),
)
