"""Who may speak for a store, told as stories."""

import msgspec
import pytest

from protocols.clock import SeededRandom
from protocols.contract.values import Stream
from protocols.sync.batch import open_batch
from protocols.sync.hq_hello import HelloDecision, HqTerms, decide_hello, order_new_incarnation, resolve_clone
from protocols.sync.hq_record import Cursors, StoreRecord, decode_record, encode_record, first_cursor
from protocols.sync.hq_role import credit_for, decide_batch, decide_report
from protocols.sync.messages import FeedHead, FeedList, Hello, HelloRefused, HelloReply, HelloWanted, Report, StoreState
from protocols.sync.presence import Presence, decide_presence
from tests.unit.protocols.sync.made import batch, hello, stream_state

FACTS = [b"1", b"2", b"3"]


class Desk:
    """HQ at its desk: one record, its cursors, a way to hear."""

    def __init__(self) -> None:
        self.record = StoreRecord(store_id="s1")
        self.cursors: dict[tuple[int, Stream], object] = {}
        self.rng = SeededRandom(1)
        self.terms = HqTerms(
            db_epoch="db", heads=(FeedHead(feed_id="global/catalogue", epoch="e", version=1, state_hash=""),)
        )

    def hears(self, said: Hello) -> HelloDecision:
        cursors: Cursors = self.cursors  # type: ignore[assignment]
        decision = decide_hello(self.record, said, cursors, self.terms, self.rng)
        self.record = decode_record(encode_record(decision.record))
        return decision

    def grants(self, said: Hello) -> HelloReply:
        reply = self.hears(said).reply
        assert isinstance(reply, HelloReply)
        return reply

    def takes(self, fence: str, boot_id: str = "boot-1", facts: list[bytes] = FACTS) -> str:
        opened = open_batch(batch(facts, fence=fence, boot_id=boot_id).payload)
        cursor = self.cursors.get((1, Stream.TXN), first_cursor("s1", 1, Stream.TXN))
        decision = decide_batch(self.record, cursor, opened)  # type: ignore[arg-type]
        self.record = decision.record or self.record
        self.cursors[1, Stream.TXN] = decision.cursor
        return decision.outcome


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_new_store_is_granted_the_first_incarnation_and_everything_moves_into_it(desk: Desk) -> None:
    reply = desk.grants(hello())
    assert (reply.status, reply.incarnation) == ("new_incarnation", 1)
    assert {each.after_seq for each in reply.rechain} == {0}


def test_the_same_hello_gets_the_same_answer(desk: Desk) -> None:
    assert desk.grants(hello()) == desk.grants(hello())


def test_a_restarted_box_is_welcomed_and_its_old_fence_dies_once_the_new_one_is_used(desk: Desk) -> None:
    first = desk.grants(hello())
    assert desk.takes(first.fence) == "accept"
    state = {Stream.TXN: stream_state(FACTS, acked=3)}
    again = desk.grants(hello("boot-2", 1, first.fence, streams=state))
    assert (again.status, again.cursors[Stream.TXN].acked_upto) == ("welcome", 3)
    assert desk.takes(first.fence) == "duplicate"
    assert desk.takes(again.fence, "boot-2") == "duplicate"
    assert desk.takes(first.fence) == "fence"


def test_a_box_from_an_old_copy_gets_a_new_incarnation(desk: Desk) -> None:
    first = desk.grants(hello())
    desk.takes(first.fence)
    old = {Stream.TXN: stream_state(FACTS[:1], acked=1, durable=1)}
    reply = desk.grants(hello("boot-2", 1, first.fence, streams=old))
    assert (reply.status, reply.incarnation) == ("new_incarnation", 2)
    assert reply.rechain[0].after_seq == 1


