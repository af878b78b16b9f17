"""The simulated terminal is honest, and not clever: what it approves is in its ledger, and asking twice charges twice."""

from __future__ import annotations

import msgspec

from protocols.clock import SeededRandom
from protocols.payment.wire import Busy, CancelRequest, Enquiry, GiveBackRequest, PayRequest, Result, ToTerminal
from simulators.payment_terminal.ledger import Acquirer
from simulators.payment_terminal.terminal import Terminal, TerminalFaults


def pay(attempt_id: str, amount: int = 100, *, method: str = "card", code: str = "") -> PayRequest:
    return PayRequest(attempt_id=attempt_id, method=method, amount_minor=amount, currency="CNY", code=code)


def say(terminal: Terminal, message: ToTerminal, mono_ms: int = 0) -> object:
    (answer,) = terminal.hear(message, mono_ms, 0)
    return answer.message


def test_asking_twice_charges_twice() -> None:
    terminal = Terminal("t", SeededRandom(1))
    say(terminal, pay("a"))
    say(terminal, pay("a"))
    assert terminal.ledger.charged_minor("a") == 200, "so a till that asks twice is found out"
    assert terminal.asked == ["a", "a"]


def test_what_was_not_found_can_never_begin() -> None:
    terminal = Terminal("t", SeededRandom(1))
    assert say(terminal, Enquiry(attempt_id="a")) == Result(attempt_id="a", outcome="not_found")
    answer = say(terminal, pay("a"))
    assert isinstance(answer, Result)
    assert answer.outcome == "not_found"
    assert terminal.ledger.entries == []


def test_one_customer_at_a_time() -> None:
    terminal = Terminal("t", SeededRandom(1))
    terminal.faults = TerminalFaults(slow_ms=1_000)
    assert terminal.hear(pay("a"), 0, 0) == []
    assert say(terminal, pay("b")) == Busy(attempt_id="b")
    assert say(terminal, Enquiry(attempt_id="a")) == Result(attempt_id="a", outcome="pending")
    assert terminal.deadline_ms == 1_000
    assert terminal.decide(999, 0) == []
    (answer,) = terminal.decide(1_000, 0)
    assert isinstance(answer.message, Result)
    assert answer.message.outcome == "approved"


def test_stopped_before_it_is_decided_and_not_after() -> None:
    terminal = Terminal("t", SeededRandom(1))
    terminal.faults = TerminalFaults(slow_ms=1_000)
    terminal.hear(pay("a"), 0, 0)
    assert say(terminal, CancelRequest(attempt_id="a")) == Result(attempt_id="a", outcome="cancelled")
    terminal.faults = TerminalFaults()
    say(terminal, pay("b"))
    assert terminal.hear(CancelRequest(attempt_id="b"), 0, 0) == []


def test_no_more_goes_back_than_was_paid() -> None:
    terminal = Terminal("t", SeededRandom(1))
    say(terminal, pay("a"))

    def back(attempt_id: str, amount: int) -> str:
        answer = say(
            terminal, GiveBackRequest(attempt_id=attempt_id, method="card", amount_minor=amount, currency="CNY", of_id="a")
        )
        assert isinstance(answer, Result)
        return answer.outcome

    assert [back("b", 60), back("c", 41), back("d", 40), back("e", 1)] == ["approved", "declined", "approved", "declined"]


def test_power_lost_with_a_customer_at_it() -> None:
    terminal = Terminal("t", SeededRandom(1))
    terminal.faults = TerminalFaults(slow_ms=1_000)
    terminal.hear(pay("a"), 0, 0)
    terminal.power_lost()
    answer = say(terminal, Enquiry(attempt_id="a"))
    assert isinstance(answer, Result)
    assert (answer.outcome, terminal.ledger.entries) == ("declined", [])


def test_end_of_day_begins_anew() -> None:
    terminal = Terminal("t", SeededRandom(1))
    say(terminal, pay("a", 70))
    assert terminal.ledger.end_of_day().paid_minor == 70
    say(terminal, pay("b", 30))
    assert terminal.ledger.end_of_day().paid_minor == 30
    assert terminal.ledger.totals().payments == 0


def test_money_may_go_back_at_another_terminal_of_the_shop() -> None:
    acquirer = Acquirer()
    first, second = (Terminal(name, SeededRandom(1), acquirer=acquirer) for name in ("t-1", "t-2"))
    say(first, pay("a"))
    back = GiveBackRequest(attempt_id="b", method="card", amount_minor=100, currency="CNY", of_id="a")
    assert isinstance(answer := say(second, back), Result)
    assert answer.outcome == "approved"
    assert isinstance(answer := say(first, msgspec.structs.replace(back, attempt_id="c")), Result)
    assert answer.outcome == "declined", "it is all gone"
