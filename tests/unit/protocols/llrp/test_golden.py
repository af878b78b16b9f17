"""Parameters written by hand from the tables of LLRP 1.0.1 and 1.1, and damaged frames of every kind.

`tlv` only counts bytes; types, order and widths of the fields stand here a second time, independent of the tables.
"""

from __future__ import annotations

import contextlib
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.llrp import access_parameters as a
from protocols.llrp import capabilities as c
from protocols.llrp import event_parameters as e
from protocols.llrp import messages as m
from protocols.llrp import parameters as p
from protocols.llrp import selection as s
from protocols.llrp import tag_parameters as t
from protocols.llrp.client import ClientSession
from protocols.llrp.codec import decode_message, decode_parameters, encode_message, encode_parameter, version_of
from protocols.llrp.errors import FramingLost, LlrpError, Malformed
from protocols.llrp.framer import MESSAGE_BYTES_MAX, Framer
from protocols.llrp.reader_setup import InventorySetup
from protocols.llrp.wire import BitString, Parameter


def tlv(number: int, *pieces: str) -> str:
    """A parameter in hex."""
    body = "".join(pieces)
    return f"{number:04x}{4 + len(body) // 2:04x}{body}"


EPC12 = "3034257bf7194e4000001a85"
TARGET = a.C1g2TargetTag.of(s.Bank.EPC, 32, BitString(12, b"\x30\x30"))
TARGET_HEX = tlv(339, "60", "0020", "000c", "fff0", "000c", "3030")
READ = a.C1g2Read(opspec_id=1, access_password=7, bank=s.Bank.TID, pointer=0, words=6)
READ_HEX = tlv(341, "0001", "00000007", "80", "0000", "0006")

