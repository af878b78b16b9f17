"""LLRP on the wire: known frames by hand, every struct of the tables there and back, hostile bytes refused."""

from __future__ import annotations

import typing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols.llrp import messages as m
from protocols.llrp.codec import (
    DEPTH_MAX,
    MESSAGES_BY_NUMBER,
    PARAMETERS,
    decode_message,
    decode_parameters,
    encode_message,
    encode_parameter,
    layout_of,
)
from protocols.llrp.errors import Malformed
from protocols.llrp.event_parameters import (
    AiSpecEvent,
    ConnectionAttemptEvent,
    FieldError,
    LlrpStatus,
    ReaderEventNotificationData,
    UtcTimestamp,
)
from protocols.llrp.parameters import (
    CustomParameter,
    EventsAndReports,
    KeepaliveSpec,
    RawParameter,
    RawRest,
    RoReportSpec,
    TagReportContentSelector,
    Tell,
)
from protocols.llrp.tag_parameters import AntennaId, Epc96, EpcData, PeakRssi, SingulationDetails, TagReportData
from protocols.llrp.wire import (
    BitString,
    Counted,
    CountedBits,
    FieldKind,
    Number,
    Parameter,
    TopBit,
    TopBits,
    ToTheEnd,
    Words,
)

GOLDEN = [
    (
        "043f000000200000000000f600160080000c00039136a2a33b3f010000060000",
        m.ReaderEventNotification(
            parts=(
                ReaderEventNotificationData(
                    parts=(UtcTimestamp(microseconds=0x0003_9136_A2A3_3B3F), ConnectionAttemptEvent(status=0))
                ),
            )
        ),
    ),
    ("04180000000e0000000700000001", m.EnableRoSpec(message_id=7, rospec_id=1)),
    (
        "040300000019000000050000dc00090100001388" + "00e2000580",
        m.SetReaderConfig(message_id=5, parts=(KeepaliveSpec(trigger=1, milliseconds=5_000), EventsAndReports(hold=True))),
    ),
    ("07ff00000013000000020000651a1500000000", m.CustomMessage(message_id=2, vendor=25_882, subtype=21, data=bytes(4))),
    ("04480000000a00000011", m.KeepaliveAck(message_id=17)),
    (
        "041e0000001a00000003" + "011f0010" + "00640000" + "01200008" + "00020065",
        m.AddRoSpecResponse(message_id=3, parts=(LlrpStatus(code=100, parts=(FieldError(field=2, code=101),)),)),
    ),
    (
        "043f0000002a00000004"
        + "00f60020"
        + "0080000c0000000000000001"
        + "00fe0010"
        + "00"
        + "00000001"
        + "0001"
        + "9200030005",
        m.ReaderEventNotification(
            message_id=4,
            parts=(
                ReaderEventNotificationData(
                    parts=(
                        UtcTimestamp(microseconds=1),
                        AiSpecEvent(
                            event=0,
                            rospec_id=1,
                            spec_index=1,
                            parts=(SingulationDetails(collision_slots=3, empty_slots=5),),
                        ),
                    )
                ),
            ),
        ),
    ),
    (
        "043d0000002000000009" + "00f00016" + "8d3074257bf7194e4000001a85" + "810002" + "86c4",
        m.RoAccessReport(
            message_id=9,
            parts=(
                TagReportData(
                    parts=(
                        Epc96.of(bytes.fromhex("3074257BF7194E4000001A85")),
                        AntennaId(antenna=2),
                        PeakRssi(dbm=-60),
                    )
                ),
            ),
        ),
    ),
    (
        "043d0000001600000001" + "00f0000c" + "00f10008" + "0009" + "ff80",
        m.RoAccessReport(message_id=1, parts=(TagReportData(parts=(EpcData(epc=BitString(9, b"\xff\x80")),)),)),
    ),
]
"""Written by hand from the tables of the standard."""


@pytest.mark.parametrize(("wire", "message"), GOLDEN, ids=lambda value: type(value).__name__)
def test_known_frames(wire: str, message: m.Message) -> None:
    frame = bytes.fromhex(wire)
    assert int.from_bytes(frame[2:6], "big") == len(frame), "the vector itself"
    assert decode_message(frame) == message
    assert encode_message(message) == frame


def _values(how: FieldKind) -> st.SearchStrategy[object]:
    match how:
        case Number(code="b"):
            return st.integers(-128, 127)
        case Number(code="h"):
            return st.integers(-(2**15), 2**15 - 1)
        case Number(code=code):
            return st.integers(0, 2 ** {"B": 8, "H": 16, "I": 32, "Q": 64}[code] - 1)
        case TopBit():
            return st.booleans()
        case TopBits(bits=bits):
            return st.integers(0, 2**bits - 1)
        case Words():
            return st.text(st.characters(codec="utf-8"), max_size=12)
        case Counted(code=code):
            return st.lists(st.integers(0, 2 ** {"B": 8, "H": 16, "I": 32}[code] - 1), max_size=4).map(tuple)
        case CountedBits():
            return st.binary(max_size=9).flatmap(
                lambda data: st.integers(max(0, 8 * len(data) - 7), 8 * len(data)).map(lambda bits: BitString(bits, data))
            )
        case ToTheEnd():
            return st.binary(max_size=9)


T = typing.TypeVar("T", Parameter, m.Message)


def _structs(kind: type[T], **more: st.SearchStrategy[object]) -> st.SearchStrategy[T]:
    return st.builds(kind, **{name: _values(how) for name, how in layout_of(kind).fields}, **more)


