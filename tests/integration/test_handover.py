"""What headquarters hands over to a new box: stock from every fact, labels with each price they may be showing."""

from __future__ import annotations

import msgspec
import pytest

from cloud.clock import SystemRandom
from cloud.db.pool import Scope
from cloud.edge_api.handover import hand_over
from protocols.clock import FakeClock
from protocols.contract.facts import GoodsReceived, LabelBound, LabelPlaced, LabelRemoved, LabelShown, ReceivedLine
from protocols.contract.handover import (
    HeldItem,
    HeldLabel,
    HeldPlace,
    HeldPrice,
    HeldStock,
    decode_handover,
    encode_handover,
)
from protocols.contract.values import EvidenceLevel, Place
from tests.support.hq_ground import GroundDatabase, HqPki
from tests.support.hq_ingest import add_store, desk, edge_api, hq_settings, https
from tests.support.hq_store import SimStore, StoreMemory

NOW_MS = 5_000
PRICES = (  # revision, price, from, to
    (1, 100, 0, 1_000),
    (2, 120, 1_000, 2_000),
    (3, 90, 2_000, None),
    (4, 80, 9_000, None),
)


def shown(label_id: str, revision: int, price_minor: int) -> LabelShown:
    return LabelShown(
        label_id=label_id,
        item_id="i-tea",
        price_revision=revision,
        price_minor=price_minor,
        evidence=EvidenceLevel.TRANSFERRED,
        sent_at_ms=1,
        confirmed_at_ms=2,
    )


@pytest.fixture
def priced(any_database: GroundDatabase) -> GroundDatabase:
    """An item with four prices in zone north, the last of them in the future."""
    with any_database.owner() as owner:
        owner.execute("INSERT INTO zone VALUES ('north', 'EUR', 2, 'inclusive', 1) ON CONFLICT DO NOTHING")
        owner.execute("INSERT INTO tax_class VALUES ('std', 'Standard', 1900) ON CONFLICT DO NOTHING")
        owner.execute("INSERT INTO style (style_id, name, name_zh, brand, category) VALUES ('tea', 'Tea', '', '', '')")
        owner.execute(
            "INSERT INTO item (item_id, style_id, name, name_zh, colour, size, tax_class, weighed, tare_grams, active)"
            " VALUES ('i-tea', 'tea', 'Tea', '', '', '', 'std', false, 0, true)"
        )
        for revision, price_minor, from_ms, to_ms in PRICES:
            owner.execute(
                "INSERT INTO price (book_id, feed_id, zone, item_id, revision, price_minor, effective_from_ms,"
                " effective_to_ms, reason, changed_by, changed_at_ms, feed_version)"
                " VALUES ('zone.north', 'zone/north/price', 'north', 'i-tea', %s, %s, %s, %s, '', 'x', 0, 1)",
                (revision, price_minor, from_ms, to_ms),
            )
    return any_database


async def test_every_fact_counts_and_every_price_a_label_may_show_is_told(priced: GroundDatabase) -> None:
    async with priced.open() as app, priced.open_ingest() as ingest, desk(ingest) as running:
        await add_store(app, "S001")
        clock = FakeClock()
        store = SimStore(StoreMemory("S001"), clock, SystemRandom())
        store.connect()
        await store.exchange(running.door("S001"))
        store.receive_goods("i-milk-1", 10_000)
        store.sell(2)
        for batch, expires, pieces in (("L1", "2031-05-01", 2), ("L2", "2031-06-01", 3)):
            line = ReceivedLine(
                line_no=1, item_id="i-cheese", gtin="", quantity_thousandths=pieces * 1000, batch=batch, expires=expires
            )
            store.report(GoodsReceived(receipt_id=f"r-{batch}", place=Place.BACK_ROOM, how="scan", lines=(line,)))
        for label_id in ("confirmed", "silent", "gone", "blank"):
            store.report(LabelBound(label_id=label_id, item_id="i-tea"))
        store.report(shown("confirmed", 1, 100))
        clock.advance(1_000)
        store.report(shown("confirmed", 2, 120))
        store.report(shown("gone", 2, 120))
        clock.advance(1_000)
        store.report(LabelRemoved(label_id="gone", item_id="i-tea", staff_id="7"))
        store.report(LabelBound(label_id="blank", item_id=None))
        await store.exchange(running.door("S001"))
        incarnation = store.memory.incarnation
        async with ingest.transaction(Scope.everything()) as tx:
            found = await hand_over(tx, "S001", incarnation, NOW_MS)
            nobody = await hand_over(tx, "S001", incarnation + 1, NOW_MS)
    held = {stock.item_id: stock for stock in found.stock}
    assert held["i-milk-1"] == HeldStock(item_id="i-milk-1", place=Place.SALES_FLOOR, on_hand_thousandths=6_000)
    assert held["i-milk-2"].on_hand_thousandths == -4_000
    assert [(lot.item_id, lot.place, lot.batch, lot.expires, lot.on_hand_thousandths) for lot in found.lots or ()] == [
        ("i-cheese", Place.BACK_ROOM, "L1", "2031-05-01", 2_000),
        ("i-cheese", Place.BACK_ROOM, "L2", "2031-06-01", 3_000),
    ]
    assert found.txn_upto == 5
    assert (nobody.txn_upto, nobody.stock, nobody.lots) == (0, found.stock, found.lots), (
        "a new incarnation's own facts are not among them yet"
    )
    prices = tuple(HeldPrice(price_revision=revision, price_minor=price) for revision, price, *_ in PRICES)
    assert found.labels == (
        HeldLabel(label_id="confirmed", item_id="i-tea", prices=(prices[2], prices[1])),
        HeldLabel(label_id="silent", item_id="i-tea", prices=(prices[2],)),
    )
    assert decode_handover(encode_handover(found)) == found


