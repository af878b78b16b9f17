"""Orders to single tags: what is asked of the reader, what comes of it, and that no order outlives its time."""

from __future__ import annotations

import pytest

from protocols.llrp import access
from protocols.llrp import access_parameters as a
from protocols.llrp import messages as m
from protocols.llrp.client import AccessDone
from protocols.llrp.codec import encode_parameter
from protocols.llrp.event_parameters import LlrpStatus
from protocols.llrp.orders import ORDERS_MAX
from protocols.llrp.reader import write_tag
from protocols.llrp.reads import TagRecord
from protocols.llrp.selection import Bank
from protocols.llrp.tag_parameters import AccessSpecId, Epc96, EpcData, TagReportData
from protocols.llrp.wire import BitString, Parameter, find, find_all
from tests.support.llrp_by_hand import ByHand

EPC = BitString(96, bytes.fromhex("3034257BF7194E4000001A85"))
TAG = TagRecord(EPC.data, 1, -50, 1, 2)


def added(hand: ByHand) -> a.AccessSpec:
    request = [each for each in hand.asked if isinstance(each, m.AddAccessSpec)][-1]
    spec = find(request.parts, a.AccessSpec)
    assert spec is not None
    return spec


def operations(spec: a.AccessSpec) -> tuple[Parameter, ...]:
    command = find(spec.parts, a.AccessCommand)
    assert command is not None
    return command.parts[1:]


def answer(hand: ByHand, *results: a.OpSpecResult) -> list[access.AccessOutcome]:
    """The reader reports the tag with these results."""
    more = b"".join(map(encode_parameter, results))
    events = hand.heard(lambda: hand.reader.report([write_tag(TAG, 0xFFFF), write_tag(TAG, 0xFFFF, more=more)]))
    return [event.outcome for event in events if isinstance(event, AccessDone)]


def test_the_tid_of_one_tag_is_read_and_the_order_removed() -> None:
    hand = ByHand().greet()
    order_id = hand.client.order(access.read_tid(EPC), 0)
    hand.run()
    spec = added(hand)
    command = find(spec.parts, a.AccessCommand)
    assert command is not None
    tag = find(command.parts, a.C1g2TagSpec)
    assert tag is not None
    assert find(tag.parts, a.C1g2TargetTag) == a.C1g2TargetTag(
        flags=0x60, pointer=32, mask=BitString(96, b"\xff" * 12), data=EPC
    )
    assert find(spec.parts, a.AccessSpecStopTrigger) == a.AccessSpecStopTrigger(trigger=1, operations=1)
    assert hand.kinds()[-2:] == [m.AddAccessSpec, m.EnableAccessSpec]
    (read,) = operations(spec)
    assert isinstance(read, a.C1g2Read)
    assert (read.bank, read.pointer, read.words) == (Bank.TID, 0, 6)
    words = (0xE280, 0x1105, 0x2000, 0x1234, 0x5678, 0x9ABC)
    assert answer(hand, a.C1g2ReadResult(result=0, opspec_id=read.opspec_id + 500, data=())) == [], "somebody else's"
    (done,) = answer(hand, a.C1g2ReadResult(result=0, opspec_id=read.opspec_id, data=words))
    assert done == access.AccessOutcome(order_id=order_id, words=(words,))
    assert hand.asked[-1] == m.DeleteAccessSpec(accessspec_id=order_id, message_id=hand.asked[-1].message_id)
    assert answer(hand, a.C1g2ReadResult(result=0, opspec_id=read.opspec_id, data=words)) == [], "told once"


def test_a_mask_counts_every_bit_of_an_epc_of_any_length() -> None:
    tag = a.C1g2TargetTag.of(Bank.EPC, 32, BitString(9, b"\xff\x80"), match=False)
    assert (tag.mask, tag.bank, tag.match) == (BitString(9, b"\xff\x80"), Bank.EPC, False)


