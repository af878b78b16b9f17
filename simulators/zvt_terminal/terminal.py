"""The ZVT terminal itself: messages and instants in, messages out. Pure.

It is honest: what it approves is in its ledger before anybody hears of it. It has no names for payments and is not clever:
an authorisation that comes twice charges twice. It tells one message at a time and waits for its acknowledgement.
"""

from __future__ import annotations

import datetime
from collections import deque
from dataclasses import dataclass

from protocols.clock import RandomSource
from protocols.payment.zvt import messages, results
from protocols.payment.zvt.apdu import Apdu
from protocols.payment.zvt.fields import read_fields, variable
from protocols.payment.zvt.messages import Accepted, Refusal, Status, read_told
from simulators.payment_plans import Plan, Plans
from simulators.payment_terminal.ledger import Acquirer, Entry, Ledger

CARD = "411111111111"
"""The digits before the last four, of whoever pays at a careless terminal."""


@dataclass(frozen=True, slots=True)
class Say:
    """A message for the till."""

    apdu: Apdu


@dataclass(frozen=True, slots=True)
class Cut:
    """The line breaks now. `down_ms`: and the terminal is away for so long."""

    down_ms: int = 0


Act = Say | Cut


@dataclass(frozen=True, slots=True)
class _UnderWay:
    command: int
    amount_minor: int
    receipt: int
    plan: Plan
    decides_at_ms: int


