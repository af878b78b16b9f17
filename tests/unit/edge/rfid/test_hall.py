"""Everything that listens to tags over a real database: alarms, late sales, rooms, relocations, kills between beats."""

from __future__ import annotations

import datetime
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.rfid import fates, floor_store, gate_store
from edge.rfid.fates import ALLOWANCE_MS, Fate
from edge.rfid.floor_service import RELOCATE_AFTER_MS
from edge.rfid.gate_service import DEBOUNCE_MS, UNSEEN_MS, UnknownAlarm
from protocols.contract.rfid_facts import FittingEnded, GateAlarmEnded, GateAlarmRaised
from protocols.contract.stock_facts import GoodsRelocated
from simulators.llrp_reader.air import Direction, Tag
from tests.support.goods import BREAD, BREAD_CODE, MILK, MILK_CODE
from tests.support.tagged_store import DEPART_MS, TaggedStore, piece, uri

FOREIGN = Tag(bytes.fromhex("E2003411B802011383258566"))
UNKNOWN_CODE = "4000000000068"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[TaggedStore]:
    one = TaggedStore(tmp_path)
    await one.start()
    yield one
    one.database.close()


# The exit.


async def test_unpaid_goods_ring_within_half_a_second_and_are_one_alarm_for_what_goes_together(store: TaggedStore) -> None:
    goods = [piece(MILK_CODE, 1), piece(MILK_CODE, 2), piece(BREAD_CODE, 1)]
    await store.carry([*goods, FOREIGN, piece(UNKNOWN_CODE, 1)])
    (alarm,) = gate_store.standing(store.database.reader())
    assert sorted(each.line.item_id for each in alarm.lines) == sorted([MILK, MILK, BREAD])
    assert store.alarms[-1] == 1
    last_heard_ms = alarm.at_ms - store.clock.now_ms() + store.clock.monotonic_ms()
    on_ms, on = store.siren.switched[0]
    assert on
    assert 0 < on_ms - last_heard_ms <= 500
    await store.wait(6_000)
    off_ms, on = store.siren.switched[-1]
    assert (on, off_ms - on_ms) == (False, 5_000)
    (fact,) = store.facts(GateAlarmRaised)
    assert isinstance(fact, GateAlarmRaised)
    assert (fact.device_id, len(fact.lines), fact.siren) == ("exit", 3, True)


async def test_what_comes_in_is_silent_and_a_customers_own_piece_may_leave_again(store: TaggedStore) -> None:
    await store.carry([piece(MILK_CODE, 1)], Direction.IN)
    await store.carry([piece(MILK_CODE, 1)])
    await store.wait(3_000)
    assert store.facts() == []
    assert store.siren.switched == []


async def test_what_was_sold_by_its_tag_never_rings(store: TaggedStore) -> None:
    epcs = tuple(uri(MILK_CODE, serial) for serial in range(1, 4))
    await store.sell("sale-1", (MILK, 3, epcs))
    for _ in range(3):
        await store.carry([piece(MILK_CODE, serial) for serial in range(1, 4)])
        await store.wait(DEBOUNCE_MS)
    assert store.facts() == []


async def test_what_was_sold_by_its_bar_code_may_leave_piece_for_piece_for_half_an_hour(store: TaggedStore) -> None:
    await store.sell("sale-1", (MILK, 2, ()))
    await store.carry([piece(MILK_CODE, 1), piece(MILK_CODE, 2)])
    await store.wait(DEBOUNCE_MS)
    await store.carry([piece(MILK_CODE, 1)])
    await store.wait(3_000)
    assert store.facts() == [], "the same piece again is the one that was sold"
    await store.carry([piece(MILK_CODE, 3)])
    await store.wait(3_000)
    assert len(store.facts(GateAlarmRaised)) == 1, "a third one was not"
    await store.sell("sale-2", (BREAD, 1, ()))
    store.clock.advance(ALLOWANCE_MS + 1_000)
    await store.carry([piece(BREAD_CODE, 1)])
    await store.wait(3_000)
    assert len(store.facts(GateAlarmRaised)) == 2


async def test_a_tag_rings_once_in_half_a_minute_and_people_one_after_the_other_are_two_alarms(store: TaggedStore) -> None:
    await store.carry([piece(MILK_CODE, 1)])
    await store.carry([piece(MILK_CODE, 1)])
    await store.wait(3_000)
    assert len(store.facts(GateAlarmRaised)) == 1
    await store.carry([piece(MILK_CODE, 2)])
    await store.wait(3_000)
    assert len(store.facts(GateAlarmRaised)) == 2