GOLDEN: list[tuple[str, Parameter]] = [
    (TARGET_HEX, TARGET),
    (READ_HEX, READ),
    (
        tlv(
            207, "0000000a", "0002", "01", "80", "00000001", tlv(208, "01", "0003"), tlv(209, tlv(338, TARGET_HEX), READ_HEX)
        ),
        a.AccessSpec(
            accessspec_id=10,
            antenna=2,
            active=True,
            rospec_id=1,
            parts=(
                a.AccessSpecStopTrigger(trigger=1, operations=3),
                a.AccessCommand(parts=(a.C1g2TagSpec(parts=(TARGET,)), READ)),
            ),
        ),
    ),
    (
        tlv(342, "0002", "00000000", "40", "0002", "0002", "abcd", "ef01"),
        a.C1g2Write(opspec_id=2, bank=s.Bank.EPC, pointer=2, data=(0xABCD, 0xEF01)),
    ),
    (tlv(343, "0003", "12345678"), a.C1g2Kill(opspec_id=3, kill_password=0x12345678)),
    (
        tlv(344, "0004", "00000009", tlv(345, "01", "02"), tlv(345, "00", "04")),
        a.C1g2Lock(
            opspec_id=4,
            access_password=9,
            parts=(
                a.C1g2LockPayload(privilege=a.Privilege.PERMALOCK, field=a.LockField.EPC),
                a.C1g2LockPayload(privilege=a.Privilege.LOCK, field=a.LockField.USER),
            ),
        ),
    ),
    (
        tlv(346, "0005", "00000000", "c0", "0001", "0004"),
        a.C1g2BlockErase(opspec_id=5, bank=s.Bank.USER, pointer=1, words=4),
    ),
    (
        tlv(347, "0006", "00000000", "c0", "0000", "0001", "beef"),
        a.C1g2BlockWrite(opspec_id=6, bank=s.Bank.USER, pointer=0, data=(0xBEEF,)),
    ),
    (tlv(357, "0007", "00000001", "05"), a.C1g2Recommission(opspec_id=7, kill_password=1, flags=5)),
    (
        tlv(358, "0008", "00000000", "c0", "0000", "0001", "8000"),
        a.C1g2BlockPermalock(opspec_id=8, bank=s.Bank.USER, pointer=0, mask=(0x8000,)),
    ),
    (
        tlv(359, "0009", "00000000", "c0", "0000", "0001"),
        a.C1g2GetBlockPermalockStatus(opspec_id=9, bank=s.Bank.USER, pointer=0, blocks=1),
    ),
    (tlv(210, "000a"), a.ClientRequestOpSpec(opspec_id=10)),
    (
        tlv(211, "0000000b", tlv(241, "0060", EPC12), READ_HEX),
        a.ClientRequestResponse(accessspec_id=11, parts=(t.EpcData(epc=BitString(96, bytes.fromhex(EPC12))), READ)),
    ),
    (tlv(349, "00", "0001", "0002", "e280", "1105"), a.C1g2ReadResult(result=0, opspec_id=1, data=(0xE280, 0x1105))),
    (tlv(350, "02", "0001", "0003"), a.C1g2WriteResult(result=2, opspec_id=1, words_written=3)),
    (tlv(351, "01", "0001"), a.C1g2KillResult(result=1, opspec_id=1)),
    (tlv(352, "03", "0001"), a.C1g2LockResult(result=3, opspec_id=1)),
    (tlv(353, "00", "0001"), a.C1g2BlockEraseResult(result=0, opspec_id=1)),
    (tlv(354, "00", "0001", "0001"), a.C1g2BlockWriteResult(result=0, opspec_id=1, words_written=1)),
    (tlv(360, "00", "0001"), a.C1g2RecommissionResult(result=0, opspec_id=1)),
    (tlv(361, "06", "0001"), a.C1g2BlockPermalockResult(result=6, opspec_id=1)),
    (tlv(362, "00", "0001", "0001", "ffff"), a.C1g2GetBlockPermalockStatusResult(result=0, opspec_id=1, status=(0xFFFF,))),
    (
        tlv(331, "40", tlv(332, "40", "0020", "0008", "30"), tlv(333, "01", "04"), tlv(334, "02")),
        s.C1g2Filter(
            truncate=1,
            parts=(
                s.C1g2TagInventoryMask(bank=1, pointer=32, mask=BitString(8, b"\x30")),
                s.C1g2StateAwareFilterAction(target=1, action=4),
                s.C1g2StateUnawareFilterAction(action=2),
            ),
        ),
    ),
    (
        tlv(336, "80", "0020", "00000000", tlv(337, "c0")),
        c.C1g2SingulationControl(
            session=2 << 6, population=32, transit_time_ms=0, parts=(s.C1g2StateAwareSingulationAction(flags=0xC0),)
        ),
    ),
    (
        tlv(187, "0001", "000d3720", "000d4c48", tlv(188, "02", "00000000", "00000003")),
        p.RfSurveySpec(antenna=1, from_khz=866_080, to_khz=871_496, parts=(p.RfSurveySpecStopTrigger(trigger=2, rounds=3),)),
    ),
    (
        tlv(242, "8900000001", "8e0001", tlv(243, "000d3720", "000000c8", "c4", "ce", tlv(128, "0000000000000007"))),
        t.RfSurveyReportData(
            parts=(
                t.RoSpecId(rospec_id=1),
                t.SpecIndex(index=1),
                t.FrequencyRssiLevelEntry(
                    khz=866_080, bandwidth_khz=200, average_dbm=-60, peak_dbm=-50, parts=(e.UtcTimestamp(microseconds=7),)
                ),
            )
        ),
    ),
    (tlv(355, "00000005"), p.LoopSpec(loops=5)),
    (tlv(356, "00000001", "00000004"), e.SpecLoopEvent(rospec_id=1, loops=4)),
    (tlv(365, "000d3720", "000d4c48"), c.RfSurveyFrequencyCapabilities(from_khz=866_080, to_khz=871_496)),
    (tlv(363, "ffb0"), c.MaximumReceiveSensitivity(dbm=-80)),
    (tlv(221, "80", "0003", "ff38"), p.AntennaProperties(connected=True, antenna=3, gain_cdbi=-200)),
    (tlv(247, "0001", "0004"), e.HoppingEvent(hop_table=1, next_channel=4)),
    (tlv(253, "01", "00000001", "0002"), e.RfSurveyEvent(event=1, rospec_id=1, spec_index=2)),
    (
        tlv(252, "0003", "6f6f70", "8900000001", "8e0001", "8a0001", "810002", "9000000003", "910004"),
        e.ReaderException(
            words="oop",
            parts=(
                t.RoSpecId(rospec_id=1),
                t.SpecIndex(index=1),
                t.InventoryParameterSpecId(spec_id=1),
                t.AntennaId(antenna=2),
                t.AccessSpecId(accessspec_id=3),
                t.OpSpecId(opspec_id=4),
            ),
        ),
    ),
]


