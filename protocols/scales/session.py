"""What every scale protocol offers, whatever its bytes: the till's side, the scale's side, and how both are found.

A new protocol is one module with both sides and a `PROTOCOL`, and one line in `registry`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from protocols.device_events import WeightRead, WeightState

ANSWER_WITHIN_MS = 1_000


class Unanswered(enum.StrEnum):
    """How a question went without an answer."""

    SILENT = "silent"
    UNREADABLE = "unreadable"
    """Bytes came, but no whole answer: noise, wrong line settings, another unit or protocol."""
    NOT_TRUSTED = "not_trusted"
    """The scale refuses the till's proof (Dialog 06)."""


class ScaleOrder(enum.StrEnum):
    """What a till may tell a scale to do."""

    ZERO = "zero"
    TARE = "tare"
    CLEAR_TARE = "clear_tare"


class Ordered(enum.StrEnum):
    """How an order ended. Only DONE means that the scale itself said, or showed, that it did as told."""

    DONE = "done"
    MOTION = "motion"
    OUT_OF_RANGE = "out_of_range"
    """Beyond its zero range, below zero, too heavy."""
    NOT_KNOWN = "not_known"
    """The scale, or its protocol, has no such command."""
    UNANSWERED = "unanswered"
    """Nothing readable came back: whether it was done is not known."""


class OrderSession(Protocol):
    """One order to a scale, sent once. `start(now)` -> bytes to send; then as with a question."""

    deadline_ms: int | None

    def start(self, now_ms: int) -> bytes:
        """Begin; empty: nothing needs to be sent, and `receive(b"")` or `expire` tells the end."""

    def receive(self, data: bytes) -> Ordered | None:
        """Take what came, in any pieces; how it ended, once it has. Never raises."""

    def to_send(self) -> bytes:
        """The next step, once; empty: nothing to send."""

    def expire(self, now_ms: int) -> Ordered | None:
        """Give up when the time is over."""


class AskingSession(Protocol):
    """The till's side. One question at a time; times are milliseconds of any clock that never goes back.

    `ask(now)` -> bytes to send; `receive(bytes)` -> how it ended, once it has; until then `to_send()` says what else the
    protocol asks before it can tell; `expire(now)` at `deadline_ms` gives up. A question still open at `ask` is forgotten.
    With a scale that speaks unasked, `ask` sends nothing and waits for the newest whole frame.
    """

    deadline_ms: int | None
    """Until when the open question may be answered; None: no question is open."""

    def ask(self, now_ms: int) -> bytes:
        """Begin a question for the weight."""

    def receive(self, data: bytes) -> WeightRead | Unanswered | None:
        """Take what came, in any pieces; never raises. What nobody waits for is dropped."""

    def to_send(self) -> bytes:
        """The next step of the open question, once; empty: nothing to send."""

    def expire(self, now_ms: int) -> Unanswered | None:
        """Give the question up if its time is over; None if it is not, or nothing was asked."""


class Platter(Protocol):
    """A scale's mechanics, as its protocol sees them. Grams are whole; the zero point is already taken off."""

    @property
    def gross_grams(self) -> int:
        """What lies on it, from the zero point on."""

    @property
    def tare_grams(self) -> int:
        """What is taken off as container; 0: no tare."""

    def state(self) -> WeightState:
        """What the scale would say now; STABLE and ZERO alone are weights."""

    def zero(self) -> bool:
        """Make what lies there the zero point; False when the scale cannot now."""

    def tare(self) -> bool:
        """Make what lies there the container; False when the scale cannot now."""

    def preset_tare(self, grams: int) -> bool:
        """Set the container's weight; False when it is not possible."""

    def clear_tare(self) -> bool:
        """Forget the container; False when the scale cannot now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes the scale says, so long after it was asked."""

    data: bytes
    after_ms: int = 0


class AnsweringSession(Protocol):
    """The scale's side, over its platter."""

    @property
    def waiting(self) -> bool:
        """Whether it will say something by itself: then `tick` wants to be called now and then."""

    def greeting(self) -> bytes:
        """What the scale says when it is switched on; empty: nothing."""

    def receive(self, data: bytes, now_ms: int) -> list[Answer]:
        """Take bytes in any pieces and answer; never raises."""

    def tick(self, now_ms: int) -> list[Answer]:
        """Time has passed: what the scale says by itself."""


ALL_STATES = frozenset(WeightState) - {WeightState.BELOW_MINIMUM, WeightState.WEIGH_AGAIN}
Place = Callable[[AskingSession, ScaleOrder], OrderSession | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleProtocol:
    """One way to talk to a scale. `name` is the kind in the settings; `line` is how its serial port is set."""

    name: str
    line: Literal["7E1", "8N1"]
    asking: Callable[[str], AskingSession]
    """Takes the device id."""
    answering: Callable[[Platter], AnsweringSession]
    know: Callable[[bytes], bool]
    """Whether bytes hold something only a scale of this protocol says; for detection."""
    sure: bool = False
    """What `know` finds carries a checksum, or says the name of the protocol."""
    probe: bytes = b""
    """A question that makes such a scale speak and makes no scale zero or tare; empty: it speaks unasked."""
    order: Place = lambda _session, _order: None
    """The order for the scale the session asks; None: the protocol has none such."""
    orders: frozenset[ScaleOrder] = frozenset()
    """Which orders the protocol has."""
    tells: frozenset[WeightState] = ALL_STATES
    """The states its wire can say. What it cannot say arrives as another state without grams, or as silence."""
    tells_net: bool = True
    """Whether a weight says that a tare was taken off."""
    weighs_from_grams: int = 1
    """The least weight its simulated scale tells as stable."""
    speaks_unasked: bool = False
