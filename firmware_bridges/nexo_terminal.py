"""A terminal that speaks the Terminal API (nexo as JSON over HTTPS) as an adapter of the payment port.

The attempt names the request (`ServiceID`), so a question about it always means this one payment, also after a restart; a
request sent twice would be one. What is in doubt is asked about with a transaction status. `NotFound` closes the door: only
after an abort of that request, and only when the terminal still does not know it `door_seconds` after its connection ended
(or after the first question since the box started).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
from dataclasses import dataclass

from firmware_bridges.payment_web import NoAnswer, PaymentWeb
from firmware_bridges.supervise import Emit, LinkBroken
from protocols.clock import Clock, RandomSource
from protocols.device_events import DeviceState, DeviceStateEvent
from protocols.payment.nexo import messages as nexo
from protocols.payment.nexo import reading
from protocols.payment.nexo.sealing import NONCE_BYTES, SharedKey, seal, unseal
from protocols.payment.port import Declined, NotFound, NotSent, Order, Outcome, Pending, Unknown

ANSWER_SECONDS = 120.0
QUESTION_SECONDS = 10.0
DOOR_SECONDS = 15.0
ALIVE_EVERY_SECONDS = 30.0
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class NexoOptions:
    """Who speaks to whom. `key` None: the messages travel unsealed (inside TLS)."""

    sale_id: str
    poi_id: str
    key: SharedKey | None = None
    answer_seconds: float = ANSWER_SECONDS
    door_seconds: float = DOOR_SECONDS
    path: str = "/nexo"


class NexoDriver:
    """One terminal. `ask`, `enquire` and `cancel` may be called at any time, by any task."""

    device_kind = "payment_terminal"

    def __init__(self, device_id: str, web: PaymentWeb, clock: Clock, random: RandomSource, options: NexoOptions) -> None:
        self.device_id = device_id
        self._web = web
        self._clock = clock
        self._random = random
        self._options = options
        self._asking: set[str] = set()
        self._silent_since_ms: dict[str, int] = {}
        """Orders in doubt: when their connection ended, or when they were first asked about."""
        self._given_up: set[str] = set()
        """Those of them that the terminal was told to stop."""
        self._trouble = "the terminal is not connected"

    @property
    def trouble(self) -> str:
        """Why it cannot take payments now; empty: it can."""
        return self._trouble

    @property
    def under_way(self) -> tuple[str, ...]:
        """Attempts that the terminal is asked for now."""
        return tuple(self._asking)

    async def run(self, emit: Emit) -> None:
        """Ask now and then whether it is there. Raises LinkBroken when it is not."""
        ready = False
        try:
            while True:
                if not self._asking:
                    await self._greet()
                    self._trouble = ""
                    if not ready:
                        ready = True
                        emit(
                            DeviceStateEvent(device_id=self.device_id, device_kind=self.device_kind, state=DeviceState.READY)
                        )
                await asyncio.sleep(ALIVE_EVERY_SECONDS)
        finally:
            self._trouble = "the terminal is not connected"

    async def ask(self, order: Order) -> Outcome:
        """Take the amount, or give it back. Waits for the customer; never raises for what a terminal or a line can do."""
        request = self._order(order)
        if request is None:
            return Declined("the terminal cannot give this back: the payment was made elsewhere")
        self._asking.add(order.attempt_id)
        try:
            answer = await self._post(request, self._options.answer_seconds)
        except NoAnswer as error:
            self._silent_since_ms[order.attempt_id] = self._clock.monotonic_ms()
            return Unknown(str(error)) if error.sent else NotSent(str(error))
        finally:
            self._asking.discard(order.attempt_id)
        self._silent_since_ms[order.attempt_id] = self._clock.monotonic_ms()
        outcome = self._outcome(order, answer)
        return Unknown("the terminal is still at it") if isinstance(outcome, Pending) else self._over(order, outcome)

    async def enquire(self, order: Order) -> Outcome:
        """What became of it. `Unknown` when the terminal cannot be asked, or nobody can be certain yet."""
        if order.attempt_id in self._asking:
            return Pending()
        category = "Payment" if order.amount_minor >= 0 else "Reversal"
        about = nexo.MessageReference(
            MessageCategory=category, SaleID=self._options.sale_id, ServiceID=nexo.service_id(order.attempt_id)
        )
        since_ms = self._silent_since_ms.setdefault(order.attempt_id, self._clock.monotonic_ms())
        question = nexo.TransactionStatusRequest(
            MessageReference=about, ReceiptReprintFlag=True, DocumentQualifier=("CustomerReceipt",)
        )
        try:
            answer = await self._post(
                self._request("TransactionStatus", TransactionStatusRequest=question), QUESTION_SECONDS
            )
        except NoAnswer as error:
            return Unknown(str(error))
        told = answer.TransactionStatusResponse
        if told is None:
            return Unknown("the terminal does not say what became of it")
        outcome = reading.status_outcome(told, order.amount_minor, order.currency)
        if outcome is not None:
            return self._over(order, outcome)
        long_enough = self._clock.monotonic_ms() - since_ms >= self._options.door_seconds * 1000
        if not long_enough or order.attempt_id not in self._given_up:
            self._given_up.add(order.attempt_id)
            await self._abort(about)
            return Unknown("the terminal knows of no such payment; making sure")
        return self._over(order, NotFound())

    async def cancel(self, attempt_id: str) -> None:
        """Wish that it stops; its outcome tells whether it did."""
        about = nexo.MessageReference(
            MessageCategory="Payment", SaleID=self._options.sale_id, ServiceID=nexo.service_id(attempt_id)
        )
        await self._abort(about)

    async def _greet(self) -> None:
        request = self._request("Diagnosis", DiagnosisRequest=nexo.DiagnosisRequest())
        try:
            answer = await self._post(request, QUESTION_SECONDS)
        except NoAnswer as error:
            raise LinkBroken(f"the terminal does not answer ({error})") from error
        if answer.DiagnosisResponse is None:
            raise LinkBroken("the terminal does not answer as it should")

    async def _abort(self, about: nexo.MessageReference) -> None:
        request = self._request("Abort", AbortRequest=nexo.AbortRequest(AbortReason="MerchantAbort", MessageReference=about))
        with contextlib.suppress(NoAnswer):  # it is answered with nothing; the payment's own outcome tells
            await self._web.post(self._options.path, self._sealed(request), JSON, QUESTION_SECONDS)

    def _order(self, order: Order) -> nexo.SaleToPOIRequest | None:
        """None: giving back what another terminal took."""
        sale = nexo.SaleData(
            SaleTransactionID=nexo.TransactionIdentification(TransactionID=order.attempt_id, TimeStamp=self._now())
        )
        name = nexo.service_id(order.attempt_id)
        if order.amount_minor >= 0:
            amounts = nexo.AmountsReq(
                Currency=order.currency, RequestedAmount=nexo.to_decimal(order.amount_minor, order.currency)
            )
            payment = nexo.PaymentRequest(SaleData=sale, PaymentTransaction=nexo.PaymentTransaction(AmountsReq=amounts))
            return self._request("Payment", name, PaymentRequest=payment)
        original = reading.split_reference(order.reference)
        if original is None:
            return None
        taken = nexo.TransactionIdentification(TransactionID=original[0], TimeStamp=original[1])
        reversal = nexo.ReversalRequest(
            OriginalPOITransaction=nexo.OriginalPOITransaction(POITransactionID=taken),
            ReversalReason="MerchantCancel",
            SaleData=sale,
            ReversedAmount=nexo.to_decimal(-order.amount_minor, order.currency),
        )
        return self._request("Reversal", name, ReversalRequest=reversal)

    def _request(
        self,
        category: str,
        name: str = "",
        *,
        PaymentRequest: nexo.PaymentRequest | None = None,  # noqa: N803 - the protocol's names
        ReversalRequest: nexo.ReversalRequest | None = None,  # noqa: N803
        TransactionStatusRequest: nexo.TransactionStatusRequest | None = None,  # noqa: N803
        AbortRequest: nexo.AbortRequest | None = None,  # noqa: N803
        DiagnosisRequest: nexo.DiagnosisRequest | None = None,  # noqa: N803
    ) -> nexo.SaleToPOIRequest:
        header = nexo.MessageHeader(
            MessageClass="Service",
            MessageCategory=category,
            MessageType="Request",
            SaleID=self._options.sale_id,
            POIID=self._options.poi_id,
            ServiceID=name or self._random.bytes(5).hex(),
        )
        return nexo.SaleToPOIRequest(
            MessageHeader=header,
            PaymentRequest=PaymentRequest,
            ReversalRequest=ReversalRequest,
            TransactionStatusRequest=TransactionStatusRequest,
            AbortRequest=AbortRequest,
            DiagnosisRequest=DiagnosisRequest,
        )

    async def _post(self, request: nexo.SaleToPOIRequest, seconds: float) -> nexo.SaleToPOIResponse:
        """Raises `NoAnswer`, also for an answer that makes no sense or is another request's."""
        data = await self._web.post(self._options.path, self._sealed(request), JSON, seconds)
        try:
            key = self._options.key
            answer = nexo.decode_response(data if key is None else unseal(data, "SaleToPOIResponse", key))
        except nexo.NexoError as error:
            raise NoAnswer(str(error)) from error
        if answer.MessageHeader.ServiceID != request.MessageHeader.ServiceID:
            raise NoAnswer("the terminal answered another question")
        return answer

    def _sealed(self, request: nexo.SaleToPOIRequest) -> bytes:
        plain, key = nexo.encode_request(request), self._options.key
        if key is None:
            return plain
        return seal(plain, request.MessageHeader, "SaleToPOIRequest", key, self._random.bytes(NONCE_BYTES))

    def _outcome(self, order: Order, answer: nexo.SaleToPOIResponse) -> Outcome:
        if order.amount_minor >= 0 and answer.PaymentResponse is not None:
            return reading.payment_outcome(answer.PaymentResponse, order.amount_minor, order.currency)
        if order.amount_minor < 0 and answer.ReversalResponse is not None:
            return reading.reversal_outcome(answer.ReversalResponse, -order.amount_minor, order.currency)
        return Unknown("the terminal did not say what came of it")

    def _over(self, order: Order, outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Unknown | Pending):
            self._silent_since_ms.pop(order.attempt_id, None)
            self._given_up.discard(order.attempt_id)
        return outcome

    def _now(self) -> str:
        at = datetime.datetime.fromtimestamp(self._clock.now_ms() / 1000, datetime.UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")
