"""The price law, the guard rails, the effect on a day's baskets and the timeline, over the API and a real database."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator

import httpx
import pytest

from cloud.users.domain import Role
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_imports import Importer
from tests.support.hq_prices import PricedChain, priced_chain

ITEM, OTHER = "A000001", "A000002"
DAY = 86_400_000
ZONE = {"currency": "EUR", "minor_digits": 2, "tax_mode": "inclusive", "cash_rounding_minor": 1}
SALE = {"name": "Sale", "zone": "north", "price_kind": "promotion", "priority": 10}


@pytest.fixture
async def chain(embedded_database: GroundDatabase) -> AsyncIterator[PricedChain]:
    async with priced_chain(embedded_database) as chain:
        yield chain


async def pricing(chain: PricedChain, law: str = "none") -> httpx.AsyncClient:
    """Somebody who makes prices; zone north under a law, with a book of promotions."""
    person = await chain.person(Role.PRICING)
    for path, body in (("zones/north", {**ZONE, "price_law": law}), ("price-books/sale", SALE)):
        answer = await person.put(f"/api/v1/{path}", json=body)
        assert answer.status_code == 200, answer.text
    return person


async def change(person: httpx.AsyncClient, book_id: str, *changes: dict[str, object], **more: object) -> httpx.Response:
    return await person.post(f"/api/v1/price-books/{book_id}/price-changes", json={"changes": list(changes), **more})


def problems(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(each["pointer"], each["detail"]) for each in answer.json()["errors"]]


async def test_in_the_union_a_promotion_is_compared_with_its_prior_price_or_not_published(chain: PricedChain) -> None:
    person = await pricing(chain, "eu")
    usual = await chain.paid("S001", ITEM)
    assert usual is not None
    chain.api.clock.advance(40 * DAY)
    await change(person, "zone.north", {"item_id": ITEM, "price_minor": usual + 50})
    chain.api.clock.advance(5 * DAY)
    until = {"effective_to_ms": chain.now_ms + 7 * DAY}
    too_dear = await change(person, "sale", {"item_id": ITEM, "price_minor": usual, **until})
    assert problems(too_dear) == [
        (
            "/changes/0/price_minor",
            f"not below {usual}, the lowest price of the 30 days before the reduction began",
        )
    ], "raised five days ago: that buys no bigger reduction"
    claimed = {"item_id": ITEM, "price_minor": usual - 10, "was_minor": usual + 50, **until}
    assert problems(await change(person, "sale", claimed))[0][0] == "/changes/0/was_minor"
    done = await change(person, "sale", {"item_id": ITEM, "price_minor": usual - 10, **until})
    told = done.json()["rows"][0]
    assert (told["was_minor"], told["before_minor"]) == (usual, usual + 50), "what is printed, and what was paid"
    [row] = [row for row in await chain.rows("S001", ITEM) if row.book_id == "sale"]
    assert (row.price_minor, row.was_minor, row.price_kind) == (usual - 10, usual, "promotion")
    chain.api.clock.advance(2 * DAY)
    lower = await change(person, "sale", {"item_id": ITEM, "price_minor": usual - 20, **until})
    assert lower.json()["rows"][0]["was_minor"] == usual, "lowered further, it keeps its first base"
    chain.api.clock.advance(1_000)
    dearer = await change(person, "sale", {"item_id": ITEM, "price_minor": usual - 15, **until})
    assert "lowest price" in problems(dearer)[0][1]


async def test_a_cut_that_would_make_a_planned_promotion_unlawful_is_refused(chain: PricedChain) -> None:
    person = await pricing(chain, "eu")
    usual = await chain.paid("S001", ITEM)
    assert usual is not None
    chain.api.clock.advance(DAY)
    start = {"effective_from_ms": chain.now_ms + 5 * DAY, "effective_to_ms": chain.now_ms + 9 * DAY}
    planned = await change(person, "sale", {"item_id": ITEM, "price_minor": usual - 30, **start})
    revision = planned.json()["rows"][0]["revision"]
    cut = {"item_id": ITEM, "price_minor": usual - 5}
    [(where, said)] = problems(await change(person, "zone.north", cut))
    assert where == "/changes/0/price_minor"
    assert f"book 'sale' (revision {revision}) is compared with {usual}" in said
    recall = {"prices": [{"item_id": ITEM, "revision": revision}], "reason": "again later"}
    taken = await person.post("/api/v1/price-books/sale/recalls", json=recall)
    assert taken.json()["recalled"] == recall["prices"]
    assert (await change(person, "zone.north", cut)).status_code == 200


async def sold(chain: PricedChain, store_id: str, lines: list[tuple[str, int, int]], at_ms: int) -> None:
    """One sale of (item, pieces, unit price) lines, as ingest writes it."""
    day = datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC).date()
    total = sum(pieces * price for _, pieces, price in lines)
    with chain.ground.owner() as owner:
        owner.execute(
            "INSERT INTO sale SELECT %(store)s, %(sale)s, 1, 1, '', '', 't', '', '', 't', 1, 1, 'EUR', 'inclusive',"
            " 'sales_floor', %(total)s, 0, 0, '', 1, NULL, %(at)s, %(at)s, 'synced', %(day)s, 1, 1",
            {"store": store_id, "sale": f"{store_id}-{at_ms}", "total": total, "at": at_ms, "day": day},
        )
        for number, (item_id, pieces, price) in enumerate(lines):
            owner.execute(
                "INSERT INTO sale_line SELECT %s, %s, %s, %s, '', '', %s, NULL, %s, 'sales_floor', %s, 1, %s, 'list',"
                " NULL, %s, 'reduced', 700, 0, NULL, NULL, NULL, NULL, 1",
                (
                    *(store_id, f"{store_id}-{at_ms}", number, item_id, pieces, pieces * 1000, price, price),
                    pieces * price,
                ),
            )


async def test_in_china_the_comparison_is_the_lowest_paid_in_the_last_seven_days(chain: PricedChain) -> None:
    person = await pricing(chain, "cn")
    usual = await chain.paid("S001", ITEM)
    assert usual is not None
    chain.api.clock.advance(20 * DAY)
    await sold(chain, "S001", [(ITEM, 1, usual - 40)], chain.now_ms - 8 * DAY)
    await sold(chain, "S001", [(ITEM, 2, usual)], chain.now_ms - 3 * DAY)
    await sold(chain, "S002", [(ITEM, 1, usual - 10)], chain.now_ms - DAY)
    await sold(chain, "S003", [(ITEM, 1, usual - 60)], chain.now_ms - DAY)
    dry = {"item_id": ITEM, "price_minor": usual - 50}
    seen = await change(person, "sale", dry, dry_run=True)
    assert seen.json()["rows"][0]["was_minor"] == usual - 10, "over the stores of the zone; another zone does not count"
    [(where, said)] = problems(await change(person, "sale", {**dry, "was_minor": usual}))
    assert (where, f"above {usual - 10}" in said) == ("/changes/0/was_minor", True)
    await sold(chain, "S002", [(ITEM, 2, usual)], chain.now_ms - 2 * DAY)
    with chain.ground.owner() as owner:
        owner.execute(
            "UPDATE sale_line SET net_minor = %s, discounts = '[{}]' WHERE sale_id = %s",
            ((usual - 12) * 2, f"S002-{chain.now_ms - 2 * DAY}"),
        )
    cheaper = await change(person, "sale", dry, dry_run=True)
    assert cheaper.json()["rows"][0]["was_minor"] == usual - 12, "what a discount left of it was paid"
    nothing = await change(person, "sale", {"item_id": OTHER, "price_minor": 5}, dry_run=True)
    assert nothing.json()["rows"][0]["was_minor"] is None, "never sold: no comparison"
    chain.api.clock.advance(10 * DAY)
    last = await change(person, "sale", dry, dry_run=True)
    assert last.json()["rows"][0]["was_minor"] == usual - 10, "not sold for a week: the last price paid in a store"


async def test_guard_rails_ask_for_a_second_person(chain: PricedChain) -> None:
    person = await pricing(chain)
    guard = await person.put("/api/v1/zones/north/guard", json={"change_percent": 30, "below_cost": True})
    assert guard.json() == {"zone": "north", "change_percent": 30, "below_cost": True}
    assert (await person.get("/api/v1/zones/south/guard")).json()["change_percent"] is None
    usual = await chain.paid("S001", ITEM)
    assert usual is not None
    cost = usual * 10_000 // 10_700 - 10
    assert (await person.put(f"/api/v1/items/{ITEM}/costs/EUR", json={"cost_minor": cost})).status_code == 200
    assert (await person.get(f"/api/v1/items/{ITEM}/costs")).json()[0]["cost_minor"] == cost
    big = {"item_id": ITEM, "price_minor": usual * 2}
    low = {"item_id": ITEM, "price_minor": usual - 25}
    for body, code in ((big, "big_change"), (low, "below_cost")):
        seen = await change(person, "zone.north", body, dry_run=True)
        assert [found["code"] for found in seen.json()["findings"]] == [code]
        refused = await person.put(f"/api/v1/zones/north/prices/{ITEM}", json={"price_minor": body["price_minor"]})
        assert (refused.status_code, refused.json()["code"]) == (409, "needs_approval")
        assert (await change(person, "zone.north", body)).json()["code"] == "needs_approval"
    assert await chain.paid("S001", ITEM) == usual
    assert (await change(person, "zone.south", big)).status_code == 200, "another zone, other rails"
    await person.put("/api/v1/zones/north", json={**ZONE, "price_law": "cn"})
    await person.put("/api/v1/zones/north", json=ZONE)
    north = (await person.get("/api/v1/zones")).json()[0]
    assert north["price_law"] == "cn", "who does not speak of the law does not change it"
    viewer = await chain.person(Role.VIEWER)
    assert (await viewer.get(f"/api/v1/items/{ITEM}/costs")).status_code == 403


async def test_the_effect_on_a_days_baskets_is_shown_before_anything_is_published(chain: PricedChain) -> None:
    person = await pricing(chain)
    yesterday_ms = chain.now_ms - DAY
    await sold(chain, "S001", [(ITEM, 3, 100), (OTHER, 1, 250), ("A000003", 9, 999)], yesterday_ms)
    await sold(chain, "S001", [(ITEM, 1, 100)], yesterday_ms - 1)
    await sold(chain, "S002", [(OTHER, 2, 250)], yesterday_ms)
    await sold(chain, "S003", [(ITEM, 5, 100)], yesterday_ms)
    await sold(chain, "S002", [(ITEM, 5, 100)], yesterday_ms - 2 * DAY)
    changes = [{"item_id": ITEM, "price_minor": 90}, {"item_id": OTHER, "price_minor": 300}]
    answer = (await person.post("/api/v1/price-books/zone.north/effect", json={"changes": changes})).json()
    assert [
        (row["store_id"], row["basket_count"], row["line_count"], row["before_minor"], row["after_minor"])
        for row in answer["stores"]
    ] == [("S001", 2, 3, 650, 660), ("S002", 1, 1, 500, 600)]
    assert {row["item_id"]: (row["before_minor"], row["after_minor"]) for row in answer["items"]} == {
        ITEM: (400, 360),
        OTHER: (750, 900),
    }
    manager = await chain.person(Role.STORE_MANAGER, ("S002",))
    own = (await manager.post("/api/v1/price-books/zone.north/effect", json={"changes": changes})).json()
    assert [row["store_id"] for row in own["stores"]] == ["S002"]


async def test_the_timeline_tells_what_it_cost_and_the_log_who_said_so(chain: PricedChain) -> None:
    person = await pricing(chain)
    corner = {"name": "Corner", "store_id": "S001", "priority": 20}
    assert (await person.put("/api/v1/price-books/corner", json=corner)).status_code == 200
    usual = await chain.paid("S001", ITEM)
    began_ms = chain.now_ms
    chain.api.clock.advance(DAY)
    sale = await change(person, "sale", {"item_id": ITEM, "price_minor": 70, "effective_to_ms": chain.now_ms + 3 * DAY})
    chain.api.clock.advance(DAY)
    await change(person, "corner", {"item_id": ITEM, "price_minor": 60, "reason": "rain"})
    chain.api.clock.advance(DAY)
    path = f"/api/v1/items/{ITEM}/price-timeline"
    zone = (await person.get(path, params={"zone": "north", "days": 10, "ahead": 10})).json()
    steps = [(step["from_ms"], step["price_minor"], step["book_id"]) for step in zone["steps"]]
    assert steps == [
        (chain.now_ms - 10 * DAY, None, None),
        (began_ms, usual, "zone.north"),
        (began_ms + DAY, 70, "sale"),
        (began_ms + 4 * DAY, usual, "zone.north"),
    ]
    assert zone["lowest_30_days_minor"] == 70
    store = (await person.get(path, params={"store_id": "S001", "days": 10})).json()
    assert [step["price_minor"] for step in store["steps"]] == [None, usual, 70, 60]
    recall = {"prices": [{"item_id": ITEM, "revision": sale.json()["rows"][0]["revision"]}]}
    assert (await person.post("/api/v1/price-books/sale/recalls", json=recall)).status_code == 200
    newest = (await person.get("/api/v1/zones/north/price-changes", params={"limit": 1})).json()["rows"][0]
    assert (newest["recalled"], newest["item_count"], newest["changed_by"]) == (True, 1, "pricing.all")
    landing = await person.get(f"/api/v1/zones/north/landing/{newest['feed_version']}")
    assert landing.json()["change"] == newest, "a recall is watched like any change"
    rows = (await person.get(f"/api/v1/items/{ITEM}/price-log", params={"limit": 2})).json()
    assert [(row["what"], row["book_id"], row["person"]) for row in rows["rows"]] == [
        ("recalled", "sale", "pricing.all"),
        ("published", "corner", "pricing.all"),
    ]
    rest = (await person.get(f"/api/v1/items/{ITEM}/price-log", params={"after": rows["next"]})).json()
    assert {row["what"] for row in rest["rows"]} == {"published"}
    other = await chain.person(Role.STORE_MANAGER, ("S002",))
    seen = (await other.get(f"/api/v1/items/{ITEM}/price-log")).json()["rows"]
    assert "corner" not in {row["book_id"] for row in seen}, "a price of another store"
    assert (await other.get(path, params={"store_id": "S001"})).status_code == 404


async def test_a_book_says_what_it_holds_and_which_of_it_is_paid(chain: PricedChain) -> None:
    person = await pricing(chain)
    await change(person, "sale", {"item_id": ITEM, "price_minor": 70})
    await change(person, "sale", {"item_id": OTHER, "price_minor": 71, "effective_from_ms": chain.now_ms + DAY})
    held = (await person.get("/api/v1/price-books/sale/prices")).json()
    assert [(row["item_id"], row["price_minor"], row["paid"]) for row in held["rows"]] == [
        (ITEM, 70, True),
        (OTHER, 71, False),
    ]
    own = (await person.get("/api/v1/price-books/zone.north/prices", params={"limit": 2})).json()
    assert [(row["item_id"], row["paid"]) for row in own["rows"]] == [(ITEM, False), (OTHER, True)]
    rest = (await person.get("/api/v1/price-books/zone.north/prices", params={"after": own["next"]})).json()
    assert rest["rows"][0]["item_id"] == "A000003" or rest["rows"][0]["item_id"].startswith("W")
    assert [book["book_id"] for book in (await person.get("/api/v1/price-books")).json()] == [
        "zone.north",
        "zone.south",
        "sale",
    ]


async def test_contents_of_goods_reach_the_stores(chain: PricedChain) -> None:
    admin = await chain.person(Role.ADMIN)
    item = (await admin.get(f"/api/v1/items/{ITEM}")).json()
    assert (item["content_quantity"], item["content_unit"]) == (500, "ml"), "the demo's goods know theirs"
    body = {name: value for name, value in item.items() if name not in {"item_id", "barcodes"}}
    wrong = await admin.put(f"/api/v1/items/{ITEM}", json={**body, "content_unit": ""})
    assert problems(wrong) == [("/content_unit", "missing")]
    assert (await admin.put(f"/api/v1/items/{ITEM}", json={**body, "content_quantity": 750})).status_code == 200
    [(row,)] = await chain.api.rows("SELECT body FROM feed_row WHERE key = %s", f"item/{ITEM}")
    assert b'"content_quantity":750,"content_unit":"ml"' in bytes(row)  # type: ignore[call-overload]


async def test_costs_and_contents_come_as_files_and_a_guarded_price_file_is_stopped(chain: PricedChain) -> None:
    admin = Importer(await chain.person(Role.ADMIN))
    found = await admin.bring("contents", f"item,content,unit\n{ITEM},0.75,l\nW101,1,kg\n{OTHER},1.5,pc\n")
    assert [(line, problem) for line, _, _, problem in await admin.problems(found["import_id"])] == [
        (3, "item W101 is sold by weight"),
        (4, "not a whole number of pc between 1 and 1000000"),
    ]
    found = await admin.bring("contents", f"item,content,unit\n{ITEM},0.75,l\n{OTHER},500,ml\n")
    assert (found["report"]["changes"], found["report"]["unchanged"]) == (1, 1)
    assert (await admin.apply(found["import_id"])).status_code == 200
    item = (await admin.http.get(f"/api/v1/items/{ITEM}")).json()
    assert (item["content_quantity"], item["content_unit"]) == (750, "ml")
    usual = await chain.paid("S001", ITEM)
    assert usual is not None
    found = await admin.bring("costs", f"item;cost\n{ITEM};{usual / 100:.2f}\n", zone="north")
    assert (await admin.apply(found["import_id"])).status_code == 200
    assert (await admin.http.get(f"/api/v1/items/{ITEM}/costs")).json()[0]["cost_minor"] == usual
    await admin.http.put("/api/v1/zones/north/guard", json={"below_cost": True})
    found = await admin.bring("prices", f"item,price\n{ITEM},{(usual - 1) / 100:.2f}\n", zone="north")
    [(line, severity, _, problem)] = await admin.problems(found["import_id"])
    assert (line, severity, "below the cost" in problem) == (2, "error", True)


async def test_a_price_book_brought_back_during_a_promotion_changes_nothing(chain: PricedChain) -> None:
    person = await pricing(chain)
    await change(person, "sale", {"item_id": ITEM, "price_minor": 11})
    row = next(row for row in (await person.get("/api/v1/zones/north/book")).json()["rows"] if row["item_id"] == ITEM)
    assert (row["paid_minor"], row["paid_book_id"]) == (11, "sale")
    assert row["price_minor"] != 11
    importer = Importer(person)
    found = await importer.bring("prices", (await person.get("/api/v1/zones/north/book.csv")).content)
    assert (found["report"]["changes"], found["report"]["errors"]) == (0, 0)
