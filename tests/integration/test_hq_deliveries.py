"""Goods on their way to stores and held for customers, rules of shelves, proposed markdowns: from the API into the feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cloud.users.domain import Role
from protocols.contract.feed_rows import PriceRow
from protocols.contract.feed_stock import AsnRow, MinimumRow, ReservationRow, ShelfPlanRow, StockRulesRow
from protocols.contract.stock_facts import MarkdownProposed, ReservationAnswered, ReservedLine, TransferSent
from protocols.contract.values import Place, PriceKind
from tests.support.hq_goods import BREAD, EPC, MILK, Shops, came, goods, received, shops
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_ingest import add_store

STOCK = "store/{}/stock"
HOUR_MS = 3_600_000


@pytest.fixture
async def two_shops(embedded_database: GroundDatabase) -> AsyncIterator[Shops]:
    async with shops(embedded_database) as made:
        yield made


def notice(two_shops: Shops, *lines: dict[str, object]) -> dict[str, object]:
    expected = two_shops.api.clock.now_ms() + HOUR_MS
    return {"reference": "Note 12", "sender": "Dairy", "expected_ms": expected, "lines": list(lines)}


async def test_a_long_notice_travels_in_parts_and_is_corrected_and_ended(two_shops: Shops) -> None:
    manager = await two_shops.api.person(Role.STORE_MANAGER, ("S001",))
    path = "/api/v1/stores/S001/deliveries/A-12"
    many = [{"item_id": MILK, "quantity_thousandths": 1_000, "batch": f"B{number}"} for number in range(450)]
    answer = await manager.put(path, json=notice(two_shops, *many))
    assert answer.status_code == 200, answer.text
    parts = [row for row in (await two_shops.feed(STOCK.format("S001"))).values() if isinstance(row, AsnRow)]
    assert [(row.part, row.parts, len(row.lines)) for row in parts] == [(1, 3, 200), (2, 3, 200), (3, 3, 50)]
    tagged = {"item_id": MILK, "quantity_thousandths": 2_000, "epcs": [EPC.format(1), EPC.format(2)]}
    assert (await manager.put(path, json=notice(two_shops, tagged))).status_code == 200
    (part,) = (await two_shops.feed(STOCK.format("S001"))).values()
    assert isinstance(part, AsnRow)
    assert (part.parts, part.lines[0].epcs) == (1, (EPC.format(1), EPC.format(2)))
    await two_shops.report("S001", came("r-1", received(1, MILK, 1, expected_thousandths=2_000), asn_id="A-12"))
    await two_shops.follow()
    assert await two_shops.feed(STOCK.format("S001")) == {}
    (row,) = (await manager.get("/api/v1/deliveries")).json()["rows"]
    assert (row["state"], row["differences"], row["line_count"]) == ("received", 1, 1)
    (line,) = (await manager.get(f"{path}/lines")).json()
    assert (line["promised_thousandths"], line["came_thousandths"]) == (2_000, 1_000)
    for call in (manager.put(path, json=notice(two_shops, tagged)), manager.delete(path)):
        assert (await call).status_code == 409
    assert (await manager.put("/api/v1/stores/S002/deliveries/A-12", json=notice(two_shops, tagged))).status_code == 404


async def test_every_piece_of_a_notice_gets_a_tag_nobody_else_has(two_shops: Shops) -> None:
    admin = await two_shops.api.person()
    lines = (
        {"item_id": MILK, "quantity_thousandths": 250_000, "gtin": "80614141123458", "batch": "B1"},
        {"item_id": BREAD, "quantity_thousandths": 1_000, "epcs": [EPC.format(1)]},
    )
    given: list[str] = []
    for asn_id in ("A-1", "A-2"):
        path = f"/api/v1/stores/S001/deliveries/{asn_id}"
        assert (await admin.put(path, json=notice(two_shops, *lines))).status_code == 200
        answer = await admin.post(f"{path}/tags", json={"company_prefix_digits": 7})
        assert (answer.status_code, answer.json()["tags"]) == (200, 250), answer.text
        rows = (await admin.get(f"{path}/tags.csv")).text.splitlines()
        assert rows[0] == "item_id,gtin,serial,uri,epc_hex,pc_hex"
        given += [row.split(",")[4] for row in rows[1:] if row.startswith(MILK)]
        assert (await admin.post(f"{path}/tags", json={})).json()["code"] == "delivery_tagged"
    assert len(set(given)) == len(given) == 500
    assert given[0] == "3034257BF7194E4000000001"
    told = [row for row in (await two_shops.feed(STOCK.format("S001"))).values() if isinstance(row, AsnRow)]
    promised = [line for row in told for line in row.lines if line.item_id == MILK]
    assert sum(len(line.epcs) for line in promised) == 500
    assert all(len(line.epcs) * 1_000 == line.quantity_thousandths and line.batch == "B1" for line in promised)


async def test_no_serial_is_lost_to_a_request_that_is_refused(two_shops: Shops) -> None:
    admin = await two_shops.api.person()
    path = "/api/v1/stores/S001/deliveries/A-1"
    assert (await admin.post(f"{path}/tags", json={})).status_code == 404
    bad = (
        {"item_id": MILK, "quantity_thousandths": 2_000, "gtin": "80614141123458"},
        {"item_id": BREAD, "quantity_thousandths": 1_500},
    )
    assert (await admin.put(path, json=notice(two_shops, *bad))).status_code == 200
    refused = await admin.post(f"{path}/tags", json={})
    assert refused.status_code == 422
    assert "/lines/1/quantity_thousandths" in {error["pointer"] for error in refused.json()["errors"]}
    assert await two_shops.api.rows("SELECT * FROM tag_serial") == []


async def test_a_bad_notice_names_every_field(two_shops: Shops) -> None:
    admin = await two_shops.api.person()
    lines = (
        {"item_id": "none", "quantity_thousandths": 1_000},
        {"item_id": MILK, "quantity_thousandths": 0, "expires": "soon", "sscc": "12"},
    )
    answer = await admin.put("/api/v1/stores/S001/deliveries/A-12", json={**notice(two_shops, *lines), "place": "transit"})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/place", "/lines/0/item_id", "/lines/1/quantity_thousandths", "/lines/1/expires", "/lines/1/sscc",
    ]  # fmt: skip


async def test_a_file_of_notices_names_its_bad_lines_and_is_sent(two_shops: Shops) -> None:
    admin = await two_shops.api.person()
    head = "store;reference;supplier;expected;item;quantity;batch;expires;epcs\n"
    good = (
        f"S001;Note 5;Dairy;2026-12-01;{MILK};12;B7;2026-12-20;\nS001;Note 5;Dairy;2026-12-01;{BREAD};3;;;{EPC.format(1)}\n"
    )
    bad = f"S009;Note 5;Dairy;;{MILK};1;;;\nS001;;Dairy;;{MILK};-4;;;nonsense\n"
    client = admin
    for content, state in ((head + good + bad, "refused"), (head + good, "ready")):
        sent = await client.post("/api/v1/imports/deliveries", content=content.encode(), params={"file_name": "d.csv"})
        assert sent.status_code < 300, sent.text
        import_id = sent.json()["import_id"]
        for _ in range(200):
            found = (await client.get(f"/api/v1/imports/{import_id}")).json()
            if found["state"] not in {"waiting", "checking", "uploaded"}:
                break
        if state == "refused":
            problems = (await client.get(f"/api/v1/imports/{import_id}/problems")).json()["rows"]
            assert {row["line_no"] for row in problems if row["severity"] == "error"} == {4, 5}
    applied = await client.post(f"/api/v1/imports/{import_id}/apply", json={})
    assert applied.status_code < 300, applied.text
    (row,) = (await two_shops.feed(STOCK.format("S001"))).values()
    assert isinstance(row, AsnRow)
    assert [(line.item_id, line.batch, line.quantity_thousandths, line.epcs) for line in row.lines] == [
        (MILK, "B7", 12_000, ()),
        (BREAD, "", 3_000, (EPC.format(1),)),
    ]


async def test_a_transfer_announces_itself_and_its_receipt_ends_it(two_shops: Shops) -> None:
    sent = TransferSent(
        transfer_id="t-1",
        to_store_id="S002",
        place=Place.BACK_ROOM,
        lines=(goods(1, MILK, 3, "B1"), goods(2, BREAD, 2, "", "", EPC.format(7), EPC.format(8))),
        staff_id="7",
        reference="box 4",
    )
    astray = TransferSent(
        transfer_id="t-2", to_store_id="S404", place=Place.BACK_ROOM, lines=(goods(1, MILK, 1),), staff_id="7"
    )
    await two_shops.report("S001", sent, astray)
    await two_shops.follow()
    await two_shops.follow()
    (row,) = (await two_shops.feed(STOCK.format("S002"))).values()
    assert isinstance(row, AsnRow)
    assert (row.asn_id, row.transfer_id, row.reference, row.sender) == ("t-1", "t-1", "box 4", "Store S001 (S001)")
    assert [(line.item_id, line.batch, line.epcs) for line in row.lines] == [
        (MILK, "B1", ()),
        (BREAD, "", (EPC.format(7), EPC.format(8))),
    ]
    admin = await two_shops.api.person()
    rows = (await admin.get("/api/v1/transfers", params={"waiting": "true"})).json()["rows"]
    assert [(each["transfer_id"], each["sent_thousandths"]) for each in rows] == [("t-2", 1_000), ("t-1", 5_000)]
    arrived = came("r-1", received(1, MILK, 2, "B1", expected_thousandths=3_000), received(2, BREAD, 2), asn_id="t-1",
                   transfer_id="t-1")  # fmt: skip
    await two_shops.report("S002", arrived)
    await two_shops.follow()
    assert await two_shops.feed(STOCK.format("S002")) == {}
    for store_id in ("S001", "S002"):  # both sides see it
        manager = await two_shops.api.person(Role.STORE_MANAGER, (store_id,))
        found = (await manager.get("/api/v1/transfers")).json()["rows"][-1]
        assert (found["transfer_id"], found["came_thousandths"], found["differences"]) == ("t-1", 4_000, 1)
        (first, _) = (await manager.get("/api/v1/transfers/S001/t-1/lines")).json()
        assert (first["item_id"], first["sent_thousandths"], first["came_thousandths"]) == (MILK, 3_000, 2_000)


async def test_a_store_answers_a_reservation_and_lets_it_go(two_shops: Shops) -> None:
    admin = await two_shops.api.person()
    path, now_ms = "/api/v1/stores/S001/reservations/R-1", two_shops.api.clock.now_ms()
    lines = [{"item_id": MILK, "quantity_thousandths": 3_000}]
    body = {"order_id": "O-1", "due_ms": now_ms + HOUR_MS, "until_ms": now_ms + 2 * HOUR_MS, "name": "Lin", "lines": lines}
    for _ in range(2):
        assert (await admin.put(path, json=body)).status_code == 200
    assert (await admin.put(path, json={**body, "name": "Li"})).status_code == 409
    (row,) = (await two_shops.feed(STOCK.format("S001"))).values()
    assert isinstance(row, ReservationRow)
    assert (row.order_id, row.lines[0].quantity_thousandths, row.cancelled) == ("O-1", 3_000, False)

    async def answer(state: str, held: int, why: str = "") -> None:
        line = ReservedLine(item_id=MILK, wanted_thousandths=3_000, held_thousandths=held)
        said = ReservationAnswered(reservation_id="R-1", order_id="O-1", state=state, lines=(line,), why=why)
        await two_shops.report("S001", said)

    await answer("confirmed", 3_000)
    await answer("partial", 2_000, "sold")
    whole = (await admin.get(path)).json()
    assert (whole["reservation"]["state"], whole["reservation"]["why"]) == ("partial", "sold")
    assert whole["lines"] == [{"item_id": MILK, "name": whole["lines"][0]["name"], "wanted_thousandths": 3_000,
                               "held_thousandths": 2_000}]  # fmt: skip
    assert [said["state"] for said in whole["answers"]] == ["confirmed", "partial"]
    assert (await admin.get(f"/api/v1/items/{MILK}/reserved")).json() == [{"store_id": "S001", "held_thousandths": 2_000}]
    assert (await admin.delete(path)).status_code == 200
    (row,) = (await two_shops.feed(STOCK.format("S001"))).values()
    assert isinstance(row, ReservationRow)
    assert row.cancelled
    await answer("released", 0, "cancelled")
    await two_shops.follow()
    assert await two_shops.feed(STOCK.format("S001")) == {}
    assert (await admin.delete(path)).status_code == 409
    other = await two_shops.api.person(Role.STORE_MANAGER, ("S002",))
    assert (await other.get(path)).status_code == 404
    assert (await other.get("/api/v1/reservations")).json()["rows"] == []


async def test_a_reservation_nobody_answered_leaves_the_feed_a_day_after_its_end(two_shops: Shops) -> None:
    admin = await two_shops.api.person()
    now_ms = two_shops.api.clock.now_ms()
    lines = [{"item_id": MILK, "quantity_thousandths": 1_000}]
    body = {"order_id": "O-1", "due_ms": now_ms + 1, "until_ms": now_ms + HOUR_MS, "lines": lines}
    assert (await admin.put("/api/v1/stores/S001/reservations/R-1", json=body)).status_code == 200
    two_shops.api.clock.advance(24 * HOUR_MS)
    await two_shops.follow()
    assert len(await two_shops.feed(STOCK.format("S001"))) == 1
    two_shops.api.clock.advance(2 * HOUR_MS)
    await two_shops.follow()
    assert await two_shops.feed(STOCK.format("S001")) == {}


async def test_the_nearest_rules_and_minima_reach_each_store(two_shops: Shops) -> None:
    admin = await two_shops.api.person()

    async def told(store_id: str) -> tuple[str | None, dict[str, int]]:
        await two_shops.follow()
        rows = (await two_shops.feed(STOCK.format(store_id))).values()
        rules = next((row.negative_stock.value for row in rows if isinstance(row, StockRulesRow)), None)
        return rules, {row.item_id: row.minimum_thousandths for row in rows if isinstance(row, MinimumRow)}

    for level, policy in (("chain/all", "warn"), ("store/S002", "refuse")):
        answer = await admin.put(f"/api/v1/stock-rules/{level}", json={"negative_stock": policy})
        assert answer.status_code == 204, answer.text
    for level, minimum in (("chain/all", 4_000), ("region/default", 6_000), ("store/S001", 0)):
        path = f"/api/v1/stock-minima/{level}/{MILK}"
        assert (await admin.put(path, json={"minimum_thousandths": minimum})).status_code == 204
    assert await told("S001") == ("warn", {MILK: 0})
    assert await told("S002") == ("refuse", {MILK: 6_000})
    await add_store(two_shops.api.database, "S003")
    assert await told("S003") == ("warn", {MILK: 6_000}), "a new store is told as well"
    assert (await admin.delete("/api/v1/stock-rules/store/S002")).status_code == 204
    assert (await admin.delete("/api/v1/stock-rules/store/S002")).status_code == 404
    assert (await admin.delete(f"/api/v1/stock-minima/region/default/{MILK}")).status_code == 204
    assert await told("S002") == ("warn", {MILK: 4_000})
    now = (await admin.get("/api/v1/stores/S002/stock-rules")).json()
    assert (now["level"], now["rules"]["negative_stock"], now["rules"]["expiry_warn_days"]) == ("chain", "warn", 3)
    steps = [{"days_left": 1, "off_bp": 0}, {"days_left": 1, "off_bp": 100}]
    answer = await admin.put("/api/v1/stock-rules/chain/all", json={"markdown_steps": steps})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/markdown_steps/0/off_bp", "/markdown_steps"]
    manager = await two_shops.api.person(Role.STORE_MANAGER, ("S001",))
    assert (await manager.put("/api/v1/stock-rules/chain/all", json={})).status_code == 403
    plan = {"name": "Jeans", "item_ids": [MILK], "minimum_pieces": 2}
    assert (await manager.put("/api/v1/stores/S001/shelf-plans/shelf-1/2", json=plan)).status_code == 204
    await two_shops.follow()
    row = (await two_shops.feed(STOCK.format("S001")))["shelf_plan/shelf-1/2"]
    assert row == ShelfPlanRow(device_id="shelf-1", antenna=2, name="Jeans", item_ids=(MILK,), minimum_pieces=2)


async def test_an_accepted_markdown_is_a_price_of_the_store_until_the_last_day(two_shops: Shops) -> None:
    proposals = [
        MarkdownProposed(
            proposal_id=f"p-{number}", item_id=item, place=Place.SALES_FLOOR, batch="B1", expires="2036-12-01",
            quantity_thousandths=4_000, off_bp=2_000,
        )
        for number, item in enumerate((MILK, BREAD))
    ]  # fmt: skip
    await two_shops.report("S001", *proposals)
    admin = await two_shops.api.person()
    rows = (await admin.get("/api/v1/markdown-proposals", params={"open_only": "true"})).json()["rows"]
    by_id = {row["proposal_id"]: row for row in rows}
    price = by_id["p-0"]["list_price_minor"]
    assert by_id["p-0"]["proposed_minor"] == (price * 8_000 + 5_000) // 10_000
    path = "/api/v1/stores/S001/markdown-proposals"
    answer = await admin.post(f"{path}/p-0/accept", json={})
    assert answer.status_code == 200, answer.text
    (row,) = [row for row in (await two_shops.feed("store/S001/price")).values() if isinstance(row, PriceRow)]
    assert (row.item_id, row.price_minor, row.price_kind) == (MILK, by_id["p-0"]["proposed_minor"], PriceKind.MARKDOWN)
    assert row.effective_to_ms == 2_111_788_800_000, "midnight after 2036-12-01 where the store is"
    assert (await admin.post(f"{path}/p-1/decline", json={"reason": "will sell"})).status_code == 204
    for call in ("p-0/accept", "p-1/decline"):
        assert (await admin.post(f"{path}/{call}", json={})).status_code == 409
    assert (await admin.get("/api/v1/markdown-proposals", params={"open_only": "true"})).json()["rows"] == []
    states = {row["proposal_id"]: row["state"] for row in (await admin.get("/api/v1/markdown-proposals")).json()["rows"]}
    assert states == {"p-0": "accepted", "p-1": "declined"}
