"""A scanner that types, both roles: the kernel's records, layouts, terminators, silence, what is lost on the way."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.clock import SeededRandom
from protocols.device_events import CodeScanned, CodeUnreadable, Symbology
from protocols.scanners import keymaps
from protocols.scanners.evdev import (
    EV_KEY,
    EV_SYN,
    KEYS_WITHIN_MS,
    PRESS,
    RELEASE,
    REPEAT,
    SYN_DROPPED,
    InputEvent,
    KeyEnd,
    RecordReader,
    WedgeFormat,
    WedgeSession,
    encode_event,
    type_scan,
)
from protocols.scanners.keymaps import KEY_MAPS

EAN = "4006381333931"


def session(form: WedgeFormat | None = None, duplicate_ms: int = 0, long_bytes: int = 8) -> WedgeSession:
    return WedgeSession("s", form or WedgeFormat(), duplicate_ms, long_bytes=long_bytes)


def bytes_of(records: list[InputEvent], long_bytes: int = 8) -> bytes:
    return b"".join(encode_event(each, at_us=1_700_000_000_000_001, long_bytes=long_bytes) for each in records)


def key(code: int, value: int = PRESS) -> bytes:
    return encode_event(InputEvent(EV_KEY, code, value))


def scanned(code: str, symbology: Symbology = Symbology.UNTOLD) -> CodeScanned:
    return CodeScanned(device_id="s", code=code, symbology=symbology)


def test_a_record_byte_by_byte() -> None:
    press = InputEvent(EV_KEY, 2, PRESS)  # the key 1
    assert encode_event(press, 1_000_007) == bytes.fromhex("0100000000000000 0700000000000000 0100 0200 01000000")
    assert encode_event(press, 1_000_007, long_bytes=4) == bytes.fromhex("01000000 07000000 0100 0200 01000000")
    for long_bytes in (8, 4):
        assert RecordReader(long_bytes).receive(encode_event(press, 1_000_007, long_bytes=long_bytes)) == [press]


def test_a_shifted_letter_and_the_keypad() -> None:
    heard = session().receive(
        key(keymaps.LEFT_SHIFT)
        + key(30)
        + key(30, RELEASE)
        + key(keymaps.LEFT_SHIFT, RELEASE)
        + key(48)
        + key(79)  # 1 on the number pad
        + key(2, REPEAT)  # a key held down too long types nothing more
        + key(keymaps.KEYPAD_ENTER),
        0,
    )
    assert heard == [scanned("Ab1")]


@pytest.mark.parametrize(
    ("layout", "strokes", "meant"),
    [
        ("us", [(42, 3), (0, 21)], "@y"),
        ("de", [(100, 16), (0, 21), (42, 8), (0, 53)], "@z/-"),
        ("de", [(0, 41), (0, 57), (0, 2)], "^1"),  # ^ is a dead key: the space after it makes it itself
        ("fr", [(42, 2), (42, 11), (0, 16), (100, 11)], "10a@"),
        ("gb", [(42, 40), (0, 43)], "@#"),
    ],
)
def test_layouts_differ(layout: str, strokes: list[tuple[int, int]], meant: str) -> None:
    data = b""
    for modifier, code in strokes:
        data += (key(modifier) if modifier else b"") + key(code) + (key(modifier, RELEASE) if modifier else b"")
    assert session(WedgeFormat(layout)).receive(data + key(keymaps.ENTER), 0) == [scanned(meant)]


def test_group_separators_come_as_control_bracket_or_f8() -> None:
    bracket = key(keymaps.LEFT_CTRL) + key(keymaps.RIGHT_BRACKET) + key(keymaps.LEFT_CTRL, RELEASE)
    assert session().receive(key(2) + bracket + key(3) + key(keymaps.F8) + key(4) + key(28), 0) == [scanned("1\x1d2\x1d3")]


def _typable(layout: str) -> st.SearchStrategy[str]:
    characters = sorted(each for each in KEY_MAPS[layout].keys if " " <= each <= "~")
    return st.text(st.sampled_from([*characters, "\x1d"]), min_size=1, max_size=40).filter(lambda text: text[0] != "]")


@given(st.data())
def test_every_code_comes_back_in_any_pieces(data: st.DataObject) -> None:
    form = WedgeFormat(
        data.draw(st.sampled_from(sorted(KEY_MAPS))),
        data.draw(st.sampled_from(KeyEnd)),
        data.draw(st.sampled_from(["", "%"])),
    )
    code = data.draw(_typable(form.layout))
    kind = data.draw(st.sampled_from([Symbology.UNTOLD, Symbology.QR]))
    long_bytes, size = data.draw(st.sampled_from([8, 4])), data.draw(st.integers(1, 60))
    stream = bytes_of(type_scan(code, form, kind, keypad=data.draw(st.booleans())), long_bytes)
    till = session(form, long_bytes=long_bytes)
    heard = [event for at in range(0, len(stream), size) for event in till.receive(stream[at : at + size], 0)]
    assert heard + till.expire(KEYS_WITHIN_MS) == [scanned(code, kind)]
    assert till.deadline_ms is None


@pytest.mark.parametrize("layout", sorted(KEY_MAPS))
def test_every_layout_types_what_barcodes_hold(layout: str) -> None:
    assert {chr(each) for each in range(0x20, 0x7F)} <= set(KEY_MAPS[layout].keys)


def test_silence_ends_a_code_only_where_the_scanner_sends_no_key() -> None:
    digits = b"".join(key(code) for code in (2, 3, 4))
    quiet = session(WedgeFormat(end=KeyEnd.SILENCE))
    assert quiet.receive(digits, 0) == []
    assert quiet.expire(KEYS_WITHIN_MS - 1) == []
    assert quiet.expire(KEYS_WITHIN_MS) == [scanned("123")]
    strict = session()
    assert strict.receive(digits, 0) == []
    assert strict.expire(KEYS_WITHIN_MS) == [CodeUnreadable(device_id="s", why="the end of a code did not come")]
    assert strict.receive(bytes_of(type_scan(EAN, WedgeFormat())), 500) == [scanned(EAN)]


def test_keys_that_are_slow_but_in_time_are_one_code() -> None:
    till, now_ms = session(), 0
    for record in type_scan(EAN, WedgeFormat())[:-5]:
        assert till.receive(encode_event(record), now_ms) == []
        now_ms += KEYS_WITHIN_MS // 3
    assert till.receive(key(28), now_ms) == [scanned(EAN)]


def test_keys_the_kernel_lost_make_the_code_unreadable_and_no_shift_stays_down() -> None:
    till = session()
    lost = key(keymaps.LEFT_SHIFT) + key(30) + encode_event(InputEvent(EV_SYN, SYN_DROPPED, 0)) + key(48) + key(28)
    assert [type(event) for event in till.receive(lost, 0)] == [CodeUnreadable]
    assert till.receive(key(30) + key(28), 1) == [scanned("a")]


def test_a_scanner_set_to_another_layout_or_key_is_unreadable_not_wrong() -> None:
    typed = bytes_of(type_scan("A-1", WedgeFormat("us")))
    assert session(WedgeFormat("fr")).receive(typed, 0) != [scanned("A-1")]
    digits = session(WedgeFormat("fr")).receive(bytes_of(type_scan("27", WedgeFormat("us"))), 0)
    assert [type(event) for event in digits] == [CodeUnreadable]
    tab = session(WedgeFormat(end=KeyEnd.TAB)).receive(bytes_of(type_scan(EAN, WedgeFormat())), 0)
    assert tab == []
    with pytest.raises(ValueError, match="cannot type"):
        type_scan("1", WedgeFormat("us", prefix="€"))


def test_the_same_code_within_the_window_is_the_same_scan() -> None:
    till, frame = session(duplicate_ms=300), bytes_of(type_scan(EAN, WedgeFormat()))
    assert till.receive(frame + frame, 0) == [scanned(EAN)]
    assert till.receive(frame, 299) == []
    assert till.receive(frame, 700) == [scanned(EAN)]


@given(st.lists(st.tuples(st.binary(max_size=80), st.integers(0, 300)), max_size=15))
def test_rubbish_never_raises_and_a_later_code_is_heard(pieces: list[tuple[bytes, int]]) -> None:
    till, now_ms = session(), 0
    for piece, wait_ms in pieces:
        now_ms += wait_ms
        till.receive(piece, now_ms)
    heard = []
    for _ in range(2):  # the first may be spoilt by the rest of the rubbish
        now_ms += KEYS_WITHIN_MS
        heard = till.receive(bytes_of(type_scan(EAN, WedgeFormat())), now_ms)
    assert heard == [scanned(EAN)]


@given(st.data())
def test_bytes_lost_on_the_way_are_noticed(data: st.DataObject) -> None:
    """Never another EAN: what is cut out of a record is told, and a key that is missing the check digit tells."""
    frame = bytes_of(type_scan(EAN, WedgeFormat(), Symbology.EAN_UPC))
    at, count = data.draw(st.integers(0, len(frame) - 1)), data.draw(st.integers(1, 23))
    till = session()
    heard = till.receive(frame[:at] + frame[at + count :], 0) + till.expire(KEYS_WITHIN_MS)
    assert {event.code for event in heard if isinstance(event, CodeScanned)} <= {EAN}


@pytest.mark.soak
def test_a_million_bytes_of_rubbish() -> None:
    rng, till = SeededRandom(int(os.environ.get("SEED", "11"))), session()
    for now_ms in range(0, 1_000_000, 250):
        till.receive(rng.bytes(250), now_ms)
    till.expire(2_000_000)
    frame = bytes_of(type_scan(EAN, WedgeFormat()))
    till.receive(frame, 3_000_000)
    assert till.receive(frame, 4_000_000) == [scanned(EAN)]
