"""From passages to facts: each tag once, stock and journal together, nothing lost by a kill between any two steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.catalogue.apply import Applied, put_row
from edge.catalogue.seed import apply_seed
from edge.rfid import store
from edge.rfid.portal import PortalSetup
from edge.rfid.service import LEFT_QUIET_MS, Door, PortalService
from edge.rfid.tags import DEBOUNCE_MS, TagState
from edge.stock import batches, notices
from edge.stock import service as stock
from edge.store_db.database import Database
from edge.store_db.errors import StoreFull
from protocols.clock import FakeClock, IdSource, SeededRandom
from protocols.contract.facts import FactBody, GoodsLeft, GoodsReceived, decode_body, decode_envelope
from protocols.contract.feed_rows import BarcodeRow, FeedRow, encode_row, stock_feed
from protocols.contract.feed_stock import AsnLine, AsnRow
from protocols.contract.values import Place
from protocols.device_events import TagRead, TagsRead
from protocols.gs1.epc import encode_96, of_gtin
from simulators.llrp_reader.air import Air, Direction, Tag, door_antennas
from tests.support.box_ground import STORE_ID, new_journal, open_store
from tests.support.goods import APPLES, BREAD, BREAD_CODE, MILK, MILK_CODE, SIX_PACK_CODE, assortment

DOOR = "door-1"
QUIET_MS = 5_000
FOREIGN = Tag(bytes.fromhex("E2003411B802011383258566"))
NEW_CODE = "4000000000068"


def tags(code: str, *serials: int) -> list[Tag]:
    return [Tag(encode_96(of_gtin(code.rjust(14, "0"), str(serial)))) for serial in serials]


class Shop:
    """A store with one door; `box` is replaced when it is killed."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.database: Database = open_store(folder)
        self.feed(assortment())
        self.air = Air(door_antennas(4), SeededRandom(1), self.clock.monotonic_ms())
        self.unknown: list[int] = []
        self.seed = 0
        self.restart()

    def feed(self, rows: list[FeedRow]) -> None:
        self.database.write_and_wait(lambda tx: apply_seed(tx, STORE_ID, rows))

    def restart(self) -> None:
        """kill -9 and start: what was only in memory is gone."""
        self.seed += 1
        door = Door(PortalSetup(inside=frozenset({3, 4}), outside=frozenset({1, 2})), receipt_quiet_ms=QUIET_MS)
        ids = IdSource(self.clock, SeededRandom(self.seed))
        journal = new_journal(self.clock, seed=100 + self.seed)
        self.box = PortalService(self.database, journal, self.clock, ids, {DOOR: door}, self.unknown.append)
        self.box.start()

    async def wait(self, milliseconds: int, *, step_ms: int = 250) -> None:
        for _ in range(0, milliseconds, step_ms):
            self.clock.advance(step_ms)
            now_ms = self.clock.monotonic_ms()
            heard = self.air.listen(now_ms, (0,))
            reads = tuple(TagRead(one.tag.epc, 96, one.antenna, one.rssi_dbm, one.at_ms, one.at_ms) for one in heard)
            if reads:
                self.box.take(TagsRead(device_id=DOOR, reads=reads))
            await self.box.step()

    async def carry(self, goods: list[Tag], way: Direction) -> None:
        """Through the door and far enough away that the passage is stored; the fact is not yet due."""
        took_ms = self.air.push(goods, way, self.clock.monotonic_ms())
        await self.wait(took_ms + 2_750)

    def facts(self) -> list[FactBody]:
        rows = self.database.reader().execute("SELECT fact FROM journal ORDER BY position")
        return [decode_body(decode_envelope(bytes(row[0]))) for row in rows]

    def on_hand(self, item_id: str) -> dict[str, int]:
        return {each.place.value: each.on_hand_thousandths for each in stock.balances(self.database.reader(), item_id)}

    def states(self) -> dict[str, TagState]:
        rows = self.database.reader().execute("SELECT epc, state FROM goods_tag")
        return {str(epc): TagState(state) for epc, state in rows}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    one = Shop(tmp_path)
    yield one
    one.database.close()


