"""Commands to a card and its answers (ISO 7816-4), and how a conversation is written down without I/O.

A conversation is a generator: it yields a command's bytes, is sent the answer's bytes, and returns what it found out. Who
drives it owns the wire. `CardTorn` says that the card left, or answered what no card in place answers: begin again.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

OK = 0x9000
NOT_FOUND = 0x6A82
WRONG_LENGTH, MORE_DATA = 0x6C, 0x61
NOT_AUTHENTICATED = 0x6982
FAILED = 0x6300
NOT_SUPPORTED = 0x6A81
CLASS_UNKNOWN, INSTRUCTION_UNKNOWN, WRONG_PARAMETERS, TOO_SHORT = 0x6E00, 0x6D00, 0x6B00, 0x6700
ANSWERS_CHAINED_MAX = 16
"""So often an answer may say that more follows."""

Found = TypeVar("Found")
Talk = Generator[bytes, bytes, Found]


class CardTorn(Exception):
    """The card was moved away, or what it said is no whole answer. Hold it still and read again."""


class CardRefuses(Exception):
    """The card is in place, and does not let itself be read: a wrong key, no such file, a protected block."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Data and status word."""

    data: bytes
    status: int

    @property
    def ok(self) -> bool:
        """Done."""
        return self.status == OK

    def encode(self) -> bytes:
        """The card's side."""
        return self.data + self.status.to_bytes(2, "big")


def answer_of(raw: bytes) -> Answer:
    """Read an answer. Raises `CardTorn` when it has no status word."""
    if len(raw) < 2:
        raise CardTorn("an answer without a status")
    return Answer(raw[:-2], int.from_bytes(raw[-2:], "big"))


def command(cla: int, ins: int, p1: int, p2: int, data: bytes = b"", length: int | None = None) -> bytes:
    """A short command; `length`: how many bytes are expected, 0 or 256: as many as there are."""
    body = bytes([len(data)]) + data if data else b""
    tail = b"" if length is None else bytes([length % 256])
    return bytes([cla, ins, p1, p2]) + body + tail


@dataclass(frozen=True, slots=True)
class Command:
    """The card's side: a command taken apart. `length` None: no answer data is expected; 256: as many as there are."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    length: int | None = None


def command_of(raw: bytes) -> Command | None:
    """Take a short command apart; None when its lengths do not fit."""
    if len(raw) < 4:
        return None
    (cla, ins, p1, p2), body = raw[:4], raw[4:]
    if not body:
        return Command(cla, ins, p1, p2)
    if len(body) == 1:
        return Command(cla, ins, p1, p2, length=body[0] or 256)
    count = body[0]
    data, rest = body[1 : 1 + count], body[1 + count :]
    if count == 0 or len(data) != count or len(rest) > 1:
        return None
    return Command(cla, ins, p1, p2, data=data, length=(rest[0] or 256) if rest else None)


def ask(sent: bytes) -> Talk[Answer]:
    """One command with all of its answer: fetched when the card says that it waits, asked again if its length was wrong."""
    answer = answer_of((yield sent))
    if answer.status >> 8 == WRONG_LENGTH:
        answer = answer_of((yield sent[:-1] + bytes([answer.status & 0xFF])))
    data = answer.data
    for _ in range(ANSWERS_CHAINED_MAX):
        if answer.status >> 8 != MORE_DATA:
            return Answer(data, answer.status)
        answer = answer_of((yield command(sent[0], 0xC0, 0, 0, length=answer.status & 0xFF)))
        data += answer.data
    raise CardTorn("an answer without end")
