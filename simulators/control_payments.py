"""Payment terminals in the bench's control API: see them and their ledgers, break them, read the acquirer's file.

GET  /payment_terminals
GET  /payment_terminals/{id}/ledger
GET  /payment_terminals/{id}/acquirer.csv
POST /payment_terminals/{id}/faults      what is left out is healed
POST /payment_terminals/{id}/plug        {"plugged_in": false}
POST /payment_terminals/{id}/restart     {"down_ms": 500}
POST /payment_terminals/{id}/cut         cut the line once
POST /payment_terminals/{id}/call_back   tell the newest results once more
"""

from __future__ import annotations

import msgspec

from simulators.bench import Bench
from simulators.control_shapes import Nothing, Order, PaymentTerminalView, Plug
from simulators.endpoints import Call, Endpoint, File, Refused, found
from simulators.payment_terminal.ledger import Ledger
from simulators.payment_terminal.terminal import TerminalFaults

LEDGER_SHOWN = 50


class TerminalRestart(Order, frozen=True, kw_only=True):
    """Off, and on again after so long."""

    down_ms: int = 500


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """Money that moved; `kind`: `charge` or `give_back`, `amount_minor` positive either way."""

    number: int
    kind: str
    method: str
    amount_minor: int
    currency: str
    at_ms: int
    attempt_id: str
    of_id: str
    reference: str
    card_tail: str


class LedgerView(msgspec.Struct, frozen=True, kw_only=True):
    """The newest movements, oldest first, and the sums since the last end of day."""

    entries: tuple[EntryView, ...]
    paid_minor: int
    given_back_minor: int


def views(bench: Bench) -> tuple[PaymentTerminalView, ...]:
    """Every payment terminal."""
    return tuple(
        PaymentTerminalView(
            id=name,
            port=each.port,
            plugged_in=each.plugged_in,
            connected=each.connected,
            under_way=each.terminal.under_way,
            movements=len(each.terminal.ledger.entries),
            faults=each.terminal.faults,
        )
        for name, each in bench.payment_terminals.items()
    )


def ledger_view(book: Ledger) -> LedgerView:
    """A ledger as it is told."""
    sums = book.totals()
    shown = tuple(
        EntryView(
            number=each.number,
            kind=each.kind,
            method=each.method,
            amount_minor=each.amount_minor,
            currency=each.currency,
            at_ms=each.at_ms,
            attempt_id=each.attempt_id,
            of_id=each.of_id,
            reference=each.reference,
            card_tail=each.card_tail,
        )
        for each in book.entries[-LEDGER_SHOWN:]
    )
    return LedgerView(entries=shown, paid_minor=sums.paid_minor, given_back_minor=sums.given_back_minor)


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Faults, plug, restart; the ledger and the acquirer's file."""

    def ledger(call: Call) -> LedgerView:
        return ledger_view(found(bench.payment_terminals, call).terminal.ledger)

    def acquirer_file(call: Call) -> File:
        text = found(bench.payment_terminals, call).terminal.ledger.acquirer_file()
        return File(text.encode(), "text/csv; charset=utf-8")

    def spoil(call: Call) -> None:
        faults = call.body_as(TerminalFaults)
        if not 0 <= faults.partial_percent < 100:
            raise Refused(400, "partial_percent: 1 to 99, or 0 for all of it")
        if faults.slow_ms < 0:
            raise Refused(400, "slow_ms: 0 or more")
        found(bench.payment_terminals, call).terminal.faults = faults

    async def plug(call: Call) -> None:
        terminal = found(bench.payment_terminals, call)
        await (terminal.plug_in() if call.body_as(Plug).plugged_in else terminal.unplug())

    async def restart(call: Call) -> None:
        await found(bench.payment_terminals, call).restart(call.body_as(TerminalRestart).down_ms)

    def cut(call: Call) -> None:
        found(bench.payment_terminals, call).cut()

    def call_back(call: Call) -> None:
        found(bench.payment_terminals, call).call_back()

    at, many = "/payment_terminals/{id}", tuple[PaymentTerminalView, ...]
    return (
        Endpoint(path="/payment_terminals", summary="Every payment terminal", act=lambda _: views(bench), gives=many),
        Endpoint(path=f"{at}/ledger", summary="Money it moved", act=ledger, gives=LedgerView),
        Endpoint(path=f"{at}/acquirer.csv", summary="The acquirer's file", act=acquirer_file),
        Endpoint(path=f"{at}/faults", summary="What goes wrong at it", act=spoil, takes=TerminalFaults),
        Endpoint(path=f"{at}/plug", summary="Pull its plug, or put it in", act=plug, takes=Plug),
        Endpoint(path=f"{at}/restart", summary="Off and on again", act=restart, takes=TerminalRestart),
        Endpoint(path=f"{at}/cut", summary="Cut the line once", act=cut, takes=Nothing),
        Endpoint(path=f"{at}/call_back", summary="Tell the newest results again", act=call_back, takes=Nothing),
    )
