"""Dialog 06, the till's side: price and tare out, ENQ, the proof when it is asked for, and what the answers mean."""

from __future__ import annotations

from protocols.device_events import WeightRead, WeightState
from protocols.scales.dialog06 import (
    ACK,
    ENQ,
    EOT,
    NAK,
    OWN_POLYNOMIAL,
    RECORD_BYTES_MAX,
    TARE_GRAMS_MAX,
    Proof,
    Refused,
    Result,
    Weighed,
    Why,
    price_record,
    proof_record,
    read_result,
    status_record,
)
from protocols.scales.session import ANSWER_WITHIN_MS, Ordered, ScaleOrder, Unanswered

PRICE = 100
"""The scale wants a price; this house prices the goods itself. Its amount is a check on the digits of the weight."""
STEPS_MAX = 12
"""So many records of one question; more are a scale and a till that talk past each other."""
_STATES = {
    Why.MOTION: WeightState.MOTION,
    Why.NOT_FINISHED: WeightState.MOTION,
    Why.BELOW_MINIMUM: WeightState.BELOW_MINIMUM,
    Why.BELOW_ZERO: WeightState.UNDER_ZERO,
    Why.OVERLOAD: WeightState.OVER_CAPACITY,
}


class AskingSession:
    """See `session.AskingSession`. The tare set by `order` goes out with every question, and makes its weight net."""

    def __init__(self, device_id: str, polynomial: int = OWN_POLYNOMIAL, answer_within_ms: int = ANSWER_WITHIN_MS) -> None:
        self._device_id = device_id
        self._polynomial = polynomial
        self._answer_within_ms = answer_within_ms
        self.tare_grams = 0
        self._bits = 0x5A31
        self._buffer = b""
        self._heard_bytes = False
        self._outgoing = b""
        self._steps = 0
        self._polls = False
        """A result is still owed to the last question (20, 22): ENQ alone asks for it."""
        self._asked_result = False
        self._kept: WeightRead | None = None
        self.deadline_ms: int | None = None

    @property
    def gross_grams(self) -> int | None:
        """What lies there with the container, as told last; None: not known."""
        return None if self._kept is None or self._kept.grams is None else self._kept.grams + self.tare_grams

    def set_tare(self, grams: int) -> None:
        """From the next question on; what was weighed before no longer holds."""
        self.tare_grams = grams
        self._kept, self._polls = None, False

    def ask(self, now_ms: int) -> bytes:
        """The price, or ENQ alone while a result is owed."""
        if self.deadline_ms is not None:
            self._kept = None
        self._buffer, self._heard_bytes, self._steps = b"", False, 0
        self.deadline_ms = now_ms + self._answer_within_ms
        self._go(EOT + ENQ if self._polls else self._price())
        return self.to_send()

    def to_send(self) -> bytes:
        """The next record, once."""
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def receive(self, data: bytes) -> WeightRead | Unanswered | None:
        """Take what came, in any pieces; never raises."""
        if self.deadline_ms is None:
            return None
        self._heard_bytes = self._heard_bytes or bool(data)
        self._buffer = (self._buffer + data)[-RECORD_BYTES_MAX:]
        if not self._asked_result:
            self._hear_receipt()
            return None
        result = read_result(self._buffer)
        if result is None:
            return None
        self._buffer = b""
        ended = self._hear(result)
        if ended is not None:
            self.deadline_ms = None
            self._outgoing = b""
        return ended

    def expire(self, now_ms: int) -> Unanswered | None:
        """Give up; a lost answer ends what is known of the load."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return None
        self.deadline_ms = None
        self._kept, self._polls = None, False
        return Unanswered.UNREADABLE if self._heard_bytes else Unanswered.SILENT

    def _price(self) -> bytes:
        return price_record(PRICE, self.tare_grams)

    def _go(self, data: bytes) -> None:
        self._steps += 1
        if self._steps <= STEPS_MAX:
            self._outgoing = data
            self._asked_result = data in {EOT + ENQ, status_record()}

    def _hear_receipt(self) -> None:
        """ACK or NAK to a record of ours."""
        if ACK in self._buffer:
            self._go(EOT + ENQ)
        elif NAK in self._buffer:
            self._go(status_record())
        else:
            return
        self._buffer = b""

    def _hear(self, result: Result) -> WeightRead | Unanswered | None:
        match result:
            case Weighed():
                return self._weight(result)
            case Proof(challenge=""):
                if not result.right:
                    return Unanswered.NOT_TRUSTED
                self._go(self._price())
            case Proof():
                self._bits = (self._bits * 0x4E35 + 0x15A7) & 0xFFFF
                self._go(proof_record(self._bits, result.challenge, self._polynomial))
            case Refused():
                return self._refusal(result.why)
        return None

    def _weight(self, told: Weighed) -> WeightRead | None:
        if told.price != PRICE or abs(told.amount * 1_000 - told.grams * told.price) > 1_000:
            self._go(self._price())  # a digit went wrong on the way
            return None
        self._polls = False
        self._kept = WeightRead(
            device_id=self._device_id,
            state=WeightState.STABLE if told.grams else WeightState.ZERO,
            grams=told.grams,
            net=self.tare_grams > 0,
        )
        return self._kept

    def _refusal(self, why: Why) -> WeightRead | None:
        self._polls = why in {Why.MOTION, Why.NOT_FINISHED}
        if why is Why.NO_MOTION:
            return self._kept or WeightRead(device_id=self._device_id, state=WeightState.WEIGH_AGAIN)
        self._kept = None
        if why in {Why.OK, Why.NOT_FINISHED} and self._steps < STEPS_MAX // 2:
            self._go(EOT + ENQ)
            return None
        if why in {Why.GENERAL, Why.PARITY} and self._steps < STEPS_MAX // 2:
            self._go(self._price())
            return None
        return WeightRead(device_id=self._device_id, state=_STATES.get(why, WeightState.FAULT))


class TareOrder:
    """Tare, see `session.OrderSession`: what lies there becomes the tare of every question. The scale says whether it takes
    it when it is sent; zero is not in this protocol."""

    def __init__(self, session: AskingSession, order: ScaleOrder) -> None:
        self._session = session
        self._grams = session.gross_grams if order is ScaleOrder.TARE else 0
        self._buffer = b""
        self.deadline_ms: int | None = None

    def start(self, now_ms: int) -> bytes:
        """Record 03; nothing when there is no weight to take."""
        self.deadline_ms = now_ms + ANSWER_WITHIN_MS
        if self._grams is None or not 0 <= self._grams <= TARE_GRAMS_MAX:
            return b""
        return price_record(PRICE, self._grams)

    def to_send(self) -> bytes:
        """Nothing more."""
        return b""

    def receive(self, data: bytes) -> Ordered | None:
        """ACK: taken."""
        if self.deadline_ms is None:
            return None
        if self._grams is None:
            return self._end(Ordered.MOTION)
        if self._grams > TARE_GRAMS_MAX:
            return self._end(Ordered.OUT_OF_RANGE)
        if ACK in data:
            self._session.set_tare(self._grams)
            return self._end(Ordered.DONE)
        return self._end(Ordered.OUT_OF_RANGE) if NAK in data else None

    def expire(self, now_ms: int) -> Ordered | None:
        """Nothing came."""
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return None
        return self._end(Ordered.UNANSWERED)

    def _end(self, ordered: Ordered) -> Ordered:
        self.deadline_ms = None
        return ordered
