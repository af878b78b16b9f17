"""Exits, rooms, shelves and the finder over the box's API: who may say what an alarm was, and what a store without antennas
answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge.local_api.tags import GateList, RoomList, Signal, SmartShelves, Whereabouts
from edge.rfid.fitting_service import FittingService
from edge.rfid.floor_service import FloorService, Spot
from edge.rfid.gate_parts import Gate
from edge.rfid.gate_service import GateService
from edge.rfid.hall import TagHall
from edge.rfid.pads import Pads
from edge.rfid.shelf_service import ShelfService
from protocols.clock import SeededRandom
from protocols.contract.values import Place
from protocols.device_events import TagRead, TagsRead
from simulators.llrp_reader.air import Air, Direction, Tag, door_antennas
from tests.support.counter import Counter
from tests.support.counter_api import Api
from tests.support.goods import ANN, EVE, MILK, MILK_CODE, PIN
from tests.support.tag_scenes import GATE
from tests.support.tagged_store import piece, uri


class Tagged:
    """A box with an exit, a room, a shelf, asked in process."""

    def __init__(self, counter: Counter) -> None:
        store, journal, clock, ids = counter.store, counter.desk.journal, counter.clock, counter.desk.ids
        spots = {("floor", 1): Spot("floor", Place.SALES_FLOOR), ("floor", 3): Spot("1", None)}
        self.counter = counter
        self.hall = TagHall(
            clock,
            FloorService(store, journal, clock, ids, spots),
            GateService(store, journal, clock, ids, {"exit": Gate("gate", GATE, siren_port=1)}),
            Pads(clock, {}),
            FittingService(store, journal, clock, ids, {("floor", 3): "1"}),
            ShelfService(store, clock, {("floor", 2): "A1"}),
        )
        self.http = Api(counter, hall=self.hall).http

    async def hear(self, antenna: int, tag: Tag, milliseconds: int) -> None:
        """An antenna of the reader `floor` hears a tag for so long."""
        for _ in range(0, milliseconds, 500):
            self.counter.clock.advance(500)
            now_ms = self.counter.clock.monotonic_ms()
            self.hall.take(TagsRead(device_id="floor", reads=(TagRead(tag.epc, 96, antenna, -47, now_ms, now_ms),)))
            await self.hall.step()

    async def carry_out(self, tag: Tag) -> None:
        clock = self.counter.clock
        air = Air(door_antennas(4), SeededRandom(1), clock.monotonic_ms())
        clock.advance(air.push([tag], Direction.OUT, clock.monotonic_ms()))
        heard = air.listen(clock.monotonic_ms(), (0,))
        reads = tuple(TagRead(one.tag.epc, 96, one.antenna, one.rssi_dbm, one.at_ms, one.at_ms) for one in heard)
        self.hall.take(TagsRead(device_id="gate", reads=reads))
        for _ in range(3):
            clock.advance(1_000)
            await self.hall.step()

    async def key(self, staff_id: str) -> dict[str, str]:
        answer = await self.http.post("/v1/staff/login", json={"staff_id": staff_id, "pin": PIN})
        return {"authorization": f"Bearer {answer.json()['key']}"}


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    one = Counter(tmp_path)
    await one.start()
    yield one
    one.stop()


async def test_an_alarm_is_shown_with_its_goods_and_ended_by_who_may(counter: Counter) -> None:
    store = Tagged(counter)
    await store.carry_out(piece(MILK_CODE, 1))
    shown = msgspec.json.decode((await store.http.get("/v1/gates")).content, type=GateList)
    (alarm,) = shown.alarms
    (goods,) = alarm.goods
    assert (shown.gates, alarm.gate_id, alarm.outcome) == (("exit",), "exit", "")
    assert (goods.goods.item_id, goods.goods.name, goods.goods.epc) == (MILK, "Milk 1 l", uri(MILK_CODE, 1))
    path = f"/v1/gates/alarms/{alarm.alarm_id}"
    assert (await store.http.post(path, json={"outcome": "stolen"})).status_code == 401
    assert (await store.http.post(path, json={"outcome": "stolen"}, headers=await store.key(EVE))).status_code == 403
    ann = await store.key(ANN)
    refused = await store.http.post(path, json={"outcome": "perhaps"}, headers=ann)
    assert (refused.status_code, refused.json()["code"]) == (422, "gate_outcome")
    answer = await store.http.post(path, json={"outcome": "stolen"}, headers=ann)
    ended = msgspec.json.decode(answer.content, type=GateList).alarms[0]
    assert (ended.outcome, ended.staff_id) == ("stolen", ANN)
    again = await store.http.post(path, json={"outcome": "stolen"}, headers=ann)
    assert (again.status_code, again.json()["code"]) == (404, "no_such_gate_alarm")
    assert (await store.http.post("/v1/gates/exit/silence", headers=ann)).status_code == 200


async def test_rooms_shelves_and_where_a_piece_is(counter: Counter) -> None:
    store = Tagged(counter)
    await store.hear(3, piece(MILK_CODE, 1), 25_000)
    rooms = msgspec.json.decode((await store.http.get("/v1/fitting-rooms")).content, type=RoomList)
    assert [(each.room, each.goods.item_id, each.tried_on) for each in rooms.inside] == [("1", MILK, True)]
    await store.hear(2, piece(MILK_CODE, 2), 12_000)
    shelves = msgspec.json.decode((await store.http.get("/v1/smart-shelves")).content, type=SmartShelves)
    (shelf,) = shelves.shelves
    assert [(item.item_id, item.pieces, item.planned) for item in shelf.items] == [(MILK, 1, False)]
    await store.hear(1, piece(MILK_CODE, 3), 2_000)
    where = msgspec.json.decode((await store.http.get(f"/v1/items/{MILK}/whereabouts")).content, type=Whereabouts)
    assert {(tag.epc, tag.spot) for tag in where.tags} == {(uri(MILK_CODE, 1), "1"), (uri(MILK_CODE, 3), "floor")}


async def test_a_sought_tag_is_heard_live_and_one_nobody_knows_is_refused(counter: Counter) -> None:
    store = Tagged(counter)
    epc = uri(MILK_CODE, 3)
    assert (await store.http.get("/v1/rfid/signal", params={"epc": epc})).json()["code"] == "no_such_tag"
    await store.hear(1, piece(MILK_CODE, 3), 1_000)
    first = msgspec.json.decode((await store.http.get("/v1/rfid/signal", params={"epc": epc})).content, type=Signal)
    assert (first.dbm, first.spot) == (None, "floor"), "only what is sought is listened for"
    await store.hear(1, piece(MILK_CODE, 3), 1_000)
    heard = msgspec.json.decode((await store.http.get("/v1/rfid/signal", params={"epc": epc})).content, type=Signal)
    assert (heard.dbm, heard.reader) == (-47, "floor")


async def test_a_store_without_such_antennas_says_so(counter: Counter) -> None:
    http = Api(counter).http
    for path in ("/v1/gates", "/v1/fitting-rooms", "/v1/smart-shelves"):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "no_tag_readers")
    where = await http.get(f"/v1/items/{MILK}/whereabouts")
    assert where.json()["tags"] == []