async def test_a_sale_that_comes_late_ends_the_alarm_and_the_siren(store: TaggedStore) -> None:
    await store.carry([piece(MILK_CODE, 1), piece(BREAD_CODE, 1)])
    await store.sell("sale-1", (MILK, 1, (uri(MILK_CODE, 1),)))
    await store.wait(500)
    assert store.facts(GateAlarmEnded) == [], "the bread is not paid for"
    await store.sell("sale-2", (BREAD, 1, ()))
    await store.wait(1_500)
    raised, ended = store.facts()
    assert isinstance(raised, GateAlarmRaised)
    assert isinstance(ended, GateAlarmEnded)
    assert (ended.alarm_id, ended.outcome, ended.sale_id) == (raised.alarm_id, "sold", "sale-2")
    assert store.alarms[-1] == 0
    assert store.siren.switched[-1][1] is False


async def test_what_came_back_may_not_leave_again(store: TaggedStore) -> None:
    epc = uri(MILK_CODE, 1)
    await store.sell("sale-1", (MILK, 1, (epc,)))
    await store.database.write(lambda tx: fates.put(tx, (epc,), Fate.RETURNED, "return-1", store.clock.now_ms()))
    await store.carry([piece(MILK_CODE, 1)])
    await store.wait(3_000)
    assert len(store.facts(GateAlarmRaised)) == 1


async def test_a_person_says_what_it_was_and_a_false_alarms_tags_may_pass(store: TaggedStore) -> None:
    await store.carry([piece(MILK_CODE, 1)])
    await store.wait(2_000)
    (alarm,) = gate_store.standing(store.database.reader())
    ended = await store.hall.gates.resolve(alarm.alarm_id, "false", "7")
    assert (ended.outcome, ended.staff_id) == ("false", "7")
    with pytest.raises(UnknownAlarm):
        await store.hall.gates.resolve(alarm.alarm_id, "stolen", "7")
    with pytest.raises(ValueError, match="perhaps"):
        await store.hall.gates.resolve(alarm.alarm_id, "perhaps", "7")
    await store.wait(DEBOUNCE_MS)
    await store.carry([piece(MILK_CODE, 1)])
    await store.wait(2_000)
    assert len(store.facts(GateAlarmRaised)) == 1


async def test_an_alarm_nobody_looks_at_ends_after_a_day(store: TaggedStore) -> None:
    await store.carry([piece(MILK_CODE, 1)])
    store.clock.advance(UNSEEN_MS)
    await store.wait(500)
    assert [fact.outcome for fact in store.facts(GateAlarmEnded) if isinstance(fact, GateAlarmEnded)] == ["unseen"]


# Where tags stand.


async def test_a_piece_that_stands_elsewhere_than_in_the_book_moves_the_book_once(store: TaggedStore) -> None:
    goods = [piece(MILK_CODE, 1), piece(MILK_CODE, 2)]
    store.standing = dict.fromkeys(goods, 2)
    await store.wait(5_000)
    store.standing = dict.fromkeys(goods, 1)
    await store.wait(RELOCATE_AFTER_MS + 30_000)
    (fact,) = store.facts(GoodsRelocated)
    assert isinstance(fact, GoodsRelocated)
    assert (fact.from_place.value, fact.to_place.value, fact.how) == ("back_room", "sales_floor", "tag")
    assert [(line.item_id, line.quantity_thousandths, len(line.epcs)) for line in fact.lines] == [(MILK, 2_000, 2)]
    assert store.on_hand(MILK) == {"back_room": -2_000, "sales_floor": 2_000}


async def test_a_tag_that_is_silent_departs_also_when_the_box_was_killed_meanwhile(store: TaggedStore) -> None:
    store.standing = {piece(MILK_CODE, 1): 1}
    await store.wait(2_000)
    store.standing = {}
    await store.start()
    await store.wait(DEPART_MS + 3_000)
    (tag,) = floor_store.of_item(store.database.reader(), MILK, 10)
    assert (tag.gone, tag.spot) == (True, "floor")


# Fitting rooms.