async def test_every_item_of_a_label_is_handed_over_with_its_prices(priced: GroundDatabase) -> None:
    """A second item nobody told the new box of would be charged at a price its label does not show."""
    async with priced.open() as app, priced.open_ingest() as ingest, desk(ingest) as running:
        await add_store(app, "S001")
        clock = FakeClock()
        store = SimStore(StoreMemory("S001"), clock, SystemRandom())
        store.connect()
        store.report(LabelBound(label_id="both", item_id="i-milk", more_items=("i-tea",)))
        for item_id, revision, price_minor in (("i-milk", 7, 50), ("i-tea", 2, 120)):
            store.report(msgspec.structs.replace(shown("both", revision, price_minor), item_id=item_id))
        for slot in (1, 4):
            clock.advance(1)
            store.report(LabelPlaced(label_id="both", aisle="A1", shelf=2, slot=slot))
        for aisle in ("A1", ""):
            clock.advance(1)
            store.report(LabelPlaced(label_id="other", aisle=aisle, shelf=1, slot=1))
        await store.exchange(running.door("S001"))
        async with ingest.transaction(Scope.everything()) as tx:
            found = await hand_over(tx, "S001", store.memory.incarnation, NOW_MS)
    tea = (HeldPrice(price_revision=3, price_minor=90), HeldPrice(price_revision=2, price_minor=120))
    milk = (HeldPrice(price_revision=7, price_minor=50),)
    more = (HeldItem(item_id="i-tea", prices=tea),)
    place = HeldPlace(aisle="A1", shelf=2, slot=4)
    assert found.labels == (HeldLabel(label_id="both", item_id="i-milk", prices=milk, more=more, place=place),)


async def test_a_box_is_told_of_its_own_store_alone(embedded_database: GroundDatabase, hq_pki: HqPki) -> None:
    async with embedded_database.open() as app:
        for store_id in ("S001", "S002"):
            await add_store(app, store_id, pki=hq_pki)
    settings = hq_settings(embedded_database, hq_pki)
    async with edge_api(settings) as url, https(url, hq_pki.stores["S001"], hq_pki) as client:
        own = await client.get("/v1/edge/S001/handover", params={"incarnation": 2})
        assert decode_handover(own.content).stock == ()
        assert (await client.get("/v1/edge/S002/handover", params={"incarnation": 2})).status_code == 403
        assert (await client.get("/v1/edge/S001/handover")).status_code == 422


async def test_an_earlier_price_counts_again_when_what_stood_above_it_was_recalled(
    embedded_database: GroundDatabase,
) -> None:
    """A label confirmed the promotion (revision 11); the usual price under it has a lower number."""
    books = (("zone.north", "zone/north/price", "north", 0), ("corner", "store/S001/price", None, 20))
    rows = (("zone.north", 9, 50, 0), ("zone.north", 10, 300, 0), ("corner", 11, 200, 1_000))
    with embedded_database.owner() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "INSERT INTO store (store_id, name, zone, time_zone, added_at_ms, changed_at_ms)"
            " VALUES ('S001', 'One', 'north', 'UTC', 0, 0)"
        )
        owner.execute("INSERT INTO label_bound VALUES ('S001', 'e1', 1, 'L', 'i-tea', '', 1)")
        owner.execute("INSERT INTO label_shown VALUES ('S001', 'e2', 1500, 'L', 'i-tea', 11, 200, 'shown', 1, 1, 1)")
        for book_id, feed_id, zone, priority in books:
            for _, revision, price_minor, from_ms in (row for row in rows if row[0] == book_id):
                owner.execute(
                    "INSERT INTO price (book_id, feed_id, zone, priority, item_id, revision, price_minor, effective_from_ms,"
                    " reason, changed_by, changed_at_ms, feed_version)"
                    " VALUES (%s, %s, %s, %s, 'i-tea', %s, %s, %s, '', '', 0, 1)",
                    (book_id, feed_id, zone, priority, revision, price_minor, from_ms),
                )
        owner.execute("SET session_replication_role = origin")

        async def possible() -> list[int]:
            async with embedded_database.open_ingest() as ingest, ingest.transaction(Scope.everything()) as tx:
                [label] = (await hand_over(tx, "S001", 1, NOW_MS)).labels
            return [price.price_minor for price in label.prices]

        assert await possible() == [200], "what it stands above cannot be shown"
        owner.execute("UPDATE price SET withdrawn_at_ms = 2000, recalled = true WHERE revision = 11")
        assert await possible() == [200, 300], "and 50 stays hidden under 300"
