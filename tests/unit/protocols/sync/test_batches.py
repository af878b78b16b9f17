"""Batches: what goes in comes out, what was touched is refused with a name, limits hold, HQ places them right."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.clock import SeededRandom
from protocols.contract.values import Stream
from protocols.sync import limits
from protocols.sync.batch import BatchRefused, JournalDamaged, build_batch, open_batch, restamp
from protocols.sync.hq_hello import HqTerms, decide_hello
from protocols.sync.hq_record import StoreRecord, first_cursor
from protocols.sync.hq_role import decide_batch, reply_to_batch
from protocols.sync.messages import Ack, HelloReply, HelloWanted
from protocols.sync.old_card import ImportRefused, OldCardImport
from tests.unit.protocols.sync.made import batch, hello, journal, stamp

TERMS = HqTerms(db_epoch="db")
facts_of = st.lists(st.binary(min_size=1, max_size=60).map(lambda raw: raw.replace(b"\n", b" ")), min_size=1, max_size=12)


@given(facts_of, st.integers(0, 11))
def test_what_goes_in_comes_out(facts: list[bytes], after: int) -> None:
    after %= len(facts)
    opened = open_batch(batch(facts, after).payload)
    assert opened.facts == facts[after:]
    assert opened.header.from_seq == after + 1


@given(facts_of, st.data())
def test_a_touched_batch_is_refused_and_says_where(facts: list[bytes], data: st.DataObject) -> None:
    payload = bytearray(batch(facts).payload)
    at = data.draw(st.integers(payload.index(b"\n") + 1, len(payload) - 1))
    payload[at] ^= data.draw(st.integers(1, 255))
    try:
        opened = open_batch(bytes(payload))
    except BatchRefused as refused:
        named = refused.field in {"body", "digest", "count", "last"} and refused.field in str(refused)
        if not named:
            pytest.fail(f"{refused.field!r} in {refused}")
    else:
        assert opened.facts == facts, "a byte of the frame that means nothing"


@given(st.binary(max_size=200))
def test_rubbish_is_refused(payload: bytes) -> None:
    with pytest.raises(BatchRefused):
        open_batch(payload)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("codec", {"codec": "lz4"}),
        ("count", {"count": 3}),
        ("count", {"count": 257, "to_seq": 257}),
        ("from_seq", {"from_seq": 0, "to_seq": 1}),
        ("prev", {"prev": "zz"}),
        ("last", {"last": "0" * 64}),
        ("digest", {"digest": "0" * 64}),
        ("gap_reason", {"from_seq": 3, "to_seq": 4, "gap_from": 1, "gap_reason": "shed"}),
        ("gap_from", {"gap_from": 1, "gap_reason": "shed"}),
    ],
)
def test_each_wrong_field_is_named(field: str, change: dict[str, object]) -> None:
    with pytest.raises(BatchRefused) as refused:
        open_batch(restamp(batch([b"1", b"2"]), **change).payload)
    assert refused.value.field == field


def test_a_batch_keeps_its_limits() -> None:
    many = build_batch(stamp(), journal([b"%d" % n for n in range(300)]), 1)
    assert many.header.count == limits.BATCH_FACTS_MAX
    noise = [SeededRandom(n).bytes(1_000).replace(b"\n", b" ") for n in range(200)]
    big = build_batch(stamp(), journal(noise), 1)
    assert len(big.payload) <= limits.BATCH_COMPRESSED_BYTES_MAX + limits.HEADER_BYTES_MAX
    assert 1 < big.header.count < 200


def test_an_oversize_fact_is_a_declared_gap() -> None:
    facts = [b"x" * (limits.FACT_BYTES_MAX + 1), b"small"]
    header = open_batch(build_batch(stamp(), journal(facts), 1).payload).header
    assert (header.gap_from, header.gap_reason, header.from_seq) == (1, "oversize", 2)


def test_a_changed_journal_is_noticed() -> None:
    found = journal([b"1", b"2"])
    changed = replace(found, rows=(replace(found.rows[0], fact=b"9"), found.rows[1]))
    with pytest.raises(JournalDamaged):
        build_batch(stamp(), changed, 1)


def held() -> StoreRecord:
    """A record whose incarnation 1 is offered under the first fence."""
    decision = decide_hello(StoreRecord(store_id="s1"), hello(), {}, TERMS, SeededRandom(1))
    assert isinstance(decision.reply, HelloReply)
    return decision.record


def test_hq_places_a_batch() -> None:
    record = held()
    fence = record.offered[0].fence
    facts = [b"%d" % n for n in range(1, 9)]
    cursor = first_cursor("s1", 1, Stream.TXN)
    first = open_batch(build_batch(stamp(fence), replace(journal(facts), rows=journal(facts).rows[:4]), 1).payload)
    accepted = decide_batch(record, cursor, first)
    assert (accepted.outcome, accepted.cursor.seq, list(accepted.facts)) == ("accept", 4, facts[:4])
    for _ in range(1_000):
        again = decide_batch(record, accepted.cursor, first)
        assert (again.outcome, list(again.facts)) == ("duplicate", [])
    overlapping = decide_batch(record, accepted.cursor, open_batch(batch(facts, 2, fence=fence).payload))
    assert (overlapping.outcome, overlapping.first_seq, list(overlapping.facts)) == ("accept", 5, facts[4:])
    ahead = decide_batch(record, accepted.cursor, open_batch(batch(facts, 6, fence=fence).payload))
    answer = reply_to_batch(ahead, TERMS)
    assert isinstance(answer, Ack)
    assert (ahead.outcome, answer.need_from) == ("gap", 5)
    other = decide_batch(record, accepted.cursor, open_batch(batch([b"z", *facts[1:]], 0, fence=fence).payload))
    assert other.outcome == "fork"
    stranger = decide_batch(record, cursor, open_batch(batch(facts, 0, fence="9-zz").payload))
    wanted = reply_to_batch(stranger, TERMS)
    assert isinstance(wanted, HelloWanted)
    assert (wanted.reason, wanted.fence) == ("fence", "9-zz")


def test_an_old_card_is_imported_and_its_pruned_beginning_is_no_gap() -> None:
    record = msgspec.structs.replace(
        held(), confirmed=msgspec.structs.replace(held().offered[0], incarnation=2), last_granted=2
    )
    facts = [b"%d" % n for n in range(1, 9)]
    cursor = replace(first_cursor("s1", 1, Stream.TXN), seq=5, hash=journal(facts).rows[4].hash)
    card = OldCardImport("s1", 1, Stream.TXN, "importer")
    made = card.next_batch(journal(facts, after=3))
    assert made is not None
    decision = decide_batch(record, cursor, open_batch(made.payload))
    assert (decision.outcome, list(decision.facts)) == ("accept", facts[5:])
    answer = reply_to_batch(decision, TERMS)
    assert isinstance(answer, Ack)
    card.answered(answer, made)
    assert (card.after_seq, card.proven) == (8, True)
    behind = decide_batch(record, first_cursor("s1", 1, Stream.TXN), open_batch(made.payload))
    answer = reply_to_batch(behind, TERMS)
    assert isinstance(answer, Ack)
    with pytest.raises(ImportRefused):
        OldCardImport("s1", 1, Stream.TXN, "importer").answered(answer, made)