_ends = {kind for kind in (*PARAMETERS.values(), *MESSAGES_BY_NUMBER.values()) if any(
    isinstance(how, ToTheEnd) for _, how in layout_of(kind).fields)}  # fmt: skip
_unknown = st.builds(RawParameter, kind=st.sampled_from([600, 999, 13]), data=st.binary(max_size=6))
_whole = [_structs(kind) for kind in PARAMETERS.values()]
_leaf = st.one_of(_unknown, st.integers(0, len(_whole) - 1).flatmap(lambda at: _whole[at]))


@pytest.mark.parametrize("kind", PARAMETERS.values(), ids=lambda kind: kind.__name__)
def test_every_parameter_comes_back(kind: type[Parameter]) -> None:
    inner = st.just(()) if kind.tv or kind in _ends else st.lists(_leaf, max_size=2).map(tuple)

    @settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(_structs(kind, parts=inner))
    def comes_back(value: Parameter) -> None:
        wire = encode_parameter(value)
        assert decode_parameters(wire, 0, len(wire)) == (value,)

    comes_back()


@pytest.mark.parametrize("kind", MESSAGES_BY_NUMBER.values(), ids=lambda kind: kind.__name__)
def test_every_message_comes_back(kind: type[m.Message]) -> None:
    inner = st.just(()) if kind in _ends else st.lists(_leaf, max_size=2).map(tuple)

    @settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(_structs(kind, parts=inner, message_id=st.integers(0, 2**32 - 1)))
    def comes_back(value: m.Message) -> None:
        frame = encode_message(value)
        assert decode_message(frame) == value

    comes_back()


SHORT = range(1, 21)
LONG = [
    *(128, 129, 137), *range(139, 150), *range(177, 189), *range(207, 212), *range(217, 227), *range(237, 258),
    *(287, 288, 289), *range(327, 340), *range(341, 364), *(365, 1023),
]  # fmt: skip
"""Every parameter number of LLRP 1.0.1 and 1.1."""
MESSAGES = [
    *(1, 2, 3, 4, 11, 12, 13, 14), *range(20, 27), *range(30, 37), *range(40, 48), *range(50, 58), 60, 61, 62, 63, 64, 72,
    *(100, 1023),
]  # fmt: skip


def test_every_message_and_parameter_of_both_versions_is_there() -> None:
    assert sorted(PARAMETERS) == [*SHORT, *LONG]
    assert len(PARAMETERS) == 123
    assert sorted(MESSAGES_BY_NUMBER) == MESSAGES
    assert len(MESSAGES_BY_NUMBER) == 46


def test_numbers_are_unique_and_short_ones_are_short() -> None:
    assert all(kind.number == number for number, kind in PARAMETERS.items())
    assert all((number < 128) == kind.tv for number, kind in PARAMETERS.items())


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(MESSAGES_BY_NUMBER)), st.binary(max_size=60))
def test_noise_is_malformed_or_comes_back_as_it_was(number: int, body: bytes) -> None:
    frame = (1 << 10 | number).to_bytes(2, "big") + (10 + len(body)).to_bytes(4, "big") + bytes(4) + body
    try:
        message = decode_message(frame)
    except Malformed:
        return
    again = encode_message(message)
    assert decode_message(again) == message, "only reserved bits may differ"
    assert len(again) == len(frame)


@pytest.mark.parametrize(
    "body",
    [
        "00f00003",  # a parameter shorter than its own header
        "00f0000a81",  # longer than the message
        "00f00007" + "8d3074",  # an EPC-96 of two bytes
        "00f00009" + "00f1000860",  # a parameter longer than the one around it
        "00",
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(body: str) -> None:
    frame = bytes.fromhex("043d") + (10 + len(body) // 2).to_bytes(4, "big") + bytes(4) + bytes.fromhex(body)
    with pytest.raises(Malformed):
        decode_message(frame)


def test_parameters_deep_in_each_other_end_the_reading_not_the_program() -> None:
    body = b""
    for _ in range(10_000):
        body = b"\x00\xf6" + (4 + len(body)).to_bytes(2, "big") + body
        if len(body) > 60_000:
            break
    with pytest.raises(Malformed, match=f"{DEPTH_MAX} deep"):
        decode_parameters(body, 0, len(body))


def test_what_is_unknown_is_kept_and_its_neighbours_survive() -> None:
    inner = (
        Epc96.of(bytes(12)),
        CustomParameter(vendor=25_882, subtype=56, data=b"\x0f\xff"),
        RawParameter(kind=700, data=b"later version"),
        AntennaId(antenna=4),
        RawRest(data=b"\xc9\x01\x02\x03"),
    )
    report = m.RoAccessReport(parts=(TagReportData(parts=inner), TagReportData(parts=(Epc96.of(b"x" * 12),))))
    assert decode_message(encode_message(report)) == report
    unknown = m.RawMessage(kind=500, data=b"what is this", message_id=3)
    assert decode_message(encode_message(unknown)) == unknown


def test_a_number_too_large_is_said_before_it_is_sent() -> None:
    with pytest.raises(ValueError, match="RoReportSpec"):
        encode_message(m.AddRoSpec(parts=(RoReportSpec(trigger=1, every_tags=70_000),)))
    assert encode_parameter(TagReportContentSelector(tell=Tell.ANTENNA | Tell.PEAK_RSSI)) == bytes.fromhex("00ee00061400")
