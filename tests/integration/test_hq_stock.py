"""Stock at HQ from what stores report: by place, batch and region, what is nonsense, recalls, accuracy and shrink."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cloud.db.pool import Scope
from cloud.stock.service import move_watermarks
from cloud.users.domain import Role
from protocols.contract.facts import CountedLine, FactBody, FeedApplied, StockCounted, StockMoved
from protocols.contract.rfid_facts import GateAlarmEnded, GateAlarmRaised, TaggedLine
from protocols.contract.stock_facts import (
    BookCompared,
    ComparedLine,
    GoodsRelocated,
    MarkdownProposed,
    ReservationAnswered,
    StockWrittenOff,
    TransferSent,
)
from protocols.contract.values import Place
from tests.support.hq_goods import BREAD, EPC, MILK, Shops, came, goods, received, shops
from tests.support.hq_ground import GroundDatabase


@pytest.fixture
async def two_shops(any_database: GroundDatabase) -> AsyncIterator[Shops]:
    async with shops(any_database) as made:
        yield made


async def a_busy_day(two_shops: Shops) -> None:
    """Deliveries of two batches, one moved, one sold from, one written off, one sent away, one counted short."""
    await two_shops.report(
        "S001",
        came("r-1", received(1, MILK, 10, "B1", "2026-12-01"), received(2, MILK, 8, "B2", "2026-12-09")),
        GoodsRelocated(
            relocation_id="m-1",
            from_place=Place.BACK_ROOM,
            to_place=Place.SALES_FLOOR,
            how="scan",
            lines=(goods(1, MILK, 6, "B1", "2026-12-01"),),
            staff_id="7",
        ),
        StockWrittenOff(
            write_off_id="w-1",
            place=Place.BACK_ROOM,
            reason="damaged",
            lines=(goods(1, MILK, 1, "B2", "2026-12-09"),),
            staff_id="7",
        ),
        TransferSent(
            transfer_id="t-1",
            to_store_id="S002",
            place=Place.BACK_ROOM,
            lines=(goods(1, MILK, 3, "B2", "2026-12-09"),),
            staff_id="7",
        ),
    )
    await two_shops.sell("S001", MILK, 2, batch="B1", expires="2026-12-01")
    short = CountedLine(
        line_no=1, item_id=MILK, expected_thousandths=4_000, counted_thousandths=3_000, batch="B1", expires="2026-12-01"
    )
    counted = StockCounted(count_id="c-1", place=Place.SALES_FLOOR, staff_id="7", lines=(short,), blind=True)
    await two_shops.report("S001", counted)


BY_BATCH = {
    (MILK, "back_room", "B1"): 4_000,
    (MILK, "back_room", "B2"): 4_000,
    (MILK, "sales_floor", "B1"): 3_000,
}


async def batches(two_shops: Shops) -> dict[tuple[str, str, str], int]:
    rows = await two_shops.api.rows(
        "SELECT item_id, place, batch, on_hand_thousandths FROM visible_stock_on_hand_lot"
        " WHERE store_id = 'S001' AND on_hand_thousandths <> 0"
    )
    return {(str(item), str(place), str(batch)): int(str(amount)) for item, place, batch, amount in rows}


async def test_stock_is_known_by_place_and_batch_whatever_the_watermark(two_shops: Shops) -> None:
    await a_busy_day(two_shops)
    assert await batches(two_shops) == BY_BATCH
    assert await move_watermarks(two_shops.ingest, least=1) == 1
    client = await two_shops.api.person(Role.STORE_MANAGER, ("S001",))
    rows = (await client.get("/api/v1/stores/S001/stock-batches")).json()["rows"]
    assert {(row["item_id"], row["place"], row["batch"]): row["on_hand_thousandths"] for row in rows} == BY_BATCH
    assert {row["batch"]: row["expires"] for row in rows} == {"B1": "2026-12-01", "B2": "2026-12-09"}
    (same,) = (await client.get("/api/v1/stores/S001/stock-items")).json()["rows"]
    (item,) = (await client.get("/api/v1/stores/S001/stock-items", params={"text": MILK})).json()["rows"]
    assert item == same
    assert (item["places"], item["total_thousandths"]) == ({"back_room": 8_000, "sales_floor": 3_000}, 11_000)
    moved = (await client.get(f"/api/v1/stores/S001/stock/{MILK}/moves")).json()["rows"]
    assert sum(row["quantity_thousandths"] for row in moved) == 11_000
    assert {(row["reason"], row["batch"]) for row in moved} == {
        ("receipt", "B1"), ("receipt", "B2"), ("relocation", "B1"), ("write_off", "B2"), ("transfer_out", "B2"),
        ("sale", "B1"), ("count", "B1"),
    }  # fmt: skip
    assert await two_shops.quarantined() == []


async def test_regions_and_stores_add_up_and_goods_between_stores_are_nobodys_twice(two_shops: Shops) -> None:
    await a_busy_day(two_shops)
    admin = await two_shops.api.person()
    (region,) = (await admin.get("/api/v1/stock/regions")).json()
    assert (region["stores"], region["places"], region["coming_thousandths"]) == (
        2, {"back_room": 8_000, "sales_floor": 3_000}, 3_000,
    )  # fmt: skip
    rows = (await admin.get(f"/api/v1/regions/{region['id']}/stock")).json()["rows"]
    assert [(row["id"], row["places"], row["coming_thousandths"]) for row in rows] == [
        ("S001", {"back_room": 8_000, "sales_floor": 3_000}, 0),
        ("S002", {}, 3_000),
    ]
    await move_watermarks(two_shops.ingest, least=1)
    arrived = came("r-9", received(1, MILK, 2, "B2"), asn_id="t-1", transfer_id="t-1")
    await two_shops.report("S002", arrived)
    rows = (await admin.get(f"/api/v1/regions/{region['id']}/stock")).json()["rows"]
    assert [(row["places"], row["coming_thousandths"]) for row in rows] == [
        ({"back_room": 8_000, "sales_floor": 3_000}, 0),
        ({"back_room": 2_000}, 0),
    ]
    only = await two_shops.api.person(Role.STORE_MANAGER, ("S002",))
    (region,) = (await only.get("/api/v1/stock/regions")).json()
    assert (region["stores"], region["places"]) == (1, {"back_room": 2_000})


async def test_batches_of_which_nothing_is_left_are_forgotten_and_the_sum_stays(two_shops: Shops) -> None:
    await two_shops.report("S001", came("r-1", received(1, MILK, 5, "B1"), received(2, MILK, 2), place=Place.SALES_FLOOR))
    await two_shops.sell("S001", MILK, 5, batch="B1")
    assert await move_watermarks(two_shops.ingest, least=1) == 1
    async with two_shops.ingest.transaction(Scope.everything()) as tx:
        kept = await (await tx.execute("SELECT batch, quantity_thousandths FROM stock_balance")).fetchall()
    assert kept == [("", 2_000)]
    assert await batches(two_shops) == {(MILK, "sales_floor", ""): 2_000}


async def test_what_is_sold_without_its_batch_comes_off_what_expires_first(two_shops: Shops) -> None:
    later, sooner = received(1, MILK, 5, "B1", "2026-12-20"), received(2, MILK, 3, "B2", "2026-12-10")
    await two_shops.report("S001", came("r-1", later, sooner, received(3, MILK, 2, "B3"), place=Place.SALES_FLOOR))
    await two_shops.sell("S001", MILK, 4)
    floor = {(MILK, "sales_floor", "B1"): 4_000, (MILK, "sales_floor", "B3"): 2_000}
    assert await batches(two_shops) == floor
    await move_watermarks(two_shops.ingest, least=1)
    assert await batches(two_shops) == floor
    await two_shops.sell("S001", MILK, 7)
    assert await batches(two_shops) == {(MILK, "sales_floor", ""): -1_000}, "more than any batch covers"


NONSENSE: list[tuple[FactBody, str]] = [
    (came("r-1", received(1, MILK, -1)), "GoodsReceived: lines.quantity_thousandths"),
    (came("r-1", received(1, MILK, 1), received(1, BREAD, 1)), "GoodsReceived: lines.line_no: 1 stands twice"),
    (came("r-1", received(1, MILK, 1, "B", "1.12.2026")), "GoodsReceived: lines.expires"),
    (StockMoved(move_id="m", item_id=MILK, place=Place.BACK_ROOM, quantity_thousandths=1, reason="x", expires="?"),
     "StockMoved: expires"),
    (GoodsRelocated(relocation_id="m", from_place=Place.BACK_ROOM, to_place=Place.BACK_ROOM, how="scan", lines=()),
     "GoodsRelocated: to_place"),
    (GoodsRelocated(relocation_id="m", from_place=Place.BACK_ROOM, to_place=Place.TRANSIT, how="tag",
                    lines=(goods(1, MILK, 0),)), "GoodsRelocated: lines.quantity_thousandths"),
    (TransferSent(transfer_id="t", to_store_id="S001", place=Place.BACK_ROOM, lines=(goods(1, MILK, 1),), staff_id="7"),
     "TransferSent: to_store_id"),
    (StockWrittenOff(write_off_id="w", place=Place.BACK_ROOM, reason="tired", lines=(goods(1, MILK, 1),), staff_id="7"),
     "StockWrittenOff: reason"),
    (ReservationAnswered(reservation_id="r", order_id="o", state="maybe", lines=()), "ReservationAnswered: state"),
    (MarkdownProposed(proposal_id="p", item_id=MILK, place=Place.SALES_FLOOR, batch="", expires="",
                      quantity_thousandths=1, off_bp=10_000), "MarkdownProposed: off_bp"),
    (BookCompared(comparison_id="b", place=Place.SALES_FLOOR, items=1, equal=2, pieces_missing=0, pieces_extra=0),
     "BookCompared: equal"),
]  # fmt: skip


async def test_nonsense_waits_in_quarantine_and_moves_nothing(two_shops: Shops) -> None:
    await two_shops.report("S001", *(fact for fact, _ in NONSENSE))
    why = await two_shops.quarantined()
    assert len(why) == len(NONSENSE)
    assert {said for _, said in NONSENSE} == {said for _, said in NONSENSE if any(line.startswith(said) for line in why)}
    assert await batches(two_shops) == {}


async def test_a_recalled_batch_is_watched_in_every_store(two_shops: Shops) -> None:
    await two_shops.report("S001", came("r-1", received(1, MILK, 5, "B1"), received(2, MILK, 5, "B2")))
    await two_shops.report("S002", came("r-1", received(1, MILK, 4, "B1")))
    admin = await two_shops.api.person()
    body = {"item_id": MILK, "batch": "B1", "reason": "glass"}
    version = (await admin.put("/api/v1/product-recalls/2026-7", json=body)).json()["feed_version"]
    applied = FeedApplied(feed_id="global/catalogue", epoch="e", version=version, state_hash="h")
    moved = GoodsRelocated(
        relocation_id="q-1",
        from_place=Place.BACK_ROOM,
        to_place=Place.QUARANTINE,
        how="scan",
        lines=(goods(1, MILK, 3, "B1"),),
        reference="2026-7",
    )
    await two_shops.report("S001", applied, moved)
    await two_shops.sell("S002", MILK, 2)
    first, second = (await admin.get("/api/v1/product-recalls/2026-7/stores")).json()["rows"]
    assert (first["store_id"], first["applied_ms"] is not None) == ("S001", True)
    assert (first["on_hand_thousandths"], first["quarantine_thousandths"], first["sold_thousandths"]) == (2_000, 3_000, 0)
    assert (second["store_id"], second["applied_ms"], second["on_hand_thousandths"]) == ("S002", None, 4_000)
    assert (second["sold_thousandths"], second["sold_unknown_thousandths"]) == (0, 2_000), "nobody told its batch"
    await two_shops.sell("S002", MILK, 1, batch="B1")
    only = await two_shops.api.person(Role.STORE_MANAGER, ("S002",))
    (row,) = (await only.get("/api/v1/product-recalls/2026-7/stores")).json()["rows"]
    assert (row["store_id"], row["sold_thousandths"]) == ("S002", 1_000)
    assert (await admin.get("/api/v1/product-recalls/none/stores")).status_code == 404


async def test_accuracy_and_shrink_are_reports(two_shops: Shops) -> None:
    await a_busy_day(two_shops)
    right = CountedLine(line_no=1, item_id=BREAD, expected_thousandths=2_000, counted_thousandths=2_000)
    tags = tuple(TaggedLine(epc=EPC.format(number), item_id=MILK) for number in (1, 2))
    compared = BookCompared(
        comparison_id="b-1", place=Place.SALES_FLOOR, items=4, equal=3, pieces_missing=1, pieces_extra=0,
        lines=(ComparedLine(item_id=MILK, book_thousandths=3_000, seen_thousandths=2_000),),
    )  # fmt: skip
    await two_shops.report(
        "S001",
        StockCounted(count_id="c-2", place=Place.SALES_FLOOR, staff_id="7", lines=(right,)),
        compared,
        GateAlarmRaised(alarm_id="g-1", device_id="gate", lines=tags, siren=True),
        GateAlarmEnded(alarm_id="g-1", outcome="stolen"),
        GateAlarmRaised(alarm_id="g-2", device_id="gate", lines=tags[:1], siren=True),
        GateAlarmEnded(alarm_id="g-2", outcome="sold"),
    )
    admin = await two_shops.api.person()
    ((day,),) = await two_shops.api.rows("SELECT DISTINCT business_date::text FROM visible_sale")
    period = {"from_date": str(day), "upto_date": str(day)}

    async def report(name: str) -> list[list[object]]:
        rows: list[list[object]] = (await admin.get(f"/api/v1/reports/{name}", params=period)).json()["rows"]
        return rows

    assert await report("stock-accuracy") == [["S001", day, "sales_floor", 2, 1, 5_000, 1_000, 0]]
    assert await report("book-against-tags") == [["S001", day, "sales_floor", 4, 3, 7_500, 1, 0]]
    price = int(str((await two_shops.api.rows("SELECT price_minor FROM price WHERE item_id = %s LIMIT 1", MILK))[0][0]))
    assert sorted((row[1], row[2], row[4], row[5]) for row in await report("shrink")) == [
        ("count_loss", 1_000, price, 0),
        ("damaged", 1_000, price, 0),
        ("gate_stolen", 2_000, 2 * price, 0),
    ]
