"""What a printer says about itself: answers to `DLE EOT n`, automatic status, process ids. Both roles.

Sources: Epson TM-T88III guide pp. 318-320; Epson reference for `DLE EOT`, `GS a`, `GS ( H` function 48. An answer to
`DLE EOT` does not say which question it answers: the order does. Automatic status and `GS r` answers look alike in their
later bytes: their first byte and the count tell them apart.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from protocols.escpos.operations import BufferedStatusRequest, ProcessId, StatusRequest, encode_one, process_id_bytes

QUESTIONS = (1, 2, 3, 4)
"""The `DLE EOT n` that together tell everything."""
_BLOCK_MAX = 80

_FIXED_MASK, _FIXED_ANSWER, _FIXED_AUTO = 0b1001_0011, 0b0001_0010, 0b0001_0000
_FIXED_LATER = 0b1001_0000
_PROCESS_ID = b"\x37\x22"


class PrinterCondition(msgspec.Struct, frozen=True, kw_only=True):
    """The printer as its sensors see it. `drawer_pin_high`: level of pin 3; its meaning depends on the drawer's wiring."""

    offline: bool = False
    cover_open: bool = False
    paper_out: bool = False
    paper_near_end: bool = False
    feed_button: bool = False
    cutter_error: bool = False
    unrecoverable_error: bool = False
    recoverable_error: bool = False
    drawer_pin_high: bool = False

    @property
    def fault(self) -> str:
        """Why it cannot print, in plain words, the thing to mend first; empty when it can."""
        for wrong, words in (
            (self.cover_open, "the cover is open"),
            (self.paper_out, "the paper is out"),
            (self.cutter_error, "the cutter is stuck"),
            (self.unrecoverable_error, "the printer has a fault: switch it off and on"),
            (self.recoverable_error, "the printer has a fault"),
            (self.offline, "the printer is offline"),
        ):
            if wrong:
                return words
        return ""


Sensor = Literal["offline", "cover_open", "paper_out", "paper_near_end", "cutter_error", "drawer_pin_high"]
SENSORS: tuple[Sensor, ...] = get_args(Sensor)
"""What a shop must hear of when it changes; each is told once per change."""


def changes(before: PrinterCondition, now: PrinterCondition) -> tuple[tuple[Sensor, bool], ...]:
    """The sensors that changed, with what they say now."""
    pairs = ((sensor, bool(getattr(now, sensor))) for sensor in SENSORS)
    return tuple((sensor, value) for sensor, value in pairs if value != getattr(before, sensor))


class RealTimeAnswer(msgspec.Struct, frozen=True):
    """The answer to one `DLE EOT`; the asker knows to which."""

    byte: int


class AutomaticStatus(msgspec.Struct, frozen=True):
    """Four bytes of automatic status (`GS a`)."""

    data: bytes


class ProcessIdAnswer(msgspec.Struct, frozen=True):
    """Everything before this process id has been printed."""

    identity: str


class BufferedAnswer(msgspec.Struct, frozen=True):
    """The answer to a `GS r`: everything before it was worked off, though the paper may still be moving."""

    byte: int


class StrayAnswer(msgspec.Struct, frozen=True):
    """Bytes that are no answer we know: flow control, noise."""

    data: bytes


Answer = RealTimeAnswer | AutomaticStatus | ProcessIdAnswer | BufferedAnswer | StrayAnswer


def question(number: int) -> bytes:
    """The bytes of `DLE EOT number`, 1 to 4."""
    return encode_one(StatusRequest(number), "cp437")


def process_id_request(identity: str) -> bytes:
    """The bytes that ask the printer to answer `identity` once all before is printed."""
    return encode_one(ProcessId(identity), "cp437")


def buffered_question(number: int) -> bytes:
    """The bytes of `GS r number`."""
    return encode_one(BufferedStatusRequest(number), "cp437")


def process_id_answer(identity: str) -> bytes:
    """The device's answer: 37h 22h, the four characters, 00h."""
    return _PROCESS_ID + process_id_bytes(identity) + b"\x00"


