"""Toledo 8217: frames from the manual, any split, noise, and the two roles against each other."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.device_events import WeightRead, WeightState
from protocols.scales.toledo8217 import (
    ANSWER_WITHIN_MS,
    FRAME_MAX,
    Garbled,
    Load,
    Reply,
    ScaleDevice,
    ScaleSession,
    Unit,
    digits_of,
    grams_of,
)

GOLDEN = [
    (Unit.KG, "02 30 31 2E 32 35 30 0D", WeightState.STABLE, 1250, False),
    (Unit.KG, "02 30 30 2E 37 35 30 4E 0D", WeightState.STABLE, 750, True),
    (Unit.KG, "02 30 30 2E 30 30 30 0D", WeightState.ZERO, 0, False),
    (Unit.LB, "02 30 31 2E 32 35 0D", WeightState.STABLE, 567, False),
    (Unit.LB_8213, "02 30 30 31 2E 32 35 0D", WeightState.STABLE, 567, False),
    (Unit.KG, "02 3F 41 0D", WeightState.MOTION, None, False),
    (Unit.KG, "02 3F 44 0D", WeightState.UNDER_ZERO, None, False),
    (Unit.KG, "02 3F 42 0D", WeightState.OVER_CAPACITY, None, False),
    (Unit.KG, "02 3F 43 0D", WeightState.OVER_CAPACITY, None, False),
    (Unit.KG, "02 3F 01 0D", WeightState.MOTION, None, False),
    (Unit.KG, "02 3F 61 0D", WeightState.MOTION, None, False),
    (Unit.KG, "02 3F 50 0D", WeightState.ZERO, None, False),
    (Unit.KG, "02 3F 40 0D", WeightState.FAULT, None, False),
    (Unit.KG, "02 3F 0D 0D", WeightState.UNDER_ZERO, None, False),
]


def asked(unit: Unit = Unit.KG) -> ScaleSession:
    session = ScaleSession("scale-1", unit)
    assert session.ask(0) == b"W"
    return session


@pytest.mark.parametrize(("unit", "frame", "state", "grams", "net"), GOLDEN)
def test_golden_answers(unit: Unit, frame: str, state: WeightState, grams: int | None, net: bool) -> None:
    answer = asked(unit).feed(bytes.fromhex(frame))
    assert answer == WeightRead(device_id="scale-1", state=state, grams=grams, net=net)


@pytest.mark.parametrize(
    "wrong", [b"1.250", b"011.250", b"01.25", b"01250", b"01.2500", b"01,250", b"-1.250", b"", b"?", b"?AB"]
)
def test_a_digit_lost_or_doubled_is_no_weight(wrong: bytes) -> None:
    session = asked()
    answer = session.feed(b"\x02" + wrong + b"\r\x02")
    assert not isinstance(answer, WeightRead)
    assert session.deadline_ms is not None


def test_parity_left_in_the_byte_does_not_matter() -> None:
    answer = asked().feed(bytes(byte | 0x80 for byte in b"\x0201.250\r"))
    assert isinstance(answer, WeightRead)
    assert answer.grams == 1250


def test_noise_before_the_answer_is_skipped() -> None:
    session = asked()
    assert isinstance(session.feed(b"\xff\x00zz\r\x02garbage that does not end"), Garbled)
    answer = session.feed(b"\x0201.\x0200.500\r")
    assert isinstance(answer, WeightRead)
    assert answer.grams == 500


def test_what_nobody_asked_for_is_dropped() -> None:
    session = ScaleSession("scale-1")
    assert session.feed(b"\x0201.250\r") is None
    session.ask(0)
    answer = session.feed(b"\x0200.500\r\x0200.500\r\x0299.")
    assert isinstance(answer, WeightRead)
    assert session.feed(b"999\r") is None
    session.ask(200)
    assert session.feed(b"\x0200.7") is None
    session.ask(400)
    assert session.feed(b"50\r") is None, "the tail of an answer to an older question"


def test_the_deadline_comes_from_outside() -> None:
    session = asked()
    assert session.deadline_ms == ANSWER_WITHIN_MS
    assert not session.expire(ANSWER_WITHIN_MS - 1)
    assert session.expire(ANSWER_WITHIN_MS)
    assert session.deadline_ms is None
    assert not session.expire(10 * ANSWER_WITHIN_MS)


def test_a_scale_that_tells_a_weight_once_keeps_it_until_something_else_comes() -> None:
    session = asked()
    first = session.feed(b"\x0201.250\r")
    session.ask(200)
    assert session.feed(b"\x02?@\r") == first
    session.ask(400)
    session.feed(b"\x02?A\r")
    session.ask(600)
    after_motion = session.feed(b"\x02?@\r")
    assert isinstance(after_motion, WeightRead)
    assert (after_motion.state, after_motion.grams) == (WeightState.FAULT, None)


def test_a_kept_weight_does_not_outlive_a_silence() -> None:
    session = asked()
    session.feed(b"\x0201.250\r")
    session.ask(1000)
    assert session.expire(2000)
    session.ask(2000)
    answer = session.feed(b"\x02?@\r")
    assert isinstance(answer, WeightRead)
    assert answer.grams is None


@given(st.integers(0, 99_999), st.lists(st.integers(0, 8), max_size=6))
def test_any_split_gives_the_same_answer(grams: int, cuts: list[int]) -> None:
    frame = b"\x02" + digits_of(grams, Unit.KG) + b"\r"
    session = asked()
    edges = [0, *sorted(min(cut, len(frame)) for cut in cuts), len(frame)]
    answers = [session.feed(frame[start:end]) for start, end in itertools.pairwise(edges)]
    found = [answer for answer in answers if answer is not None]
    assert [answer.grams for answer in found if isinstance(answer, WeightRead)] == [grams]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_noise_never_raises_and_holds_little(pieces: list[bytes]) -> None:
    session, device = asked(), ScaleDevice()
    for piece in pieces:
        answer = session.feed(piece)
        assert answer is None or isinstance(answer, WeightRead) or len(answer.data) <= FRAME_MAX + 1
        if session.deadline_ms is None:
            session.ask(0)
        device.feed(piece, Load(grams=250))


@given(st.sampled_from(Unit), st.integers(0, 40_000))
def test_the_device_is_understood_by_the_session(unit: Unit, grams: int) -> None:
    session = asked(unit)
    (reply,) = ScaleDevice(unit).feed(b"W", Load(grams=grams))
    answer = session.feed(reply.data)
    assert isinstance(answer, WeightRead)
    assert answer.grams is not None
    assert abs(answer.grams - grams) <= (0 if unit is Unit.KG else 3)


def test_pounds_are_rounded_half_up_to_whole_grams() -> None:
    assert grams_of(100, Unit.LB) == 454
    assert grams_of(1, Unit.LB) == 5
    assert grams_of(9999, Unit.LB) == 45355


@pytest.mark.parametrize(
    ("load", "answer"),
    [
        (Load(grams=1250), b"\x0201.250\r"),
        (Load(grams=1250, in_motion=True), b"\x02?I\r"),
        (Load(grams=16_000, over_capacity=True), b"\x02?J\r"),
        (Load(grams=-5), b"\x02?D\r"),
        (Load(), b"\x0200.000\r"),
    ],
)
def test_the_device_answers_its_load(load: Load, answer: bytes) -> None:
    assert ScaleDevice().feed(b"W", load) == [Reply(answer)]


def test_zero_tare_and_clear() -> None:
    device = ScaleDevice()
    assert device.feed(b"Z", Load(grams=20)) == [Reply(b"\x02?P\r")]
    assert device.feed(b"W", Load(grams=520)) == [Reply(b"\x0200.500\r")]
    assert device.feed(b"T", Load(grams=120))[0].after_ms == 150
    assert device.feed(b"W", Load(grams=520)) == [Reply(b"\x0200.400N\r")]
    assert device.feed(b"W", Load(grams=20)) == [Reply(b"\x02?t\r")]
    device.feed(b"C", Load(grams=20))
    assert device.feed(b"W", Load(grams=520)) == [Reply(b"\x0200.500\r")]
    device.feed(b"T00050", Load(grams=520))
    assert device.feed(b"W", Load(grams=520)) == [Reply(b"\x0200.450N\r")]
    assert ScaleDevice(tare_enabled=False).feed(b"T", Load(grams=100)) == []


def test_echo_and_self_test() -> None:
    device = ScaleDevice()
    heard = b"".join(reply.data for reply in device.feed(b"EhelloF", Load()))
    assert heard == bytes.fromhex("02 45 0D 68 65 6C 6C 6F")
    assert [reply.data for reply in device.feed(b"ABx", Load())] == [b"\x02\r", b"\x02?@\r"]
