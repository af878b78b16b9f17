"""Several items on one label: the till charges no item more than the label may show of it, through rises, restarts and a
second box; each item's price is proven, journalled and taken away by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.devices.label_parts import ShelfRenderer
from edge.labels.bindings import TooManyItems
from edge.labels.ledger import ItemPrice, LabelBook, LabelImage, LabelPrice, record_sent
from edge.labels.plan import Urgency, Wanted, urgency
from edge.labels.service import LabelService, LabelSettings, UnknownItem
from edge.labels.shelf import CatalogueShelf
from edge.many.labels import ACCESS_POINT, InstantLabels
from protocols.contract.facts import LabelBound, LabelRemoved, LabelShown
from protocols.contract.feed_rows import ItemRow
from protocols.contract.handover import HeldItem, HeldLabel, HeldPrice
from protocols.contract.values import Stream
from protocols.device_events import DeviceEvent
from protocols.labels.renderer import LabelRenderer
from tests.support.counter import Counter
from tests.support.goods import APPLES, BREAD, MILK, UNPRICED, price
from tests.support.waiting import until

LABEL = "00000000FEED0001"
SETTINGS = LabelSettings(dwell_ms=60_000, settle_ms=1_000)


class Shop:
    """A store whose labels take a picture at once; `deaf` ones take none."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.instant = InstantLabels(self._tell, counter.clock)
        self.service = LabelService(
            counter.store,
            counter.desk.journal,
            CatalogueShelf(counter.store, counter.clock),
            ShelfRenderer(LabelRenderer()),
            {ACCESS_POINT: self.instant},
            counter.clock,
            lambda: SETTINGS,
        )
        self.service.start(counter.store.reader())
        self.hearing = True
        self._tasks = [asyncio.create_task(self.service.run()), asyncio.create_task(self.instant.run())]

    async def _tell(self, event: DeviceEvent) -> None:
        if self.hearing:
            await self.service.on_event(event)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def bind(self, *items: str) -> None:
        first, *more = items
        await self.service.bind(LABEL, first, staff_id="7", hardware_type=1, more_items=more)

    async def settled(self) -> None:
        await until(lambda: self.service.view(LABEL).state == "shown")

    async def change(self, item_id: str, revision: int, price_minor: int) -> None:
        await self.counter.feed(price(item_id, revision, price_minor))
        self.service.items_changed([item_id])

    def lowest(self, item_id: str) -> LabelPrice | None:
        return self.service.lowest_for(item_id)

    def shown(self) -> list[tuple[str, int]]:
        facts = [fact for fact in self.counter.facts(Stream.OPS) if isinstance(fact, LabelShown)]
        return [(fact.item_id, fact.price_minor) for fact in facts]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    counter = Counter(tmp_path)
    await counter.start()
    shop = Shop(counter)
    yield shop
    await shop.stop()
    counter.stop()


async def test_every_item_on_a_label_is_proven_and_binds_the_till(shop: Shop) -> None:
    await shop.bind(MILK, BREAD, APPLES)
    await shop.settled()
    assert shop.shown() == [(MILK, 129), (BREAD, 350), (APPLES, 299)]
    await shop.change(BREAD, 2, 399)
    await until(lambda: len(shop.shown()) > 3)
    await shop.settled()  # the journal is read from the disk, a moment before the ledger in memory follows
    assert shop.lowest(BREAD) == LabelPrice(350, 1), "a customer may have read the label a moment ago"
    assert shop.lowest(MILK) == LabelPrice(129, 1)
    shop.counter.clock.advance(SETTINGS.dwell_ms)
    await until(lambda: shop.lowest(BREAD) == LabelPrice(399, 2))
    (bound,) = [fact for fact in shop.counter.facts(Stream.OPS) if isinstance(fact, LabelBound)]
    assert (bound.item_id, bound.more_items) == (MILK, (BREAD, APPLES))


async def test_a_rise_of_the_second_item_waits_for_the_label_and_survives_the_box(shop: Shop) -> None:
    await shop.bind(MILK, BREAD)
    await shop.settled()
    shop.hearing = False
    await shop.change(BREAD, 2, 399)
    shop.counter.clock.advance(10 * SETTINGS.dwell_ms)
    assert shop.lowest(BREAD) == LabelPrice(350, 1)
    await shop.stop()
    again = Shop(shop.counter)
    again.hearing = False
    assert again.lowest(BREAD) == LabelPrice(350, 1), "the ledger on the disk knows every price of an image"
    assert [each if isinstance(each, str) else each.item_id for each in again.service.view(LABEL).more_items] == [BREAD]
    await again.stop()


def test_the_item_that_loses_most_says_how_urgent_a_label_is() -> None:
    shown = LabelImage(1, LABEL, MILK, 129, 1, "h", "i", 0, 0, 0, more=(ItemPrice(BREAD, 350, 1),))
    book = record_sent(LabelBook(LABEL, MILK, "a", 1, more_items=(BREAD,)), shown)
    for milk, bread, wanted in (
        (129, 350, Urgency.LOOKS),
        (99, 350, Urgency.CUT),
        (99, 399, Urgency.RISE),
        (129, 399, Urgency.RISE),
    ):
        found = Wanted(LABEL, MILK, milk, 2, "other", (ItemPrice(BREAD, bread, 2),))
        assert urgency(book, found) is wanted
    assert urgency(book, Wanted(LABEL, MILK, 129, 1, "other", (ItemPrice(APPLES, 1, 1),))) is Urgency.NEW


async def test_an_item_taken_off_a_label_binds_until_the_label_has_changed(shop: Shop) -> None:
    await shop.bind(MILK, BREAD)
    await shop.settled()
    shop.hearing = False
    await shop.bind(MILK)
    assert shop.lowest(BREAD) == LabelPrice(350, 1)
    await shop.service.remove(LABEL, staff_id="7")
    gone = [fact.item_id for fact in shop.counter.facts(Stream.OPS) if isinstance(fact, LabelRemoved)]
    assert gone == sorted([MILK, BREAD]), "each price the label may have shown is taken out on record"
    assert shop.lowest(BREAD) is None


async def test_what_can_no_longer_be_sold_is_left_out(shop: Shop) -> None:
    await shop.bind(MILK, BREAD)
    await shop.settled()
    before = len(shop.shown())
    await shop.counter.feed(ItemRow(item_id=BREAD, style_id="st-1", name="Bread", tax_class="std", active=False))
    shop.service.items_changed([BREAD])
    await until(lambda: len(shop.shown()) > before)
    assert shop.shown()[before:] == [(MILK, 129)]


@pytest.mark.parametrize(
    ("items", "refusal"),
    [((MILK, UNPRICED), UnknownItem), ((MILK, MILK), TooManyItems), ((MILK, BREAD, BREAD), TooManyItems)],
)
async def test_a_binding_that_cannot_be_is_refused_whole(
    shop: Shop, items: tuple[str, ...], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await shop.bind(*items)
    assert shop.counter.facts(Stream.OPS) == []


async def test_a_new_box_inherits_every_price_of_every_item(shop: Shop) -> None:
    bread = HeldItem(item_id=BREAD, prices=(HeldPrice(price_revision=1, price_minor=310),))
    held = HeldLabel(label_id=LABEL, item_id=MILK, prices=(HeldPrice(price_revision=1, price_minor=120),), more=(bread,))
    shop.hearing = False
    assert await shop.service.inherit([held]) == 1
    assert (shop.lowest(MILK), shop.lowest(BREAD)) == (LabelPrice(120, 1), LabelPrice(310, 1))
    assert len(shop.service.view(LABEL).more_items) == 1