def real_time_answer(number: int, condition: PrinterCondition) -> int:
    """The device's byte for `DLE EOT number`."""
    c = condition
    match number:
        case 1:
            bits = c.drawer_pin_high << 2 | c.offline << 3 | c.feed_button << 6
        case 2:
            error = c.cutter_error or c.unrecoverable_error or c.recoverable_error
            bits = c.cover_open << 2 | c.feed_button << 3 | c.paper_out << 5 | error << 6
        case 3:
            bits = c.cutter_error << 3 | c.unrecoverable_error << 5 | c.recoverable_error << 6
        case _:
            bits = (0x0C if c.paper_near_end or c.paper_out else 0) | (0x60 if c.paper_out else 0)
    return _FIXED_ANSWER | bits


def read_real_time(answers: tuple[int, int, int, int]) -> PrinterCondition:
    """The condition from the answers to 1, 2, 3 and 4."""
    one, two, three, four = answers
    return PrinterCondition(
        offline=bool(one & 0x08),
        cover_open=bool(two & 0x04),
        paper_out=bool(two & 0x20) or four & 0x60 == 0x60,
        paper_near_end=bool(four & 0x0C),
        feed_button=bool(two & 0x08) or bool(one & 0x40),
        cutter_error=bool(three & 0x08),
        unrecoverable_error=bool(three & 0x20),
        recoverable_error=bool(three & 0x44) or (bool(two & 0x40) and not three & 0x28),
        drawer_pin_high=bool(one & 0x04),
    )


def automatic_status(condition: PrinterCondition) -> bytes:
    """The device's four bytes of automatic status."""
    c = condition
    first = _FIXED_AUTO | c.drawer_pin_high << 2 | c.offline << 3 | c.cover_open << 5 | c.feed_button << 6
    second = c.cutter_error << 3 | c.unrecoverable_error << 5 | c.recoverable_error << 6
    third = (0x03 if c.paper_near_end or c.paper_out else 0) | (0x0C if c.paper_out else 0)
    return bytes((first, second, third, 0))


def read_automatic(data: bytes) -> PrinterCondition:
    """The condition from four bytes of automatic status. Raises ValueError for another count."""
    if len(data) != 4:
        raise ValueError("automatic status has four bytes")
    first, second, third, _ = data
    return PrinterCondition(
        offline=bool(first & 0x08),
        cover_open=bool(first & 0x20),
        paper_out=bool(third & 0x0C),
        paper_near_end=bool(third & 0x03),
        feed_button=bool(first & 0x40),
        cutter_error=bool(second & 0x08),
        unrecoverable_error=bool(second & 0x20),
        recoverable_error=bool(second & 0x44),
        drawer_pin_high=bool(first & 0x04),
    )


def buffered_answer(number: int, condition: PrinterCondition) -> int:
    """The device's byte for `GS r number`: 1 paper, 2 drawer."""
    if number == 2:
        return int(condition.drawer_pin_high)
    return automatic_status(condition)[2]


class AnswerReader:
    """Turns what a printer sends, in whatever pieces, into answers. Holds at most 80 bytes and never raises.

    Which answer a byte belongs to is told by what stands before it: the last three bytes of an automatic status and the
    answer to `GS r` look alike. Those three always have bits 4 and 7 low, so a status torn by a bad line swallows no other
    answer: the first byte with one of them high ends it.
    """

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[Answer]:
        """The answers complete so far."""
        answers: list[Answer] = []
        for byte in data:
            if self._held and byte & _FIXED_LATER and self._held[0] & _FIXED_MASK == _FIXED_AUTO:
                answers.append(StrayAnswer(self._held))
                self._held = b""
            self._held += bytes([byte])
            answer = self._complete()
            if answer is not None:
                answers.append(answer)
                self._held = b""
        return answers

    def _complete(self) -> Answer | None:
        held = self._held
        if held[0] == _PROCESS_ID[0]:
            if held[-1] != 0 and len(held) < _BLOCK_MAX:
                return None
            if len(held) == 7 and held.startswith(_PROCESS_ID) and all(0x20 <= byte <= 0x7E for byte in held[2:6]):
                return ProcessIdAnswer(held[2:6].decode("ascii"))
            return StrayAnswer(held)
        if held[0] & _FIXED_MASK == _FIXED_ANSWER:
            return RealTimeAnswer(held[0])
        if held[0] & _FIXED_MASK == _FIXED_AUTO:
            return AutomaticStatus(held) if len(held) == 4 else None
        return BufferedAnswer(held[0]) if held[0] & 0xF0 == 0 else StrayAnswer(held)
