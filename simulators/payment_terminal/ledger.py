"""What a terminal really did with people's money. Tests compare it with what the till and headquarters believe."""

from __future__ import annotations

import csv
import datetime
import io
from dataclasses import dataclass, field
from typing import Literal

from protocols.payment.wire import Totals


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that moved. `amount_minor` is positive either way."""

    number: int
    attempt_id: str
    kind: Literal["charge", "give_back"]
    method: str
    amount_minor: int
    currency: str
    at_ms: int
    reference: str
    card_tail: str = ""
    of_id: str = ""


@dataclass(slots=True)
class Ledger:
    """Every movement, in order; it survives a restart. A terminal asked twice charges twice, and this says so."""

    terminal_id: str
    entries: list[Entry] = field(default_factory=list)
    _closed: int = 0
    """Entries before the last end of day."""

    def charged_minor(self, attempt_id: str) -> int:
        """What an attempt took, however often it was asked for."""
        return sum(each.amount_minor for each in self.entries if each.attempt_id == attempt_id and each.kind == "charge")

    def left_minor(self, attempt_id: str) -> int:
        """What of it was not given back yet."""
        back = sum(each.amount_minor for each in self.entries if each.of_id == attempt_id and each.kind == "give_back")
        return self.charged_minor(attempt_id) - back

    def book(self, entry: Entry) -> None:
        """Money moved."""
        self.entries.append(entry)

    def end_of_day(self) -> Totals:
        """Sums since the last end of day; the next one begins after them."""
        told = self.totals()
        self._closed = len(self.entries)
        return told

    def totals(self) -> Totals:
        """Sums since the last end of day."""
        since = self.entries[self._closed :]
        paid = [each.amount_minor for each in since if each.kind == "charge"]
        back = [each.amount_minor for each in since if each.kind == "give_back"]
        return Totals(
            terminal_id=self.terminal_id,
            payments=len(paid),
            paid_minor=sum(paid),
            given_back=len(back),
            given_back_minor=sum(back),
        )

    def acquirer_file(self) -> str:
        """The file the acquirer sends the shop: one line for every movement, amounts in minor units, UTC times."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(ACQUIRER_COLUMNS)
        for each in self.entries:
            at = datetime.datetime.fromtimestamp(each.at_ms / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            amount = each.amount_minor if each.kind == "charge" else -each.amount_minor
            writer.writerow([
                self.terminal_id, each.reference, each.attempt_id, each.of_id, each.method, amount, each.currency, at,
                each.card_tail,
            ])  # fmt: skip
        return out.getvalue()


@dataclass(slots=True)
class Acquirer:
    """The bank behind several terminals: money taken at one may go back at another."""

    ledgers: list[Ledger] = field(default_factory=list)

    def left_minor(self, attempt_id: str) -> int:
        """What an attempt took, at whichever terminal, and was not given back yet."""
        return sum(ledger.left_minor(attempt_id) for ledger in self.ledgers)


ACQUIRER_COLUMNS = (
    "terminal_id", "reference", "attempt_id", "of_attempt_id", "method", "amount_minor", "currency", "at", "card_tail",
)  # fmt: skip
