"""Operations to bytes and back: golden frames, any split, garbage, Chinese."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.escpos import operations as op
from protocols.escpos.charsets import CHARSETS, CHINESE, Unencodable, printable, unencodable
from protocols.escpos.tokens import PAYLOAD_MAX, Tokenizer

GOLDEN = [
    (op.Initialize(), "1B 40"),
    (op.Feed(6), "1B 64 06"),
    (op.Cut(feed_dots=None), "1D 56 00"),
    (op.Cut(full=False, feed_dots=None), "1D 56 01"),
    (op.Cut(full=True, feed_dots=0), "1D 56 41 00"),
    (op.Cut(full=False, feed_dots=3), "1D 56 42 03"),
    (op.KickDrawer(), "1B 70 00 32 32"),
    (op.KickDrawer(pin=5, on_ms=50, off_ms=200), "1B 70 01 19 64"),
    (op.KickDrawer(pin=2, on_ms=200, now=True), "10 14 01 00 02"),
    (
        op.Barcode("ean13", "4006381333931"),
        "1D 68 40 1D 77 02 1D 66 00 1D 48 02 1D 6B 43 0D 34 30 30 36 33 38 31 33 33 33 39 33 31",
    ),
    (op.Barcode("code128", "A{1", caption=False), "1D 68 40 1D 77 02 1D 66 00 1D 48 00 1D 6B 49 06 7B 42 41 7B 7B 31"),
    (
        op.Qr("HELLO"),
        "1D 28 6B 04 00 31 41 32 00 1D 28 6B 03 00 31 43 03 1D 28 6B 03 00 31 45 30 "
        "1D 28 6B 08 00 31 50 30 48 45 4C 4C 4F 1D 28 6B 03 00 31 51 30",
    ),
    (op.Raster(2, b"\xf0\x0f\xaa\x55"), "1D 76 30 00 02 00 02 00 F0 0F AA 55"),
    (op.ChineseMode(True), "1C 26"),
    (op.ChineseMode(False), "1C 2E"),
    (op.CodePage("cp858"), "1B 74 13"),
    (op.ProcessId("0001"), "1D 28 48 06 00 30 30 30 30 30 31"),
    (op.AutoStatus(15), "1D 61 0F"),
    (op.StatusRequest(4), "10 04 04"),
    (op.BufferedStatusRequest(1), "1D 72 01"),
    (op.Recover(2), "10 05 02"),
]


@pytest.mark.parametrize(("operation", "frame"), GOLDEN, ids=lambda value: type(value).__name__)
def test_golden_frames_both_ways(operation: op.Operation, frame: str) -> None:
    wire = bytes.fromhex(frame)
    assert op.encode_one(operation, "cp437") == wire
    assert Tokenizer().feed(wire)[-1] == operation


def test_style_is_five_commands_and_the_device_ends_in_it() -> None:
    style = op.Style(align="centre", bold=True, width=2, height=2)
    wire = op.encode_one(style, "cp437")
    assert wire == bytes.fromhex("1B 61 01 1D 21 11 1B 45 01 1B 2D 00 1D 42 00")
    assert Tokenizer().feed(wire)[-1] == style


def test_chinese_is_gbk_in_pairs_and_single_bytes_leave_the_mode() -> None:
    assert op.encode([op.Text("合计 ¥5\n")], charset=CHINESE) == b"\x1c&" + b"\xba\xcf\xbc\xc6 \xa3\xa45\n"
    assert op.encode([op.Text("5 €\n")], charset="cp858") == b"\x1c.\x1bt\x135 \xd5\n"
    assert printable("¥5", CHINESE) == "￥5"


def test_the_charset_is_chosen_again_after_initialize() -> None:
    wire = op.encode([op.Text("a"), op.Text("b"), op.Initialize(), op.Text("c")], charset="cp437")
    assert wire == b"\x1c.\x1bt\x00ab\x1b@\x1c.\x1bt\x00c"


def test_what_a_printer_cannot_write_is_said_never_a_question_mark() -> None:
    assert unencodable("Tee 茶茶 5 €", "cp437") == "茶€"
    assert unencodable("小票 abc ￥", CHINESE) == ""
    assert unencodable("한국", CHINESE) == "한국"
    with pytest.raises(Unencodable) as caught:
        op.encode([op.Text("茶")], charset="cp437")
    assert caught.value.characters == "茶"
    with pytest.raises(Unencodable):
        op.encode([op.Text("a\x1b@")], charset="cp437")


@pytest.mark.parametrize(
    "wrong",
    [
        op.Feed(256), op.Barcode("ean13", "12345"), op.Barcode("code128", "茶"), op.Barcode("code128", ""), op.Qr(""),
        op.Raster(0, b""), op.Raster(2, b"abc"), op.ProcessId("12"), op.ProcessId("12\n4"), op.KickDrawer(on_ms=600),
        op.StatusRequest(5), op.Style(width=9), op.Unknown(b"x"),
    ],
)  # fmt: skip
def test_out_of_range_raises(wrong: op.Operation) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        op.encode_one(wrong, "cp437")


TEXTS = {
    charset: st.text(st.sampled_from(letters))
    for charset, letters in {"cp858": "abc 1,.-|{}~\nÄöüß€¥", CHINESE: "小票合计abc 12\n￥茶，"}.items()
}
SMALL = st.integers(0, 255)
OTHERS = st.one_of(
    st.just(op.Initialize()),
    st.builds(
        op.Style,
        align=st.sampled_from(op.ALIGNS),
        bold=st.booleans(),
        underline=st.booleans(),
        invert=st.booleans(),
        width=st.integers(1, 8),
        height=st.integers(1, 8),
    ),
    st.builds(op.Feed, SMALL),
    st.builds(op.Cut, st.booleans(), st.none() | SMALL),
    st.builds(op.KickDrawer, st.sampled_from([2, 5]), SMALL.map(lambda n: n * 2), SMALL.map(lambda n: n * 2)),
    st.builds(
        op.Barcode,
        st.just("code128"),
        st.text(st.sampled_from("AZ{}09 -~"), min_size=1, max_size=40),
        st.integers(1, 255),
        st.integers(2, 6),
        st.booleans(),
    ),
    st.builds(op.Barcode, st.just("ean13"), st.from_regex(r"[0-9]{12,13}", fullmatch=True)),
    st.builds(op.Qr, st.text(min_size=1, max_size=40), st.integers(1, 16), st.sampled_from(op.QR_LEVELS)),
    st.integers(1, 6).flatmap(
        lambda width: st.integers(1, 300).map(lambda rows: op.Raster(width, b"\x10\x04\x01\x1b@\xff"[:width] * rows))
    ),
    st.builds(op.ProcessId, st.text(st.sampled_from("09az ~"), min_size=4, max_size=4)),
    st.builds(op.StatusRequest, st.integers(1, 4)),
    st.builds(op.AutoStatus, SMALL),
)


def settled(operations: list[op.Operation]) -> list[op.Operation]:
    """Pieces of one text as one, slices of one image as one, styles as the last of a run; empty texts gone."""
    result: list[op.Operation] = []
    for now in operations:
        before = result[-1] if result else None
        if isinstance(now, op.Text) and not now.text:
            continue
        if isinstance(now, op.Text) and isinstance(before, op.Text):
            result[-1] = op.Text(before.text + now.text)
        elif isinstance(now, op.Raster) and isinstance(before, op.Raster) and now.width_bytes == before.width_bytes:
            result[-1] = op.Raster(now.width_bytes, before.rows + now.rows)
        elif isinstance(now, op.Style) and isinstance(before, op.Style):
            result[-1] = now
        else:
            result.append(now)
    return result


def in_pieces(wire: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(wire) + 1) for cut in cuts} | {0, len(wire)})
    return [wire[a:b] for a, b in itertools.pairwise(places)]


@pytest.mark.parametrize("charset", ["cp858", CHINESE])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_decode_of_encode_under_any_split(charset: str, data: st.DataObject) -> None:
    texts = st.builds(op.Text, TEXTS[charset])
    operations = data.draw(st.lists(st.one_of(texts, OTHERS), max_size=12))
    wire = op.encode(operations, charset=charset)
    tokenizer = Tokenizer()
    decoded = [
        o for piece in in_pieces(wire, data.draw(st.lists(SMALL | st.integers(0, 5000)))) for o in tokenizer.feed(piece)
    ]
    assert settled(decoded) == settled(list(op.prepared(operations, charset)))


def test_byte_by_byte_is_the_same() -> None:
    wire = op.encode([op.Text("小票\n"), op.Raster(3, b"\x10\x04\x01" * 400), op.Cut()], charset=CHINESE)
    tokenizer = Tokenizer()
    decoded = [o for byte in wire for o in tokenizer.feed(bytes([byte]))]
    assert settled(decoded) == [op.ChineseMode(True), op.Text("小票\n"), op.Raster(3, b"\x10\x04\x01" * 400), op.Cut()]


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(st.binary(max_size=60) | st.sampled_from([b"\x1b", b"\x1d(", b"\x1d8L\xff", b"\x10\x14", b"\x1dk"])))
def test_garbage_never_raises(pieces: list[bytes]) -> None:
    tokenizer = Tokenizer()
    for piece in pieces:
        for operation in tokenizer.feed(piece):
            assert isinstance(operation, op.Operation)


def test_a_question_inside_a_payload_is_none() -> None:
    wire = op.encode_one(op.Raster(3, b"\x10\x04\x01"), "cp437") + op.encode_one(op.Qr("\x10\x04\x01"), "cp437")
    assert not [o for o in Tokenizer().feed(wire) if isinstance(o, op.StatusRequest)]


def test_unknown_commands_are_reported_and_the_next_is_understood() -> None:
    assert Tokenizer().feed(b"\x1b\xfe\x1dV\x00\x01\x00\x1b@") == [
        op.Unknown(b"\x1b\xfe"),
        op.Cut(feed_dots=None),
        op.Unknown(b"\x01"),
        op.Initialize(),
    ]


def test_a_hostile_length_is_skipped_without_being_held() -> None:
    tokenizer = Tokenizer()
    size = PAYLOAD_MAX * 3
    seen = tokenizer.feed(b"\x1d8L" + size.to_bytes(4, "little"))
    for _ in range(3 * 16):
        seen += tokenizer.feed(bytes(PAYLOAD_MAX // 16))
        assert len(tokenizer._held) < 1000
    seen += tokenizer.feed(b"\x1b@")
    assert [type(o) for o in seen] == [op.Unknown, op.Initialize]


def test_other_printers_ways_to_say_it() -> None:
    tokenizer = Tokenizer()
    assert tokenizer.feed(b"\x1b!\x38")[-1] == op.Style(bold=True, width=2, height=2)
    assert tokenizer.feed(b"\x1dk\x024006381333931\x00")[-1].data == "4006381333931"  # type: ignore[attr-defined]
    assert tokenizer.feed(b"\x1dk\x49\x04{C\x0c\x22")[-1].data == "1234"  # type: ignore[attr-defined]
    assert tokenizer.feed(b"\x1bi") == [op.Cut(feed_dots=None)]


def test_every_charset_has_a_codec() -> None:
    for charset in CHARSETS:
        assert unencodable("Plain 123", charset) == ""
    with pytest.raises(LookupError):
        unencodable("a", "klingon")
