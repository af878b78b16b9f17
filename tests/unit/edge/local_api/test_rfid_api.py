"""The doors over the box's API: what came, what went, an item's tags, and striking off what a person has looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge.local_api.rfid import PortalLeavings, PortalReceipts, TagList
from edge.rfid.portal import PortalSetup
from edge.rfid.service import Door, PortalService
from protocols.clock import SeededRandom
from protocols.device_events import TagRead, TagsRead
from simulators.llrp_reader.air import Air, Direction, door_antennas
from simulators.llrp_reader.server import as_tag, tags_of_gtin
from tests.support.counter import Counter
from tests.support.counter_api import Api
from tests.support.goods import ANN, BOB, MILK, MILK_CODE, PIN

UNKNOWN = "4000000000068"


class Doors:
    """A box with one door, asked in process."""

    def __init__(self, counter: Counter, *, doors: bool) -> None:
        desk = counter.desk
        self.counter = counter
        door = Door(PortalSetup(inside=frozenset({3, 4}), outside=frozenset({1, 2})), receipt_quiet_ms=500)
        self.service = PortalService(counter.store, desk.journal, counter.clock, desk.ids, {"door-1": door})
        self.service.start()
        self.http = Api(counter, portals=self.service if doors else None).http

    async def carry(self, epcs: list[str], way: Direction) -> None:
        clock = self.counter.clock
        air = Air(door_antennas(4), SeededRandom(1), clock.monotonic_ms())
        clock.advance(air.push([as_tag(epc) for epc in epcs], way, clock.monotonic_ms()))
        heard = air.listen(clock.monotonic_ms(), (0,))
        reads = tuple(TagRead(one.tag.epc, 96, one.antenna, one.rssi_dbm, one.at_ms, one.at_ms) for one in heard)
        self.service.take(TagsRead(device_id="door-1", reads=reads))
        for _ in range(2):
            clock.advance(3_000)
            await self.service.step()

    async def key(self, staff_id: str) -> dict[str, str]:
        answer = await self.http.post("/v1/staff/login", json={"staff_id": staff_id, "pin": PIN})
        return {"authorization": f"Bearer {answer.json()['key']}"}


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    one = Counter(tmp_path)
    await one.start()
    yield one
    one.stop()


async def test_what_went_through_the_doors(counter: Counter) -> None:
    doors = Doors(counter, doors=True)
    await doors.carry([*tags_of_gtin(MILK_CODE, [1, 2]), *tags_of_gtin(UNKNOWN, [9])], Direction.IN)
    await doors.carry(tags_of_gtin(MILK_CODE, [2]), Direction.OUT)
    received = msgspec.json.decode((await doors.http.get("/v1/rfid/receipts")).content, type=PortalReceipts)
    assert [(line.item_id, line.quantity_thousandths) for each in received.receipts for line in each.lines] == [
        (MILK, 2_000)
    ]
    assert (received.receipts[0].device_id, received.receipts[0].place) == ("door-1", "back_room")
    left = msgspec.json.decode((await doors.http.get("/v1/rfid/left")).content, type=PortalLeavings)
    assert [line.item_id for each in left.left for line in each.lines] == [MILK]
    tags = msgspec.json.decode((await doors.http.get(f"/v1/items/{MILK}/tags")).content, type=TagList)
    assert [(tag.epc, tag.state) for tag in tags.tags] == [
        ("urn:epc:id:sgtin:4000000.000001.1", "received"),
        ("urn:epc:id:sgtin:4000000.000001.2", "left"),
    ]
    later = await doors.http.get(f"/v1/items/{MILK}/tags", params={"after": tags.tags[0].epc})
    assert [tag.state for tag in msgspec.json.decode(later.content, type=TagList).tags] == ["left"]


async def test_striking_off_needs_a_key_with_the_right(counter: Counter) -> None:
    doors = Doors(counter, doors=True)
    await doors.carry(tags_of_gtin(UNKNOWN, [9]), Direction.IN)
    (tag,) = msgspec.json.decode((await doors.http.get("/v1/rfid/open")).content, type=TagList).tags
    assert (tag.state, tag.why) == ("unknown", "no_item")
    dismiss = "/v1/rfid/open/dismiss"
    assert (await doors.http.post(dismiss, json={"epc": tag.epc})).status_code == 401
    assert (await doors.http.post(dismiss, json={"epc": tag.epc}, headers=await doors.key(BOB))).status_code == 403
    done = await doors.http.post(dismiss, json={"epc": tag.epc}, headers=await doors.key(ANN))
    assert msgspec.json.decode(done.content, type=TagList).tags == ()


async def test_a_store_without_doors_has_empty_lists_and_nothing_to_strike_off(counter: Counter) -> None:
    doors = Doors(counter, doors=False)
    assert (await doors.http.get("/v1/rfid/receipts")).json() == {"receipts": []}
    assert (await doors.http.get("/v1/rfid/left")).json() == {"left": []}
    assert (await doors.http.get("/v1/rfid/open")).json() == {"tags": [], "next": ""}
    refused = await doors.http.post("/v1/rfid/open/dismiss", json={"epc": "x"}, headers=await doors.key(ANN))
    assert refused.json()["code"] == "no_doors"
