"""AccessSpecs of the simulated reader: their life, what they do to a tag's memory, whom they touch, how often."""

from __future__ import annotations

import binascii

import pytest

from protocols.llrp import access_parameters as a
from protocols.llrp import messages as m
from protocols.llrp.event_parameters import Status
from protocols.llrp.parameters import AccessReportSpec, Tell
from protocols.llrp.selection import Bank
from protocols.llrp.tag_parameters import AccessSpecId, EpcData, TagReportData
from protocols.llrp.wire import BitString, Message, Parameter, find, find_all
from simulators.llrp_reader.air import Tag
from simulators.llrp_reader.profiles import IMPINJ_LIKE
from simulators.llrp_reader.tag_memory import Area, Lock, Result, TagMemory
from tests.support.llrp_line import TAGS, Line, spec, tags_of, told

EPC = TAGS[0].epc
NEW_EPC = bytes.fromhex("3034257BF7194E4000001A85")


def only(epc: bytes = EPC) -> a.C1g2TagSpec:
    target = a.C1g2TargetTag.of(Bank.EPC, 32, BitString(8 * len(epc), epc))
    return a.C1g2TagSpec(parts=(target,))


ANY = a.C1g2TagSpec(parts=(a.C1g2TargetTag(flags=0x60, pointer=0, mask=BitString(0, b""), data=BitString(0, b"")),))


def access(
    *operations: Parameter, number: int = 1, tags: a.C1g2TagSpec | None = None, stop_after: int = 0, antenna: int = 0,
    rospec_id: int = 0, more: tuple[Parameter, ...] = (),
) -> a.AccessSpec:  # fmt: skip
    stop = a.AccessSpecStopTrigger(trigger=int(stop_after > 0), operations=stop_after)
    command = a.AccessCommand(parts=(tags or only(), *operations))
    return a.AccessSpec(accessspec_id=number, antenna=antenna, rospec_id=rospec_id, parts=(stop, command, *more))


READ_TID = a.C1g2Read(opspec_id=1, bank=Bank.TID, pointer=0, words=6)


def carried_out(line: Line, *given: a.AccessSpec, milliseconds: int = 600) -> list[TagReportData]:
    """Tags that were accessed."""
    for each in given:
        assert line.status(m.AddAccessSpec(parts=(each,))).code == 0
        assert line.status(m.EnableAccessSpec(accessspec_id=each.accessspec_id)).code == 0
    line.inventory(spec(report=told(2, 1, Tell.ANTENNA | Tell.ACCESSSPEC_ID)))
    found = tags_of(line.run(milliseconds))
    line.status(m.DeleteRoSpec(rospec_id=0))
    return [tag for tag in found if find(tag.parts, AccessSpecId) is not None]


def results(line: Line, *operations: Parameter) -> list[tuple[str, int]]:
    """(kind, result) of each operation, on the first tag."""
    tag = carried_out(line, access(*operations, stop_after=1))[0]
    return [(type(part).__name__, part.result) for part in tag.parts if isinstance(part, a.OpSpecResult)]


# Life.


def test_an_accessspec_is_added_enabled_told_disabled_deleted() -> None:
    line = Line()
    assert line.status(m.EnableAccessSpec(accessspec_id=1)).code == Status.M_FIELD
    assert line.status(m.AddAccessSpec(parts=(access(READ_TID),))).code == 0
    assert line.status(m.AddAccessSpec(parts=(access(READ_TID),))).code == Status.M_FIELD, "it exists"

    def active() -> list[bool]:
        told_specs = find_all(line.one(m.GetAccessSpecs(), m.GetAccessSpecsResponse).parts, a.AccessSpec)
        return [each.active for each in told_specs]

    assert active() == [False]
    assert line.status(m.EnableAccessSpec(accessspec_id=0)).code == 0
    assert active() == [True]
    assert line.status(m.DisableAccessSpec(accessspec_id=1)).code == 0
    assert active() == [False]
    assert line.status(m.DeleteAccessSpec(accessspec_id=1)).code == 0
    assert active() == []
    assert line.status(m.DeleteAccessSpec(accessspec_id=1)).code == Status.M_FIELD


