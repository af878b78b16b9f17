"""Codes from a serial scanner, both roles: golden bytes, suffixes, identifiers, the duplicate window, any damage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.device_events import CodeScanned, CodeUnreadable, Symbology
from protocols.gs1.gtin import with_check_digit
from protocols.scanners.serial_codes import (
    CODE_LENGTH_MAX,
    PIECES_WITHIN_MS,
    ReceivingSession,
    ScanFormat,
    ScannerEvent,
    Suffix,
    encode_scan,
)

EAN = "4006381333931"
ASCII = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
CODES = st.text(ASCII, min_size=1, max_size=CODE_LENGTH_MAX).filter(lambda code: not code.startswith("]"))


def scanned(code: str, symbology: Symbology = Symbology.UNTOLD) -> CodeScanned:
    return CodeScanned(device_id="s", code=code, symbology=symbology)


def session(form: ScanFormat | None = None, duplicate_ms: int = 0) -> ReceivingSession:
    return ReceivingSession("s", form or ScanFormat(), duplicate_ms)


@pytest.mark.parametrize(
    ("frame", "suffix", "meant"),
    [
        ("5D 45 30 34 30 30 36 33 38 31 33 33 33 39 33 31 0D", Suffix.CR, scanned(EAN, Symbology.EAN_UPC)),
        ("34 30 30 36 33 38 31 33 33 33 39 33 31 0D 0A", Suffix.CRLF, scanned(EAN)),
        ("34 30 30 36 33 38 31 33 33 33 39 33 31 09", Suffix.TAB, scanned(EAN)),
        ("5D 45 34 39 36 33 38 35 30 37 34 0D", Suffix.CR, scanned("96385074", Symbology.EAN8)),
        ("5D 43 31 30 31 31 32 1D 31 30 41 0D", Suffix.CR, scanned("0112\x1d10A", Symbology.GS1_128)),
        ("5D 43 30 41 42 0A", Suffix.LF, scanned("AB", Symbology.CODE128)),
        ("5D 64 32 30 31 0D", Suffix.CR, scanned("01", Symbology.GS1_DATA_MATRIX)),
        ("5D 51 31 68 69 0D", Suffix.CR, scanned("hi", Symbology.QR)),
        ("5D 5A 37 68 69 0D", Suffix.CR, scanned("hi", Symbology.OTHER)),
        ("5D 45 33 34 30 30 36 33 38 31 33 33 33 39 33 31 30 35 0D", Suffix.CR, scanned(EAN, Symbology.EAN_UPC)),
    ],
)
def test_golden_scans(frame: str, suffix: Suffix, meant: CodeScanned) -> None:
    assert session(ScanFormat(suffix)).receive(bytes.fromhex(frame), 0) == [meant]


def test_the_scanner_writes_the_golden_bytes() -> None:
    assert encode_scan(EAN, ScanFormat(), Symbology.EAN_UPC) == bytes.fromhex("5D4530") + EAN.encode() + b"\r"
    assert encode_scan("036000291452", ScanFormat(), Symbology.EAN_UPC) == b"]E00036000291452\r"
    assert encode_scan("036000291452", ScanFormat(Suffix.CRLF, "~")) == b"~036000291452\r\n"
    for wrong in ("", "x" * (CODE_LENGTH_MAX + 1), "a\nb", "é"):
        with pytest.raises(ValueError, match="a code has"):
            encode_scan(wrong, ScanFormat())
    with pytest.raises(ValueError, match="13 digits"):
        encode_scan("12A", ScanFormat(), Symbology.EAN_UPC)


@given(
    st.lists(st.tuples(CODES, st.sampled_from([Symbology.UNTOLD, Symbology.CODE128, Symbology.QR])), max_size=6),
    st.sampled_from(Suffix),
    st.sampled_from(["", "%", "ab"]),
    st.integers(1, 9),
)
def test_every_code_comes_back_in_any_pieces(
    scans: list[tuple[str, Symbology]], suffix: Suffix, prefix: str, size: int
) -> None:
    form = ScanFormat(suffix, prefix)
    data = b"".join(encode_scan(code, form, symbology) for code, symbology in scans)
    till = session(form)
    heard = [event for at in range(0, len(data), size) for event in till.receive(data[at : at + size], at)]
    assert heard == [scanned(code, symbology) for code, symbology in scans]
    assert till.deadline_ms is None


@given(st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 700)), max_size=20))
def test_rubbish_never_raises_and_the_next_code_is_heard(pieces: list[tuple[bytes, int]]) -> None:
    till, now_ms = session(), 0
    for piece, wait_ms in pieces:
        now_ms += wait_ms
        till.receive(piece, now_ms)
    heard = till.receive(encode_scan(EAN, ScanFormat()), now_ms + PIECES_WITHIN_MS)
    assert heard[-1] == scanned(EAN)


@given(st.integers(0, 10**12 - 1), st.data())
def test_a_damaged_ean_with_its_identifier_is_never_another_code(number: int, data: st.DataObject) -> None:
    code = with_check_digit(f"{number:012}")
    frame = encode_scan(code, ScanFormat(), Symbology.EAN_UPC)
    at = data.draw(st.integers(0, len(frame) - 1))
    lost = frame[:at] + frame[at + 1 :]
    till = session()
    heard: list[ScannerEvent] = [*till.receive(lost, 0), *till.expire(PIECES_WITHIN_MS)]
    codes = {event.code for event in heard if isinstance(event, CodeScanned)}
    digits = {each for each in codes if each.isdigit() and len(each) in {8, 12, 13, 14}}
    assert digits <= {code}
    assert heard


def test_a_code_whose_end_is_lost_does_not_spoil_the_next() -> None:
    till = session()
    assert till.receive(EAN.encode(), 0) == []
    assert till.deadline_ms == PIECES_WITHIN_MS
    assert till.expire(PIECES_WITHIN_MS - 1) == []
    late = till.receive(encode_scan(EAN, ScanFormat()), PIECES_WITHIN_MS)
    assert late == [CodeUnreadable(device_id="s", why="the end of a code did not come"), scanned(EAN)]


def test_the_same_code_within_the_window_is_the_same_scan() -> None:
    till = session(duplicate_ms=300)
    frame = encode_scan(EAN, ScanFormat())
    assert till.receive(frame + frame, 0) == [scanned(EAN)]
    assert till.receive(frame, 299) == []
    assert till.receive(encode_scan("101", ScanFormat()), 300) == [scanned("101")]
    assert till.receive(frame, 310) == [scanned(EAN)]
    assert till.receive(frame, 610) == [scanned(EAN)]


@pytest.mark.parametrize("sent", Suffix)
@pytest.mark.parametrize("set_to", [Suffix.CR, Suffix.LF, Suffix.CRLF])
def test_cr_and_lf_taken_for_each_other_cost_nothing_where_the_end_is_seen(sent: Suffix, set_to: Suffix) -> None:
    till = session(ScanFormat(set_to))
    frames = encode_scan("101", ScanFormat(sent)) + encode_scan("102", ScanFormat(sent))
    heard = till.receive(frames, 0) + till.expire(PIECES_WITHIN_MS)
    if set_to.value[-1:] in sent.value:
        assert heard == [scanned("101"), scanned("102")]
    else:
        assert [type(event) for event in heard] == [CodeUnreadable]


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"4006\xff381333931\r", ScanFormat()),
        (b"]E0\r", ScanFormat()),
        (b"]E0400638133393\r", ScanFormat()),
        (b"4006381333931\r", ScanFormat(prefix="%")),
        (b"x" * 500, ScanFormat()),
    ],
)
def test_what_is_no_code_is_told_as_unreadable(data: bytes, form: ScanFormat) -> None:
    heard = session(form).receive(data, 0)
    assert [type(event) for event in heard] == [CodeUnreadable]
