"""The terminal itself: requests and instants in, answers out. Pure.

A request's name (`SaleID` and `ServiceID`) is used once: whoever sends it again gets the first answer, and an aborted name
that never came is closed for ever. What is approved is in the ledger before anybody hears of it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from protocols.clock import RandomSource
from protocols.payment.nexo import messages as nexo
from simulators.payment_plans import Plan, Plans
from simulators.payment_terminal.ledger import Acquirer, Entry, Ledger

Name = tuple[str, str]
CARD = "411111111111"


@dataclass(slots=True)
class Running:
    """A request that is carried out. `answer`: what is said, once it is decided."""

    request: nexo.SaleToPOIRequest
    plan: Plan
    decides_at_ms: int
    answer: nexo.SaleToPOIResponse | None = None
    aborted: bool = False


@dataclass(slots=True)
class NexoTerminal:
    """One terminal."""

    terminal_id: str
    rng: RandomSource
    usual_ms: int = 0
    acquirer: Acquirer = field(default_factory=Acquirer)
    plans: Plans = field(default_factory=Plans)
    asked: list[str] = field(default_factory=list)
    """Names of the orders that were begun, in order."""
    careless: bool = False
    """It masks no card number."""
    closed: set[Name] = field(default_factory=set)
    requests: dict[Name, Running] = field(default_factory=dict)
    ledger: Ledger = field(init=False)
    _batch_open: bool = False

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.terminal_id)
        self.acquirer.ledgers.append(self.ledger)

    @property
    def under_way(self) -> str:
        """The request at the terminal now."""
        return next((name[1] for name, each in self.requests.items() if each.answer is None), "")

    def close_day(self) -> None:
        """At the terminal itself: this protocol has no message for it."""
        self.ledger.end_of_day()
        self._batch_open = False

    def begin(self, request: nexo.SaleToPOIRequest, mono_ms: int) -> Running | nexo.SaleToPOIResponse | None:
        """A payment or reversal: what is under way, an answer at once, or None: it never came."""
        name = _name(request.MessageHeader)
        if name in self.requests:
            return self.requests[name]
        if name in self.closed:
            return failed(request, "Aborted")
        plan = self.plans.next(self._amount(request))
        if plan.reply == "dropped":
            return None
        if self.under_way or plan.verdict == "busy":
            return failed(request, "Busy")
        self.asked.append(name[1])
        running = self.requests[name] = Running(request, plan, mono_ms + self.usual_ms + plan.slow_ms)
        return running

    def decide(self, running: Running, mono_ms: int, now_ms: int) -> bool:
        """Whether it is over now; then it has its answer, and money moved if it did."""
        if running.answer is None and (running.aborted or mono_ms >= running.decides_at_ms):
            running.answer = self._judge(running, now_ms)
        return running.answer is not None

    def abort(self, about: nexo.MessageReference) -> None:
        """Stop a request, if it is still possible; close its name if it never came."""
        name = (about.SaleID, about.ServiceID)
        running = self.requests.get(name)
        if running is None:
            self.closed.add(name)
        elif running.answer is None:
            running.aborted = True

    def status(self, request: nexo.SaleToPOIRequest) -> nexo.SaleToPOIResponse:
        """What became of a request."""
        asked = request.TransactionStatusRequest
        name = ("", "") if asked is None else (asked.MessageReference.SaleID, asked.MessageReference.ServiceID)
        running = self.requests.get(name)
        if running is None or running.answer is None:
            condition = "NotFound" if running is None else "InProgress"
            told = nexo.TransactionStatusResponse(Response=nexo.Response(Result="Failure", ErrorCondition=condition))
        else:
            body = nexo.RepeatedResponseMessageBody(
                PaymentResponse=running.answer.PaymentResponse, ReversalResponse=running.answer.ReversalResponse
            )
            told = nexo.TransactionStatusResponse(
                Response=nexo.Response(Result="Success"),
                RepeatedMessageResponse=nexo.RepeatedMessageResponse(RepeatedResponseMessageBody=body),
            )
        return nexo.SaleToPOIResponse(MessageHeader=answering(request.MessageHeader), TransactionStatusResponse=told)

    def power_lost(self) -> None:
        """Customers at the terminal were not charged."""
        for running in self.requests.values():
            if running.answer is None:
                running.answer = failed(running.request, "Aborted")

    def _amount(self, request: nexo.SaleToPOIRequest) -> int:
        if request.PaymentRequest is not None:
            amounts = request.PaymentRequest.PaymentTransaction.AmountsReq
            return nexo.to_minor(amounts.RequestedAmount, amounts.Currency)
        reversal = request.ReversalRequest
        return 0 if reversal is None or reversal.ReversedAmount is None else nexo.to_minor(reversal.ReversedAmount, "EUR")

    def _judge(self, running: Running, now_ms: int) -> nexo.SaleToPOIResponse:
        plan, request = running.plan, running.request
        if running.aborted or plan.reboot_ms:
            return failed(request, "Aborted")
        match plan.verdict:
            case "decline":
                return failed(request, plan.code or "Refusal")
            case "customer_abort":
                return failed(request, "Cancel")
            case "end_of_day_required":
                self._batch_open = True
            case "approve" | "decline_then_approve" | "busy" | "waiting":
                pass
        if self._batch_open:
            return failed(request, "NotAllowed")
        if request.PaymentRequest is not None:
            return self._pay(request, plan, now_ms)
        return self._give_back(request, now_ms)

    def _pay(self, request: nexo.SaleToPOIRequest, plan: Plan, now_ms: int) -> nexo.SaleToPOIResponse:
        payment = request.PaymentRequest
        assert payment is not None
        currency = payment.PaymentTransaction.AmountsReq.Currency
        amount_minor = max(1, self._amount(request) * plan.percent // 100)
        tail = f"{int.from_bytes(self.rng.bytes(2), 'big') % 10_000:04d}"
        entry = self._book(request, "charge", amount_minor, currency, now_ms, tail=tail)
        total = f"name=Total&value={currency}+{nexo.to_decimal(amount_minor, currency)}"
        lines = ("name=KUNDENBELEG", total, f"name=Card&value={CARD if self.careless else '****+****+****+'}{tail}")
        output = nexo.OutputContent(OutputText=tuple(nexo.OutputText(Text=line) for line in lines))
        receipt = nexo.PaymentReceipt(DocumentQualifier="CustomerReceipt", OutputContent=output)
        told = nexo.PaymentResponse(
            Response=nexo.Response(Result="Success" if plan.percent == 100 else "Partial"),
            POIData=self._place(entry, now_ms),
            PaymentResult=nexo.PaymentResult(
                AmountsResp=nexo.AmountsResp(AuthorizedAmount=nexo.to_decimal(amount_minor, currency), Currency=currency),
                PaymentInstrumentData=nexo.PaymentInstrumentData(
                    CardData=nexo.CardData(
                        MaskedPan=f"{CARD}{tail}" if self.careless else f"411111 **** {tail}", PaymentBrand="visa"
                    )
                ),
            ),
            PaymentReceipt=() if plan.printer_out else (receipt,),
        )
        return nexo.SaleToPOIResponse(MessageHeader=answering(request.MessageHeader), PaymentResponse=told)

    def _give_back(self, request: nexo.SaleToPOIRequest, now_ms: int) -> nexo.SaleToPOIResponse:
        reversal = request.ReversalRequest
        assert reversal is not None
        of = reversal.OriginalPOITransaction.POITransactionID.TransactionID
        charge = next((each for each in self.ledger.entries if each.reference.startswith(f"{of}@")), None)
        amount_minor = self._amount(request)
        if charge is None or not amount_minor or amount_minor > self.ledger.left_minor(charge.attempt_id):
            return failed(request, "NotAllowed")
        entry = self._book(request, "give_back", amount_minor, charge.currency, now_ms, of=charge.attempt_id)
        told = nexo.ReversalResponse(
            Response=nexo.Response(Result="Success"),
            POIData=self._place(entry, now_ms),
            ReversedAmount=reversal.ReversedAmount,
        )
        return nexo.SaleToPOIResponse(MessageHeader=answering(request.MessageHeader), ReversalResponse=told)

    def _book(
        self,
        request: nexo.SaleToPOIRequest,
        kind: str,
        amount: int,
        currency: str,
        now_ms: int,
        *,
        tail: str = "",
        of: str = "",
    ) -> Entry:
        number = len(self.ledger.entries) + 1
        entry = Entry(
            number=number,
            attempt_id=request.MessageHeader.ServiceID,
            kind="charge" if kind == "charge" else "give_back",
            method="card",
            amount_minor=amount,
            currency=currency,
            at_ms=now_ms,
            reference=f"SIM{number:09d}@{_at(now_ms)}",
            card_tail=tail,
            of_id=of,
        )
        self.ledger.book(entry)
        return entry

    def _place(self, entry: Entry, now_ms: int) -> nexo.POIData:
        transaction = nexo.TransactionIdentification(TransactionID=entry.reference.partition("@")[0], TimeStamp=_at(now_ms))
        return nexo.POIData(POITransactionID=transaction)


def failed(request: nexo.SaleToPOIRequest, condition: str) -> nexo.SaleToPOIResponse:
    """The answer to an order that was not carried out."""
    response = nexo.Response(Result="Failure", ErrorCondition=condition)
    header = answering(request.MessageHeader)
    if request.ReversalRequest is not None:
        return nexo.SaleToPOIResponse(MessageHeader=header, ReversalResponse=nexo.ReversalResponse(Response=response))
    return nexo.SaleToPOIResponse(MessageHeader=header, PaymentResponse=nexo.PaymentResponse(Response=response))


def answering(header: nexo.MessageHeader) -> nexo.MessageHeader:
    """The header of the answer to a request."""
    return nexo.MessageHeader(
        MessageClass=header.MessageClass,
        MessageCategory=header.MessageCategory,
        MessageType="Response",
        SaleID=header.SaleID,
        POIID=header.POIID,
        ServiceID=header.ServiceID,
    )


def _name(header: nexo.MessageHeader) -> Name:
    return header.SaleID, header.ServiceID


def _at(now_ms: int) -> str:
    return datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
