"""Tallystick's own payment terminal wire: JSON lines over one connection, both roles. Pure.

One message a line, UTF-8, ended by LF, at most `LINE_BYTES_MAX` bytes. A till asks, the terminal answers; nothing else is
said, but for a `result` the terminal may repeat (a "callback") whenever it likes.

| till → terminal | terminal → till |
|---|---|
| `hello`: who is there | `here`: terminal id, its words if it cannot take payments now |
| `pay`: take an amount under the till's attempt id | `result`, or `busy` (nothing was begun, the id is forgotten) |
| `give_back`: pay back (a part of) an earlier attempt | `result`, or `busy` |
| `enquire`: what became of an attempt | `result` (`pending` while it is under way, `not_found` if it never came) |
| `cancel`: stop it, if that is still possible | nothing of its own: the attempt's `result` tells |
| `totals`: end of day | `totals`: counts and sums since the last one |

The terminal serves one connection; a new one takes the place of the old. It keeps what became of an attempt and answers an
enquiry from there, over any connection. **A terminal that answered `not_found` refuses that id for ever after**: a `pay`
that was still on its way when the till gave up must not charge anybody.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

LINE_BYTES_MAX = 4_096


class WireError(ValueError):
    """What came is not this protocol. The text is for technicians and never holds a payment code."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="say", omit_defaults=True):
    pass


class Hello(_Message, frozen=True, kw_only=True, tag="hello"):
    """Ask who is there, and whether it can take payments."""


class PayRequest(_Message, frozen=True, kw_only=True, tag="pay"):
    """Take an amount. `code`: a payment code the till scanned; without one the customer presents a card."""

    attempt_id: str
    method: str
    amount_minor: int
    currency: str
    code: str = ""

    def __repr__(self) -> str:
        return f"PayRequest({self.attempt_id!r}, {self.method!r}, {self.amount_minor})"


class GiveBackRequest(_Message, frozen=True, kw_only=True, tag="give_back"):
    """Pay back `amount_minor` (positive) of what `of_id` took, under an attempt id of its own."""

    attempt_id: str
    method: str
    amount_minor: int
    currency: str
    of_id: str
    reference: str = ""


class Enquiry(_Message, frozen=True, kw_only=True, tag="enquire"):
    attempt_id: str


class CancelRequest(_Message, frozen=True, kw_only=True, tag="cancel"):
    attempt_id: str


class TotalsRequest(_Message, frozen=True, kw_only=True, tag="totals"):
    """End of day: tell the sums since the last end of day and begin anew."""


ToTerminal = Hello | PayRequest | GiveBackRequest | Enquiry | CancelRequest | TotalsRequest


class Here(_Message, frozen=True, kw_only=True, tag="here"):
    """`trouble` empty: it can take payments."""

    terminal_id: str
    trouble: str = ""


class Result(_Message, frozen=True, kw_only=True, tag="result"):
    """What became of an attempt. `amount_minor` (positive) only when approved."""

    attempt_id: str
    outcome: str
    """`approved`, `declined`, `cancelled`, `pending`, `not_found`."""
    amount_minor: int = 0
    reference: str = ""
    card_tail: str = ""
    why: str = ""


class Busy(_Message, frozen=True, kw_only=True, tag="busy"):
    """Another customer is at the terminal. Nothing was begun."""

    attempt_id: str


class Totals(_Message, frozen=True, kw_only=True, tag="totals"):
    """Since the last end of day."""

    terminal_id: str
    payments: int = 0
    paid_minor: int = 0
    given_back: int = 0
    given_back_minor: int = 0


ToTill = Here | Result | Busy | Totals

RESULTS = frozenset({"approved", "declined", "cancelled", "pending", "not_found"})

_encoder = msgspec.json.Encoder()
Heard = TypeVar("Heard")


def encode(message: ToTerminal | ToTill) -> bytes:
    """One line."""
    return _encoder.encode(message) + b"\n"


class _Lines(Generic[Heard]):
    """Bytes to messages, in any pieces."""

    def __init__(self, decoder: msgspec.json.Decoder[Heard]) -> None:
        self._decoder = decoder
        self._buffer = b""

    def receive(self, data: bytes) -> list[Heard]:
        """The messages that are complete now. Raises `WireError`; the session is of no use afterwards."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > LINE_BYTES_MAX or any(len(line) > LINE_BYTES_MAX for line in lines):
            raise WireError(f"a line of more than {LINE_BYTES_MAX} bytes")
        return [self._read(line) for line in lines if line.strip()]

    def _read(self, line: bytes) -> Heard:
        try:
            return self._decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise WireError(f"not a message: {error}") from error


class TillSession:
    """The till's side: what a terminal says."""

    def __init__(self) -> None:
        self._lines = _Lines(msgspec.json.Decoder(ToTill))

    def receive(self, data: bytes) -> list[ToTill]:
        """Messages of the terminal. Raises `WireError`."""
        heard = self._lines.receive(data)
        for message in heard:
            if isinstance(message, Result) and message.outcome not in RESULTS:
                raise WireError(f"no such outcome: {message.outcome[:20]!r}")
            if isinstance(message, Result) and message.outcome == "approved" and message.amount_minor <= 0:
                raise WireError("approved without an amount")
        return heard


class TerminalSession:
    """The terminal's side: what a till says."""

    def __init__(self) -> None:
        self._lines = _Lines(msgspec.json.Decoder(ToTerminal))

    def receive(self, data: bytes) -> list[ToTerminal]:
        """Messages of the till. Raises `WireError`."""
        return self._lines.receive(data)
