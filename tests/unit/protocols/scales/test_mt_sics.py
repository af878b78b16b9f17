"""MT-SICS, both roles: golden lines from the commands' definition, units, tare, what a scale without TA gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.clock import FakeClock
from protocols.device_events import WeightRead, WeightState
from protocols.scales.mt_sics import (
    REPEAT_MS,
    RETRIES_MAX,
    STABLE_WITHIN_MS,
    TARE_REFUSED_MAX,
    TARE_TRIED_AGAIN_EVERY,
    AnsweringSession,
    AskingSession,
    grams_of,
    weight_text,
)
from protocols.scales.session import Unanswered
from simulators.load_cell import LoadCell

NO_TARE = b"TA A      0.000 kg\r\n"
GOLDEN = [
    ("53 20 53 20 20 20 20 20 31 30 30 2E 30 30 20 67 0D 0A", WeightState.STABLE, 100),
    ("53 20 53 20 20 20 20 20 20 31 2E 32 35 30 20 6B 67 0D 0A", WeightState.STABLE, 1250),
    ("53 20 53 20 20 20 20 20 20 30 2E 30 30 30 20 6B 67 0D 0A", WeightState.ZERO, 0),
    ("53 20 53 20 31 2E 32 35 30 20 6B 67 0D 0A", WeightState.STABLE, 1250),  # a clone that pads nothing
    ("53 20 53 20 20 20 20 20 2D 30 2E 36 38 20 67 0D 0A", WeightState.UNDER_ZERO, None),
    ("53 20 44 20 20 20 20 20 31 30 30 2E 30 30 20 67 0D 0A", WeightState.MOTION, None),
    ("53 20 49 0D 0A", WeightState.MOTION, None),
    ("53 20 2B 0D 0A", WeightState.OVER_CAPACITY, None),
    ("53 20 2D 0D 0A", WeightState.UNDER_ZERO, None),
    ("45 4C 0D 0A", WeightState.FAULT, None),
]


def asked() -> AskingSession:
    """A session that knows the tare and waits for the weight."""
    session = AskingSession("s")
    assert session.ask(0) == b"TA\r\n"
    assert session.receive(NO_TARE) is None
    assert session.to_send() == b"SI\r\n"
    return session


def weigh(session: AskingSession, line: bytes, tare: bytes = NO_TARE) -> WeightRead | Unanswered | None:
    """The scale says the same both times, then its tare."""
    heard = session.receive(line)
    if heard is None and session.to_send() == b"SI\r\n":
        heard = session.receive(line)
    if heard is None and session.to_send() == b"TA\r\n":
        heard = session.receive(tare)
    return heard


@pytest.mark.parametrize(("line", "state", "grams"), GOLDEN)
def test_golden_answers(line: str, state: WeightState, grams: int | None) -> None:
    heard = weigh(asked(), bytes.fromhex(line))
    assert isinstance(heard, WeightRead)
    assert (heard.state, heard.grams, heard.net) == (state, grams, False)
    assert heard.unit == ("g" if bytes.fromhex(line).endswith(b" g\r\n") and grams is not None else "kg")


@pytest.mark.parametrize(
    ("weight", "grams"),
    [
        ("0.5 g", 1),
        ("0.4 g", 0),
        ("12.5 mg", 0),
        ("2.5 lb", 1134),
        ("16 oz", 454),
        ("1.2345 kg", 1235),
        ("99999999 g", 99_999_999),
    ],
)
def test_units_become_whole_grams_halves_up(weight: str, grams: int) -> None:
    heard = weigh(asked(), f"S S {weight:>13}\r\n".encode())
    assert isinstance(heard, WeightRead)
    assert (heard.grams, heard.state) == (grams, WeightState.STABLE if grams else WeightState.ZERO)
    assert heard.unit == weight.split()[1]


def test_finer_than_a_gram_is_kept_to_the_milligram() -> None:
    heard = weigh(asked(), b"S S    100.125 g\r\n")
    assert isinstance(heard, WeightRead)
    assert (heard.grams, heard.milligrams, heard.unit) == (100, 100_125, "g")


@pytest.mark.parametrize("weight", ["100 PCS", "12.00 ct", "1.250 KG", "3.1 %"])
def test_what_is_no_weight_is_unreadable(weight: str) -> None:
    session = asked()
    heard = None
    for _ in range(RETRIES_MAX + 3):
        heard = heard or session.receive(f"S S {weight:>13}\r\n".encode())
        session.to_send()
    assert heard is Unanswered.UNREADABLE


@given(st.integers(-999_999, 999_999), st.sampled_from(["g", "kg"]))
def test_weights_survive_their_text(grams: int, unit: str) -> None:
    text = weight_text(grams, unit)
    number = text.split()[0]
    whole, _, part = number.removeprefix("-").partition(".")
    assert grams_of("-" if number.startswith("-") else "", whole, part, unit) == grams
    assert len(text) == 10 + 1 + len(unit)


def test_the_scale_writes_the_golden_bytes() -> None:
    cell = LoadCell(FakeClock())
    cell.put(100, settle_ms=0)
    scale = AnsweringSession(cell, unit="g")
    assert scale.receive(b"SI\r\n", 0)[0].data == b"S S        100 g\r\n"
    assert AnsweringSession(cell).receive(b"S\r\n", 0)[0].data == b"S S      0.100 kg\r\n"
    assert scale.greeting() == b'I4 A "0123456789"\r\n'


def test_two_readings_that_differ_are_motion() -> None:
    session = asked()
    session.receive(b"S S      1.250 kg\r\n")
    assert session.to_send() == b"SI\r\n"
    assert session.receive(b"S S      1.255 kg\r\n") == WeightRead(device_id="s", state=WeightState.MOTION)


def test_net_is_told_by_the_tare_and_a_tare_that_changes_meanwhile_is_motion() -> None:
    session = asked()
    line = b"S S      0.750 kg\r\n"
    assert weigh(session, line, b"TA A      0.500 kg\r\n") == WeightRead(device_id="s", state=WeightState.MOTION)
    assert session.ask(10) == b"SI\r\n"
    assert weigh(session, line, b"TA A      0.500 kg\r\n") == WeightRead(
        device_id="s", state=WeightState.STABLE, grams=750, net=True
    )


def test_a_scale_without_tare_command_weighs_gross_and_is_asked_again_later() -> None:
    session = AskingSession("s")
    asked_for = session.ask(0)
    for _ in range(TARE_REFUSED_MAX):
        assert asked_for == b"TA\r\n"
        assert session.receive(b"ES\r\n") is None
        asked_for = session.to_send()
    assert asked_for == b"SI\r\n"
    gross = WeightRead(device_id="s", state=WeightState.STABLE, grams=1250)
    for now_ms in range(TARE_TRIED_AGAIN_EVERY - 1):
        session.receive(b"S S 1.250 kg\r\n")
        assert session.receive(b"S S 1.250 kg\r\n") is None, "came before the second question"
        assert session.to_send() == b"SI\r\n"
        assert session.receive(b"S S 1.250 kg\r\n") == gross
        assert session.ask(now_ms) == b"SI\r\n"
    session.receive(b"S +\r\n")
    assert session.ask(99) == b"TA\r\n"


def test_a_weight_that_comes_late_is_not_taken_for_the_next() -> None:
    session = asked()
    assert session.expire(1_000) is Unanswered.SILENT
    assert session.ask(1_200) == b"TA\r\n"
    assert session.receive(b"S S      9.000 kg\r\n") is None
    assert session.to_send() == b""
    assert session.receive(NO_TARE) is None
    assert session.to_send() == b"SI\r\n"
    assert weigh(session, b"S S      1.000 kg\r\n") == WeightRead(device_id="s", state=WeightState.STABLE, grams=1000)


def test_a_scale_switched_on_in_between_is_asked_for_its_tare_again() -> None:
    session = asked()
    assert session.receive(b'I4 A "0123456789"\r\n') is None
    assert weigh(session, b"S S      1.000 kg\r\n") == WeightRead(device_id="s", state=WeightState.MOTION)


def test_a_damaged_answer_is_asked_for_again_so_often() -> None:
    session = asked()
    for _ in range(RETRIES_MAX):
        assert session.receive(b"S S    1.2\xff0 kg\r\n") is None
        assert session.to_send() == b"SI\r\n"
    assert session.receive(b"ET\r\n") is Unanswered.UNREADABLE


def answers(scale: AnsweringSession, line: str, now_ms: int = 0) -> list[str]:
    return [answer.data.decode().removesuffix("\r\n") for answer in scale.receive(f"{line}\r\n".encode(), now_ms)]


def test_the_commands_of_the_scale() -> None:
    cell = LoadCell(FakeClock())
    scale = AnsweringSession(cell)
    cell.put(50, settle_ms=0)
    assert answers(scale, "Z") == ["Z A"]
    cell.put(300, settle_ms=0)
    assert answers(scale, "TI") == ["TI S"]
    assert answers(scale, "TA") == ["TA A      0.250 kg"]
    assert answers(scale, "TA 100 g") == ["TA A      0.100 kg"]
    assert answers(scale, "TA much") == ["TA L"]
    assert answers(scale, "S") == ["S S      0.150 kg"]
    assert answers(scale, "TAC") == ["TAC A"]
    cell.put(-20, settle_ms=0)
    assert answers(scale, "S") == ["S -"]
    cell.put(99_000, settle_ms=0)
    assert [*answers(scale, "SI"), *answers(scale, "T"), *answers(scale, "Z")] == ["S +", "T +", "Z +"]
    assert answers(scale, "XYZ") == ["ES"]
    assert answers(scale, "si") == ["ES"]
    assert answers(scale, "S 1") == ["EL"]
    assert scale.receive(b"S\xff\r\n", 0)[0].data == b"ET\r\n"
    assert scale.receive(b"S" * 200, 0)[0].data == b"ET\r\n"
    assert answers(scale, "I4") == answers(scale, "@") == ['I4 A "0123456789"']
    assert answers(scale, "I0")[-1] == 'I0 A 1 "TI"'


def test_waiting_for_rest_and_repeating() -> None:
    clock = FakeClock()
    cell = LoadCell(clock)
    scale = AnsweringSession(cell)
    cell.put(500, settle_ms=200)
    assert answers(scale, "S") == []
    assert scale.waiting
    assert scale.tick(100) == []
    clock.advance(200)
    assert [answer.data for answer in scale.tick(200)] == [b"S S      0.500 kg\r\n"]
    assert not scale.waiting
    cell.hold(WeightState.MOTION)
    assert answers(scale, "T", 1_000) == []
    assert [answer.data for answer in scale.tick(1_000 + STABLE_WITHIN_MS)] == [b"T I\r\n"]
    cell.hold(WeightState.STABLE)
    assert answers(scale, "SIR", 5_000) == ["S S      0.500 kg"]
    assert scale.tick(5_000 + REPEAT_MS - 1) == []
    assert len(scale.tick(5_000 + REPEAT_MS)) == len(scale.tick(5_000 + 2 * REPEAT_MS)) == 1
    assert answers(scale, "@", 6_000) == ['I4 A "0123456789"']
    assert scale.tick(9_000) == []
