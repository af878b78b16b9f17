"""Reports as records: the quick way says what the thorough codec says, for every mixture of layouts."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols.llrp import messages as m
from protocols.llrp import vendors as v
from protocols.llrp.codec import decode_message, encode_message, encode_parameter
from protocols.llrp.errors import Malformed
from protocols.llrp.messages import HEADER_BYTES
from protocols.llrp.parameters import CustomParameter, RawParameter, RawRest
from protocols.llrp.reader import write_tag
from protocols.llrp.reads import LAYOUTS_MAX, LAYOUTS_OF_LENGTH_MAX, ReportReader, TagRecord
from protocols.llrp.tag_parameters import (
    AntennaId,
    C1g2Pc,
    Epc96,
    EpcData,
    FirstSeenUptime,
    FirstSeenUtc,
    LastSeenUptime,
    LastSeenUtc,
    PeakRssi,
    RoSpecId,
    TagReportData,
    TagSeenCount,
)
from protocols.llrp.wire import BitString, Parameter, find

ALL = 0xFFFF
u64 = st.integers(0, 2**64 - 1)
epcs = st.one_of(
    st.binary(min_size=12, max_size=12).map(Epc96.of),
    st.binary(min_size=1, max_size=9).flatmap(
        lambda data: st.integers(8 * len(data) - 7, 8 * len(data)).map(lambda bits: EpcData(epc=BitString(bits, data)))
    ),
)
told = st.lists(
    st.one_of(
        st.builds(AntennaId, antenna=st.integers(0, 65_535)),
        st.builds(PeakRssi, dbm=st.integers(-128, 127)),
        st.builds(FirstSeenUtc, microseconds=u64),
        st.builds(LastSeenUtc, microseconds=u64),
        st.builds(FirstSeenUptime, microseconds=u64),
        st.builds(LastSeenUptime, microseconds=u64),
        st.builds(TagSeenCount, count=st.integers(0, 65_535)),
        st.builds(RoSpecId, rospec_id=st.integers(0, 2**32 - 1)),
        st.builds(C1g2Pc, pc=st.integers(0, 65_535)),
        st.builds(CustomParameter, vendor=st.just(25_882), subtype=st.sampled_from([55, 56]), data=st.binary(max_size=3)),
        st.builds(RawParameter, kind=st.just(700), data=st.binary(max_size=3)),
    ),
    max_size=6,
    unique_by=lambda part: part.number,
)
tags = st.builds(lambda epc, rest: TagReportData(parts=(epc, *rest)), epcs, told)


def reference(tag: TagReportData, before: TagRecord | None) -> TagRecord:
    """What a tag means, read from the thorough codec's structs."""

    def newest_of(*kinds: type[Parameter]) -> Parameter | None:
        return next((part for part in reversed(tag.parts) if isinstance(part, kinds)), None)

    short, long = find(tag.parts, Epc96), find(tag.parts, EpcData)
    antenna, rssi, count = find(tag.parts, AntennaId), find(tag.parts, PeakRssi), find(tag.parts, TagSeenCount)
    phase, tid = v.find_own(tag.parts, v.ImpinjPhase), v.find_own(tag.parts, v.ImpinjTid)
    first, last = newest_of(FirstSeenUtc, FirstSeenUptime), newest_of(LastSeenUtc, LastSeenUptime)
    was = before or TagRecord(b"", 0, None, None, None, 1)
    return TagRecord(
        epc=short.epc if short is not None else long.epc.data if long is not None else b"",
        epc_bits=96 if short is not None else long.epc.bits if long is not None else 0,
        antenna=was.antenna if antenna is None else antenna.antenna,
        rssi_dbm=was.rssi_dbm if rssi is None else rssi.dbm,
        first_seen_us=was.first_seen_us if first is None else first.microseconds,  # type: ignore[attr-defined]
        last_seen_us=was.last_seen_us if last is None else last.microseconds,  # type: ignore[attr-defined]
        count=was.count if count is None else count.count,
        phase=None if phase is None or phase.parts else phase.angle,
        tid=None if tid is None or tid.parts else b"".join(word.to_bytes(2, "big") for word in tid.words),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(tags, min_size=1, max_size=6), st.integers(1, 3))