async def test_a_pallet_comes_in_as_one_receipt_with_stock_by_pieces(shop: Shop) -> None:
    await shop.carry([*tags(MILK_CODE, 1, 2), *tags(SIX_PACK_CODE, 1), *tags(BREAD_CODE, 7)], Direction.IN)
    assert shop.facts() == [], "more may come"
    await shop.wait(QUIET_MS + 250)
    (fact,) = shop.facts()
    assert isinstance(fact, GoodsReceived)
    assert (fact.how, fact.place, fact.device_id) == ("portal", Place.BACK_ROOM, DOOR)
    assert [(line.line_no, line.item_id, line.quantity_thousandths, len(line.epcs)) for line in fact.lines] == [
        (1, MILK, 2_000, 2),
        (2, MILK, 6_000, 1),
        (3, BREAD, 1_000, 1),
    ]
    assert fact.lines[0].epcs == ("urn:epc:id:sgtin:4000000.000001.1", "urn:epc:id:sgtin:4000000.000001.2")
    assert shop.on_hand(MILK) == {"back_room": 8_000}
    assert set(shop.states().values()) == {TagState.RECEIVED}
    recount = dict(shop.database.reader().execute("SELECT item_id, sum(quantity_thousandths) FROM stock_move GROUP BY 1"))
    assert recount == {MILK: 8_000, BREAD: 1_000}
    reasons = shop.database.reader().execute("SELECT DISTINCT move_id, reason FROM stock_move").fetchall()
    assert reasons == [(fact.receipt_id, "receipt")]


async def test_goods_are_of_the_batch_their_notice_tells(shop: Shop) -> None:
    told = AsnLine(
        line_no=1,
        item_id=MILK,
        quantity_thousandths=2_000,
        batch="L1",
        expires="2031-05-01",
        epcs=("urn:epc:id:sgtin:4000000.000001.1", "urn:epc:id:sgtin:4000000.000001.2"),
    )
    row = AsnRow(asn_id="a", reference="a", sender="DC", expected_ms=0, lines=(told,))
    feed_id, body = stock_feed(STORE_ID), encode_row(row)
    await shop.database.write(lambda tx: put_row(tx, feed_id, row.key(), body, Applied()))
    await shop.carry(tags(MILK_CODE, 1, 2, 3), Direction.IN)
    await shop.wait(QUIET_MS + 250)
    (fact,) = shop.facts()
    assert isinstance(fact, GoodsReceived)
    assert [(line.batch, line.expires, len(line.epcs)) for line in fact.lines] == [("", "", 1), ("L1", "2031-05-01", 2)]
    stands = batches.standing(shop.database.reader(), MILK, Place.BACK_ROOM)
    assert [(each.lot.batch, each.on_hand_thousandths) for each in stands] == [("L1", 2_000), ("", 1_000)]
    (waiting,) = notices.open_notices(shop.database.reader())
    assert waiting.open_thousandths(MILK) == 0


async def test_a_tag_is_received_once_however_often_it_goes_in_and_out(shop: Shop) -> None:
    goods = tags(MILK_CODE, 1)
    await shop.carry(goods, Direction.IN)
    await shop.wait(QUIET_MS + 250)
    await shop.carry(goods, Direction.IN)
    await shop.wait(QUIET_MS + 250)
    await shop.carry(goods, Direction.OUT)
    await shop.wait(LEFT_QUIET_MS + 250)
    await shop.carry(goods, Direction.IN)
    await shop.wait(QUIET_MS + 250)
    facts = shop.facts()
    assert [type(fact) for fact in facts] == [GoodsReceived, GoodsLeft]
    assert shop.on_hand(MILK) == {"back_room": 1_000}, "leaving moves no stock, coming back neither"
    assert set(shop.states().values()) == {TagState.RECEIVED}


