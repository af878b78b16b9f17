"""Fitting rooms, smart shelves and the pad: small scenes told as a person would see them."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.rfid.fitting import ABSENT_MS, FittingRooms, RoomChange
from edge.rfid.pad import Pad, PadSetup, PadState
from edge.rfid.shelf import BELOW_MS, Below, Plan, ShelfLine, Shelves, lines_of
from protocols.device_events import TagRead

ROOMS = {("rooms", 1): "1", ("rooms", 2): "2"}


def epc(number: int) -> bytes:
    return (0x30 << 88 | number).to_bytes(12, "big")


def read(antenna: int, dbm: int, at_ms: int, number: int = 1) -> TagRead:
    return TagRead(epc(number), 96, antenna, dbm, at_ms, at_ms)


# Fitting rooms.


def changes_of(reads: list[tuple[str, TagRead]], until_ms: int, step_ms: int = 500) -> list[RoomChange]:
    rooms, found, index = FittingRooms(ROOMS), list[RoomChange](), 0
    for now_ms in range(0, until_ms, step_ms):
        while index < len(reads) and reads[index][1].last_seen_ms <= now_ms:
            found += rooms.take(reads[index][0], (reads[index][1],))
            index += 1
        found += rooms.advance(now_ms)
    return found


def test_three_cycles_as_the_loudest_and_a_piece_is_in_and_a_quarter_of_a_minute_of_absence_it_has_left() -> None:
    reads = [("rooms", read(1, -50, at_ms)) for at_ms in range(10_000, 40_000, 400)]
    entered, left = changes_of(reads, 80_000)
    assert (entered.room, entered.left_ms) == ("1", None)
    assert entered.entered_ms == 10_000
    assert left.left_ms is not None
    assert 39_000 <= left.left_ms <= 41_000


def test_a_piece_that_is_carried_past_or_is_louder_elsewhere_is_in_no_room() -> None:
    past = [("rooms", read(1, -50, at_ms)) for at_ms in (10_000, 10_500, 11_200)]
    beside = [
        each
        for at_ms in range(20_000, 50_000, 500)
        for each in (("rooms", read(1, -65, at_ms, 2)), ("floor", read(9, -50, at_ms + 10, 2)))
    ]
    assert changes_of(past + beside, 90_000) == []


def test_a_piece_taken_to_the_next_room_leaves_the_one_and_is_in_the_other() -> None:
    reads = [("rooms", read(1, -50, at_ms)) for at_ms in range(0, 25_000, 500)]
    reads += [("rooms", read(2, -45, at_ms)) for at_ms in range(25_000, 50_000, 500)]
    found = changes_of(reads, 90_000)
    assert [(each.room, each.left_ms is None) for each in found] == [("1", True), ("1", False), ("2", True), ("2", False)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 30), st.integers(50, 2_000))
def test_rooms_tell_the_same_however_often_they_are_looked_at(seed: int, step_ms: int) -> None:
    rng = random.Random(seed)
    reads = [
        ("rooms", read(rng.choice((1, 2)), -40 - rng.randrange(30), at_ms, rng.randrange(3)))
        for at_ms in sorted(rng.randrange(60_000) for _ in range(300))
    ]
    until_ms = 60_000 + 2 * ABSENT_MS + 4_000
    whole = changes_of(reads, until_ms, 250)
    order = sorted(whole, key=lambda each: (each.epc, each.entered_ms, each.left_ms or 0))
    assert sorted(changes_of(reads, until_ms, step_ms), key=lambda x: (x.epc, x.entered_ms, x.left_ms or 0)) == order


# The pad.


def test_fifty_items_settle_within_two_seconds_each_once() -> None:
    rng, pad = random.Random(4), Pad(PadSetup(frozenset({1})))
    settled_ms = 0
    for now_ms in range(0, 4_000, 25):
        pad.take(read(1, -50, now_ms, number) for number in range(50) if rng.random() < 0.3)
        pad.advance(now_ms)
        if pad.state is PadState.SETTLED and not settled_ms:
            settled_ms = now_ms
    assert 0 < settled_ms <= 2_000
    assert len(pad.lying()) == len(set(pad.lying())) == 50


def test_a_tag_in_passing_or_beside_the_pad_does_not_lie_on_it_and_what_is_taken_away_is_gone() -> None:
    pad = Pad(PadSetup(frozenset({1})))
    pad.take([read(1, -50, 0, 1), read(1, -80, 0, 2), read(1, -80, 100, 2), read(2, -40, 0, 3), read(2, -40, 100, 3)])
    pad.advance(100)
    assert pad.state is PadState.EMPTY
    pad.take([read(1, -50, 200, 4), read(1, -50, 300, 4)])
    pad.advance(300)
    assert pad.state is PadState.READING
    assert pad.lying() == ((epc(4), 96),)
    pad.advance(5_000)
    assert (pad.state, pad.lying()) == (PadState.EMPTY, ())


def test_tags_that_keep_coming_do_not_keep_a_customer_waiting() -> None:
    pad = Pad(PadSetup(frozenset({1})))
    states = {}
    for now_ms in range(0, 3_200, 100):
        pad.take([read(1, -50, now_ms, 100 + now_ms), read(1, -50, now_ms, 100 + now_ms)])
        pad.advance(now_ms)
        states[now_ms] = pad.state
    assert states[2_900] is PadState.READING
    assert states[3_000] is PadState.SETTLED


# Smart shelves.


def test_a_shelf_counts_what_lies_there_and_forgets_what_was_taken() -> None:
    shelves, rng = Shelves({("s", 1): "A", ("s", 2): "B"}), random.Random(1)
    for now_ms in range(0, 200_000, 1_000):
        there = [number for number in range(5) if number or now_ms < 100_000]
        shelves.take("s", [read(1, -50, now_ms, number) for number in there if rng.random() < 0.6])
        shelves.take("s", [read(2, -70, now_ms, number) for number in there if rng.random() < 0.3])
        shelves.advance(now_ms)
        if now_ms == 90_000:
            assert sorted(len(tags) for tags in shelves.lying().values()) == [5]
    assert sorted(key[0] for key in shelves.lying()["A"]) == [epc(number) for number in range(1, 5)]


def test_a_shelf_against_its_plan_and_below_its_minimum_for_a_minute() -> None:
    plan = Plan("Dairy", frozenset({"milk", "butter"}), 2)
    lines = lines_of(plan, ["milk", "bread", "milk", "", "butter"])
    assert lines == (
        ShelfLine("butter", 1, True, 2),
        ShelfLine("milk", 2, True, 2),
        ShelfLine("bread", 1, False),
    )
    below = Below()
    assert below.look({"A": lines}, 0) == []
    assert below.look({"A": lines}, BELOW_MS - 1) == []
    assert below.look({"A": lines}, BELOW_MS) == [("A", "butter")]
    assert below.look({"A": lines_of(plan, ["milk"] * 2 + ["butter"] * 2)}, BELOW_MS + 1) == []
    assert below.look({"A": lines}, BELOW_MS + 2) == [], "it begins anew"