def test_a_report_says_what_its_parameters_say(found: list[TagReportData], again: int) -> None:
    frame = encode_message(m.RoAccessReport(parts=tuple(found)))
    decoded = decode_message(frame)
    reader, before = ReportReader(), None
    for _ in range(again):  # the second time every layout is known
        records = reader.read(frame[HEADER_BYTES:])
        expected = []
        for tag in decoded.parts:
            assert isinstance(tag, TagReportData)
            before = reference(tag, before)
            expected.append(before)
        assert records == expected


def record(number: int, **more: object) -> TagRecord:
    made = TagRecord(number.to_bytes(12, "big"), 1 + number % 4, -40 - number % 30, 1_000 + number, 2_000 + number)
    return msgspec.structs.replace(made, **{"channel": 1, **more})


def test_a_uniform_report_of_many_tags() -> None:
    records = [record(number) for number in range(3_000)]
    reader = ReportReader()
    assert reader.read(b"".join(write_tag(each, ALL) for each in records)) == records
    assert reader.layouts_known == 1


def test_one_odd_tag_of_the_same_length_is_not_taken_for_the_others() -> None:
    """A type byte differs in the middle of 200 equal ones: FirstSeen UTC there, LastSeen UTC here."""
    plain = [encode_parameter(TagReportData(parts=(Epc96.of(bytes(12)), FirstSeenUtc(microseconds=n)))) for n in range(200)]
    plain[100] = encode_parameter(TagReportData(parts=(Epc96.of(bytes(12)), LastSeenUtc(microseconds=7))))
    records = ReportReader(carry_forward=False).read(b"".join(plain))
    assert [each.last_seen_us for each in records] == [None] * 100 + [7] + [None] * 99
    assert records[100].first_seen_us is None


