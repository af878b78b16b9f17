"""Where labels hang is journalled once, the shelf is told aisle by aisle with each label's state, and a label flashes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge.labels.content import RenderedLabel, ShelfItem
from edge.labels.lane import Delivery, LabelOrder
from edge.labels.lights import LabelFinder
from edge.labels.service import LabelService, LabelSettings
from edge.labels.shelf import CatalogueShelf
from edge.local_api.shapes import LabelInfo, PositionView
from edge.local_api.shelf_map import ShelfMap
from protocols.contract.facts import LabelPlaced
from protocols.contract.values import Stream
from tests.support.counter import Counter
from tests.support.counter_api import Api, problem
from tests.support.goods import BOB, BREAD, MILK, MILK_CODE

FIRST, SECOND, THIRD = (f"0000021A0000000{number}" for number in range(1, 4))


class BlinkingAccessPoint:
    """An access point that takes no picture and lets every label but one flash."""

    def __init__(self) -> None:
        self.flashed: list[tuple[str, str, int]] = []

    async def ready(self) -> None:
        await asyncio.Event().wait()

    async def deliver(self, _order: LabelOrder) -> Delivery:
        raise AssertionError("nothing is sent to an access point that is not ready")

    async def flash(self, label_id: str, colour: str, seconds: int) -> Delivery:
        self.flashed.append((label_id, colour, seconds))
        return Delivery.UNKNOWN_LABEL if label_id == THIRD else Delivery.QUEUED

    async def wipe(self, _label_id: str) -> Delivery:
        return Delivery.QUEUED


class NoRenderer:
    """Nothing is drawn for it."""

    def render(self, _item: ShelfItem | None, _label_id: str, _hardware_type: int) -> RenderedLabel:
        raise AssertionError("nothing is drawn")


class Shelf:
    """A store with three labels."""

    def __init__(self, api: Api, point: BlinkingAccessPoint) -> None:
        self.api, self.point = api, point

    async def place(self, label_id: str, aisle: str, board: int, slot: int) -> LabelInfo:
        body = {"aisle": aisle, "shelf": board, "slot": slot}
        answer = await self.api.http.put(f"/v1/labels/{label_id}/place", json=body, headers=await self.api.key())
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=LabelInfo)

    async def map(self, **query: str) -> ShelfMap:
        return msgspec.json.decode((await self.api.http.get("/v1/shelf", params=query)).content, type=ShelfMap)

    def placed(self) -> list[tuple[str, str, int, int]]:
        facts = [fact for fact in self.api.counter.facts(Stream.OPS) if isinstance(fact, LabelPlaced)]
        return [(fact.label_id, fact.aisle, fact.shelf, fact.slot) for fact in facts]


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    counter = Counter(tmp_path)
    await counter.start()
    point = BlinkingAccessPoint()
    labels = LabelService(
        counter.store,
        counter.desk.journal,
        CatalogueShelf(counter.store, counter.clock),
        NoRenderer(),
        {"labels-1": point},
        counter.clock,
        LabelSettings,
    )
    labels.start(counter.store.reader())
    running = asyncio.create_task(labels.run())
    api = Api(counter, labels, finder=LabelFinder(labels, {"labels-1": point}))
    for label_id, item_id in ((FIRST, MILK), (SECOND, BREAD), (THIRD, MILK)):
        await labels.bind(label_id, item_id, hardware_type=1)
    yield Shelf(api, point)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await api.http.aclose()
    counter.stop()


async def test_the_shelf_is_told_aisle_by_aisle(shelf: Shelf) -> None:
    assert [(each.aisle, each.counts) for each in (await shelf.map()).aisles] == [("", {"pending": 3})]
    told = await shelf.place(FIRST, " A  10 ", 2, 5)
    assert told.position == PositionView(aisle="A 10", shelf=2, slot=5)
    await shelf.place(SECOND, "A 2", 1, 7)
    await shelf.place(THIRD, "A 2", 3, 1)
    await shelf.api.http.delete(f"/v1/labels/{SECOND}", headers=await shelf.api.key())
    shelf.api.counter.clock.advance(LabelSettings().task_after_ms)
    tasks = (await shelf.map()).tasks
    assert [(each.label_id, each.aisle, each.item_name) for each in tasks] == [
        (THIRD, "A 2", "Milk 1 l"),
        (FIRST, "A 10", "Milk 1 l"),
    ], "tasks stand in the order a person walks"
    found = await shelf.map(aisle="A 2")
    assert [(each.aisle, each.counts) for each in found.aisles] == [
        ("A 2", {"unreachable": 1}),
        ("A 10", {"unreachable": 1}),
    ]
    assert [(each.label_id, each.shelf, each.slot, each.state, each.item_name) for each in found.slots] == [
        (THIRD, 3, 1, "unreachable", "Milk 1 l")
    ], "a label that is gone is not on the map"
    seen = (await shelf.api.http.get(f"/v1/lookup/{MILK_CODE}")).json()["labels"]
    assert [each["position"]["aisle"] for each in seen] == ["A 10", "A 2"]


async def test_a_position_is_journalled_once_and_can_be_forgotten(shelf: Shelf) -> None:
    for _ in range(2):
        await shelf.place(FIRST, "B", 1, 1)
    await shelf.place(FIRST, "B", 1, 2)
    for _ in range(2):
        await shelf.api.http.delete(f"/v1/labels/{FIRST}/place", headers=await shelf.api.key())
    assert shelf.placed() == [(FIRST, "B", 1, 1), (FIRST, "B", 1, 2), (FIRST, "", 0, 0)]
    await shelf.place(SECOND, "B", 1, 1)
    found = await shelf.map(aisle="")
    assert {each.label_id for each in found.slots} == {FIRST, THIRD}, "what nobody placed is an aisle without a name"


@pytest.mark.parametrize(
    ("aisle", "board", "slot"), [("", 1, 1), ("x" * 17, 1, 1), ("A", 0, 1), ("A", 31, 1), ("A", 1, 1000)]
)
async def test_a_place_that_cannot_be_is_refused(shelf: Shelf, aisle: str, board: int, slot: int) -> None:
    body = {"aisle": aisle, "shelf": board, "slot": slot}
    path = f"/v1/labels/{FIRST}/place"
    assert problem(await shelf.api.http.put(path, json=body, headers=await shelf.api.key())) == (422, "bad_place")
    assert shelf.placed() == []


async def test_who_may_place_and_what_is_known(shelf: Shelf) -> None:
    body = {"aisle": "A", "shelf": 1, "slot": 1}
    refused = await shelf.api.http.put(f"/v1/labels/{FIRST}/place", json=body, headers=await shelf.api.key(BOB))
    assert problem(refused) == (403, "not_allowed")
    unknown = await shelf.api.http.put("/v1/labels/0000021A00000009/place", json=body, headers=await shelf.api.key())
    assert problem(unknown) == (404, "unknown_label")


async def test_a_label_or_all_labels_of_an_item_flash_and_failures_are_told(shelf: Shelf) -> None:
    key = await shelf.api.key()
    one = await shelf.api.http.post(f"/v1/labels/{FIRST}/flash", json={"colour": "red", "seconds": 20}, headers=key)
    assert one.json() == {"labels": [{"label_id": FIRST, "lit": "ordered"}]}
    every = await shelf.api.http.post(f"/v1/items/{MILK}/flash", json={}, headers=key)
    assert every.json() == {"labels": [{"label_id": FIRST, "lit": "ordered"}, {"label_id": THIRD, "lit": "unknown_label"}]}
    assert shelf.point.flashed[:2] == [(FIRST, "red", 20), (FIRST, "green", 30)]
    for body, said in (({"seconds": 241}, "seconds"), ({"colour": "pink"}, "invalid")):
        assert problem(await shelf.api.http.post(f"/v1/labels/{FIRST}/flash", json=body, headers=key)) == (422, said)