STOP = a.AccessSpecStopTrigger(trigger=0)
BAD = [
    access(READ_TID, number=0),
    a.AccessSpec(accessspec_id=1, active=True),
    access(READ_TID, antenna=9),
    a.AccessSpec(accessspec_id=1),
    a.AccessSpec(accessspec_id=1, parts=(STOP,)),
    a.AccessSpec(accessspec_id=1, parts=(STOP, a.AccessCommand(parts=(READ_TID,)))),
    access(),
    access(*[READ_TID] * 9),
    access(a.C1g2Recommission(opspec_id=1, kill_password=0, flags=1)),
]


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_accessspec_is_refused(bad: a.AccessSpec) -> None:
    line = Line()
    assert line.status(m.AddAccessSpec(parts=(bad,))).code == Status.M_PARAMETER
    assert find_all(line.one(m.GetAccessSpecs(), m.GetAccessSpecsResponse).parts, a.AccessSpec) == []


# What they do.


def test_the_tid_is_read_from_the_tag_that_was_meant() -> None:
    found = carried_out(Line(), access(READ_TID))
    assert found
    data = {result.data for tag in found for result in find_all(tag.parts, a.C1g2ReadResult)}
    assert len(data) == 1
    assert data.pop()[0] == 0xE280
    assert carried_out(Line(), access(READ_TID, tags=only(NEW_EPC))) == [], "no such tag is near"


def test_all_tags_but_one() -> None:
    target = a.C1g2TargetTag.of(Bank.EPC, 32, BitString(96, EPC), match=False)
    found = carried_out(Line(), access(READ_TID, tags=a.C1g2TagSpec(parts=(target,))), milliseconds=1_000)
    tids = {result.data for tag in found for result in find_all(tag.parts, a.C1g2ReadResult)}
    assert len(tids) == len(TAGS) - 1


def test_the_first_that_fits_is_carried_out_on_its_antenna_and_rospec_only() -> None:
    found = carried_out(
        Line(), access(READ_TID, number=1, rospec_id=7), access(READ_TID, number=2, antenna=3), access(READ_TID, number=3)
    )
    seen = {(part.accessspec_id, tag.parts[1]) for tag in found for part in find_all(tag.parts, AccessSpecId)}
    assert {number for number, _ in seen} == {2, 3}
    assert {getattr(antenna, "antenna") for number, antenna in seen if number == 2} == {3}  # noqa: B009


def test_a_stop_trigger_counts_and_deletes() -> None:
    line = Line()
    assert len(carried_out(line, access(READ_TID, stop_after=3), milliseconds=1_500)) == 3
    assert find_all(line.one(m.GetAccessSpecs(), m.GetAccessSpecsResponse).parts, a.AccessSpec) == []


def test_an_epc_is_written_and_the_tag_answers_with_it_from_then_on() -> None:
    line = Line(tags=TAGS[:1])
    words = tuple(int.from_bytes(NEW_EPC[at : at + 2], "big") for at in range(0, 12, 2))
    write = a.C1g2Write(opspec_id=1, bank=Bank.EPC, pointer=2, data=words)
    (tag,) = carried_out(line, access(write, stop_after=1))
    result = find(tag.parts, a.C1g2WriteResult)
    assert result == a.C1g2WriteResult(result=0, opspec_id=1, words_written=6)
    line.inventory(spec(report=told(2, 1, Tell(0))))
    assert {getattr(each.parts[0], "epc") for each in tags_of(line.run(300))} == {NEW_EPC}  # noqa: B009


def test_operations_are_done_in_order_until_one_fails() -> None:
    write = a.C1g2Write(opspec_id=2, bank=Bank.USER, pointer=0, data=(0xCAFE, 0xBABE))
    beyond = a.C1g2Read(opspec_id=3, bank=Bank.USER, pointer=999, words=1)
    assert results(Line(), READ_TID, write, beyond, READ_TID) == [
        ("C1g2ReadResult", 0),
        ("C1g2WriteResult", 0),
        ("C1g2ReadResult", 4),
    ]