@pytest.mark.parametrize(("wire", "value"), GOLDEN, ids=lambda value: type(value).__name__)
def test_known_parameters(wire: str, value: Parameter) -> None:
    data = bytes.fromhex(wire)
    assert decode_parameters(data, 0, len(data)) == (value,)
    assert encode_parameter(value) == data


def test_the_two_versions_differ_in_the_header_only() -> None:
    request = m.AddAccessSpec(message_id=5, parts=(GOLDEN[2][1],))
    old, new = encode_message(request, version=1), encode_message(request, version=2)
    assert (version_of(old), version_of(new)) == (1, 2)
    assert encode_message(decode_message(new), version=version_of(new)) == new
    assert old[2:] == new[2:]
    assert decode_message(old) == decode_message(new) == request


FRAMES = [encode_message(m.RoAccessReport(parts=(t.TagReportData(parts=(value,)),))) for _, value in GOLDEN] + [
    encode_message(m.AddAccessSpec(parts=(GOLDEN[2][1],))),
    encode_message(m.GetReaderCapabilitiesResponse(parts=(e.LlrpStatus(code=0, description="ok"), GOLDEN[-4][1]))),
    bytes.fromhex("043f000000200000000000f600160080000c00039136a2a33b3f010000060000"),
    encode_message(m.CustomMessage(vendor=25_882, subtype=22, data=b"\x01\x1f\x00\x08\x00\x00\x00\x00")),
]


@pytest.mark.parametrize("frame", FRAMES, ids=range(len(FRAMES)))
def test_a_frame_cut_anywhere_is_malformed_or_shorter(frame: bytes) -> None:
    for end in range(10, len(frame)):
        cut = frame[:2] + end.to_bytes(4, "big") + frame[6:end]
        try:
            message = decode_message(cut)
        except Malformed:
            continue
        assert len(encode_message(message)) == end


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(FRAMES) - 1), st.integers(0, 2**32), st.integers(1, 6))
def test_damage_never_does_more_than_it_may(which: int, seed: int, hits: int) -> None:
    """Any bytes changed: the codec says Malformed or reads something; a session says what is wrong and lives, or ends."""
    chance = random.Random(seed)
    frame = bytearray(FRAMES[which])
    for _ in range(hits):
        frame[chance.randrange(len(frame))] = chance.randrange(256)
    with contextlib.suppress(Malformed):
        decode_message(bytes(frame))
    session = ClientSession(InventorySetup(), 0)
    greeting = bytes.fromhex("043f000000200000000000f600160080000c00039136a2a33b3f010000060000")
    try:
        session.receive(greeting + bytes(frame) + greeting[:7], 1)
        session.tick(2)
    except LlrpError:
        return


def test_a_flood_of_noise_holds_no_memory() -> None:
    chance = random.Random(3)
    framer = Framer()
    tracemalloc.start()
    for _ in range(300):
        try:
            framer.feed(chance.randbytes(4_096))
        except FramingLost:
            framer = Framer()
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert grown < MESSAGE_BYTES_MAX + 65_536
    assert framer.buffered_bytes <= MESSAGE_BYTES_MAX + 4_096


def test_parameters_within_parameters_are_read_in_one_pass() -> None:
    """A fault inside a fault inside a fault: as deep as is read at all, and every level's length is right."""
    fault: Parameter = e.FieldError(field=1, code=301)
    for depth in range(30):
        fault = e.ParameterError(parameter=depth, code=200, parts=(fault,))
    wire = encode_parameter(fault)
    assert decode_parameters(wire, 0, len(wire)) == (fault,)
