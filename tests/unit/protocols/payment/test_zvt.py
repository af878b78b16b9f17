"""ZVT byte for byte: frames of real terminals both ways, any split of the stream, and rubbish that never raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.payment.port import Approved, Cancelled, Declined, NotSent, Unknown
from protocols.payment.zvt import messages, serial_line
from protocols.payment.zvt.apdu import Apdu, ApduReader
from protocols.payment.zvt.ecr import EcrSession
from protocols.payment.zvt.fields import Tag, every_tag, read_fields, read_tags, tlv_field
from protocols.payment.zvt.messages import Aborted, Completed, Intermediate, Other, Refusal, Slip, Status, StatusTold

APPROVED = (
    "04 0F 77 27 00 04 00 00 00 00 20 40 0B 00 04 70 0C 22 39 53 0D 10 06 0E 25 12 17 00 01 19 70 22 F0 F8 EE EE EE EE EE EE"
    "47 71 29 28 00 48 69 2A 31 30 30 34 36 31 37 36 33 20 20 20 20 20 20 3B 36 31 31 38 30 34 00 00 3C F0 F1 F4 47 45 4E 2E"
    "4E 52 2E 3A 36 31 31 38 30 34 49 09 78 87 04 70 88 00 04 70 8A 2E 8B F1 F7 44 65 62 69 74 20 4D 61 73 74 65 72 63 61 72"
    "64 00"
)
CONTACTLESS = (
    "04 0F 65 27 00 0C 23 13 55 0D 10 29 0E 99 99 22 F0 F8 EE EE EE EE EE EE 47 71 A0 01 29 00 00 00 06 87 00 08 0B 00 00 00"
    "8A 06 8B F1 F1 4D 41 53 54 45 52 43 41 52 44 00 06 2E 2F 08 1F 12 01 02 1F 10 01 00 60 1B 43 07 A0 00 00 00 04 10 10 44"
    "10 44 65 62 69 74 20 4D 61 73 74 65 72 63 61 72 64 1F 2B 04 10 01 50 08"
)
STOPPED = "04 0F 1E 27 6C 29 28 00 48 69 3C F0 F1 F9 41 62 62 72 75 63 68 20 64 75 72 63 68 20 4B 75 6E 64 65"
TEXT_BLOCK = (
    "06 D3 AC 06 81 A9 1F 07 01 03 25 81 A2 07 1B 30 32 2E 31 31 2E 32 30 32 31 20 20 20 20 20 20 20 20 20 31 37 3A 30 35 3A"
    "30 32 07 0C 54 49 44 3A 41 48 30 30 30 30 30 36 07 14 41 62 73 63 68 6C 75 73 73 20 2D 20 6B 65 69 6E 65 20 54 58 07 19"
    "20 41 56 3A 20 2B 30 34 2E 30 37 20 28 4A 75 6E 20 31 31 20 32 30 32 31 29 07 1B 54 49 3A 20 45 20 44 54 3A 20 30 2F 30"
    "2F 20 4F 46 3A 20 30 2F 30 2F 20 43 47 3A 07 0F 20 20 20 20 20 20 20 20 20 20 20 31 2F 30 2F 07 01 20 07 01 20 07 01 20"
    "07 01 20 07 01 20 07 01 20 07 01 20 09 01 81"
)


def one(text: str) -> Apdu:
    """The single message in these bytes."""
    (apdu,) = ApduReader().receive(bytes.fromhex(text))
    return apdu


@pytest.mark.parametrize(
    ("built", "wire"),
    [
        (messages.authorise(1_000), "06 01 07 04 00 00 00 00 10 00"),
        (messages.ACK, "80 00 00"),
        (messages.MORE_TIME, "84 9C 00"),
        (messages.smaller_amount(500), "84 9D 07 04 00 00 00 00 05 00"),
        (messages.GOODS_NOT_ISSUED, "84 66 00"),
        (messages.nack(0x83), "84 83 00"),
        (messages.register(0, 0xBE, "EUR"), "06 00 06 00 00 00 BE 09 78"),
        (messages.reversal(123_456, 470), "06 30 06 12 34 56 87 04 70"),
        (messages.refund(0, 1), "06 31 0A 00 00 00 04 00 00 00 00 00 01"),
        (messages.repeat_receipt(0), "06 20 03 00 00 00"),
        (messages.end_of_day(0), "06 50 03 00 00 00"),
        (messages.status_enquiry(0), "05 01 03 00 00 00"),
        (Apdu(messages.ABORT), "06 B0 00"),
        (Apdu(messages.INTERMEDIATE, b"\x0a"), "04 FF 01 0A"),
        (Apdu(messages.STATUS, Status(result=0).data()), "04 0F 02 27 00"),
        (Apdu(messages.ABORT_TOLD, b"\x05"), "06 1E 01 05"),
        (Apdu(messages.COMPLETION), "06 0F 00"),
    ],
)
def test_commands_are_these_bytes_and_read_back(built: Apdu, wire: str) -> None:
    assert built.encode() == bytes.fromhex(wire)
    assert one(wire) == built


@pytest.mark.parametrize(
    ("apdu", "wire"),
    [
        (messages.ACK, "10 02 80 00 00 10 03 F5 1F"),
        (messages.authorise(1_000), "10 02 06 01 07 04 00 00 00 00 10 10 00 10 03 62 91"),
    ],
)
def test_serial_frames_are_these_bytes(apdu: Apdu, wire: str) -> None:
    assert serial_line.encode(apdu) == bytes.fromhex(wire)
    assert serial_line.SerialReader().receive(bytes.fromhex(wire)) == [apdu]


def test_an_approval_of_a_real_terminal() -> None:
    told = messages.read_told(one(APPROVED))
    assert told == StatusTold(
        Status(
            result=0,
            amount_minor=2_040,
            trace=470,
            receipt=470,
            terminal_id="28004869",
            card_tail="4771",
            card_name="Debit Mastercard",
            time="223953",
            date="1006",
            text="GEN.NR.:611804",
        )
    )
    assert read_fields(one(APPROVED).data).unread == 0


def test_an_approval_without_amount_and_trace_and_with_tags() -> None:
    apdu = one(CONTACTLESS)
    told = messages.read_told(apdu)
    assert isinstance(told, StatusTold)
    assert (told.status.amount_minor, told.status.trace, told.status.receipt) == (None, 0, 8)
    tags = {tag.number: tag.value for tag in every_tag(read_tags(read_fields(apdu.data).values[0x06]))}
    assert tags[0x44] == b"Debit Mastercard"
    assert tags[0x1F12] == b"\x02"


def test_what_terminals_say() -> None:
    stopped = messages.read_told(one(STOPPED))
    assert stopped == StatusTold(Status(result=0x6C, terminal_id="28004869", text="Abbruch durch Kunde"))
    assert messages.read_told(one("04 FF 01 0A")) == Intermediate(0x0A)
    assert messages.read_told(one("06 1E 01 05")) == Aborted(5)
    assert messages.read_told(one("06 0F 02 27 E0")) == Completed(Status(result=0xE0))
    assert messages.read_told(one("84 9D 07 04 00 00 00 00 05 00")) == Refusal(0x9D, 500)
    assert messages.read_told(one("04 01 00")) == Other(0x0401)


def test_slips() -> None:
    line = "06 D1 1F 00 4E 72 3A 20 20 2A 2A 2A 2A 20 2A 2A 2A 2A 20 2A 2A 2A 2A 20 34 38 32 31 06 04 1F 07 01 02"
    assert messages.read_told(one(line)) == Slip(("Nr:  **** **** **** 4821",), 2)
    assert messages.read_told(one("06 D1 01 81")) == Slip((), 0, ends=True)
    german = messages.read_told(one("06 D1 19 40 2A 2A 20 48 C4 4E 44 4C 45 52 42 45 4C 45 47 20 2A 2A 06 04 1F 07 01 01"))
    assert german == Slip(("** HÄNDLERBELEG **",), 1)
    block = messages.read_told(one(TEXT_BLOCK))
    assert isinstance(block, Slip)
    assert (block.copy, block.ends) == (3, True)
    assert block.lines[2] == "Abschluss - keine TX"
    assert messages.read_told(messages.slip_block(("Müller", "1"), 2)) == Slip(("Müller", "1"), 2, ends=True)


def test_a_terminal_that_forgets_to_mask_puts_no_card_number_on_paper() -> None:
    for line in ("Nr: 4111 1111 1111 1111", "4111111111111111", "PAN 4111-1111-1111-1111 VISA"):
        told = messages.read_told(messages.slip_line(line))
        assert isinstance(told, Slip)
        assert "4111" not in told.lines[0]
        assert "1111" in told.lines[0]
    full = bytes.fromhex("22 F0 F8 41 11 11 11 11 11 11 11 23 F0 F2 41 11")
    told = messages.read_told(Apdu(messages.STATUS, b"\x27\x00" + full))
    assert "41111" not in repr(told)
    assert "41111" not in repr(Apdu(messages.STATUS, full))


def test_a_field_nobody_knows_ends_the_reading_and_loses_nothing_before_it() -> None:
    fields = read_fields(bytes.fromhex("27 00 04 00 00 00 00 20 40 DF 12 34"))
    assert fields.number(0x04) == 2_040
    assert fields.unread == 3


@settings(max_examples=40)
@given(st.binary(max_size=70_000).filter(lambda data: len(data) < 65_536), st.integers(0, 0xFFFF))
def test_any_message_comes_back_on_both_lines(data: bytes, command: int) -> None:
    apdu = Apdu(command, data)
    assert ApduReader().receive(apdu.encode()) == [apdu]
    assert serial_line.SerialReader().receive(serial_line.encode(apdu)) == [apdu]


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=400), max_size=6), st.data())
def test_any_split_of_the_stream_says_the_same(bodies: list[bytes], data: st.DataObject) -> None:
    apdus = [Apdu(0x040F, body) for body in bodies]
    for stream, reader in (
        (b"".join(apdu.encode() for apdu in apdus), ApduReader()),
        (b"".join(serial_line.encode(apdu) for apdu in apdus), serial_line.SerialReader()),
    ):
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
        heard: list[object] = []
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            heard.extend(reader.receive(stream[start:end]))
        assert heard == apdus


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_serial_frame_after_rubbish_is_heard(before: bytes, body: bytes) -> None:
    reader = serial_line.SerialReader()
    reader.receive(before)
    reader.receive(bytes(4))  # whatever the rubbish began is over by then, or goes on as a frame that the next one ends
    frame = serial_line.encode(Apdu(0x0601, body))
    heard = [*reader.receive(frame), *reader.receive(frame)]
    assert Apdu(0x0601, body) in heard


@settings(max_examples=40)
@given(st.binary(max_size=60), st.integers(0, 59), st.integers(1, 255))
def test_a_spoilt_serial_frame_is_never_another_message(body: bytes, at: int, flip: int) -> None:
    frame = bytearray(serial_line.encode(Apdu(0x0601, body)))
    frame[at % len(frame)] ^= flip
    heard = serial_line.SerialReader().receive(bytes(frame))
    assert all(each == Apdu(0x0601, body) for each in heard if isinstance(each, Apdu))


@given(st.binary(max_size=300), st.integers(0, 0xFFFF))
def test_rubbish_never_raises(data: bytes, command: int) -> None:
    session = EcrSession()
    session.begin(messages.authorise(1))
    messages.read_told(Apdu(command, data))
    session.hear(Apdu(command, data))
    read_tags(data)


@settings(max_examples=40)
@given(st.recursive(
    st.builds(Tag, st.sampled_from([0x07, 0x40, 0x1F07, 0x9F02]), st.binary(max_size=300)),
    lambda inner: st.builds(lambda parts: Tag(0x25, b"", tuple(parts)), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=6,
))  # fmt: skip
def test_tags_come_back(tag: Tag) -> None:
    def plain(one: Tag) -> tuple[object, ...]:
        return (one.number, tuple(plain(part) for part in one.parts) if one.parts else one.value)

    (read,) = read_tags(read_fields(tlv_field(tag)).values[0x06])
    assert plain(read) == plain(tag)


def outcome_after(*wire: str) -> object:
    """What a payment of 20.40 came to after these messages."""
    session = EcrSession()
    exchange = session.begin(messages.authorise(2_040))
    for text in wire:
        session.hear(one(text))
    return exchange.outcome(1, 2_040)


def test_what_a_payment_comes_to() -> None:
    good = Approved(2_040, "28004869/0470/000470", "4771")
    assert outcome_after("80 00 00", "04 FF 01 0A", APPROVED, "06 0F 00") == good
    assert outcome_after("80 00 00", "04 0F 02 27 66", APPROVED, "06 0F 00") == good, "declined without contact, then paid"
    assert outcome_after(APPROVED, "06 0F 00") == good, "its acknowledgement was lost"
    assert outcome_after("80 00 00", CONTACTLESS, "06 0F 00") == Approved(2_040, "00000006/0008/000000", "4771")
    assert outcome_after("80 00 00", STOPPED, "06 1E 01 6C") == Cancelled()
    assert outcome_after("80 00 00", "06 1E 01 05") == Declined("declined by the bank")
    assert outcome_after("84 A0 00") == NotSent("another customer is at the terminal")
    assert outcome_after("84 83 00") == Declined("the terminal cannot do this")
    assert isinstance(outcome_after("80 00 00", APPROVED, "06 1E 01 FF"), Unknown), "approved, then broke off"
    assert isinstance(outcome_after("80 00 00", "06 0F 00"), Unknown), "over without a word"
    assert isinstance(outcome_after("80 00 00", APPROVED), Unknown), "not over"
    assert isinstance(outcome_after(), Unknown)


def test_everything_a_terminal_says_is_acknowledged() -> None:
    session = EcrSession()
    session.begin(messages.authorise(1))
    assert session.hear(one("80 00 00")) is None
    for text in (APPROVED, "04 FF 01 0A", "06 D1 01 81", TEXT_BLOCK, "06 0F 00"):
        assert session.hear(one(text)) == messages.ACK
    assert session.hear(one("04 0D 00")) == messages.nack(0x83), "a question to the till is refused, not left open"