def test_two_living_boxes_are_both_shut_out_until_an_operator_chooses(desk: Desk) -> None:
    state = {Stream.TXN: stream_state([])}
    first = desk.grants(hello())
    desk.takes(first.fence, facts=FACTS)
    state = {Stream.TXN: stream_state(FACTS, acked=3)}
    copy = desk.grants(hello("boot-2", 1, first.fence, streams=state))
    desk.takes(copy.fence, "boot-2")
    challenged = desk.hears(hello("boot-1", 1, first.fence, conn_epoch=2, streams=state))
    assert isinstance(challenged.reply, HelloWanted)
    echo = hello("boot-1", 1, first.fence, conn_epoch=2, hello_no=2, challenge=challenged.reply.challenge, streams=state)
    found = desk.hears(echo)
    assert isinstance(found.reply, HelloRefused)
    assert "clone_suspected" in found.alarms
    assert desk.takes(copy.fence, "boot-2") == "clone_suspected"
    with pytest.raises(ValueError, match="none of the suspects"):
        resolve_clone(desk.record, "boot-9")
    desk.record = resolve_clone(desk.record, "boot-1")
    chosen = desk.grants(hello("boot-1", 1, first.fence, conn_epoch=3, streams=state))
    assert chosen.status == "new_incarnation"
    assert isinstance(desk.hears(hello("boot-2", 1, copy.fence, conn_epoch=2, streams=state)).reply, HelloRefused)


def test_a_late_hello_of_a_dead_boot_alarms_nobody(desk: Desk) -> None:
    first = desk.grants(hello())
    desk.takes(first.fence)
    state = {Stream.TXN: stream_state(FACTS, acked=3)}
    again = desk.grants(hello("boot-2", 1, first.fence, streams=state))
    desk.takes(again.fence, "boot-2")
    late = desk.hears(hello("boot-1", 1, first.fence, conn_epoch=7, streams=state))
    assert (late.outcome, late.alarms) == ("challenge", ())
    assert not desk.record.clone_suspected


def test_hq_put_back_welcomes_a_fence_it_has_forgotten(desk: Desk) -> None:
    before = desk.record
    first = desk.grants(hello())
    desk.takes(first.fence)
    desk.record, desk.cursors = before, {}
    reply = desk.grants(hello("boot-1", 1, first.fence, conn_epoch=2, streams={Stream.TXN: stream_state(FACTS, acked=3)}))
    assert (reply.status, reply.incarnation) == ("new_incarnation", 2)
    assert {(each.incarnation, each.after_seq) for each in reply.rechain} == {(0, 0)}


def test_an_operator_orders_a_new_incarnation_once(desk: Desk) -> None:
    first = desk.grants(hello())
    desk.takes(first.fence)
    desk.record = order_new_incarnation(desk.record)
    state = {Stream.TXN: stream_state(FACTS, acked=3, durable=3)}
    reply = desk.grants(hello("boot-1", 1, first.fence, conn_epoch=2, streams=state))
    assert reply.status == "new_incarnation"
    assert not desk.record.new_incarnation_ordered


def test_an_old_protocol_is_refused_in_words(desk: Desk) -> None:
    refused = desk.hears(msgspec.structs.replace(hello(), protocol=0)).reply
    assert isinstance(refused, HelloRefused)
    assert refused.reason == "protocol_too_old"


def test_a_report_corrects_a_store_that_believes_wrongly(desk: Desk) -> None:
    first = desk.grants(hello())
    desk.takes(first.fence)
    report = Report(
        store_id="s1", boot_id="boot-1", conn_epoch=1, incarnation=1, fence=first.fence,
        streams={Stream.TXN: stream_state([*FACTS, b"4"], acked=4)}, feeds={},
    )  # fmt: skip
    cursors: Cursors = desk.cursors  # type: ignore[assignment]
    ack, feeds = decide_report(desk.record, report, cursors, desk.terms).replies
    assert getattr(ack, "need_from", None) == 4
    assert isinstance(feeds, FeedList)


def test_a_late_will_counts_only_for_its_own_connection() -> None:
    def state(boot: str, conn: int, *, online: bool) -> StoreState:
        return StoreState(store_id="s1", boot_id=boot, conn_epoch=conn, online=online)

    known = decide_presence(Presence(), state("a", 1, online=True))
    known = decide_presence(known, state("a", 2, online=True))
    assert decide_presence(known, state("a", 1, online=False)).online
    known = decide_presence(known, state("b", 1, online=True))
    assert decide_presence(known, state("a", 2, online=False)).online
    assert decide_presence(known, state("a", 3, online=True)).boot_id == "b"
    assert not decide_presence(known, state("b", 1, online=False)).online


def test_credit_shrinks_with_the_queue_and_never_ends() -> None:
    allowed = [
        credit_for(committed_per_minute=6_000, waiting=waiting, waiting_max=100, active_stores=100)
        for waiting in (0, 25, 50, 100, 1_000)
    ]
    assert allowed[0] == allowed[1] > allowed[2] > allowed[3] == allowed[4] == 1