async def test_what_leaves_is_told_with_item_and_code_and_only_once_in_half_a_minute(shop: Shop) -> None:
    goods = [*tags(MILK_CODE, 5), *tags(NEW_CODE, 1), FOREIGN]
    await shop.carry(goods, Direction.OUT)
    await shop.wait(LEFT_QUIET_MS + 250)
    (fact,) = shop.facts()
    assert isinstance(fact, GoodsLeft)
    assert sorted((line.gtin, line.item_id) for line in fact.lines) == [
        ("", ""),
        (MILK_CODE.rjust(14, "0"), MILK),
        (NEW_CODE.rjust(14, "0"), ""),
    ]
    await shop.carry(goods, Direction.OUT)
    await shop.wait(LEFT_QUIET_MS + 250)
    assert len(shop.facts()) == 1
    await shop.wait(DEBOUNCE_MS)
    await shop.carry(goods, Direction.OUT)
    await shop.wait(LEFT_QUIET_MS + 250)
    assert len(shop.facts()) == 2


async def test_unknown_goods_are_kept_told_and_received_once_the_catalogue_knows_them(shop: Shop) -> None:
    await shop.carry([*tags(NEW_CODE, 1, 2), FOREIGN], Direction.IN)
    await shop.wait(QUIET_MS + 250)
    assert shop.facts() == []
    assert shop.unknown[-1] == 2, "a foreign tag is nobody's goods"
    found = {tag.epc: tag.why.value for tag in store.open_tags(shop.database.reader(), 10)}
    assert found == {
        "urn:epc:id:sgtin:4000000.000006.1": "no_item",
        "urn:epc:id:sgtin:4000000.000006.2": "no_item",
        "urn:epc:raw:96.xE2003411B802011383258566": "foreign",
    }
    shop.feed([*assortment(), BarcodeRow(gtin=NEW_CODE.rjust(14, "0"), item_id=BREAD, pack_quantity=3)])
    shop.box.catalogue_changed()
    await shop.wait(QUIET_MS + 500)
    assert shop.unknown[-1] == 0
    assert shop.on_hand(BREAD) == {"back_room": 6_000}
    await shop.box.dismiss("urn:epc:raw:96.xE2003411B802011383258566")
    assert store.open_tags(shop.database.reader(), 10) == []


async def test_goods_sold_by_weight_cannot_be_received_by_a_tag(shop: Shop) -> None:
    weighed = "4000000000075"
    shop.feed([*assortment(), BarcodeRow(gtin=weighed.rjust(14, "0"), item_id=APPLES)])
    await shop.carry(tags(weighed, 1), Direction.IN)
    await shop.wait(QUIET_MS + 250)
    assert shop.facts() == []
    assert [tag.why.value for tag in store.open_tags(shop.database.reader(), 10)] == ["by_weight"]


async def test_a_box_killed_before_the_receipt_makes_it_after_the_start(shop: Shop) -> None:
    await shop.carry(tags(MILK_CODE, 1, 2, 3), Direction.IN)
    shop.restart()
    assert shop.facts() == []
    await shop.wait(QUIET_MS + 250)
    assert [type(fact) for fact in shop.facts()] == [GoodsReceived]
    assert shop.on_hand(MILK) == {"back_room": 3_000}
    shop.restart()
    await shop.wait(QUIET_MS + 250)
    assert len(shop.facts()) == 1


@pytest.mark.parametrize("killed_after_ms", range(500, 12_500, 2_000))
async def test_a_kill_at_any_moment_leaves_a_whole_fact_or_none(shop: Shop, killed_after_ms: int) -> None:
    shop.air.push(tags(MILK_CODE, 1, 2), Direction.IN, shop.clock.monotonic_ms())
    await shop.wait(killed_after_ms)
    shop.restart()
    await shop.wait(15_000)
    facts = [fact for fact in shop.facts() if isinstance(fact, GoodsReceived)]
    pieces = sum(line.quantity_thousandths for fact in facts for line in fact.lines)
    assert shop.on_hand(MILK) == ({"back_room": pieces} if pieces else {})
    assert pieces in {0, 1_000, 2_000}, "each tag is a passage of its own"
    assert [state for state in shop.states().values() if state is TagState.RECEIVED] == [TagState.RECEIVED] * (
        pieces // 1000
    )
    if killed_after_ms > 7_000:
        assert pieces == 2_000, "stored when it had gone"


