"""The cash register's side of one ZVT connection. It acknowledges what the terminal says and collects it until the command
is over. One command at a time; the caller keeps the time (`ACK_SECONDS`, `COMMAND_SECONDS`) and the line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from protocols.payment.port import Approved, Cancelled, Declined, NotSent, Outcome, Unknown
from protocols.payment.zvt import results
from protocols.payment.zvt.apdu import Apdu
from protocols.payment.zvt.messages import (
    ACK,
    Aborted,
    Accepted,
    Completed,
    Intermediate,
    Other,
    Refusal,
    Slip,
    Status,
    StatusTold,
    nack,
    read_told,
)

ACK_SECONDS = 5.0
"""T3: the other side answers a message within this time."""
COMMAND_SECONDS = 180.0
"""A whole command."""
SLIP_LINES_MAX = 200

Phase = Literal["sent", "running", "refused", "completed", "aborted"]


@dataclass(slots=True)
class Exchange:
    """One command and what the terminal said to it."""

    command: Apdu
    phase: Phase = "sent"
    code: int = 0
    """Of a refusal or an abort."""
    progress: str = ""
    statuses: list[Status] = field(default_factory=list)
    """The last one counts: a card that was declined without contact may be approved with its PIN a moment later."""
    completion: Status | None = None
    slips: list[Slip] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Nothing more comes."""
        return self.phase in {"refused", "completed", "aborted"}

    @property
    def status(self) -> Status | None:
        """The last status that was told."""
        return self.statuses[-1] if self.statuses else None

    def customer_slip(self) -> tuple[str, ...]:
        """Lines of the customer's copy; of a terminal that does not say whose they are, all."""
        named = any(slip.copy for slip in self.slips)
        lines = [line for slip in self.slips if not named or slip.copy == 2 for line in slip.lines]
        return tuple(lines[:SLIP_LINES_MAX])

    def outcome(self, sign: int, asked_minor: int) -> Outcome:
        """What came of a payment (sign 1) or of giving back (-1). `Unknown`: only an enquiry tells."""
        status = self.status
        if self.phase == "refused":
            busy = self.code == results.NOT_READY
            return NotSent(results.words(self.code)) if busy else Declined(results.words(self.code))
        if self.phase == "aborted":
            if status is not None and status.result == results.OK:
                return Unknown("the terminal approved and then broke off")
            return Cancelled() if self.code == results.ABORTED else Declined(_why(self.code, status))
        if self.phase != "completed" or status is None or status.result is None:
            return Unknown("the terminal did not say what came of it")
        return outcome_of(status, sign, asked_minor)


def outcome_of(status: Status, sign: int, asked_minor: int = 0) -> Outcome:
    """The outcome that a status tells. `asked_minor`: for terminals that leave the amount out."""
    if status.result == results.OK:
        amount_minor = status.amount_minor or asked_minor
        if not amount_minor:
            return Unknown("the terminal approved without an amount")
        return Approved(amount_minor=sign * amount_minor, reference=reference_of(status), card_tail=status.card_tail)
    if status.result == results.ABORTED:
        return Cancelled()
    return Declined(_why(0xFF if status.result is None else status.result, status))


def reference_of(status: Status) -> str:
    """What stands on the slip and in the acquirer's file: terminal, receipt and trace number."""
    return f"{status.terminal_id or '-'}/{status.receipt or 0:04d}/{status.trace or 0:06d}"


def mark_of(status: Status | None) -> str:
    """What tells one transaction of a terminal from another. Some leave the trace number at 0, some the amount out."""
    if status is None:
        return "none"
    if status.trace or status.receipt:
        return f"{status.trace or 0}/{status.receipt or 0}"
    return f"at {status.date}{status.time}"


def receipt_of(reference: str) -> int | None:
    """The receipt number in a reference; None: it is none of ours."""
    parts = reference.split("/")
    return int(parts[1]) if len(parts) == 3 and parts[1].isdecimal() and int(parts[1]) else None


def _why(code: int, status: Status | None) -> str:
    text = "" if status is None else status.text
    return f"{results.words(code)} ({text})" if text else results.words(code)


class EcrSession:
    """Give it a command, then what the terminal says; send what `hear` returns."""

    def __init__(self) -> None:
        self.exchange: Exchange | None = None

    @property
    def busy(self) -> bool:
        """A command is under way."""
        return self.exchange is not None and not self.exchange.over

    def begin(self, command: Apdu) -> Exchange:
        """The command to send now. The one before it must be over."""
        if self.busy:
            raise ValueError("a command is under way")
        self.exchange = Exchange(command)
        return self.exchange

    def hear(self, apdu: Apdu) -> Apdu | None:
        """One message of the terminal; the answer to send, if it wants one. Never raises."""
        told = read_told(apdu)
        current = self.exchange
        if isinstance(told, Accepted | Refusal):
            if current is not None and current.phase == "sent":
                current.phase = "running" if isinstance(told, Accepted) else "refused"
                current.code = told.code if isinstance(told, Refusal) else 0
            return None
        if isinstance(told, Other):
            return nack(results.NOT_POSSIBLE)
        if current is not None and not current.over:
            self._note(current, told)
        return ACK

    def _note(self, current: Exchange, told: Intermediate | StatusTold | Completed | Aborted | Slip) -> None:
        # A terminal that goes on has heard the command, whatever became of its acknowledgement.
        current.phase = "running"
        match told:
            case Intermediate(code, text):
                current.progress = text or results.progress(code)
            case StatusTold(status):
                current.statuses.append(status)
                del current.statuses[:-8]
            case Completed(status):
                current.completion = status
                current.phase = "completed"
            case Aborted(code):
                current.code = code
                current.phase = "aborted"
            case Slip():
                if sum(len(slip.lines) for slip in current.slips) < SLIP_LINES_MAX:
                    current.slips.append(told)