def test_a_locked_tag_is_written_with_its_password_only() -> None:
    line = Line()
    password = a.C1g2Write(opspec_id=1, bank=Bank.RESERVED, pointer=2, data=(0x1234, 0x5678))
    payload = a.C1g2LockPayload(privilege=a.Privilege.LOCK, field=a.LockField.USER)
    lock = a.C1g2Lock(opspec_id=2, access_password=0x12345678, parts=(payload,))
    assert results(line, password, lock) == [("C1g2WriteResult", 0), ("C1g2LockResult", 0)]
    assert results(line, a.C1g2Write(opspec_id=3, bank=Bank.USER, pointer=0, data=(1,))) == [("C1g2WriteResult", 2)]
    wrong = a.C1g2Write(opspec_id=3, access_password=1, bank=Bank.USER, pointer=0, data=(1,))
    assert results(line, wrong) == [("C1g2WriteResult", 5)]
    right = a.C1g2BlockWrite(opspec_id=3, access_password=0x12345678, bank=Bank.USER, pointer=0, data=(1, 2))
    assert results(line, right) == [("C1g2BlockWriteResult", 0)]
    erase = a.C1g2BlockErase(opspec_id=4, access_password=0x12345678, bank=Bank.USER, pointer=0, words=1)
    read = a.C1g2Read(opspec_id=5, bank=Bank.USER, pointer=0, words=2)
    (tag, *_) = carried_out(line, access(erase, read, stop_after=1))
    assert [each.data for each in find_all(tag.parts, a.C1g2ReadResult)] == [(0, 2)]


def test_a_kill_needs_a_password_and_ends_the_tag() -> None:
    line = Line(tags=TAGS[:1])
    assert results(line, a.C1g2Kill(opspec_id=1, kill_password=0)) == [("C1g2KillResult", 1)]
    secret = a.C1g2Write(opspec_id=1, bank=Bank.RESERVED, pointer=0, data=(0, 0xDEAD))
    assert results(line, secret, a.C1g2Kill(opspec_id=2, kill_password=1)) == [("C1g2WriteResult", 0), ("C1g2KillResult", 4)]
    assert results(line, a.C1g2Kill(opspec_id=3, kill_password=0xDEAD)) == [("C1g2KillResult", 0)]
    line.inventory(spec(report=told(2, 1, Tell(0))))
    assert tags_of(line.run(500)) == []


def test_blocks_are_locked_for_ever() -> None:
    line = Line()
    lock = a.C1g2BlockPermalock(opspec_id=1, bank=Bank.USER, pointer=0, mask=(0x8000,))
    assert results(line, lock) == [("C1g2BlockPermalockResult", 0)]
    assert results(line, a.C1g2Write(opspec_id=2, bank=Bank.USER, pointer=0, data=(1,))) == [("C1g2WriteResult", 2)]
    assert results(line, a.C1g2Write(opspec_id=3, bank=Bank.USER, pointer=1, data=(1,))) == [("C1g2WriteResult", 0)]


def test_results_can_come_at_once_although_tags_wait() -> None:
    line = Line()
    given = access(READ_TID, stop_after=1, more=(AccessReportSpec(trigger=1),))
    line.status(m.AddAccessSpec(parts=(given,)))
    line.status(m.EnableAccessSpec(accessspec_id=1))
    line.inventory(spec(report=told(2, 0, Tell.ACCESSSPEC_ID)))
    found = tags_of(line.run(600))
    assert any(find(tag.parts, a.C1g2ReadResult) is not None for tag in found)


def questions(found: list[Message]) -> list[m.ClientRequestOp]:
    return [each for each in found if isinstance(each, m.ClientRequestOp)]


