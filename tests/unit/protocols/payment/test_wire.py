"""The terminal wire: golden lines, both roles, any cut of the bytes, and what is no message."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.payment import wire
from protocols.payment.port import Order
from protocols.payment.wire import TerminalSession, TillSession, WireError, encode

GOLDEN: tuple[tuple[wire.ToTerminal | wire.ToTill, bytes], ...] = (
    (wire.Hello(), b'{"say":"hello"}\n'),
    (
        wire.PayRequest(attempt_id="a-1", method="card", amount_minor=1250, currency="CNY"),
        b'{"say":"pay","attempt_id":"a-1","method":"card","amount_minor":1250,"currency":"CNY"}\n',
    ),
    (
        wire.GiveBackRequest(attempt_id="a-2", method="card", amount_minor=50, currency="CNY", of_id="a-1"),
        b'{"say":"give_back","attempt_id":"a-2","method":"card","amount_minor":50,"currency":"CNY","of_id":"a-1"}\n',
    ),
    (wire.Enquiry(attempt_id="a-1"), b'{"say":"enquire","attempt_id":"a-1"}\n'),
    (wire.CancelRequest(attempt_id="a-1"), b'{"say":"cancel","attempt_id":"a-1"}\n'),
    (wire.TotalsRequest(), b'{"say":"totals"}\n'),
    (wire.Here(terminal_id="t-1"), b'{"say":"here","terminal_id":"t-1"}\n'),
    (
        wire.Result(attempt_id="a-1", outcome="approved", amount_minor=1250, reference="r-7", card_tail="4242"),
        b'{"say":"result","attempt_id":"a-1","outcome":"approved","amount_minor":1250,"reference":"r-7","card_tail":"4242"}\n',
    ),
    (wire.Busy(attempt_id="a-1"), b'{"say":"busy","attempt_id":"a-1"}\n'),
    (
        wire.Totals(terminal_id="t-1", payments=2, paid_minor=9),
        b'{"say":"totals","terminal_id":"t-1","payments":2,"paid_minor":9}\n',
    ),
)


def is_for_terminal(message: object) -> bool:
    return isinstance(
        message,
        wire.Hello | wire.PayRequest | wire.GiveBackRequest | wire.Enquiry | wire.CancelRequest | wire.TotalsRequest,
    )


@pytest.mark.parametrize(("message", "line"), GOLDEN, ids=lambda value: type(value).__name__)
def test_golden_lines(message: wire.ToTerminal | wire.ToTill, line: bytes) -> None:
    assert encode(message) == line
    session = TerminalSession() if is_for_terminal(message) else TillSession()
    assert session.receive(line) == [message]


@given(st.lists(st.sampled_from([pair for pair in GOLDEN if is_for_terminal(pair[0])]), min_size=1), st.data())
def test_any_cut_of_the_bytes(pairs: list[tuple[wire.ToTerminal, bytes]], data: st.DataObject) -> None:
    whole = b"".join(line for _, line in pairs)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)))))
    session, heard = TerminalSession(), []
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        heard += session.receive(whole[start:end])
    assert heard == [message for message, _ in pairs]


@given(st.binary(max_size=200))
def test_noise_is_an_error_or_nothing(noise: bytes) -> None:
    with contextlib.suppress(WireError):
        assert TillSession().receive(noise + b"\n") == []


@pytest.mark.parametrize(
    "line",
    [
        b'{"say":"result","attempt_id":"a","outcome":"maybe"}\n',
        b'{"say":"result","attempt_id":"a","outcome":"approved"}\n',
        b'{"say":"result","attempt_id":"a","outcome":"approved","amount_minor":-5}\n',
        b'{"say":"pay","attempt_id":"a","method":"card","amount_minor":1,"currency":"CNY"}\n',
        b'{"say":"sing"}\n',
        b"x" * (wire.LINE_BYTES_MAX + 1),
    ],
)
def test_what_a_till_does_not_believe(line: bytes) -> None:
    with pytest.raises(WireError):
        TillSession().receive(line)


def test_a_payment_code_is_in_no_text() -> None:
    code = "134567890123456789"
    request = wire.PayRequest(attempt_id="a", method="code", amount_minor=1, currency="CNY", code=code)
    assert code not in repr(request)
    assert code not in repr(Order("a", "code", 1, "CNY", code=code))
