"""Product recalls, what tills must know of items, and the in-store barcodes of a zone: from the API into the feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cloud.db.pool import Scope
from cloud.demo_goods import seed
from protocols.contract.feed_rows import FeedRow, ItemRow, RecallRow, ZoneRow, decode_row
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase

ITEM = "A000001"


@pytest.fixture
async def api(any_database: GroundDatabase) -> AsyncIterator[HqApi]:
    async with any_database.open() as database:
        made = HqApi(database)
        async with database.transaction(Scope.everything()) as tx:
            await seed(tx, now_ms=made.clock.now_ms(), items=30)
        yield made


async def row_of(api: HqApi, feed_id: str, key: str) -> FeedRow | None:
    found = await api.rows("SELECT body FROM feed_row WHERE feed_id = %s AND key = %s", feed_id, key)
    return decode_row(bytes(found[0][0])) if found else None  # type: ignore[arg-type]


async def test_a_recall_goes_to_every_store_and_ends_again(api: HqApi) -> None:
    admin = await api.person()
    path = "/api/v1/product-recalls/2026-7"
    body = {"item_id": ITEM, "batch": " B7 ", "reason": "glass"}
    answer = await admin.put(path, json=body)
    assert answer.status_code == 200, answer.text
    sent = await row_of(api, "global/catalogue", "recall/2026-7")
    assert isinstance(sent, RecallRow)
    assert (sent.item_id, sent.batch, sent.reason, sent.from_ms) == (ITEM, "B7", "glass", api.clock.now_ms())
    (shown,) = (await admin.get(f"/api/v1/product-recalls?item={ITEM}")).json()
    assert (shown["recall_id"], shown["batch"]) == ("2026-7", "B7")
    assert (await admin.get("/api/v1/product-recalls?item=A000002")).json() == []
    assert (await admin.delete(path)).status_code == 200
    assert await row_of(api, "global/catalogue", "recall/2026-7") is None
    assert (await admin.delete(path)).status_code == 404
    noted = await api.rows("SELECT action FROM audit_entry WHERE action LIKE 'product_recall.%%' ORDER BY audit_id")
    assert [row[0] for row in noted] == ["product_recall.added", "product_recall.removed"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"item_id": "none", "reason": "glass"}, "item_id"),
        ({"item_id": ITEM, "reason": " "}, "reason"),
        ({"item_id": ITEM, "reason": "glass", "batch": "x" * 21}, "batch"),
    ],
)
async def test_a_recall_that_says_too_little_names_the_field(api: HqApi, body: dict[str, str], field: str) -> None:
    admin = await api.person()
    answer = await admin.put("/api/v1/product-recalls/2026-7", json=body)
    assert answer.status_code == 422
    assert field in answer.text


async def test_what_a_till_must_know_of_an_item(api: HqApi) -> None:
    admin = await api.person()
    item = (await admin.get(f"/api/v1/items/{ITEM}")).json()
    wanted = {name: item[name] for name in item if name not in {"item_id", "barcodes"}}
    wanted |= {"min_age": 18, "deposit_item_id": "A000002", "serial_tracked": True}
    assert not item["weighed"]
    answer = await admin.put(f"/api/v1/items/{ITEM}", json=wanted)
    assert answer.status_code == 200, answer.text
    sent = await row_of(api, "global/catalogue", f"item/{ITEM}")
    assert isinstance(sent, ItemRow)
    assert (sent.min_age, sent.deposit_item_id, sent.serial_tracked, sent.bag) == (18, "A000002", True, False)
    for wrong in (ITEM, "none"):
        answer = await admin.put(f"/api/v1/items/{ITEM}", json={**wanted, "deposit_item_id": wrong})
        assert (answer.status_code, "deposit_item_id" in answer.text) == (422, True)


async def test_in_store_barcodes_are_data_of_a_zone(api: HqApi) -> None:
    admin = await api.person()
    path = "/api/v1/zones/shanghai"
    assert (await admin.put(path, json={"currency": "CNY"})).status_code == 200
    zone = await row_of(api, "zone/shanghai/price", "zone")
    assert isinstance(zone, ZoneRow)
    assert zone.code_layouts == ("cn",), "the usual for the currency"
    body = {"currency": "CNY", "code_layouts": ["deli 28IIIIIIWWWWC 2 3", "cn"], "bag_item_id": ITEM}
    answer = await admin.put(path, json=body)
    assert answer.status_code == 200, answer.text
    assert (await admin.put(path, json={"currency": "CNY"})).status_code == 200
    zone = await row_of(api, "zone/shanghai/price", "zone")
    assert isinstance(zone, ZoneRow)
    assert (zone.code_layouts, zone.bag_item_id) == (("deli 28IIIIIIWWWWC 2 3", "cn"), ITEM), "left out: as it was"
    for wrong in ({"code_layouts": ["xx"]}, {"bag_item_id": "none"}):
        answer = await admin.put(path, json={"currency": "CNY", **wrong})
        assert (answer.status_code, next(iter(wrong)) in answer.text) == (422, True)