def test_the_client_can_be_asked_what_to_do() -> None:
    line = Line()
    line.status(m.AddAccessSpec(parts=(access(a.ClientRequestOpSpec(opspec_id=9)),)))
    line.status(m.EnableAccessSpec(accessspec_id=1))
    line.inventory(spec(report=told(2, 1, Tell.ACCESSSPEC_ID)))
    (question,) = questions(line.run(300))
    (tag,) = find_all(question.parts, TagReportData)
    assert getattr(tag.parts[0], "epc") == EPC  # noqa: B009
    answer = a.ClientRequestResponse(accessspec_id=1, parts=(EpcData(epc=BitString(96, EPC)), READ_TID))
    found = line.ask(m.ClientRequestOpResponse(message_id=question.message_id, parts=(answer,))) + line.run(40)
    assert any(find(each.parts, a.C1g2ReadResult) is not None for each in tags_of(found))


def test_impinj_asks_no_client_but_accesses_tags() -> None:
    asking = access(a.ClientRequestOpSpec(opspec_id=9))
    assert Line(profile=IMPINJ_LIKE).status(m.AddAccessSpec(parts=(asking,))).code == Status.M_PARAMETER
    assert carried_out(Line(profile=IMPINJ_LIKE), access(READ_TID, tags=ANY))


# Memory.


def test_a_tag_remembers_pc_crc_and_epc() -> None:
    memory = TagMemory(EPC, 96)
    assert memory.pc == 6 << 11
    _, stored = memory.read(Bank.EPC, 1, 7)
    assert memory.crc == binascii.crc_hqx(stored, 0xFFFF) ^ 0xFFFF
    assert memory.epc() == (EPC, 96)
    assert memory.write(Bank.EPC, 1, (2 << 11).to_bytes(2, "big")) is Result.DONE
    assert memory.epc() == (EPC[:4], 32), "the PC word tells the length"
    assert memory.write(Bank.EPC, 0, b"\0\0") is Result.LOCKED, "the CRC is the tag's own"
    assert memory.write(Bank.TID, 0, b"\0\0") is Result.LOCKED


def test_what_is_locked_for_ever_stays_so() -> None:
    memory = TagMemory(EPC, 96)
    assert memory.lock({Area.EPC: Lock.LOCKED_FOR_EVER}) is Result.DONE
    assert memory.write(Bank.EPC, 2, b"\1\1") is Result.LOCKED
    assert memory.lock({Area.EPC: Lock.OPEN}) is Result.LOCKED
    assert memory.lock({Area.USER: Lock.OPEN_FOR_EVER, Area.EPC: Lock.LOCKED_FOR_EVER}) is Result.DONE
    assert memory.lock({Area.USER: Lock.LOCKED}) is Result.LOCKED


def test_tids_differ_and_replay() -> None:
    def tid(tag: Tag) -> bytes:
        return TagMemory(tag.epc, tag.bits).read(Bank.TID, 0, 0)[1]

    assert tid(TAGS[0]) == tid(TAGS[0]) != tid(TAGS[1])


@pytest.mark.parametrize(("pointer", "bits", "data", "alike"), [
    (32, 8, EPC[:1], True), (33, 7, bytes([(EPC[0] << 1) & 0xFF]), True), (32, 8, b"\xff", False), (5_000, 8, b"\0", False),
])  # fmt: skip
def test_bits_of_memory_are_compared_from_any_place(pointer: int, bits: int, data: bytes, alike: bool) -> None:
    assert TagMemory(EPC, 96).alike(Bank.EPC, pointer, bits, data) is alike


def test_secret_words_are_not_read_without_the_password() -> None:
    memory = TagMemory(EPC, 96)
    memory.write(Bank.RESERVED, 2, b"\x12\x34\x56\x78")
    memory.lock({Area.ACCESS_PASSWORD: Lock.LOCKED}, 0x12345678)
    assert memory.read(Bank.RESERVED, 0, 4)[0] is Result.WRONG_PASSWORD
    assert memory.read(Bank.RESERVED, 2, 2, 0x12345678) == (Result.DONE, b"\x12\x34\x56\x78")
    assert memory.read(Bank.USER, 0, 1, 1)[0] is Result.WRONG_PASSWORD