@pytest.mark.parametrize("bits", [0, 1, 8, 9, 64, 95, 97, 128, 512])
def test_an_epc_keeps_its_length_in_bits(bits: int) -> None:
    wanted = record(1, epc=bytes(range(1, (bits + 7) // 8 + 1)), epc_bits=bits)
    assert ReportReader().read(write_tag(wanted, ALL)) == [wanted]


def test_a_field_left_out_has_its_last_value() -> None:
    bare = TagReportData(parts=(Epc96.of(bytes(12)),))
    body = write_tag(record(5), ALL) + encode_parameter(bare)
    assert ReportReader().read(body)[1] == record(5, epc=bytes(12), channel=None)
    assert ReportReader(carry_forward=False).read(body)[1] == TagRecord(bytes(12), 0, None, None, None)


def test_layouts_are_bounded_and_all_is_read_beyond_the_bound() -> None:
    reader = ReportReader()
    for size in range(LAYOUTS_MAX + 40):
        tag = TagReportData(parts=(Epc96.of(bytes(12)), RawParameter(kind=700, data=bytes(size)), AntennaId(antenna=3)))
        assert [each.antenna for each in reader.read(encode_parameter(tag) * 2)] == [3, 3]
    assert reader.layouts_known == LAYOUTS_MAX
    reader = ReportReader()
    for kind in range(LAYOUTS_OF_LENGTH_MAX + 10):
        tag = TagReportData(parts=(Epc96.of(bytes(12)), RawParameter(kind=700 + kind, data=b"")))
        assert len(reader.read(encode_parameter(tag) * 2)) == 2
    assert reader.layouts_known == LAYOUTS_OF_LENGTH_MAX


@pytest.mark.parametrize(
    "broken",
    [
        TagReportData(parts=(AntennaId(antenna=1),)),  # no EPC
        TagReportData(parts=(Epc96.of(bytes(12)), RawRest(data=b"\x84\x01"))),  # a short parameter cut off
        TagReportData(parts=(RawParameter(kind=241, data=b"\x00\x60\x01"),)),  # 96 bits in one byte
        TagReportData(parts=(RawRest(data=b"\x00\xf1\x00"),)),
    ],
)
def test_a_tag_that_makes_no_sense_is_skipped_and_counted(broken: TagReportData) -> None:
    good = write_tag(record(1), ALL)
    reader = ReportReader()
    assert reader.read(good + encode_parameter(broken) + good) == [record(1), record(1)]
    assert reader.unreadable_tags == 1


def test_an_unknown_short_parameter_costs_what_follows_it_in_that_tag_and_no_more() -> None:
    odd = encode_parameter(TagReportData(parts=(Epc96.of(bytes(12)), AntennaId(antenna=2), RawRest(data=b"\xbf\x01\x02"))))
    good = write_tag(record(1), ALL)
    assert [each.antenna for each in ReportReader().read(odd + good)] == [2, record(1).antenna]


def test_an_empty_report_holds_nothing_and_a_cut_one_is_malformed() -> None:
    assert ReportReader().read(b"") == []
    whole = write_tag(record(1), ALL)
    for end in range(1, len(whole)):
        with pytest.raises(Malformed):
            ReportReader().read(whole[:end])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80))
def test_noise_is_malformed_or_skipped(body: bytes) -> None:
    try:
        ReportReader().read(body)
    except Malformed:
        return


OWN = [
    (v.ImpinjPhase(angle=4_095), {"phase": 4_095}),
    (v.ImpinjPeakRssi(cdbm=-6_013), {"rssi_cdbm": -6_013}),
    (v.ImpinjDoppler(sixteenth_hz=-3), {"doppler": -3}),
    (v.ImpinjTid(words=(0xE280, 0x1105, 0x2000)), {"tid": bytes.fromhex("e28011052000")}),
    (v.ImpinjTid(words=()), {"tid": b""}),
    (v.ZebraPhase(angle=-32_768), {"phase": 2_048}),
    (v.ZebraPhase(angle=0x4000), {"phase": 1_024}),
    (CustomParameter(vendor=161, subtype=57, data=b"\x01\x02"), {}),
    (CustomParameter(vendor=25_882, subtype=57, data=b"\x01\x02\x03"), {}),
    (CustomParameter(vendor=25_882, subtype=55, data=b"\x00\x09\x01\x02"), {}),
]


@pytest.mark.parametrize(("part", "told"), OWN, ids=lambda value: type(value).__name__)
def test_what_makers_tell_of_a_tag_is_a_field_of_its_record(part: Parameter, told: dict[str, object]) -> None:
    custom = v.as_custom(part) if isinstance(part, v.OwnParameter) else part
    tag = write_tag(record(1), ALL, more=encode_parameter(custom))
    plain, other = write_tag(record(2), ALL), record(3)
    assert ReportReader().read(tag) == [record(1, **told)], "one alone, tag by tag"
    assert ReportReader().read(tag * 3) == [record(1, **told)] * 3, "as a table"
    mixed = tag + plain + write_tag(other, ALL, more=encode_parameter(custom))
    assert ReportReader().read(mixed) == [record(1, **told), record(2), record(3, **told)], "never carried forward"


def test_two_makers_parameters_of_one_length_are_not_taken_for_each_other() -> None:
    tags = [
        write_tag(record(number), ALL, more=encode_parameter(v.as_custom(own)))
        for number, own in enumerate((v.ImpinjPhase(angle=7), v.ImpinjDoppler(sixteenth_hz=7), v.ZebraPhase(angle=7 << 4)))
    ]
    records = ReportReader().read(b"".join(tags))
    assert [(each.phase, each.doppler) for each in records] == [(7, None), (None, 7), (7, None)]


def test_a_long_report_that_changes_its_layout_on_the_way_is_read_to_its_end() -> None:
    records = [record(number) for number in range(5_000)]
    tags = [write_tag(each, ALL) for each in records]
    odd = encode_parameter(TagReportData(parts=(Epc96.of(b"o" * 12), *[AntennaId(antenna=1)] * 12)))
    tags[3_000] = odd + bytes(0)
    found = ReportReader().read(b"".join(tags))
    assert [each.epc for each in found] == [records[at].epc if at != 3_000 else b"o" * 12 for at in range(5_000)]
