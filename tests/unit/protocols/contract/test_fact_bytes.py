"""Facts are bytes for ever: the quick way of making them makes the same ones, and identifiers are what RFC 9562 says."""

import uuid

import pytest

from protocols.clock import FakeClock, IdSource, SeededRandom
from protocols.contract.facts import FactBody, FactStamp, StockMoved, StoreAlarm, decode_body, decode_envelope, encode_fact
from protocols.contract.ids import uuid7, uuid7_many
from protocols.contract.values import ClockQuality, Place


@pytest.mark.parametrize(
    "body",
    [
        StoreAlarm(alarm='with "quotes" and {}', detail='{"body":""}'),
        StockMoved(move_id="m", item_id="牛奶", place=Place.BACK_ROOM, quantity_thousandths=-1, reason="count"),
    ],
)
def test_a_stamp_makes_the_bytes_that_encode_fact_makes(body: FactBody) -> None:
    event_id = uuid7(1, bytes(10))
    words = 'a boot "id" with {} in it'
    plain = encode_fact(
        body, event_id=event_id, at_ms=1, mono_ms=2, boot_id=words, clock=ClockQuality.HOLDOVER, business_date="2026-01-01"
    )
    stamp = FactStamp(type(body), at_ms=1, mono_ms=2, boot_id=words, clock=ClockQuality.HOLDOVER, business_date="2026-01-01")
    assert stamp.encode(body, event_id) == plain
    assert decode_body(decode_envelope(plain)) == body


def test_identifiers_are_version_7_and_carry_their_instant() -> None:
    chance = SeededRandom(7).bytes(10 * 500)
    made = uuid7_many(1_790_000_000_000, chance)
    assert len(set(made)) == 500
    for text in made:
        found = uuid.UUID(text)
        assert (str(found), found.version, found.variant) == (text, 7, uuid.RFC_4122)
        assert found.int >> 80 == 1_790_000_000_000
    assert made[3] == uuid7(1_790_000_000_000, chance[30:40])


def test_all_random_bits_are_used() -> None:
    """74 bits: with all ones and all zeros the version and variant bits alone stay the same."""
    low, high = uuid.UUID(uuid7(0, bytes(10))), uuid.UUID(uuid7(0, b"\xff" * 10))
    assert (low.int ^ high.int).bit_count() == 74


def test_an_instant_outside_48_bits_is_refused() -> None:
    for unix_ms in (-1, 1 << 48):
        with pytest.raises(ValueError, match="instant"):
            uuid7(unix_ms, bytes(10))


def test_many_at_once_are_as_unique_as_one_by_one() -> None:
    ids = IdSource(FakeClock(), SeededRandom(1))
    assert len({*ids.many(100), *(ids.new() for _ in range(100))}) == 200