async def test_a_fact_that_cannot_be_stored_is_made_later_and_nothing_of_it_stays(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.carry(tags(MILK_CODE, 1), Direction.IN)

    def full(*_given: object) -> None:
        raise StoreFull("no room")

    with monkeypatch.context() as broken:
        broken.setattr("edge.stock.service.received", full)
        with pytest.raises(StoreFull):
            await shop.wait(QUIET_MS + 250)
    assert shop.facts() == []
    assert shop.on_hand(MILK) == {}
    assert set(shop.states().values()) == {TagState.ARRIVING}
    await shop.wait(250)
    assert len(shop.facts()) == 1
    assert shop.on_hand(MILK) == {"back_room": 1_000}


async def test_a_large_delivery_becomes_several_receipts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.rfid.service.FACT_TAGS_MAX", 20)
    await shop.carry(tags(MILK_CODE, *range(25)), Direction.IN)
    await shop.wait(QUIET_MS + 250)
    sizes = [len(line.epcs) for fact in shop.facts() if isinstance(fact, GoodsReceived) for line in fact.lines]
    assert sorted(sizes) == [5, 20]
    assert shop.on_hand(MILK) == {"back_room": 25_000}


async def test_a_door_that_never_falls_quiet_makes_its_facts_all_the_same(shop: Shop) -> None:
    for serial in range(26):
        shop.air.push(tags(MILK_CODE, serial), Direction.IN, shop.clock.monotonic_ms())
        await shop.wait(3_000)
    assert shop.on_hand(MILK)["back_room"] >= 15_000


async def test_goods_that_turn_round_before_the_receipt_are_received_first_and_then_left(shop: Shop) -> None:
    goods = tags(MILK_CODE, 1)
    await shop.carry(goods, Direction.IN)
    shop.air.push(goods, Direction.OUT, shop.clock.monotonic_ms())
    await shop.wait(4_500)
    await shop.wait(5_000)
    assert [type(fact) for fact in shop.facts()] == [GoodsReceived, GoodsLeft]


async def test_an_undecided_pass_of_known_goods_is_shown_and_moves_nothing(shop: Shop) -> None:
    shop.air.read_percent = 12
    shop.air.push(tags(MILK_CODE, *range(30)), Direction.IN, shop.clock.monotonic_ms(), speed_mm_per_s=3_000)
    await shop.wait(12_000)
    undecided = [tag for tag in store.open_tags(shop.database.reader(), 100) if tag.state is TagState.UNDECIDED]
    assert len(undecided) > 10
    received = sum(state is TagState.RECEIVED for state in shop.states().values())
    assert shop.on_hand(MILK).get("back_room", 0) == received * 1_000


async def test_old_rows_are_forgotten_and_goods_in_the_store_are_not(shop: Shop) -> None:
    await shop.carry([*tags(MILK_CODE, 1), FOREIGN], Direction.IN)
    await shop.wait(QUIET_MS + 250)
    await shop.carry(tags(BREAD_CODE, 1), Direction.OUT)
    await shop.wait(LEFT_QUIET_MS + 250)
    assert len(store.receipts(shop.database.reader(), 10)) == 1
    assert len(store.leavings(shop.database.reader(), 10)) == 1
    shop.database.write_and_wait(lambda tx: store.prune(tx, shop.clock.now_ms() + 1))
    assert set(shop.states().values()) == {TagState.RECEIVED}
    assert store.receipts(shop.database.reader(), 10) == []
