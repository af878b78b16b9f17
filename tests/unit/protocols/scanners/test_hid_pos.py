"""A HID POS scanner, both roles: reports byte by byte, long codes, other reports, damage."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.clock import SeededRandom
from protocols.device_events import CodeScanned, CodeUnreadable, Symbology
from protocols.scanners.hid_pos import PIECES_WITHIN_MS, HidPosSession, encode_reports

EAN = "4006381333931"
CODES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=300).filter(
    lambda code: code[0] != "]"
)


def scanned(code: str, symbology: Symbology = Symbology.UNTOLD) -> CodeScanned:
    return CodeScanned(device_id="s", code=code, symbology=symbology)


def test_a_report_byte_by_byte() -> None:
    frame = bytes.fromhex("02 0D 5D 45 30") + EAN.encode() + bytes(43) + bytes(3)
    assert encode_reports(EAN, Symbology.EAN_UPC) == [frame]
    assert HidPosSession("s", 0).receive(frame, 0) == [scanned(EAN, Symbology.EAN_UPC)]


def test_a_long_qr_code_comes_in_two_reports() -> None:
    text = "https://id.example/01/09506000134352/10/A?17=261231&x=" + "y" * 20
    first, second = encode_reports(text, Symbology.QR)
    assert first[:5] == bytes.fromhex("02 38 5D 51 30")
    assert (first[63], second[63]) == (1, 0)
    till = HidPosSession("s", 0)
    assert till.receive(first, 0) == []
    assert till.deadline_ms == PIECES_WITHIN_MS
    assert till.receive(second, 10) == [scanned(text, Symbology.QR)]


@given(CODES, st.sampled_from([Symbology.UNTOLD, Symbology.CODE128]), st.integers(1, 70))
def test_every_code_comes_back_in_any_pieces(code: str, symbology: Symbology, size: int) -> None:
    stream, till = b"".join(encode_reports(code, symbology)), HidPosSession("s", 0)
    heard = [event for at in range(0, len(stream), size) for event in till.receive(stream[at : at + size], 0)]
    assert heard == [scanned(code, symbology)]
    assert till.deadline_ms is None


def test_the_second_report_that_does_not_come_spoils_no_other_code() -> None:
    till = HidPosSession("s", 0)
    till.receive(encode_reports("x" * 60)[0], 0)
    assert [type(event) for event in till.expire(PIECES_WITHIN_MS)] == [CodeUnreadable]
    assert till.receive(encode_reports(EAN)[0], 600) == [scanned(EAN)]


def test_another_report_of_the_device_is_left_out() -> None:
    till = HidPosSession("s", 300)
    heard = till.receive(b"\x04" + bytes(63) + encode_reports(EAN)[0], 0)
    assert [type(event) for event in heard] == [CodeScanned, CodeUnreadable]
    assert till.receive(encode_reports(EAN)[0], 200) == []


@given(st.lists(st.tuples(st.binary(max_size=80), st.integers(0, 700)), max_size=12))
def test_rubbish_never_raises_and_a_later_code_is_heard(pieces: list[tuple[bytes, int]]) -> None:
    till, now_ms = HidPosSession("s", 0), 0
    for piece, wait_ms in pieces:
        now_ms += wait_ms
        till.receive(piece, now_ms)
    heard = till.receive(encode_reports(EAN)[0], now_ms + PIECES_WITHIN_MS)
    assert scanned(EAN) in heard


@given(st.integers(0, 63), st.integers(1, 63))
def test_bytes_lost_on_the_way_are_noticed(at: int, count: int) -> None:
    frame = encode_reports(EAN, Symbology.EAN_UPC)[0]
    till = HidPosSession("s", 0)
    heard = till.receive(frame[:at] + frame[at + count :], 0) + till.expire(PIECES_WITHIN_MS)
    assert not [event for event in heard if isinstance(event, CodeScanned)]


@pytest.mark.soak
def test_a_million_bytes_of_rubbish() -> None:
    rng, till = SeededRandom(int(os.environ.get("SEED", "12"))), HidPosSession("s", 0)
    for now_ms in range(0, 1_000_000, 250):
        till.receive(rng.bytes(250), now_ms)
    till.expire(2_000_000)
    assert till.receive(encode_reports(EAN)[0], 3_000_000) == [scanned(EAN)]
