"""Dialog 06, the scale's side, and the protocol's entry."""

from __future__ import annotations

import dataclasses
import functools
import re

from protocols.device_events import WeightState
from protocols.scales.dialog06 import (
    ACK,
    ENQ,
    EOT,
    NAK,
    OWN_POLYNOMIAL,
    RECORD_BYTES_MAX,
    Proof,
    Refused,
    Result,
    Weighed,
    Why,
    is_proof,
    price_record,
    read_result,
    write_result,
)
from protocols.scales.dialog06_asking import AskingSession, TareOrder
from protocols.scales.session import Answer, OrderSession, Platter, ScaleOrder, ScaleProtocol
from protocols.scales.session import AskingSession as AnyAskingSession
from protocols.scales.speaking import AT_REST, AnsweringScale, net_grams

PROOF_EVERY = 50
MINIMUM_GRAMS = 100
_RECORD = re.compile(
    rb"\x02(?:01\x1b([0-9]{6})\x1b|03\x1b([0-9]{6})\x1b([0-9]{4})|(08)|10\x1b([0-9A-F]{4})([0-9A-F]{4})|(20))\x03\Z"
)
_WHY = {
    WeightState.MOTION: Why.MOTION,
    WeightState.OVER_CAPACITY: Why.OVERLOAD,
    WeightState.UNDER_ZERO: Why.BELOW_ZERO,
    WeightState.FAULT: Why.BAD_TEXT,
}


class AnsweringSession(AnsweringScale):
    """Weighs once per load, wants a proof now and then, refuses below twenty steps."""

    def __init__(self, platter: Platter, polynomial: int = OWN_POLYNOMIAL) -> None:
        super().__init__(platter)
        self._polynomial = polynomial
        self._buffer = b""
        self._price: int | None = None
        self._tare_grams = 0
        self._proof_due = True
        self._proof_told: bool | None = None
        """How the last proof was, until it is told."""
        self._challenge = 0x21
        self._weighings = 0
        self._weighed_gross: int | None = None

    def receive(self, data: bytes, _now_ms: int) -> list[Answer]:
        """ACK or NAK to every record, a result to every ENQ."""
        answers: list[Answer] = []
        for byte in data:
            self._buffer = (self._buffer + bytes([byte]))[-RECORD_BYTES_MAX:]
            if self._buffer.endswith(EOT + ENQ):
                answers.append(Answer(write_result(self._result())))
            elif byte == 0x03:
                answers.append(Answer(self._record()))
            else:
                continue
            self._buffer = b""
        if self.platter.state() is WeightState.MOTION:
            self._weighed_gross = None
        return answers

    def _record(self) -> bytes:
        found = _RECORD.search(self._buffer[self._buffer.rfind(b"\x02") :])
        if found is None:
            self._proof_due = True
            return NAK
        price, price_too, tare, status, code, word, version = found.groups()
        if status is not None:
            return write_result(Refused(Why.OK))
        if code is not None:
            right = is_proof(int(code, 16), int(word, 16), f"{self._challenge:02X}", self._polynomial)
            self._proof_told, self._proof_due = right, not right
            return ACK
        if version is not None:
            self._proof_due = True
            return ACK
        tare_grams = int(tare or b"0")
        if tare_grams != self._tare_grams:
            self._tare_grams, self._weighed_gross = tare_grams, None
        self._price = int(price or price_too)
        return ACK

    def _result(self) -> Result:
        if self._proof_told is not None:
            told, self._proof_told = self._proof_told, None
            return Proof(told)
        if self._proof_due:
            self._challenge = (self._challenge * 5 + 0x33) & 0xFF
            return Proof(right=False, challenge=f"{self._challenge:02X}")
        if self._price is None:
            return Refused(Why.BAD_RECORD)
        return self._weigh(self._price)

    def _weigh(self, price: int) -> Result:
        state, net = self.platter.state(), net_grams(self.platter) - self._tare_grams
        if state not in AT_REST:
            return Refused(_WHY.get(state, Why.GENERAL))
        if net < 0:
            return Refused(Why.BELOW_ZERO)
        if net < MINIMUM_GRAMS:
            self._weighed_gross = None
            return Refused(Why.BELOW_MINIMUM)
        if self._weighed_gross == self.platter.gross_grams:
            return Refused(Why.NO_MOTION)
        self._weighed_gross = self.platter.gross_grams
        self._weighings += 1
        self._proof_due = self._weighings % PROOF_EVERY == 0
        return Weighed(net, price, min(999_999, (net * price + 500) // 1_000))


def _place(session: AnyAskingSession, order: ScaleOrder) -> OrderSession | None:
    if order is ScaleOrder.ZERO or not isinstance(session, AskingSession):
        return None
    return TareOrder(session, order)


PROTOCOL = ScaleProtocol(
    name="dialog06",
    line="8N1",
    asking=AskingSession,
    answering=AnsweringSession,
    know=lambda data: read_result(data) is not None,
    probe=price_record(0) + EOT + ENQ,
    order=_place,
    orders=frozenset({ScaleOrder.TARE, ScaleOrder.CLEAR_TARE}),
    tells=frozenset(_WHY) | {WeightState.STABLE},
    tells_net=False,
    weighs_from_grams=MINIMUM_GRAMS,
)


def with_polynomial(polynomial: int) -> ScaleProtocol:
    """The protocol with the polynomial of the makers' licence. Sixteen bits, the leading term left out."""
    return dataclasses.replace(PROTOCOL, asking=functools.partial(AskingSession, polynomial=polynomial))
