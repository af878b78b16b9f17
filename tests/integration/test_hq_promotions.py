"""Promotions at headquarters: written, checked, approved by a second person, published ring by ring, recalled, tried out."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import psycopg
import pytest
from psycopg.rows import TupleRow

from cloud import demo_promotions
from cloud.db.pool import Scope
from cloud.demo_goods import seed
from cloud.promotions import domain
from cloud.stores import service as stores
from cloud.stores.domain import StoreSettings
from cloud.users.domain import Role
from protocols.contract.feed_rows import PromotionRow, decode_row, promotion_feed
from protocols.promotions.bundle import Bundle
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase
from tests.support.past_sales import Sold, put_sale

V1 = "/api/v1"
NORTH = promotion_feed("north")
HOUR_MS = 3_600_000


def percent(promotion_id: str = "tenth", off_bp: int = 1_000, **more: object) -> dict[str, object]:
    name = f"{off_bp // 100} % off"
    rule = {"kind": "percent_off", "promotion_id": promotion_id, "name": name, "starts_ms": 0, "off_bp": off_bp}
    return rule | more


@dataclass
class Desk:
    """Two people at the API of a chain with three stores in one zone and one in another."""

    api: HqApi
    admin: httpx.AsyncClient
    other: httpx.AsyncClient
    owner: psycopg.Connection[TupleRow]

    async def post(self, path: str, body: object = None, who: httpx.AsyncClient | None = None) -> httpx.Response:
        return await (who or self.admin).post(f"{V1}/{path}", json=body)

    async def add(self, rule: dict[str, object], zone: str = "north") -> httpx.Response:
        return await self.post("promotions", {"zone": zone, "rule": rule, "reason": "autumn"})

    async def checked(self, rule: dict[str, object]) -> dict[str, object]:
        assert (await self.add(rule)).status_code == 200
        answer = await self.post(f"promotions/{rule['promotion_id']}/check")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def publish(self, promotion_id: str, *store_ids: str) -> httpx.Response:
        return await self.post(f"promotions/{promotion_id}/publish", {"stores": store_ids})

    async def shown(self, promotion_id: str) -> dict[str, object]:
        return dict((await self.admin.get(f"{V1}/promotions/{promotion_id}")).json())

    def feed(self, feed_id: str = NORTH) -> list[PromotionRow]:
        rows = self.owner.execute("SELECT body FROM feed_row WHERE feed_id = %s ORDER BY key", (feed_id,)).fetchall()
        found = [decode_row(bytes(body)) for (body,) in rows]
        return [row for row in found if isinstance(row, PromotionRow)]

    def bundle(self, store_id: str) -> Bundle:
        """What the box of a store makes of the feed."""
        return Bundle.of(bytes(row.rule) for row in self.feed() if row.given_to(store_id))


@pytest.fixture
async def desk(embedded_database: GroundDatabase) -> AsyncIterator[Desk]:
    async with embedded_database.open() as database:
        api = HqApi(database)
        async with database.transaction(Scope.everything()) as tx:
            await seed(tx, now_ms=api.clock.now_ms(), items=10)
            for store_id in ("S001", "S002", "S003"):
                new = StoreSettings(store_id, store_id, "north", "Europe/Berlin")
                await stores.add_store(tx, new, now_ms=api.clock.now_ms())
        with embedded_database.owner() as owner:
            yield Desk(api, await api.person(), await api.person(Role.PRICING), owner)


async def test_a_promotion_is_written_checked_and_given_to_some_stores_then_to_all(desk: Desk) -> None:
    await desk.checked(percent())
    assert desk.feed() == []
    first = await desk.publish("tenth", "S002", "S001")
    assert first.status_code == 200, first.text
    assert [(row.revision, row.stores) for row in desk.feed()] == [(1, ("S001", "S002"))]
    assert desk.bundle("S003").hash == ""
    assert (await desk.publish("tenth", "S003")).status_code == 200
    assert desk.feed()[0].stores == ("S001", "S002", "S003"), "a ring only widens"
    assert (await desk.publish("tenth")).status_code == 200
    assert [(row.revision, row.stores) for row in desk.feed()] == [(1, ())]
    again = await desk.publish("tenth", "S001")
    assert again.json()["code"] == "everywhere"
    shown = await desk.shown("tenth")
    assert [event["what"] for event in shown["events"]] == ["published"] * 3  # type: ignore[index, union-attr]
    assert (shown["state"], shown["concerned_count"], shown["applied_count"]) == ("published", 3, 0)


async def test_the_next_revision_is_tried_in_a_ring_while_the_former_goes_on(desk: Desk) -> None:
    await desk.checked(percent())
    await desk.publish("tenth")
    body = {"rule": percent(off_bp=2_000), "after_revision": 1}
    changed = await desk.admin.put(f"{V1}/promotions/tenth", json=body)
    assert (changed.json()["state"], changed.json()["revision"]) == ("draft", 2)
    assert (await desk.publish("tenth")).json()["code"] == "wrong_state"
    late = await desk.admin.put(f"{V1}/promotions/tenth", json=body)
    assert late.json()["code"] == "newer_revision"
    await desk.post("promotions/tenth/check")
    await desk.publish("tenth", "S001")
    assert [each.off_bp for each in desk.bundle("S001").promotions] == [2_000]  # type: ignore[attr-defined]
    assert [each.off_bp for each in desk.bundle("S002").promotions] == [1_000]  # type: ignore[attr-defined]
    await desk.publish("tenth")
    assert [(row.revision, row.stores) for row in desk.feed()] == [(2, ())]


async def test_a_recall_takes_every_revision_out_at_once_and_it_can_come_back(desk: Desk) -> None:
    await desk.checked(percent())
    assert (await desk.post("promotions/tenth/recall", {})).json()["code"] == "not_in_stores"
    await desk.publish("tenth")
    gone = await desk.post("promotions/tenth/recall", {"reason": "wrong goods"})
    assert gone.status_code == 200
    assert desk.feed() == []
    assert (await desk.shown("tenth"))["state"] == "recalled"
    assert (await desk.publish("tenth")).json()["code"] == "wrong_state"
    await desk.post("promotions/tenth/check")
    assert (await desk.publish("tenth")).status_code == 200
    assert desk.bundle("S001").hash != ""
    assert (await desk.admin.delete(f"{V1}/promotions/tenth")).json()["code"] == "was_published"


async def test_what_is_no_promotion_is_refused_with_the_field(desk: Desk) -> None:
    for rule, word in (
        (percent(kind="hologram"), "hologram"),
        (percent(only_full_moon=True), "only_full_moon"),
        (percent() | {"off_bp": "much"}, "off_bp"),
        (percent(promotion_id="Big One"), "promotion_id"),
        (percent(name=" "), "name"),
        (percent(scope={"items": [f"A{n:06}" for n in range(8_000)]}), "scope"),
    ):
        answer = await desk.add(rule)
        assert (answer.status_code, word in answer.text) == (422, True), word
    assert (await desk.admin.get(f"{V1}/promotions")).json()["rows"] == []


async def test_errors_keep_it_a_draft_and_every_one_is_told(desk: Desk) -> None:
    scope = {"items": ["NOPE"], "brands": ["Nobody"]}
    answer = await desk.checked(percent(scope=scope))
    found = {(each["severity"], each["code"]) for each in answer["findings"]}  # type: ignore[attr-defined]
    assert {("error", "unknown_item"), ("warning", "unknown_brand")} <= found
    assert ("warning", "no_goods") in found
    assert answer["state"] == "draft"
    assert (await desk.publish("tenth")).json()["code"] == "wrong_state"


async def test_a_rule_no_till_would_take_may_be_a_draft_and_no_more(desk: Desk) -> None:
    gift = {"kind": "gift", "promotion_id": "gift", "name": "gift", "starts_ms": 0, "gift_items": [], "reach_minor": 500}
    empty = {"kind": "threshold", "promotion_id": "empty", "name": "empty", "starts_ms": 0, "tiers": []}
    slots = {"kind": "bundle", "promotion_id": "slots", "name": "slots", "starts_ms": 0, "slots": []}
    for rule in (gift, empty, slots):
        answer = await desk.checked(rule)
        assert [each["code"] for each in answer["findings"]] == ["refused"], rule  # type: ignore[attr-defined]
        assert answer["state"] == "draft"
        assert (await desk.post("promotion-previews", {"zone": "north", "rule": rule})).status_code == 422
        what_if = {"day": day_of(desk).isoformat()}
        assert (await desk.post(f"promotions/{rule['promotion_id']}/what-if", what_if)).status_code == 422


async def test_a_former_price_in_the_name_is_refused_where_the_law_wants_it_proven(desk: Desk) -> None:
    desk.owner.execute("UPDATE zone SET price_law = 'eu' WHERE zone = 'north'")
    answer = await desk.checked(percent(name="Now 2.00, was 3.00"))
    assert [each["code"] for each in answer["findings"] if each["severity"] == "error"] == ["claims_was"]  # type: ignore[attr-defined]


async def test_what_gives_away_much_needs_a_second_person_who_did_not_make_it(desk: Desk) -> None:
    answer = await desk.checked(percent(off_bp=6_000))
    assert [each["code"] for each in answer["findings"] if each["severity"] == "approve"] == ["deep"]  # type: ignore[attr-defined]
    assert (await desk.publish("tenth")).json()["code"] == "approval_needed"
    await desk.post("promotions/tenth/approval-request")
    own = await desk.post("promotions/tenth/decision", {"approve": True})
    assert own.json()["code"] == "own_promotion"
    assert (await desk.post("promotions/tenth/decision", {"approve": True}, desk.other)).status_code == 200
    assert (await desk.publish("tenth")).status_code == 200


async def test_below_cost_needs_a_second_person_also_when_only_the_sum_of_promotions_is(desk: Desk) -> None:
    desk.owner.execute("UPDATE zone SET guard_below_cost = true, guard_change_percent = 90 WHERE zone = 'north'")
    desk.owner.execute(
        "INSERT INTO item_cost SELECT item_id, 'EUR', greatest(price_minor * 60 / 107, 1), 'admin', 0 FROM price"
        " WHERE feed_id = 'zone/north/price' AND in_feed ON CONFLICT DO NOTHING"
    )
    full = {"kind": "threshold", "promotion_id": "full", "name": "20 - 6", "starts_ms": 0}
    await desk.checked(full | {"tiers": [{"reach_minor": 2_000, "off_minor": 600}]})
    assert (await desk.publish("full")).status_code == 200
    answer = await desk.checked(percent(off_bp=3_000))
    assert "below_cost" not in [each["code"] for each in answer["findings"]]  # type: ignore[attr-defined]
    half = await desk.checked(percent("half", off_bp=5_000))
    assert "below_cost" in [each["code"] for each in half["findings"]]  # type: ignore[attr-defined]


async def test_what_a_check_would_say_now_stands_in_the_way_of_what_it_said_then(desk: Desk) -> None:
    await desk.checked(percent(ends_ms=desk.api.clock.now_ms() + HOUR_MS))
    desk.api.clock.advance(2 * HOUR_MS)
    assert (await desk.publish("tenth")).json()["code"] == "stale"


async def test_what_is_over_leaves_the_feed_with_the_next_publication(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.promotions.publishing.KEPT_AFTER_END_MS", HOUR_MS)
    await desk.checked(percent(ends_ms=desk.api.clock.now_ms() + HOUR_MS))
    await desk.publish("tenth")
    desk.api.clock.advance(3 * HOUR_MS)
    await desk.checked(percent("twentieth", off_bp=500))
    await desk.publish("twentieth")
    assert [row.promotion_id for row in desk.feed()] == ["twentieth"]
    assert [event["what"] for event in (await desk.shown("tenth"))["events"]] == ["ended", "published"]  # type: ignore[index, union-attr]


async def test_a_zone_holds_no_more_than_its_tills_can_look_through(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.promotions.publishing.LIVE_MAX", 1)
    assert domain.LIVE_MAX == 200
    await desk.checked(percent())
    await desk.publish("tenth")
    await desk.checked(percent("other"))
    assert (await desk.publish("other")).json()["code"] == "too_many_live"
    assert (await desk.publish("tenth")).status_code == 200


async def test_a_store_of_another_zone_is_no_store_of_the_ring(desk: Desk) -> None:
    await desk.checked(percent())
    answer = await desk.publish("tenth", "S001", "S999")
    assert answer.status_code == 422
    assert "S999" in answer.text
    assert desk.feed() == []


async def test_somebody_of_one_store_sees_of_a_ring_only_that_store(desk: Desk) -> None:
    await desk.checked(percent())
    await desk.publish("tenth", "S001", "S002")
    viewer = await desk.api.person(Role.VIEWER, ("S001",))
    rows = (await viewer.get(f"{V1}/promotions")).json()["rows"]
    assert [(placed["stores"], placed["store_count"]) for placed in rows[0]["placed"]] == [(["S001"], 2)]
    assert (await viewer.post(f"{V1}/promotions/tenth/publish", json={})).status_code == 403


async def test_a_sample_basket_is_priced_with_the_draft_beside_what_is_live(desk: Desk) -> None:
    await desk.checked(percent())
    await desk.publish("tenth")
    body = {"zone": "north", "rule": percent("half", off_bp=5_000), "lines": [{"item_id": "A000001", "pieces": 2}]}
    found = (await desk.post("promotion-previews", body)).json()
    (line,) = found["lines"]
    assert line["pieces"] == 2
    assert line["live_minor"] < line["list_minor"]
    assert line["draft_minor"] < line["live_minor"]
    assert [each["promotion_id"] for each in found["live"]["applied"]] == ["tenth"]
    assert [each["promotion_id"] for each in found["draft"]["applied"]] == ["half"]
    assert sum(each["saved_minor"] for each in found["draft"]["applied"]) == line["list_minor"] - line["draft_minor"]
    unknown = body | {"lines": [{"item_id": "NOPE", "pieces": 1}]}
    assert (await desk.post("promotion-previews", unknown)).status_code == 422


async def test_without_goods_named_the_sample_is_what_the_rule_wants(desk: Desk) -> None:
    rule = {"kind": "n_for_m", "promotion_id": "three", "name": "3 for 2", "starts_ms": 0, "take": 3, "pay": 2}
    found = (await desk.post("promotion-previews", {"zone": "north", "rule": rule})).json()
    assert [line["pieces"] for line in found["lines"]] == [3]
    assert found["draft"]["total_minor"] * 3 == found["live"]["total_minor"] * 2
    tiers = [{"reach_minor": 4_000, "off_minor": 500}]
    rule = {"kind": "threshold", "promotion_id": "full", "name": "40 - 5", "starts_ms": 0, "tiers": tiers}
    found = (await desk.post("promotion-previews", {"zone": "north", "rule": rule})).json()
    missing = max(0, 4_000 - found["live"]["total_minor"])
    codes = {each["code"]: each["params"] for each in found["draft"]["considered"]}
    assert found["draft"]["total_minor"] == found["live"]["total_minor"] - (0 if missing else 500)
    assert codes.get("short_amount", {}).get("missing_minor", 0) == missing


def day_of(desk: Desk, back: int = 1) -> datetime.date:
    return datetime.datetime.fromtimestamp(desk.api.clock.now_ms() / 1000, datetime.UTC).date() - datetime.timedelta(back)


async def replayed(desk: Desk, body: dict[str, object], who: httpx.AsyncClient | None = None) -> dict[str, object]:
    """All answers of a replay added up: baskets, sold, live, draft, uses; and the stores named."""
    whole: dict[str, object] = {}
    after, names = None, set()
    while True:
        answer = (await desk.post("promotions/tenth/what-if", body | {"after": after}, who)).json()
        for store in answer["stores"]:
            names.add(store["store_id"])
            for name in ("baskets", "sold_minor", "live_minor", "draft_minor", "uses", "margin_lines"):
                whole[name] = int(str(whole.get(name, 0))) + store[name]
        after = answer["next"]
        if after is None:
            return whole | {"stores": names, "total": answer["total"]}


async def test_a_past_day_is_priced_again_in_several_calls(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloud.promotions.what_if.BASKETS_AT_ONCE", 2)
    day = day_of(desk)
    for number, store_id in enumerate(("S001", "S001", "S001", "S002", "S002")):
        put_sale(desk.owner, store_id, f"s{number}", day, [Sold("A000001", 2, 500), Sold("W101", 1, 200, grams=500)])
    put_sale(desk.owner, "S001", "practice", day, [Sold("A000001", 1, 500)], training=True)
    put_sale(desk.owner, "S001", "older", day_of(desk, 2), [Sold("A000001", 1, 500)])
    await desk.checked(percent(scope={"items": ["A000001"]}))
    found = await replayed(desk, {"day": day.isoformat()})
    assert found == {
        "baskets": 5, "sold_minor": 5_500, "live_minor": 5_500, "draft_minor": 5_000, "uses": 5, "margin_lines": 0,
        "stores": {"S001", "S002"}, "total": 5,
    }  # fmt: skip
    days = (await desk.admin.get(f"{V1}/promotion-days", params={"zone": "north"})).json()
    assert [each["sales"] for each in days] == [5, 1]
    only = await replayed(desk, {"day": day.isoformat(), "stores": ["S002"]})
    assert (only["baskets"], only["stores"]) == (2, {"S002"})


async def test_somebody_of_one_store_replays_that_store_alone_and_sees_no_costs(desk: Desk) -> None:
    day = day_of(desk)
    for store_id in ("S001", "S002"):
        put_sale(desk.owner, store_id, f"s-{store_id}", day, [Sold("A000001", 2, 500)])
    desk.owner.execute("INSERT INTO item_cost VALUES ('A000001', 'EUR', 100, 'admin', 0) ON CONFLICT DO NOTHING")
    await desk.checked(percent())
    body: dict[str, object] = {"day": day.isoformat()}
    assert (await replayed(desk, body))["margin_lines"] == 2
    viewer = await desk.api.person(Role.VIEWER, ("S001",))
    mine = await replayed(desk, body, viewer)
    assert (mine["stores"], mine["total"], mine["margin_lines"]) == ({"S001"}, 1, 0)
    days = (await viewer.get(f"{V1}/promotion-days", params={"zone": "north"})).json()
    assert [each["sales"] for each in days] == [1]


async def test_lines_priced_by_hand_and_lines_that_are_no_goods_stay(desk: Desk) -> None:
    day = day_of(desk)
    manual = '[{"promotion_id":"manual:line","shares_minor":[100]}]'
    lines = [Sold("A000001", 1, 500, discounts=manual), Sold("A000001", 1, 10, line_kind="bag"), Sold("A000001", 1, 500)]
    put_sale(desk.owner, "S001", "s1", day, lines)
    await desk.checked(percent())
    found = await replayed(desk, {"day": day.isoformat()})
    assert (found["live_minor"], found["draft_minor"]) == (1_010, 960)


async def test_a_day_that_cannot_be_replayed_is_refused(desk: Desk) -> None:
    await desk.checked(percent())
    for day in ("yesterday", "2001-01-01", "2090-01-01"):
        assert (await desk.post("promotions/tenth/what-if", {"day": day})).status_code == 422


async def test_the_demos_promotions_are_published_once(desk: Desk) -> None:
    async with desk.api.database.transaction(Scope.everything()) as tx:
        made = await demo_promotions.seed(tx, now_ms=desk.api.clock.now_ms())
        assert await demo_promotions.seed(tx, now_ms=desk.api.clock.now_ms()) == []
    assert len(made) == 8
    assert {row.promotion_id for row in desk.feed()} == set(made) - {demo_promotions.MEMBER_BOOK}
    assert desk.bundle("S001").refused == ()
