"""Traces: what is recorded is read back, secrets are not in them, and a file that is none is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.traffic.masking import Mask, luhn
from simulators.traffic.trace import Head, Trace, TraceRefused, read_trace, rows_of, write_trace

CARD = b"4111111111111111"
CODE = b"134567890123456789"
EAN = b"4006381333931"
MAC = b"a4:C1:38:00:11:22"
EPC = b"30340000000000000000000A"


def test_secrets_are_hidden_and_goods_are_not() -> None:
    mask = Mask(b"salt", ("macs", "epcs"))
    told = b"\x02PAN=" + CARD + b";CODE=" + CODE + b";EAN=" + EAN + b";AT " + MAC + b" TAG " + EPC + b"\x03"
    hidden = mask.hide(told)
    assert len(hidden) == len(told)
    assert not any(secret in hidden for secret in (CARD, CODE, MAC, EPC))
    assert EAN in hidden
    assert b"PAN=9" in hidden
    assert b"1111;CODE=" in hidden, "the last four digits stay"
    assert mask.hide(told) == hidden, "the same secret, the same pseudonym"
    assert Mask(b"other", ("macs", "epcs")).hide(told) != hidden, "and another one in another recording"
    assert mask.kinds == ("cards", "codes", "macs", "epcs")
    assert MAC in Mask(b"salt").hide(told)


def test_check_digits_of_cards() -> None:
    assert luhn(CARD)
    assert luhn(b"79927398713")
    assert not luhn(b"4111111111111112")


@given(st.binary(max_size=200))
def test_hiding_never_changes_a_length_and_never_raises(data: bytes) -> None:
    mask = Mask(b"salt", ("macs", "epcs"))
    hidden = mask.hide(data)
    assert len(hidden) == len(data)
    assert CARD not in mask.hide(data + b" " + CARD)


@given(st.lists(st.tuples(st.sampled_from(["to_device", "to_host"]), st.binary(max_size=40)), max_size=20))
def test_a_trace_comes_back(tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, bytes]]) -> None:
    path = tmp_path_factory.mktemp("trace") / "a.jsonl"
    rows = rows_of([(0, "open", b""), *((number, way, data) for number, (way, data) in enumerate(said))])  # type: ignore[list-item]
    trace = Trace(Head(device="scale-1", began="2026-11-28T02:50:00Z", masked=("cards",)), tuple(rows))
    path.write_bytes(write_trace(trace))
    assert read_trace(path) == trace


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", ": is empty."),
        ("{", ":1: Input data was truncated."),
        ('{"trace": 2, "device": "d", "began": "b"}', ":1: version 2 is not known here. Known: 1."),
        (
            '{"trace": 1, "device": "d", "began": "b"}\n{"at_ms": 0, "way": "up"}',
            ":2: Invalid enum value 'up' - at `$.way`.",
        ),
        ('{"trace": 1, "device": "d", "began": "b"}\n{"at_ms": 0, "way": "to_host", "bytes": "zz"}', ":2: bytes: "),
        (
            '{"trace": 1, "device": "d", "began": "b"}\n{"at_ms": 5, "way": "open"}\n{"at_ms": 4, "way": "close"}',
            ":3: at_ms goes back.",
        ),
    ],
)
def test_what_is_no_trace_is_refused(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    with pytest.raises(TraceRefused) as refused:
        read_trace(path)
    assert str(refused.value).startswith(f"{path}{complaint}")
