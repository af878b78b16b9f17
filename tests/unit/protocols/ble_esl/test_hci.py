"""The controller's wire: packets written down from the Core Specification's tables, noise, both roles against each other."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ble_esl import attributes as att
from protocols.ble_esl import hci_commands as hci
from protocols.ble_esl import hci_events as ev
from protocols.ble_esl import l2cap
from protocols.ble_esl.advertising import offers_service, service_data
from protocols.ble_esl.errors import EslRefused, HciFramingLost
from protocols.ble_esl.h4 import Framer, Packet, PacketType, write_packet
from protocols.ble_esl.train import Train

ADDRESS = bytes.fromhex("0100000000c0")

COMMANDS = [
    ("01030c00", hci.Reset()),
    ("01010c08ffffffffffffff3f", hci.SetEventMask()),
    ("01012008ffffffffff010000", hci.LeSetEventMask()),
    ("01022000", hci.LeReadBufferSize()),
    (
        "01362019" "00" "0000" "400600" "400600" "07" "00" "00" "000000000000" "00" "7f" "01" "00" "02" "00" "00",
        hci.LeSetExtendedAdvertisingParameters(),
    ),
    ("0186200c" "00" "d104" "d104" "0000" "1c" "2c" "1e" "06" "17", hci.LeSetPeriodicAdvertisingParameters.of(Train())),
    ("014020020100", hci.LeSetPeriodicAdvertisingEnable()),
    ("01392006" "01" "01" "00" "0000" "00", hci.LeSetExtendedAdvertisingEnable()),
    ("01412008" "00" "00" "01" "00" "a000" "1000", hci.LeSetExtendedScanParameters()),
    ("01422006" "01" "00" "0000" "0000", hci.LeSetExtendedScanEnable()),
    ("01822009" "00" "01" "05" "00" "02" "03" "aabbcc", hci.LeSetPeriodicAdvertisingSubeventData(5, 0, 2, b"\xaa\xbb\xcc")),
    (
        "0185201c" "00" "05" "00" "00" "01" + ADDRESS.hex() + "01" "1000" "1000" "0c00" "0c00" "0000" "9001" "0000" "0000",
        hci.LeExtendedCreateConnection(0, 5, 0, 0, 1, ADDRESS),
    ),
    ("010e2000", hci.LeCreateConnectionCancel()),
    ("015b2005" "4000" "0000" "00", hci.LePeriodicAdvertisingSetInfoTransfer(0x40)),
    ("01091000", hci.ReadAddress()),
    ("0119201c" "4000" + "00" * 10 + bytes(range(16)).hex(), hci.LeEnableEncryption(0x40, 0, 0, bytes(range(16)))),
    ("01060403" "4000" "13", hci.Disconnect(0x40)),
]  # fmt: skip

EVENTS = [
    ("040e0401030c00", ev.CommandComplete(0x0C03, b"\0")),
    ("040f0400018520", ev.CommandStatus(0x2085, 0)),
    ("04050400400008", ev.Disconnected(0x40, 8)),
    ("04080400400001", ev.EncryptionChanged(0x40, 0, True)),
    ("04130501" "4000" "0300", ev.PacketsCompleted(((0x40, 3),))),
    ("043e04" "27" "00" "05" "02", ev.SubeventDataWanted(5, 2)),
    (
        "043e13" "28" "00" "05" "00" "02" "7fc4ff000002aabb" "7fc4ff01ff00",
        ev.AnswersReported(5, (ev.SlotReport(0, -60, b"\xaa\xbb"), ev.SlotReport(1, -60, b"", lost=True))),
    ),
    (
        "043e21" "0d" "01" "0100" "01" + ADDRESS.hex() + "01" "00" "ff" "7f" "c4" "0000" "00" "000000000000"
        "07" "020106" "03035718",
        ev.Advertised(ADDRESS, 1, -60, service_data()),
    ),
    (
        "043e22" "29" "00" "4000" "00" "01" + ADDRESS.hex() + "00" * 22,
        ev.Connected(0, 0x40, ADDRESS, 1),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wire", "command"), COMMANDS, ids=lambda each: type(each).__name__)
def test_a_command_has_these_bytes(wire: str, command: hci.HciCommand) -> None:
    assert write_packet(hci.command_packet(command)).hex() == wire
    assert [hci.read_command(packet) for packet in Framer().feed(bytes.fromhex(wire))] == [command]


@pytest.mark.parametrize(("wire", "event"), EVENTS, ids=lambda each: type(each).__name__)
def test_an_event_has_these_bytes(wire: str, event: ev.HciEvent) -> None:
    assert write_packet(ev.event_packet(event)).hex() == wire
    assert [ev.read_event(packet) for packet in Framer().feed(bytes.fromhex(wire))] == [(event,)]


def test_the_older_form_of_a_connection_is_read_too() -> None:
    packet = Packet(PacketType.EVENT, 0x3E, b"\x0a\x00\x41\x00\x00\x01" + ADDRESS + bytes(19))
    assert ev.read_event(packet) == (ev.Connected(0, 0x41, ADDRESS, 1),)


def test_several_reports_in_one_event() -> None:
    one = bytes.fromhex(EVENTS[7][0])[5:]
    packet = Packet(PacketType.EVENT, 0x3E, b"\x0d\x02" + one + one)
    assert ev.read_event(packet) == (EVENTS[7][1], EVENTS[7][1])


@pytest.mark.parametrize(("wire", "event"), EVENTS, ids=lambda each: type(each).__name__)
def test_a_cut_off_event_is_refused_and_never_misread(wire: str, event: ev.HciEvent) -> None:
    whole = Framer().feed(bytes.fromhex(wire))[0]
    for length in range(len(whole.body)):
        with contextlib.suppress(EslRefused):
            assert (event,) != ev.read_event(Packet(whole.kind, whole.head, whole.body[:length]))


@given(st.integers(0, 255), st.binary(max_size=80))
def test_any_event_is_read_or_refused(code: int, body: bytes) -> None:
    with contextlib.suppress(EslRefused):
        ev.read_event(Packet(PacketType.EVENT, code, body))
    with contextlib.suppress(EslRefused):
        ev.read_event(Packet(PacketType.EVENT, ev.LE_META, body))


@given(st.integers(0, 0xFFFF), st.binary(max_size=40))
def test_any_command_is_read_or_refused(opcode: int, body: bytes) -> None:
    with contextlib.suppress(EslRefused):
        packet = Packet(PacketType.COMMAND, opcode, body)
        assert hci.command_packet(hci.read_command(packet)) == packet


packets = st.one_of(
    st.builds(Packet, st.just(PacketType.COMMAND), st.integers(0, 0xFFFF), st.binary(max_size=255)),
    st.builds(Packet, st.just(PacketType.ACL), st.integers(0, 0xFFFF), st.binary(max_size=600)),
    st.builds(Packet, st.just(PacketType.EVENT), st.integers(0, 0xFF), st.binary(max_size=255)),
)


@given(st.lists(packets, max_size=4), st.integers(1, 50))
def test_packets_come_back_however_the_stream_is_cut(sent: list[Packet], size: int) -> None:
    stream = b"".join(map(write_packet, sent))
    framer, found = Framer(), []
    for at in range(0, len(stream), size):
        found += framer.feed(stream[at : at + size])
    assert found == sent


def test_there_is_no_way_back_into_step() -> None:
    with pytest.raises(HciFramingLost):
        Framer().feed(b"HTTP/1.1")


@given(st.integers(0, 0xFFFF), st.binary(max_size=900), st.integers(8, 251))
def test_a_frame_goes_in_pieces_and_comes_back(channel: int, payload: bytes, size: int) -> None:
    frame = l2cap.Frame(channel, payload)
    joiner = l2cap.Joiner()
    pieces = l2cap.acl_packets(0x40, frame, size)
    assert all(l2cap.handle_of(piece) == 0x40 for piece in pieces)
    assert [joiner.feed(piece) for piece in pieces] == [None] * (len(pieces) - 1) + [frame]


def test_pieces_out_of_order_are_refused() -> None:
    joiner = l2cap.Joiner()
    first, second = l2cap.acl_packets(0x40, l2cap.Frame(4, b"abcdefgh"), 8)
    with pytest.raises(EslRefused, match="without a beginning"):
        joiner.feed(second)
    assert joiner.feed(first) is None
    with pytest.raises(EslRefused, match="more bytes"):
        joiner.feed(Packet(PacketType.ACL, second.head, b"too many bytes"))


@given(st.binary(max_size=40))
def test_any_attribute_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (att.read_characteristics, att.read_descriptors, att.read_error, l2cap.read_signal, l2cap.read_five):
        with contextlib.suppress(EslRefused):
            read(data)
    att.read_control_answer(data, 3)
    offers_service(data)


def test_control_points_byte_by_byte() -> None:
    assert att.go_to(0x101).hex() == "05010100000000"
    assert att.write_object(0, 4736).hex() == "06000000008012000002"
    assert att.checksum(0, 4736).hex() == "030000000080120000"
    assert att.read_control_answer(bytes.fromhex("600301efbeadde"), 3) == (1, bytes.fromhex("efbeadde"))
    assert att.read_control_answer(bytes.fromhex("600601"), 3) is None


def test_a_label_says_what_it_is() -> None:
    assert service_data().hex() == "02010603035718"
    assert offers_service(service_data())
    assert not offers_service(bytes.fromhex("02010603035818"))
    assert not offers_service(bytes.fromhex("030357"))
