"""The store's role by itself: malformed messages, timers, credit, what it does about HQ's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.clock import FakeClock, SeededRandom
from protocols.contract.values import Stream
from protocols.sync import limits, messages
from protocols.sync.backoff import draw, retry_wait
from protocols.sync.chain import genesis
from protocols.sync.credit import CreditBucket
from protocols.sync.delta import decode_delta
from protocols.sync.effects import Effect, Halt, RaiseAlarm, Reconnect, Send
from protocols.sync.messages import Ack, HelloRefused, HelloWanted, MessageError, encode_message
from protocols.sync.store_role import StoreSession
from protocols.sync.store_state import StoreSyncState, StreamPosition, SyncSettings
from protocols.sync.topics import Channel, TopicError, parse_topic


def new_session(incarnation: int = 1, fence: str = "1-aa") -> StoreSession:
    streams = {}
    for stream in Stream:
        start = genesis("s1", incarnation, stream.value)
        streams[stream] = StreamPosition(first_seq=1, last_seq=0, last_hash=start, acked_upto=0, acked_hash=start)
    state = StoreSyncState("s1", "e1", "db", "boot-1", incarnation, fence, streams)
    return StoreSession(state, SyncSettings(), FakeClock(), SeededRandom(1))


def sent(effects: list[Effect], channel: Channel) -> list[bytes]:
    return [effect.payload for effect in effects if isinstance(effect, Send) and effect.channel is channel]


@given(st.binary(max_size=100))
def test_malformed_messages_raise_message_errors_only(data: bytes) -> None:
    for decode in (
        messages.decode_down, messages.decode_hello, messages.decode_report, messages.decode_state, messages.decode_head,
        decode_delta,
    ):  # fmt: skip
        with pytest.raises(MessageError):
            decode(data)


@given(st.text(max_size=40), st.binary(max_size=60))
def test_rubbish_on_any_topic_never_raises(topic: str, payload: bytes) -> None:
    session = new_session()
    session.connected(0)
    session.received(topic, payload, 1)
    session.received("ts1/12/s1/down", payload, 2)


def test_a_wrong_field_is_named() -> None:
    with pytest.raises(MessageError) as wrong:
        messages.decode_down(b'{"type":"ack","incarnation":-1}')
    assert wrong.value.field == "incarnation"
    with pytest.raises(TopicError):
        parse_topic("ts2/1/s1/down")


def test_a_hello_goes_again_later_each_time_and_in_the_end_asks_for_a_new_line() -> None:
    session = new_session()
    first = sent(session.connected(0), Channel.HELLO)
    assert len(first) == 1
    now, gaps, effects = 0, [], []
    while not any(isinstance(effect, Reconnect) for effect in effects):
        due = session.deadline()
        assert due is not None
        effects = session.tick(due)
        if sent(effects, Channel.HELLO):
            gaps.append(due - now)
            now = due
    assert len(gaps) == limits.SILENCE_ROUNDS
    assert all(limits.RESEND_FIRST_MS <= gap <= limits.RESEND_CAP_MS for gap in gaps)
    assert [messages.decode_hello(payload).hello_no for payload in first] == [1]


def test_a_refusal_halts_and_alarms_once() -> None:
    session = new_session()
    session.connected(0)
    refused = encode_message(HelloRefused(boot_id="boot-1", reason="unknown_store", detail="add it first"))
    effects = session.received_down(refused, 10)
    assert [type(effect) for effect in effects] == [RaiseAlarm, Halt]
    due = session.deadline()
    assert due is not None
    assert sent(session.tick(due), Channel.HELLO)
    assert session.received_down(refused, due + 10) == []
    assert session.status() == "halted: unknown_store"


def test_a_request_for_a_hello_counts_only_for_the_fence_in_use() -> None:
    session = new_session()
    session.connected(0)
    late = HelloWanted(boot_id="boot-1", incarnation=1, reason="challenge", fence="0-zz", challenge="c")
    assert session.received_down(encode_message(late), 5) == []
    mine = HelloWanted(boot_id="boot-1", incarnation=1, reason="challenge", fence="1-aa", challenge="c")
    (again,) = sent(session.received_down(encode_message(mine), 6), Channel.HELLO)
    assert messages.decode_hello(again).challenge == "c"


def test_an_ack_before_the_welcome_is_not_believed() -> None:
    session = new_session()
    session.connected(0)
    ack = Ack(incarnation=1, stream=Stream.TXN, acked_upto=5, acked_hash="0" * 64, durable_upto=5, db_epoch="db")
    assert session.received_down(encode_message(ack), 5) == []


@given(st.integers(0, 40), st.integers(0, 2**32))
def test_waits_stay_in_their_bounds(attempt: int, seed: int) -> None:
    rng = SeededRandom(seed)
    assert 100 <= retry_wait(rng, attempt, 100, 5_000) <= min(5_000, 100 << min(attempt, 16))
    assert draw(rng, 3, 3) == 3


def test_credit_is_a_bucket_and_zero_means_one_a_minute() -> None:
    bucket = CreditBucket()
    bucket.allow(0, 0)
    for _ in range(limits.CREDIT_BURST):
        assert bucket.ready_at(0) == 0
        bucket.spend()
    assert bucket.ready_at(0) == 60_000
    bucket.allow(60, 0)
    assert bucket.ready_at(0) == 1_000
