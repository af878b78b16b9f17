"""Toledo 8217, both roles: golden bytes, any split, any rubbish, every status byte."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.device_events import WeightRead, WeightState
from protocols.scales.session import ALL_STATES
from protocols.scales.toledo8217 import (
    ALWAYS_ONE,
    NET,
    Asked,
    AskingSession,
    Command,
    DeviceSession,
    Echo,
    Unanswered,
    Unit,
    encode_status,
    encode_weight,
    grams_of,
    state_of,
    status_of,
    with_even_parity,
)

GOLDEN = [
    ("02 30 31 2E 32 35 30 0D", WeightRead(device_id="s", state=WeightState.STABLE, grams=1250)),
    ("02 30 30 2E 37 35 30 4E 0D", WeightRead(device_id="s", state=WeightState.STABLE, grams=750, net=True)),
    ("02 30 30 2E 30 30 30 0D", WeightRead(device_id="s", state=WeightState.ZERO, grams=0)),
    ("02 3F 41 0D", WeightRead(device_id="s", state=WeightState.MOTION)),
    ("02 3F 42 0D", WeightRead(device_id="s", state=WeightState.OVER_CAPACITY)),
    ("02 3F 44 0D", WeightRead(device_id="s", state=WeightState.UNDER_ZERO)),
    ("02 3F 50 0D", WeightRead(device_id="s", state=WeightState.ZERO)),
    ("02 3F 48 0D", WeightRead(device_id="s", state=WeightState.FAULT)),
    ("02 3F 02 0D", WeightRead(device_id="s", state=WeightState.OVER_CAPACITY)),  # b6 = 0: looks like STX
    ("02 3F 0D 0D", WeightRead(device_id="s", state=WeightState.UNDER_ZERO)),  # b6 = 0: looks like CR
]
SEVEN_BITS = st.integers(0, 0x7F)


def asked() -> AskingSession:
    session = AskingSession("s")
    assert session.ask(0) == b"W"
    return session


def answer_in_pieces(session: AskingSession, data: bytes, cuts: set[int]) -> list[WeightRead]:
    places = [0, *sorted(cut for cut in cuts if 0 < cut < len(data)), len(data)]
    heard = [session.receive(data[a:b]) for a, b in itertools.pairwise(places)]
    return [read for read in heard if read is not None]


@pytest.mark.parametrize(("frame", "meant"), GOLDEN)
def test_golden_answers_whole_byte_by_byte_and_with_parity_bits(frame: str, meant: WeightRead) -> None:
    data = bytes.fromhex(frame)
    assert asked().receive(data) == meant
    assert answer_in_pieces(asked(), data, set(range(len(data)))) == [meant]
    assert asked().receive(with_even_parity(data)) == meant


def test_the_scales_side_writes_the_golden_bytes() -> None:
    assert encode_weight(1250) == bytes.fromhex("02 30 31 2E 32 35 30 0D")
    assert encode_weight(750, net=True) == bytes.fromhex("02 30 30 2E 37 35 30 4E 0D")
    assert encode_status(status_of(WeightState.MOTION)) == bytes.fromhex("02 3F 41 0D")
    assert encode_status(status_of(WeightState.UNDER_ZERO)) == bytes.fromhex("02 3F 44 0D")


@pytest.mark.parametrize("grams", [-1, 100_000])
def test_a_weight_the_digits_cannot_say_is_refused(grams: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode_weight(grams)


@given(st.integers(0, 99_999), st.booleans())
def test_every_weight_comes_back(grams: int, net: bool) -> None:
    read = asked().receive(encode_weight(grams, net=net))
    assert read is not None
    assert (read.grams, read.net) == (grams, net)
    assert read.state is (WeightState.STABLE if grams else WeightState.ZERO)


@given(st.binary(max_size=40), st.integers(0, 99_999), st.binary(max_size=20), st.sets(st.integers(1, 70)))
def test_any_split_gives_the_same(before: bytes, grams: int, after: bytes, cuts: set[int]) -> None:
    data = before + encode_weight(grams) + after
    whole = answer_in_pieces(asked(), data, set())
    assert answer_in_pieces(asked(), data, cuts) == whole
    assert answer_in_pieces(asked(), data, set(range(len(data)))) == whole


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_rubbish_never_raises_and_the_next_answer_is_heard(pieces: list[bytes]) -> None:
    session = asked()
    for piece in pieces:
        session.receive(piece)
    session.ask(5_000)
    assert session.receive(encode_weight(310)) == WeightRead(device_id="s", state=WeightState.STABLE, grams=310)


@given(st.integers(0, 99_999), st.data())
def test_a_lost_byte_never_makes_another_weight(grams: int, data: st.DataObject) -> None:
    frame = encode_weight(grams)
    lost = data.draw(st.integers(0, len(frame) - 1))
    session = asked()
    assert session.receive(frame[:lost] + frame[lost + 1 :]) is None
    assert session.expire(1_000) is Unanswered.UNREADABLE


@given(st.integers(0, 99_999), st.data())
def test_a_flipped_bit_is_seen_by_its_parity(grams: int, data: st.DataObject) -> None:
    sent = with_even_parity(encode_weight(grams))
    place, bit = data.draw(st.integers(0, len(sent) - 1)), data.draw(st.integers(0, 6))
    flipped = sent[place] ^ (1 << bit)
    if flipped >= 0x80:  # below 80h the asking side cannot know whether the line shows parity at all
        assert asked().receive(sent[:place] + bytes([flipped]) + sent[place + 1 :]) is None


def test_pounds_are_not_taken_for_kilograms() -> None:
    session = asked()
    assert session.receive(b"\x0202.50\r") is None
    assert session.expire(1_000) is Unanswered.UNREADABLE


@given(SEVEN_BITS)
def test_no_status_byte_is_ever_a_weight_and_the_makers_bits_change_nothing(status: int) -> None:
    read = asked().receive(encode_status(status))
    assert read is not None
    assert read.grams is None
    assert read.state is not WeightState.STABLE
    assert state_of(status | NET) is state_of(status | ALWAYS_ONE) is state_of(status & ~(NET | ALWAYS_ONE))


@pytest.mark.parametrize("state", sorted(ALL_STATES))
def test_states_survive_the_byte(state: WeightState) -> None:
    assert state_of(status_of(state)) is state


def test_deadlines_come_from_outside() -> None:
    session = AskingSession("s", answer_within_ms=700)
    assert session.deadline_ms is None
    assert session.expire(10_000) is None
    session.ask(100)
    assert session.deadline_ms == 800
    assert session.expire(799) is None
    assert session.expire(800) is Unanswered.SILENT
    assert session.deadline_ms is None


def test_a_late_or_repeated_answer_is_dropped() -> None:
    session = asked()
    assert session.receive(encode_weight(100) + encode_weight(200)) is not None
    assert session.receive(encode_weight(300)) is None
    session.ask(2_000)
    session.expire(3_000)
    assert session.receive(encode_weight(400)) is None
    session.ask(4_000)
    read = session.receive(encode_weight(500))
    assert read is not None
    assert read.grams == 500


def test_a_scale_that_tells_a_weight_once_keeps_it_until_something_moves() -> None:
    session = asked()
    told = session.receive(encode_weight(500))
    for now_ms in (1, 2, 3):
        session.ask(now_ms)
        assert session.receive(encode_status(status_of(WeightState.STABLE))) == told
    session.ask(4)
    session.receive(encode_status(status_of(WeightState.MOTION)))
    session.ask(5)
    read = session.receive(encode_status(status_of(WeightState.STABLE)))
    assert read == WeightRead(device_id="s", state=WeightState.FAULT)


@pytest.mark.parametrize("lost", ["expired", "asked over it"])
def test_a_kept_weight_does_not_outlive_a_lost_answer(lost: str) -> None:
    session = asked()
    session.receive(encode_weight(500))
    session.ask(10)
    if lost == "expired":
        assert session.expire(2_000) is Unanswered.SILENT
    session.ask(3_000)
    read = session.receive(encode_status(0))
    assert read is not None
    assert read.state is WeightState.FAULT


def test_the_device_hears_questions_and_echoes_between_e_and_f() -> None:
    device = DeviceSession()
    assert device.receive(b"WxZ\x00") == [Asked(Command.WEIGH), Asked(Command.ZERO)]
    assert device.receive(b"EW1FW") == [Asked(Command.ECHO), Echo(b"W"), Echo(b"1"), Asked(Command.WEIGH)]


@given(st.binary(max_size=60), st.sets(st.integers(1, 60)))
def test_the_device_never_raises_and_hears_the_same_in_pieces(data: bytes, cuts: set[int]) -> None:
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    pieces = DeviceSession()
    heard = [one for a, b in itertools.pairwise(places) for one in pieces.receive(data[a:b])]
    assert heard == DeviceSession().receive(data)


@pytest.mark.parametrize(
    ("unit", "frame", "grams"),
    [
        (Unit.LB, "02 30 31 2E 32 35 0D", 567),
        (Unit.LB_8213, "02 30 30 31 2E 32 35 4E 0D", 567),
        (Unit.LB, "02 39 39 2E 39 39 0D", 45_355),
    ],
)
def test_pounds_become_whole_grams_half_up(unit: Unit, frame: str, grams: int) -> None:
    session = AskingSession("s", unit=unit)
    session.ask(0)
    data = bytes.fromhex(frame)
    heard = session.receive(data)
    assert heard == WeightRead(device_id="s", state=WeightState.STABLE, grams=grams, net=b"N" in data, unit="lb")
    assert encode_weight(grams, net=b"N" in data, unit=unit) == data


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("other", Unit)
def test_one_unit_is_never_taken_for_another(unit: Unit, other: Unit) -> None:
    session = AskingSession("s", unit=unit)
    session.ask(0)
    read = session.receive(encode_weight(1250, unit=other))
    assert (read is not None) == (unit is other)


@given(st.integers(0, 9_999), st.sampled_from([Unit.LB, Unit.LB_8213]))
def test_every_weight_in_pounds_comes_back(hundredths: int, unit: Unit) -> None:
    grams = grams_of(hundredths, unit)
    session = AskingSession("s", unit=unit)
    session.ask(0)
    read = session.receive(encode_weight(grams, unit=unit))
    assert read is not None
    assert read.grams == grams


def test_a_weight_in_pounds_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode_weight(45_360, unit=Unit.LB)