async def test_a_visit_is_told_with_what_was_bought_and_what_was_put_back(
    store: TaggedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.rfid.fitting_service.SETTLED_MS", 40_000)
    bought, back, taken = piece(MILK_CODE, 1), piece(MILK_CODE, 2), piece(BREAD_CODE, 3)
    store.standing = {bought: 3, back: 3, taken: 3}
    await store.wait(30_000)
    assert store.hall.fitting is not None
    assert len(store.hall.fitting.in_rooms()) == 3
    store.standing = {back: 1}
    await store.wait(20_000)
    await store.sell("sale-1", (MILK, 1, (uri(MILK_CODE, 1),)))
    await store.wait(1_000)
    assert store.facts(FittingEnded) == []
    await store.wait(50_000)
    (fact,) = store.facts(FittingEnded)
    assert isinstance(fact, FittingEnded)
    outcomes = {line.epc: (line.outcome, line.tried_on) for line in fact.lines}
    assert outcomes == {
        uri(MILK_CODE, 1): ("bought", True),
        uri(MILK_CODE, 2): ("back", True),
        uri(BREAD_CODE, 3): ("unknown", True),
    }


async def test_what_lies_in_a_room_at_closing_is_abandoned_once_a_day_and_an_alert_until_it_is_gone(
    store: TaggedStore,
) -> None:
    now = datetime.datetime.fromtimestamp(store.clock.now_ms() / 1000, datetime.UTC)
    store.closes_at = (now + datetime.timedelta(seconds=40)).time()
    await store.start()
    store.standing = {piece(MILK_CODE, 1): 3}
    await store.wait(30_000)
    assert store.facts(FittingEnded) == []
    await store.wait(30_000)
    (fact,) = store.facts(FittingEnded)
    assert isinstance(fact, FittingEnded)
    assert [(line.outcome, line.tried_on) for line in fact.lines] == [("abandoned", True)]
    assert store.abandoned[-1] == 1
    store.standing = {}
    await store.wait(20_000)
    assert store.abandoned[-1] == 0
    assert len(store.facts(FittingEnded)) == 1


# Kills.


async def scenario(store: TaggedStore, kills_ms: list[int]) -> None:
    """Two minutes of a store: pieces stand, move, leave unpaid; the box is killed at these times."""
    begun_ms = store.clock.monotonic_ms()
    still, moving, leaving = piece(MILK_CODE, 1), piece(MILK_CODE, 2), piece(BREAD_CODE, 9)
    store.standing = {still: 1, moving: 2, piece(MILK_CODE, 3): 1}
    kills = sorted(kills_ms)
    done: set[str] = set()
    while (past_ms := store.clock.monotonic_ms() - begun_ms) < 150_000:
        if kills and past_ms >= kills[0]:
            kills.pop(0)
            await store.start()
        if past_ms >= 10_000 and "moved" not in done:
            done.add("moved")
            store.standing[moving] = 1
        if past_ms >= 20_000 and "taken" not in done:
            done.add("taken")
            del store.standing[piece(MILK_CODE, 3)]
        if past_ms >= 40_000 and "left" not in done:
            done.add("left")
            store.air.push([leaving], Direction.OUT, store.clock.monotonic_ms())
        await store.wait(500)


async def check_after_kills(store: TaggedStore) -> None:
    """No second arrival, no lost departure, one alarm at most, balances equal the sum of moves."""
    tags = {tag.epc: tag for tag in floor_store.of_item(store.database.reader(), MILK, 10)}
    still, moved, taken = (tags[uri(MILK_CODE, serial)] for serial in (1, 2, 3))
    assert (still.gone, moved.gone, taken.gone) == (False, False, True)
    begun_ms = store.clock.now_ms() - 150_000
    assert still.arrived_ms - begun_ms < 3_000, "it arrived once, at the beginning"
    assert (moved.spot, moved.place) == ("floor", "sales_floor")
    told = Counter(type(fact).__name__ for fact in store.facts())
    assert told["GoodsRelocated"] == 1
    assert told["GateAlarmRaised"] <= 1
    assert store.on_hand(MILK) == {"back_room": -1_000, "sales_floor": 1_000}
    rows = store.database.reader().execute("SELECT place, sum(quantity_thousandths) FROM stock_move GROUP BY place")
    assert dict(rows.fetchall()) == store.on_hand(MILK)


@pytest.mark.parametrize("seed", range(3))
async def test_kills_at_random_points_lose_and_double_nothing(store: TaggedStore, seed: int) -> None:
    """Three runs of four kills here, twenty-five in the soak run."""
    rng = random.Random(seed)
    await scenario(store, [rng.randrange(1_000, 110_000) for _ in range(4)])
    await check_after_kills(store)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3, 28))
async def test_a_hundred_kills_at_random_points_lose_and_double_nothing(store: TaggedStore, seed: int) -> None:
    rng = random.Random(seed)
    await scenario(store, [rng.randrange(1_000, 110_000) for _ in range(4)])
    await check_after_kills(store)


async def test_a_kill_between_siren_and_fact_makes_the_fact_after_the_start(store: TaggedStore) -> None:
    store.air.push([piece(MILK_CODE, 1)], Direction.OUT, store.clock.monotonic_ms())
    while not gate_store.untold(store.database.reader()):
        await store.wait(100)
    await store.start()
    assert len(store.facts(GateAlarmRaised)) == 1
    await store.wait(5_000)
    assert len(store.facts(GateAlarmRaised)) == 1