class ZvtTerminal:
    """One terminal. `hear` what the till says; `decide` when `deadline_ms` has come; `line_lost` when the line broke."""

    def __init__(
        self,
        terminal_id: str,
        rng: RandomSource,
        *,
        tid: str = "28004869",
        usual_ms: int = 0,
        currency: str = "EUR",
        acquirer: Acquirer | None = None,
        own_printer: bool = False,
    ) -> None:
        """`tid`: eight digits. `usual_ms`: how long a payment takes in good order. `own_printer`: no slips for the till."""
        self.plans = Plans()
        self.ledger = Ledger(terminal_id)
        acquirer = Acquirer() if acquirer is None else acquirer
        acquirer.ledgers.append(self.ledger)
        self.asked: list[tuple[int, int]] = []
        """(command, amount) of every order that arrived, repetitions and all."""
        self.careless = False
        """It masks no card number, as some terminals of old did not."""
        self.registered = False
        self.days_closed = 0
        self.deaf_to_abort = False
        """The card was read: it can no longer be stopped from the till."""
        self._tid = tid
        self._currency = currency
        self._usual_ms = usual_ms
        self._rng = rng
        self._own_printer = own_printer
        self._trace = 0
        self._last: Status | None = None
        self._left: dict[int, int] = {}
        """What of a receipt's amount was not given back."""
        self._batch_open = False
        self._under_way: _UnderWay | None = None
        self._queue: deque[Apdu] = deque()
        self._unanswered = False

    @property
    def deadline_ms(self) -> int | None:
        """When the payment under way is decided."""
        return None if self._under_way is None else self._under_way.decides_at_ms

    @property
    def under_way(self) -> int:
        """The amount of the customer at the terminal; 0: nobody."""
        return 0 if self._under_way is None else self._under_way.amount_minor

    def hear(self, apdu: Apdu, mono_ms: int, now_ms: int) -> list[Act]:
        """One message of the till."""
        if isinstance(told := read_told(apdu), Accepted | Refusal):
            return self._answered(told)
        if apdu.command == messages.ABORT:
            return self._abort()
        if apdu.command == messages.REGISTER and self._under_way is None:
            self.line_lost()  # whoever registers begins anew; on a serial line nothing else tells that the till was away
        if self._under_way is not None or self._queue:
            return [Say(messages.nack(results.NOT_READY))]
        if apdu.command != messages.REGISTER and not self.registered:
            return [Say(messages.nack(0x6B))]
        match apdu.command:
            case messages.REGISTER:
                self.registered = True
                return self._tell([_completed(Status(terminal_id=self._tid))])
            case messages.AUTHORISE | messages.REFUND | messages.REVERSAL:
                return self._begin(apdu, mono_ms, now_ms)
            case messages.REPEAT_RECEIPT:
                return self._tell(self._repeat())
            case messages.STATUS_ENQUIRY | messages.DIAGNOSIS:
                return self._tell([_completed(Status(terminal_id=self._tid))])
            case messages.END_OF_DAY:
                return self._tell(self._close_day())
            case messages.LOG_OFF:
                self.registered = False
                return [Say(messages.ACK)]
            case _:
                return [Say(messages.nack(results.NOT_POSSIBLE))]

    def decide(self, mono_ms: int, now_ms: int) -> list[Act]:
        """End the payment under way, if its time has come."""
        current = self._under_way
        if current is None or mono_ms < current.decides_at_ms:
            return []
        self._under_way = None
        if current.plan.reboot_ms:
            self.line_lost()
            return [Cut(current.plan.reboot_ms)]
        told = self._judge(current, now_ms)
        if current.plan.reply == "cut":
            return [Cut()]
        return [] if current.plan.reply == "silent" else self._say_next(told)

    def line_lost(self) -> None:
        """Nobody listens any more; a customer at the terminal goes on."""
        self._queue.clear()
        self._unanswered = False
        self.registered = False

    def power_lost(self) -> None:
        """A customer at the terminal was not charged; what was booked stays booked."""
        self._under_way = None
        self.line_lost()

    def _begin(self, apdu: Apdu, mono_ms: int, now_ms: int) -> list[Act]:
        fields = read_fields(apdu.data if apdu.command == messages.AUTHORISE else apdu.data[3:])
        receipt = fields.number(0x87) or 0
        amount_minor = self._left.get(receipt, 0) if apdu.command == messages.REVERSAL else fields.number(0x04) or 0
        self.asked.append((apdu.command, amount_minor))
        plan = self.plans.next(amount_minor)
        if plan.reply == "dropped":
            return []
        if plan.verdict == "busy":
            return [Say(messages.nack(results.NOT_READY))]
        self._under_way = _UnderWay(apdu.command, amount_minor, receipt, plan, mono_ms + self._usual_ms + plan.slow_ms)
        first = [] if plan.reply == "silent" else [Say(messages.ACK)]
        waits = not plan.reboot_ms and plan.reply == "told"
        if waits:
            self._queue.append(Apdu(messages.INTERMEDIATE, b"\x0a"))
        return [*first, *(self._next() if waits else []), *self.decide(mono_ms, now_ms)]

    def _abort(self) -> list[Act]:
        if self._under_way is None or self.deaf_to_abort:
            return [Say(messages.ACK)]
        self._under_way = None
        return [Say(messages.ACK), *self._say_next(_ended(Status(result=results.ABORTED, terminal_id=self._tid)))]

    def _judge(self, current: _UnderWay, now_ms: int) -> list[Apdu]:
        plan = current.plan
        match plan.verdict:
            case "decline":
                return self._refused(int(plan.code or "05", 16))
            case "customer_abort":
                return self._refused(results.ABORTED)
            case "end_of_day_required":
                self._batch_open = True
            case "approve" | "decline_then_approve" | "busy" | "waiting":
                pass
        if self._batch_open:
            return [Apdu(messages.ABORT_TOLD, bytes((results.OPEN_BATCH,)))]
        if current.command == messages.REVERSAL and not current.amount_minor:
            known = current.receipt in self._left
            return self._refused(results.REVERSED_ALREADY if known else results.REVERSAL_IMPOSSIBLE)
        if not current.amount_minor:
            return self._refused(0x66)
        first = (
            [] if plan.verdict == "approve" else [Apdu(messages.STATUS, Status(result=0x66, terminal_id=self._tid).data())]
        )
        return [*first, *self._approve(current, now_ms)]

    def _refused(self, code: int) -> list[Apdu]:
        return _ended(Status(result=code, terminal_id=self._tid))

    def _approve(self, current: _UnderWay, now_ms: int) -> list[Apdu]:
        whole = current.command == messages.REVERSAL
        amount_minor = current.amount_minor if whole else max(1, current.amount_minor * current.plan.percent // 100)
        self._trace += 1
        receipt = (self._trace - 1) % 9_999 + 1
        at = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC)
        tail = f"{int.from_bytes(self._rng.bytes(2), 'big') % 10_000:04d}"
        status = Status(
            result=results.OK, amount_minor=amount_minor, trace=self._trace, receipt=receipt, terminal_id=self._tid,
            card_tail=tail, card_name="girocard", time=f"{at:%H%M%S}", date=f"{at:%m%d}",
        )  # fmt: skip
        self._last = status
        charge = current.command == messages.AUTHORISE
        if charge:
            self._left[receipt] = amount_minor
        elif current.receipt in self._left:
            self._left[current.receipt] = 0
        self.ledger.book(
            Entry(
                number=len(self.ledger.entries) + 1,
                attempt_id="",
                kind="charge" if charge else "give_back",
                method="card",
                amount_minor=amount_minor,
                currency=self._currency,
                at_ms=now_ms,
                reference=f"{self._tid}/{receipt:04d}/{self._trace:06d}",
                card_tail=tail,
            )
        )
        slips = [] if current.plan.printer_out or self._own_printer else self._slips(status)
        bare = variable(0x22, bytes.fromhex(f"{CARD}{tail}")) if self.careless else b""
        return [Apdu(messages.STATUS, status.data() + bare), *slips, _completed(Status(result=results.OK))]

    def _slips(self, status: Status, title: str = "KUNDENBELEG") -> list[Apdu]:
        lines = (
            f"** {title} **",
            f"Terminal-ID {self._tid}",
            f"Beleg-Nr {status.receipt:04d} Trace {status.trace:06d}",
            f"Karte {CARD if self.careless else '**** **** **** '}{status.card_tail}",
            f"BETRAG EUR {(status.amount_minor or 0) // 100},{(status.amount_minor or 0) % 100:02d}",
        )
        return [*(messages.slip_line(line, 2) for line in lines), messages.slip_line("", 2, attribute=0x81)]

    def _repeat(self) -> list[Apdu]:
        if self._last is None:
            return [Apdu(messages.ABORT_TOLD, bytes((results.NO_RECEIPT,)))]
        slips = [] if self._own_printer else self._slips(self._last, "KOPIE")
        return [Apdu(messages.STATUS, self._last.data()), *slips, _completed(Status(result=results.OK))]

    def _close_day(self) -> list[Apdu]:
        totals = self.ledger.end_of_day()
        self.days_closed += 1
        self._batch_open = False
        self._left.clear()
        sums = Status(result=results.OK, amount_minor=totals.paid_minor, terminal_id=self._tid)
        return [Apdu(messages.STATUS, sums.data()), _completed(Status(result=results.OK))]

    def _answered(self, told: Accepted | Refusal) -> list[Act]:
        if isinstance(told, Refusal) and told.code == messages.GOODS_NOT_ISSUED.command & 0xFF:
            self._give_last_back()
        self._unanswered = False
        return self._next()

    def _give_last_back(self) -> None:
        last = self.ledger.entries[-1]
        self._left[self._last.receipt if self._last is not None and self._last.receipt else 0] = 0
        back = Entry(
            number=last.number + 1, attempt_id="", kind="give_back", method="card", amount_minor=last.amount_minor,
            currency=last.currency, at_ms=last.at_ms, reference=last.reference, card_tail=last.card_tail,
        )  # fmt: skip
        self.ledger.book(back)
        self._queue.clear()
        self._queue.append(Apdu(messages.ABORT_TOLD, b"\x66"))

    def _tell(self, told: list[Apdu]) -> list[Act]:
        return [Say(messages.ACK), *self._say_next(told)]

    def _say_next(self, told: list[Apdu]) -> list[Act]:
        self._queue.extend(told)
        return self._next()

    def _next(self) -> list[Act]:
        if self._unanswered or not self._queue:
            return []
        self._unanswered = True
        return [Say(self._queue.popleft())]


def _completed(status: Status) -> Apdu:
    return Apdu(messages.COMPLETION, status.data())


def _ended(status: Status) -> list[Apdu]:
    code = 0xFF if status.result is None else status.result
    return [Apdu(messages.STATUS, status.data()), Apdu(messages.ABORT_TOLD, bytes((code,)))]
