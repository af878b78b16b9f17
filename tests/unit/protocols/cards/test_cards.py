"""Member cards, reader's and card's role: commands byte by byte, every kind of card, keys, torn reads, hostile cards."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.cards import ndef, vpcd
from protocols.cards.apdu import Answer, CardRefuses, CardTorn, Talk, ask, command, command_of
from protocols.cards.atr import CardKind, kind_of, processor_atr, storage_atr
from protocols.cards.classic import ClassicCard, KeyType, SectorKey, is_trailer, read_block, sector_of
from protocols.cards.keys import read_keys
from protocols.cards.member_app import MEMBER_APP, NDEF_APP, ProcessorCard, read_member_file
from protocols.cards.reading import CardFound, ReadPlan, Source, plausible, read_card
from protocols.cards.tags import GET_UID, TagCard, TagModel, read_ndef, read_uid
from protocols.clock import SeededRandom
from simulators.cards.deck import PlayedCard

UID7, UID4 = bytes.fromhex("04A2245F7B6180"), bytes.fromhex("A1B2C3D4")
KEY = SectorKey(KeyType.A, bytes.fromhex("A0A1A2A3A4A5"))


def run(talk: Talk[object], card: PlayedCard) -> tuple[object, list[str]]:
    """Drive a conversation against a card: what it found, and every command as hexadecimal text."""
    sent, said = next(talk), []
    while True:
        said.append(sent.hex(" ").upper())
        try:
            sent = talk.send(card.answer(sent))
        except StopIteration as done:
            return done.value, said


def seen(card: PlayedCard, plan: ReadPlan | None = None) -> CardFound:
    found, _ = run(read_card(card.atr, plan or ReadPlan()), card)
    assert isinstance(found, CardFound)
    return found


def test_atrs_byte_by_byte() -> None:
    for kind, check in ((CardKind.CLASSIC_1K, "6A"), (CardKind.CLASSIC_4K, "69"), (CardKind.ULTRALIGHT, "68")):
        golden = bytes.fromhex(f"3B8F8001804F0CA00000030603 {kind.value:04X} 00000000 {check}")
        assert storage_atr(kind) == golden
        assert kind_of(golden) is kind
    assert kind_of(storage_atr(CardKind.ULTRALIGHT)[:12] + bytes.fromhex("0B0001")) is CardKind.OTHER_STORAGE
    assert kind_of(processor_atr(b"TALLY")) is CardKind.PROCESSOR
    assert kind_of(b"") is CardKind.PROCESSOR


def test_the_uid_byte_by_byte() -> None:
    assert bytes.fromhex("FFCA000000") == GET_UID
    assert TagCard(UID7, TagModel.NTAG213).answer(GET_UID) == UID7 + b"\x90\x00"
    assert run(read_uid(), ClassicCard(UID4, CardKind.CLASSIC_1K))[0] == UID4


def test_a_classic_block_byte_by_byte() -> None:
    card = ClassicCard(UID4, CardKind.CLASSIC_1K, {4: b"M-1001".ljust(16, b"\0")}, {1: (KEY.key, b"\xff" * 6)})
    data, said = run(read_block(4, KEY), card)
    assert data == b"M-1001" + bytes(10)
    assert said == ["FF 82 00 00 06 A0 A1 A2 A3 A4 A5", "FF 86 00 00 05 01 00 04 60 00", "FF B0 00 04 10"]
    assert card.answer(bytes.fromhex("FFB0000810")) == b"\x69\x82"  # another sector
    card.reset()
    assert card.answer(bytes.fromhex("FFB0000410")) == b"\x69\x82"
    with pytest.raises(CardRefuses, match="sector 1"):
        run(read_block(4, SectorKey(KeyType.B, KEY.key)), card)
    assert (sector_of(127), sector_of(128), sector_of(255)) == (31, 32, 39)
    assert [is_trailer(block) for block in (3, 4, 127, 131, 143)] == [True, False, True, False, True]


def test_a_4k_card_reaches_its_last_sectors() -> None:
    card = ClassicCard(UID4, CardKind.CLASSIC_4K, {200: b"77-12".ljust(16, b"\xff")}, {36: (b"\xff" * 6, KEY.key)})
    plan = ReadPlan(sources=(Source.BLOCK,), block=200, keys=(KEY, SectorKey(KeyType.B, KEY.key)))
    assert seen(card, plan) == CardFound("77-12", Source.BLOCK)
    assert seen(ClassicCard(UID4, CardKind.CLASSIC_1K), plan).number == ""  # no such block


def test_a_tag_byte_by_byte() -> None:
    message = ndef.encode_message([ndef.Text("M-1001")])
    assert message == bytes.fromhex("D1 01 09 54 02 65 6E") + b"M-1001"
    card = TagCard(UID7, TagModel.NTAG213, message)
    assert card.answer(bytes.fromhex("FFB0000310")) == bytes.fromhex("E1101200 030DD101 09540265 6E4D2D31 9000")
    records, said = run(read_ndef(), card)
    assert records == [ndef.Text("M-1001")]
    assert said == ["FF B0 00 03 10", "FF B0 00 07 10"]


def test_uri_records_are_shortened_as_the_forum_says() -> None:
    message = ndef.encode_message([ndef.Uri("https://www.shop.example/m/9")])
    assert message == bytes.fromhex("D1 01 13 55 02") + b"shop.example/m/9" + b"" or message[3:5] == bytes.fromhex("55 02")
    assert ndef.decode_message(message) == [ndef.Uri("https://www.shop.example/m/9")]


@given(
    st.lists(
        st.one_of(st.builds(ndef.Text, st.text(max_size=90)), st.builds(ndef.Uri, st.text(max_size=300))),
        min_size=1,
        max_size=4,
    )
)
def test_messages_come_back_from_the_largest_tag(records: list[ndef.Record]) -> None:
    message = ndef.encode_message(records)
    assert ndef.decode_message(message) == records
    assert ndef.message_of(b"\x00\x01\x03abc" + ndef.encode_tlv(message)) == message
    if len(message) < 800:
        assert run(read_ndef(), TagCard(UID7, TagModel.NTAG216, message))[0] == records


def test_the_member_application_byte_by_byte() -> None:
    card = ProcessorCard(UID7, member=b"M-1001" + b"\xff" * 4)
    number, said = run(read_member_file(MEMBER_APP, 1), card)
    assert number == b"M-1001"
    assert said == ["00 A4 04 00 07 F0 54 4C 59 53 54 4B 00", "00 B0 81 00 00"]


@pytest.mark.parametrize("chained", [False, True])
def test_answers_that_wait_and_lengths_that_are_wrong(chained: bool) -> None:
    card = ProcessorCard(UID7, member=b"M-1001", chained=chained)
    assert seen(card, ReadPlan(sources=(Source.APP,))) == CardFound("M-1001", Source.APP)
    _, said = run(ask(bytes.fromhex("00A40400 07 F0544C5953544B 00")), card)
    longer, again = run(ask(bytes.fromhex("00B0810020")), card)
    assert isinstance(longer, Answer)
    assert longer.data == b"M-1001"
    assert again[1] == "00 B0 81 00 06"
    assert ("00 C0 00 00 06" in again) is chained
    assert len(said) == 1


def test_who_a_card_means() -> None:
    tag = TagCard(UID7, TagModel.NTAG215, ndef.encode_message([ndef.Uri("https://a.example/"), ndef.Uri("member:77 12")]))
    type4 = ProcessorCard(UID7, message=ndef.encode_message([ndef.Text("M-" + "4" * 60)]))
    assert seen(tag) == CardFound("77 12", Source.NDEF)
    assert seen(type4) == CardFound("M-" + "4" * 60, Source.NDEF)
    assert seen(TagCard(UID7, TagModel.NTAG213)) == CardFound("04A2245F7B6180", Source.UID)
    assert seen(tag, ReadPlan(sources=(Source.UID,))) == CardFound("04A2245F7B6180", Source.UID)
    assert seen(tag, ReadPlan(sources=(Source.APP, Source.BLOCK))) == CardFound("", None)


def test_a_phone_is_nobody_by_its_number() -> None:
    phone = ProcessorCard(bytes.fromhex("08A1B2C3"))
    assert seen(phone) == CardFound("", None, phone=True)
    with_app = ProcessorCard(bytes.fromhex("08A1B2C3"), member=b"M-1001")
    assert seen(with_app) == CardFound("M-1001", Source.APP)
    assert seen(ProcessorCard(bytes.fromhex("08A1B2C3D4E5F6"))).number == "08A1B2C3D4E5F6"  # seven bytes are the maker's


def test_a_bank_card_is_asked_for_its_uid_alone() -> None:
    card = ProcessorCard(bytes.fromhex("5CA1B2C3"), other_apps=(b"2PAY.SYS.DDF01",))
    assert seen(card).source is Source.UID
    assert card.selected == [MEMBER_APP, NDEF_APP]


class _Torn:
    """A card that is gone from a certain command on, and answers as a reader does then."""

    def __init__(self, card: PlayedCard, stays: int, gone: bytes) -> None:
        self.card, self.stays, self.gone = card, stays, gone
        self.uid, self.atr = card.uid, card.atr

    def reset(self) -> None:
        self.card.reset()

    def answer(self, raw: bytes) -> bytes:
        self.stays -= 1
        return self.card.answer(raw) if self.stays >= 0 else self.gone


@pytest.mark.parametrize("gone", [b"\x63\x00", b"", b"\x6f\x00"])
@pytest.mark.parametrize(
    "card",
    [
        TagCard(UID7, TagModel.NTAG213, ndef.encode_message([ndef.Text("M-1001 of a longer name")])),
        ClassicCard(UID4, CardKind.CLASSIC_1K, {4: b"M-1001".ljust(16, b"\0")}, {1: (KEY.key, KEY.key)}),
        ProcessorCard(UID7, member=b"M-1001"),
        ProcessorCard(UID7, message=ndef.encode_message([ndef.Text("M-1001 of a longer name")])),
    ],
    ids=["tag", "classic", "app", "type4"],
)
def test_a_card_that_leaves_in_the_middle_is_torn_never_its_uid(card: PlayedCard, gone: bytes) -> None:
    plan = ReadPlan(keys=(SectorKey(KeyType.A, b"\xff" * 6), KEY))
    card.reset()
    whole, said = run(read_card(card.atr, plan), card)
    for stays in range(len(said)):
        card.reset()
        with pytest.raises(CardTorn):
            run(read_card(card.atr, plan), _Torn(card, stays, gone))
    card.reset()
    assert run(read_card(card.atr, plan), _Torn(card, len(said), gone))[0] == whole


def test_the_keys_file_is_read_and_never_told() -> None:
    keys = read_keys("# chain keys\nA a0a1a2a3a4a5\n\nB FFFFFFFFFFFF # maker's\n")
    assert keys == (KEY, SectorKey(KeyType.B, b"\xff" * 6))
    assert "a0a1" not in repr(keys).lower()
    assert "A0A1" not in repr(ReadPlan(keys=keys))
    with pytest.raises(ValueError, match="line 2") as refused:
        read_keys("A A0A1A2A3A4A5\nA C0FFEEC0FFE\n")
    assert "C0FFEE" not in str(refused.value)
    with pytest.raises(ValueError, match="too many"):
        read_keys("A FFFFFFFFFFFF\n" * 17)


@pytest.mark.parametrize("wrong", ["", "M", "-12", "M1\x00", "ä12", "x" * 65, "<b>1"])
def test_what_no_member_number_looks_like(wrong: str) -> None:
    assert plausible(wrong) == ""


@given(
    st.tuples(*[st.integers(0, 255)] * 4),
    st.binary(max_size=255),
    st.one_of(st.none(), st.integers(1, 256)),
    st.integers(0, 6),
)
def test_commands_come_back(head: tuple[int, int, int, int], data: bytes, length: int | None, cut: int) -> None:
    raw = command(*head, data=data, length=length)
    sent = command_of(raw)
    assert sent is not None
    assert (sent.cla, sent.ins, sent.p1, sent.p2, sent.data, sent.length) == (*head, data, length)
    for card in (TagCard(UID7, TagModel.NTAG213), ClassicCard(UID4, CardKind.CLASSIC_1K), ProcessorCard(UID7, member=b"1")):
        assert len(card.answer(raw[: len(raw) - cut])) >= 2


CONVERSATION_MAX = 5_000
"""Commands: what a card of 4096 bytes that gives one at a time would need."""


def hostile(atr: bytes, answers: Sequence[bytes]) -> str:
    """Read a card that answers these over and over: the number it ends in, empty when it is torn."""
    talk = read_card(atr, ReadPlan(keys=(KEY,)))
    try:
        next(talk)
        for at in range(CONVERSATION_MAX):
            talk.send(answers[at % len(answers)])
    except CardTorn:
        return ""
    except StopIteration as done:
        found: CardFound = done.value
        return found.number
    raise AssertionError("a conversation without end")


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=60), st.sampled_from(list(CardKind)), st.booleans())
@settings(max_examples=200)
def test_a_hostile_card_ends_in_a_number_or_torn(answers: list[bytes], kind: CardKind, polite: bool) -> None:
    """Whatever it answers: no other error, and no conversation without end."""
    atr = processor_atr() if kind is CardKind.PROCESSOR else storage_atr(kind)
    number = hostile(atr, [each + b"\x90\x00" if polite else each for each in answers])
    assert number == "" or plausible(number)


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.integers(1, 50))
def test_vpcd_messages_come_back_in_any_pieces(messages: list[bytes], size: int) -> None:
    stream, splitter = b"".join(vpcd.encode(each) for each in messages), vpcd.Splitter()
    found = [each for at in range(0, len(stream), size) for each in splitter.receive(stream[at : at + size])]
    assert found == messages


def test_vpcd_byte_by_byte() -> None:
    assert vpcd.encode(b"\x04") == bytes.fromhex("000104")
    assert vpcd.encode(GET_UID) == bytes.fromhex("0005FFCA000000")
    assert [vpcd.control_of(bytes([each])) for each in (0, 1, 2, 4)] == list(vpcd.Control)
    assert vpcd.control_of(b"\x03") is None
    assert vpcd.control_of(GET_UID) is None
    assert vpcd.Splitter().receive(bytes.fromhex("0000 000104")) == [b"\x04"]


@pytest.mark.soak
def test_a_million_bytes_of_rubbish() -> None:
    """Every decoder and every card: no error but those that are promised."""
    rng = SeededRandom(int(os.environ.get("SEED", "13")))
    cards = (TagCard(UID7, TagModel.NTAG213), ClassicCard(UID4, CardKind.CLASSIC_4K), ProcessorCard(UID7, member=b"1"))
    for _ in range(1_000_000 // 64):
        piece = rng.bytes(64)
        ndef.decode_message(piece)
        ndef.message_of(piece)
        kind_of(piece)
        vpcd.Splitter().receive(piece)
        for card in cards:
            assert (
                len(card.answer(bytes([(0xFF, 0x00)[piece[0] & 1], (0xCA, 0xB0, 0xA4, 0x86)[piece[1] & 3]]) + piece[2:9]))
                >= 2
            )
        pages = [piece[at : at + 16] + b"\x90\x00" for at in range(0, 64, 16)]
        hostile(storage_atr(CardKind.ULTRALIGHT), [piece[:7] + b"\x90\x00", b"\xe1\x10" + pages[0][2:], *pages])
        hostile(processor_atr(), [piece[:4] + b"\x90\x00", b"\x90\x00", pages[1], piece[9:11] + b"\x90\x00", *pages])