def test_an_epc_of_the_same_length_is_written_behind_its_pc_and_another_one_with_it() -> None:
    same = access.write_epc(EPC, BitString(96, b"\xaa" * 12)).operations[0]
    longer = access.write_epc(EPC, BitString(128, b"\xbb" * 16), access_password=7).operations[0]
    assert isinstance(same, a.C1g2Write)
    assert isinstance(longer, a.C1g2Write)
    assert (same.pointer, same.data) == (2, (0xAAAA,) * 6)
    assert (longer.pointer, longer.data, longer.access_password) == (1, (8 << 11, *(0xBBBB,) * 8), 7)
    for bits in (0, 9, 512):
        with pytest.raises(ValueError, match="16 to 496"):
            access.write_epc(EPC, BitString(bits, bytes((bits + 7) // 8)))


def test_passwords_locks_and_kills() -> None:
    (password,) = access.write_password(EPC, 0x12345678, kill=True).operations
    assert isinstance(password, a.C1g2Write)
    assert (password.bank, password.pointer, password.data) == (Bank.RESERVED, 0, (0x1234, 0x5678))
    (password,) = access.write_password(EPC, 1, kill=False).operations
    assert isinstance(password, a.C1g2Write)
    assert (password.pointer, password.data) == (2, (0, 1))
    (lock,) = access.lock(EPC, a.LockField.EPC, a.Privilege.LOCK, access_password=9).operations
    assert isinstance(lock, a.C1g2Lock)
    assert lock.parts == (a.C1g2LockPayload(privilege=0, field=2),)
    with pytest.raises(ValueError, match="password 0"):
        access.kill(EPC, 0)


def test_a_kill_is_only_tried_unless_it_is_meant() -> None:
    hand = ByHand().greet()
    hand.client.order(access.kill(EPC, 5), 0)
    hand.run()
    (operation,) = operations(added(hand))
    assert isinstance(operation, a.C1g2Read), "nothing that changes the tag is sent"
    (done,) = answer(hand, a.C1g2ReadResult(result=0, opspec_id=operation.opspec_id, data=(0xE280,)))
    assert done.dry_run
    assert done.fault == ""
    hand.client.order(access.kill(EPC, 5, dry_run=False), 0)
    hand.run()
    (operation,) = operations(added(hand))
    assert isinstance(operation, a.C1g2Kill)
    (done,) = answer(hand, a.C1g2KillResult(result=1, opspec_id=operation.opspec_id))
    assert done.fault == "the tag has no kill password: write one first"
    assert not done.dry_run


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (a.C1g2WriteResult(result=2, opspec_id=1), "locked"),
        (a.C1g2LockResult(result=3, opspec_id=1), "does not answer"),
        (a.C1g2ReadResult(result=4, opspec_id=1), "too short"),
        (a.C1g2RecommissionResult(result=3, opspec_id=1), "C1g2RecommissionResult 3"),
    ],
)
def test_a_fault_is_told_in_words(result: a.OpSpecResult, fault: str) -> None:
    assert fault in access.outcome(1, [result], dry_run=False).fault


def test_an_order_no_tag_answers_is_removed_in_time_and_the_next_one_begins() -> None:
    hand = ByHand().greet()
    first = hand.client.order(access.read_tid(EPC), 0)
    second = hand.client.order(access.read_tid(BitString(16, b"\1\2")), 0)
    hand.run()
    assert added(hand).accessspec_id == first, "one after the other"
    assert hand.client.deadline_ms() <= access.WITHIN_MS
    for _ in range(4):
        hand.reader.keepalive()
        hand.run(750)
    (done,) = [event.outcome for event in hand.events if isinstance(event, AccessDone)]
    assert (done.order_id, done.fault) == (first, "no tag with this EPC answered in time")
    kinds = [(type(each), getattr(each, "accessspec_id", None)) for each in hand.asked]
    assert (m.DeleteAccessSpec, first) in kinds
    assert added(hand).accessspec_id == second


def test_an_order_the_reader_refuses_is_told_and_ends_nothing() -> None:
    hand = ByHand().greet()
    hand.answers[m.AddAccessSpec] = lambda request: hand.reader.answer(
        request, LlrpStatus(code=111, description="no access")
    )
    hand.client.order(access.read_tid(EPC), 0)
    hand.run()
    (done,) = [event.outcome for event in hand.events if isinstance(event, AccessDone)]
    assert "no access" in done.fault
    assert hand.client.running


def test_orders_wait_for_the_inventory_and_are_bounded() -> None:
    hand = ByHand()
    for _ in range(ORDERS_MAX):
        hand.client.order(access.read_tid(EPC), 0)
    with pytest.raises(ValueError, match="wait already"):
        hand.client.order(access.read_tid(EPC), 0)
    hand.greet()
    assert hand.kinds().index(m.AddAccessSpec) > hand.kinds().index(m.StartRoSpec)


def test_several_operations_are_numbered_and_told_in_their_order() -> None:
    hand = ByHand().greet()
    two = (
        a.C1g2Read(opspec_id=1, bank=Bank.TID, pointer=0, words=2),
        a.C1g2Read(opspec_id=2, bank=Bank.USER, pointer=0, words=1),
    )
    hand.client.order(access.AccessOrder(epc=EPC, operations=two), 0)
    hand.run()
    ids = [operation.opspec_id for operation in find_all(operations(added(hand)), a.C1g2Read)]
    assert ids[1] == ids[0] + 1
    results = [a.C1g2ReadResult(result=0, opspec_id=each, data=(each,)) for each in ids]
    (done,) = answer(hand, *results)
    assert done.words == ((ids[0],), (ids[1],))


def asked(hand: ByHand, *tags: Parameter, number: int = 77) -> m.ClientRequestOpResponse:
    """The reader asks what to do with a tag; what it is told."""
    parts = (TagReportData(parts=tags),) if tags else ()
    hand.reader.send(m.ClientRequestOp(message_id=number, parts=parts))
    hand.run()
    told = [each for each in hand.asked if isinstance(each, m.ClientRequestOpResponse)][-1]
    assert told.message_id == number
    return told


@pytest.mark.parametrize("tag", [Epc96.of(EPC.data), EpcData(epc=EPC)])
def test_a_reader_that_asks_what_to_do_with_a_tag_is_given_the_order_that_waits_for_it(tag: Parameter) -> None:
    hand = ByHand().greet()
    hand.client.order(access.read_tid(BitString(16, b"\1\2")), 0)
    order_id = hand.client.order(access.write_password(EPC, 0x11223344, kill=True), 0)
    hand.run()
    told = find(asked(hand, tag, AccessSpecId(accessspec_id=5)).parts, a.ClientRequestResponse)
    assert told is not None
    assert told.accessspec_id == 5
    assert told.parts[0] == EpcData(epc=EPC)
    (write,) = find_all(told.parts, a.C1g2Write)
    assert (write.bank, write.data) == (Bank.RESERVED, (0x1122, 0x3344))
    again = find(asked(hand, tag, number=78).parts, a.ClientRequestResponse)
    assert again is not None
    assert again.parts == (EpcData(epc=EPC),), "an order is given once"
    (done,) = answer(hand, a.C1g2WriteResult(result=0, opspec_id=write.opspec_id, words_written=2))
    assert done == access.AccessOutcome(order_id=order_id)
    assert added(hand).accessspec_id != order_id, "it was never added to the reader"


def test_a_reader_that_asks_is_always_answered() -> None:
    hand = ByHand().greet()
    told = find(asked(hand, Epc96.of(EPC.data)).parts, a.ClientRequestResponse)
    assert told is not None
    assert told.parts == (EpcData(epc=EPC),)
    assert asked(hand, number=2).parts == (), "a question about no tag"
    assert hand.client.running
    assert hand.client.bad_messages == 0


def test_an_order_given_as_an_answer_has_its_time_too() -> None:
    hand = ByHand().greet()
    hand.client.order(access.read_tid(BitString(16, b"\1\2")), 0)
    order_id = hand.client.order(access.read_tid(EPC), 0)
    hand.run()
    asked(hand, Epc96.of(EPC.data))
    for _ in range(4):
        hand.reader.keepalive()
        hand.run(750)
    done = {event.outcome.order_id: event.outcome.fault for event in hand.events if isinstance(event, AccessDone)}
    assert done[order_id] == "the reader did not tell what came of it"
