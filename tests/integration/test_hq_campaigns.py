"""Campaigns over the people API and a real database: written, checked, approved, published ring by ring, recalled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.feeds.snapshots import pack_snapshot
from cloud.pricing import service as pricing
from cloud.pricing.price_books import Book
from cloud.users.domain import Role
from protocols.contract.values import PriceKind
from protocols.sync.delta import decode_delta
from tests.support.hq_campaigns import CAMPAIGNS, ONE_STORE_THEN_ALL, CampaignGround, campaign_ground
from tests.support.hq_ground import GroundDatabase

MILK, BREAD = "A000001", "A000002"
MINUTE = 60_000


@pytest.fixture
async def hq(embedded_database: GroundDatabase) -> AsyncIterator[CampaignGround]:
    async with campaign_ground(embedded_database) as ground:
        yield ground


async def usual(hq: CampaignGround, item_id: str = MILK, store_id: str = "S001") -> int:
    price = await hq.chain.paid(store_id, item_id)
    assert price is not None
    return price


async def test_one_store_then_all_and_every_store_keeps_one_price(hq: CampaignGround) -> None:
    before = await usual(hq)
    path = await hq.checked([("north", MILK, before + 10)], rings=ONE_STORE_THEN_ALL)
    first = await hq.post(f"{path}/publish")
    assert first["feeds"].keys() == {"store/S001/price"}
    assert [await hq.chain.paid(store, MILK) for store in ("S001", "S002")] == [before + 10, before]

    second = await hq.post(f"{path}/rings/2/open")
    assert second["feeds"].keys() == {"store/S001/price", "zone/north/price"}
    assert len(second["release_ids"]) == 1
    assert [await hq.chain.paid(store, MILK) for store in ("S001", "S002")] == [before + 10, before + 10]
    assert [row.book_id for row in await hq.chain.rows("S001", MILK) if row.price_minor == before + 10] == [""]
    assert await hq.refused(f"{path}/rings/3/open") == (409, "not_next")


async def test_four_facts_are_told_apart_by_store_and_by_label(hq: CampaignGround) -> None:
    before = await usual(hq)
    for label_id in ("L1", "L2"):
        hq.binds("S001", label_id, MILK)
        await hq.shows("S001", label_id, MILK)
    hq.binds("S001", "L9", BREAD)
    path = await hq.checked([("north", MILK, before + 10)], rings=ONE_STORE_THEN_ALL)
    published_ms = hq.chain.now_ms
    await hq.post(f"{path}/publish")

    await hq.keep(1_000)
    [store] = (await hq.get(f"{path}/progress"))["stores"]
    assert (store["published_at_ms"], store["received_at_ms"], store["applied_at_ms"]) == (published_ms, None, None)
    assert (store["label_count"], store["shown_count"]) == (2, 0)

    hq.chain.api.clock.advance(1_000)
    hq.holds("S001", "store/S001/price")
    received_ms = hq.chain.now_ms
    hq.fact("S001", "feed_applied", "store/S001/price", epoch_of(hq), 1, "hash", "delta")
    await hq.keep(1_000)
    [store] = (await hq.get(f"{path}/progress"))["stores"]
    assert (store["received_at_ms"], store["applied_at_ms"], store["applied_how"]) == (received_ms, received_ms, "delta")
    assert store["shown_count"] == 0

    await hq.shows("S001", "L2", MILK)
    shown_ms = hq.chain.now_ms
    await hq.keep(1_000)
    found = await hq.get(f"{path}/progress")
    assert (found["label_count"], found["shown_count"], found["stores"][0]["last_shown_at_ms"]) == (2, 1, shown_ms)
    labels = (await hq.get(f"{path}/stores/S001/labels"))["rows"]
    assert [(row["label_id"], row["shows"], row["evidence"]) for row in labels] == [
        ("L1", False, "transferred"), ("L2", True, "transferred"),
    ]  # fmt: skip
    assert labels[1]["price_minor"] == before + 10
    [late] = (await hq.get(f"{path}/stragglers"))["rows"]
    assert (late["label_id"], late["price_minor"], late["why"]) == ("L1", before, "store_offline")


async def test_labels_that_lag_stand_by_shelf_position_and_a_label_of_several_items_once_an_item(hq: CampaignGround) -> None:
    hq.know_positions()
    hq.binds("S001", "L1", MILK)
    hq.binds("S001", "L2", MILK)
    hq.owner.execute("UPDATE label_bound SET more_items = %s WHERE label_id = 'L1'", (f'["{BREAD}"]',))
    for label_id, slot in (("L1", 12), ("L2", 3)):
        hq.place("S001", label_id, ("A4", 2, slot))
    lines = [("north", MILK, await usual(hq) + 10), ("north", BREAD, await usual(hq, BREAD) + 10)]
    path = await hq.checked(lines)
    await hq.post(f"{path}/publish")
    await hq.keep(1_000)
    late = (await hq.get(f"{path}/stragglers"))["rows"]
    assert [(row["position"], row["label_id"], row["item_id"]) for row in late] == [
        ("A4-02-003", "L2", MILK), ("A4-02-012", "L1", MILK), ("A4-02-012", "L1", BREAD),
    ]  # fmt: skip
    whys = ["store_offline"]
    hq.owner.execute(
        "INSERT INTO store_contact (store_id, online, heard_at_ms) VALUES ('S001', true, %s)", (hq.chain.now_ms,)
    )
    for happens in (
        lambda: None,
        lambda: hq.holds("S001", "zone/north/price"),
        lambda: hq.fact("S001", "device_state", "ap-1", "labels", "retrying", "no answer"),
    ):
        happens()
        await hq.keep(1_000)
        whys.append((await hq.get(f"{path}/stragglers"))["rows"][0]["why"])
    assert whys == ["store_offline", "not_received", "never_confirmed", "access_point_down"]


def epoch_of(hq: CampaignGround) -> str:
    row = hq.owner.execute("SELECT epoch FROM feed WHERE feed_id = 'store/S001/price'").fetchone()
    assert row is not None
    return str(row[0])


async def test_a_ring_opens_by_itself_once_the_former_landed_long_enough_and_the_last_makes_it_complete(
    hq: CampaignGround,
) -> None:
    before = await usual(hq)
    hq.binds("S001", "L1", MILK)
    path = await hq.checked([("north", MILK, before + 10)], rings=ONE_STORE_THEN_ALL)
    await hq.post(f"{path}/publish")
    hq.holds("S001", "store/S001/price")
    await hq.keep(1_000)
    assert (await hq.get(path))["rings"][1]["waits"] == "landed 0 % of 100 %"
    await hq.shows("S001", "L1", MILK)
    await hq.keep(1_000)
    assert (await hq.get(path))["rings"][1]["ready_since_ms"] == hq.chain.now_ms
    await hq.keep(4 * MINUTE)
    assert await usual(hq, store_id="S002") == before
    await hq.keep(MINUTE)
    assert await usual(hq, store_id="S002") == before + 10
    assert (await hq.get(path))["state"] == "running"
    for store_id in ("S001", "S002"):
        hq.holds(store_id, "zone/north/price")
    await hq.keep(1_000)
    found = await hq.get(f"{path}/progress")
    assert (found["state"], found["applied_count"], found["shown_count"]) == ("complete", 2, 1)
    said = [row[0] for row in hq.owner.execute("SELECT action FROM audit_entry WHERE login = 'by itself' ORDER BY audit_id")]
    assert said == ["campaign.ring_opened", "campaign.completed"]


async def test_a_store_that_fails_keeps_the_next_ring_closed(hq: CampaignGround) -> None:
    path = await hq.checked([("north", MILK, await usual(hq) + 10)], rings=ONE_STORE_THEN_ALL)
    await hq.post(f"{path}/publish")
    hq.holds("S001", "store/S001/price", version=0, status="failed: hash mismatch")
    await hq.keep(1_000)
    await hq.keep(10 * MINUTE)
    ring = (await hq.get(path))["rings"][1]
    assert (ring["opened_at_ms"], ring["waits"]) == (None, "store S001: failed: hash mismatch")


@pytest.mark.parametrize("rings_open", [1, 2])
async def test_a_recall_gives_every_store_the_price_before_at_once(hq: CampaignGround, rings_open: int) -> None:
    before = await usual(hq)
    hq.binds("S001", "L1", MILK)
    path = await hq.checked([("north", MILK, before + 10), ("south", BREAD, 1 + await usual(hq, BREAD, "S003"))],
                            rings=ONE_STORE_THEN_ALL)  # fmt: skip
    old_bread = await usual(hq, BREAD, "S003")
    await hq.post(f"{path}/publish")
    if rings_open == 2:
        await hq.post(f"{path}/rings/2/open")
    await hq.shows("S001", "L1", MILK)
    await hq.keep(1_000)
    assert (await hq.get(f"{path}/progress"))["shown_count"] == 1
    taken = await hq.post(f"{path}/recall", {"reason": "wrong week"})
    assert len(taken["release_ids"]) == (1 if rings_open == 2 else 0)
    assert [await hq.chain.paid(store, MILK) for store in ("S001", "S002")] == [before, before]
    assert await usual(hq, BREAD, "S003") == old_bread
    await hq.keep(1_000)
    assert (await hq.get(f"{path}/progress"))["shown_count"] == 0
    await hq.shows("S001", "L1", MILK)
    await hq.keep(1_000)
    assert (await hq.get(f"{path}/progress"))["shown_count"] == 1
    assert await hq.refused(f"{path}/recall", {}) == (409, "wrong_state")


async def test_a_recall_before_the_start_leaves_nothing_behind(hq: CampaignGround) -> None:
    before = await usual(hq)
    starts = hq.chain.now_ms + 60 * MINUTE
    path = await hq.checked([("north", MILK, before + 10)], starts_at_ms=starts)
    await hq.post(f"{path}/publish")
    assert (await hq.get(path))["state"] == "scheduled"
    assert (await usual(hq), await hq.chain.paid("S001", MILK, starts)) == (before, before + 10)
    await hq.keep(30 * MINUTE)
    assert (await hq.get(path))["state"] == "scheduled"
    await hq.post(f"{path}/recall", {"reason": "not this year"})
    assert await hq.chain.paid("S001", MILK, starts) == before


async def test_a_scheduled_campaign_runs_from_its_start(hq: CampaignGround) -> None:
    path = await hq.checked([("north", MILK, await usual(hq) + 10)], starts_at_ms=hq.chain.now_ms + 60 * MINUTE)
    await hq.post(f"{path}/publish")
    await hq.keep(61 * MINUTE)
    assert (await hq.get(path))["state"] == "running"


async def test_findings_ask_for_a_second_person_who_did_not_touch_it(hq: CampaignGround) -> None:
    path = await hq.draft([("north", MILK, 9_999)])
    found = await hq.post(f"{path}/check")
    assert [(row["item_id"], row["code"]) for row in found["findings"]] == [(MILK, "big_change")]
    assert await hq.refused(f"{path}/publish") == (409, "needs_approval")
    await hq.post(f"{path}/approval-request")
    assert await hq.refused(f"{path}/decision", {"approve": True}) == (403, "own_campaign")
    await hq.post(f"{path}/decision", {"approve": False, "note": "a slip?"}, by=hq.second)
    assert (await hq.get(path))["state"] == "draft"
    await hq.post(f"{path}/check")
    await hq.post(f"{path}/approval-request")
    await hq.post(f"{path}/decision", {"approve": True}, by=hq.second)
    await hq.post(f"{path}/publish")
    assert await usual(hq) == 9_999


async def test_an_approval_stands_in_the_price_log_under_the_second_persons_name(hq: CampaignGround) -> None:
    path = await hq.draft([("north", MILK, 9_999)])
    await hq.post(f"{path}/check")
    await hq.post(f"{path}/approval-request")
    await hq.post(f"{path}/decision", {"approve": True, "note": "supplier"}, by=hq.second)
    await hq.post(f"{path}/publish")
    said = await hq.chain.api.rows("SELECT what, person, reason FROM price_event WHERE what = 'approved'")
    assert said == [("approved", "admin.all", "supplier")]


async def test_a_promotion_is_tried_in_one_store_wins_there_and_ends_by_itself(hq: CampaignGround) -> None:
    before = await usual(hq)
    async with hq.chain.change() as tx:
        sale = Book("sale", "zone/north/price", "Sale", "north", price_kind=PriceKind.PROMOTION, priority=10)
        await pricing.add_book(tx, sale, hq.chain.author)
    ends = hq.chain.now_ms + 60 * MINUTE
    lines = [{"zone": "north", "item_id": MILK, "price_minor": before - 9, "to_ms": ends}]
    made = await hq.post("", {"name": "Sale", "book_id": "sale", "lines": lines, "rings": ONE_STORE_THEN_ALL})
    path = f"/{made['campaign_id']}"
    await hq.post(f"{path}/check")
    await hq.post(f"{path}/publish")
    assert [await hq.chain.paid(store, MILK) for store in ("S001", "S002")] == [before - 9, before]
    await hq.maker.put(f"/api/v1/zones/north/prices/{MILK}", json={"price_minor": before - 1})
    assert [await hq.chain.paid(store, MILK) for store in ("S001", "S002")] == [before - 9, before - 1]
    await hq.post(f"{path}/rings/2/open")
    assert [await hq.chain.paid(store, MILK) for store in ("S001", "S002")] == [before - 9, before - 9]
    assert {row.book_id for row in await hq.chain.rows("S001", MILK)} == {"", "sale"}
    assert [await hq.chain.paid(store, MILK, ends) for store in ("S001", "S002")] == [before - 1, before - 1]
    wrong = await hq.draft([("south", MILK, before)], book_id="sale")
    assert await hq.refused(f"{wrong}/check") == (422, "invalid")


async def test_who_changed_it_is_one_of_its_authors_and_an_approval_is_for_what_was_seen(hq: CampaignGround) -> None:
    path = await hq.draft([("north", MILK, 9_999)])
    lines = {"lines": [{"zone": "north", "item_id": MILK, "price_minor": 9_998}]}
    answer = await hq.second.put(f"{CAMPAIGNS}{path}/lines", json=lines)
    assert answer.json()["authors"] == ["pricing.all", "admin.all"]
    await hq.post(f"{path}/check")
    await hq.post(f"{path}/approval-request")
    assert await hq.refused(f"{path}/decision", {"approve": True}, by=hq.second) == (403, "own_campaign")
    assert (await hq.maker.put(f"{CAMPAIGNS}{path}/lines", json=lines)).json()["state"] == "draft"
    assert await hq.refused(f"{path}/publish") == (409, "wrong_state")


async def test_prices_that_changed_since_the_check_are_looked_at_again(hq: CampaignGround) -> None:
    before = await usual(hq)
    path = await hq.checked([("north", MILK, before + 10)])
    await hq.maker.put(f"/api/v1/zones/north/prices/{MILK}", json={"price_minor": before + 3})
    assert await hq.refused(f"{path}/publish") == (409, "stale")
    assert await usual(hq) == before + 3
    found = await hq.post(f"{path}/check")
    assert found["counts"]["rises"] == 1
    await hq.post(f"{path}/publish")
    assert await usual(hq) == before + 10


async def test_a_file_with_errors_names_every_line_and_takes_none(hq: CampaignGround) -> None:
    path = await hq.draft([("north", MILK, 111)])
    bad = "item,zone,price,to\nA000001,north,1.49,\nNOPE,north,2.00,\nA000002,mars,3.00,\nW101,north,cheap,\n"
    read = (await hq.maker.post(f"{CAMPAIGNS}{path}/file", content=bad, params={"name": "week.csv"})).json()
    assert (read["taken"], read["error_count"]) == (False, 3), read["problems"]
    wrong = [(row["line_no"], row["column"]) for row in read["problems"] if row["severity"] == "error"]
    assert wrong == [(3, "item"), (4, "zone"), (5, "price")]
    assert [row["price_minor"] for row in (await hq.get(f"{path}/lines"))["rows"]] == [111]
    good = "item,zone,price\nA000001,north,1.49\nA000002,north,2.00\n"
    read = (await hq.maker.post(f"{CAMPAIGNS}{path}/file", content=good, params={"name": "week.csv"})).json()
    assert read["taken"]
    rows = (await hq.get(f"{path}/lines"))["rows"]
    assert [(row["item_id"], row["price_minor"]) for row in rows] == [(MILK, 149), (BREAD, 200)]
    assert (await hq.get(path))["source"] == "week.csv"


async def test_bad_lines_are_named_all_at_once(hq: CampaignGround) -> None:
    rows = [("north", MILK, 0), ("north", MILK, 5), ("mars", BREAD, 5), ("north", "NOPE", 5)]
    lines = [{"zone": zone, "item_id": item, "price_minor": price} for zone, item, price in rows]
    first = await hq.maker.post(CAMPAIGNS, json={"name": "x", "lines": lines})
    assert [row["pointer"] for row in first.json()["errors"]] == ["/lines/0/price_minor", "/lines/1/item_id"]
    second = await hq.maker.post(CAMPAIGNS, json={"name": "x", "lines": lines[2:]})
    assert [row["pointer"] for row in second.json()["errors"]] == ["/lines/0/zone", "/lines/1/item_id"]
    assert (await hq.get(""))["rows"] == []


async def test_yesterdays_baskets_tell_the_effect_store_by_store(hq: CampaignGround) -> None:
    before = await usual(hq)
    day = "2026-01-05"
    hq.sold("S001", MILK, before, pieces=3, day=day)
    path = await hq.checked([("north", MILK, before + 10)])
    [row] = (await hq.get(f"{path}/effect", day=day))["stores"]
    assert (row["store_id"], row["line_count"], row["before_minor"], row["after_minor"]) == (
        "S001", 1, 3 * before, 3 * before + 30,
    )  # fmt: skip
    assert (await hq.get(f"{path}/effect"))["stores"] == []


async def test_more_stores_than_one_manifest_names_still_never_stand_without_a_price(
    hq: CampaignGround, tmp_path: Path
) -> None:
    before = await usual(hq)
    many = [f"N{number:03}" for number in range(60)]
    for store_id in many:
        hq.owner.execute(
            "INSERT INTO store (store_id, name, zone, time_zone, added_at_ms, changed_at_ms)"
            " VALUES (%s, %s, 'north', 'Europe/Berlin', 0, 0)",
            (store_id, store_id),
        )
    rings = [{"reach": "stores", "stores": many}, {"reach": "all"}]
    path = await hq.checked([("north", MILK, before + 10)], rings=rings)
    assert len((await hq.post(f"{path}/publish"))["feeds"]) == 60
    done = await hq.post(f"{path}/rings/2/open")
    assert len(done["release_ids"]) == 2
    zone = done["feeds"]["zone/north/price"]
    for store_id in many:
        feed_id = f"store/{store_id}/price"
        row = hq.owner.execute(
            "SELECT delta FROM feed_delta WHERE feed_id = %s AND version = %s", (feed_id, done["feeds"][feed_id])
        ).fetchone()
        assert row is not None
        release = decode_delta(bytes(row[0])).header.release
        assert release is not None
        assert release.feeds["zone/north/price"] == zone
    assert not hq.owner.execute("SELECT 1 FROM feed_row WHERE feed_id LIKE 'store/N%'").fetchone()
    # Who comes by snapshot is told the same, and nothing of other stores; the zone waits for nobody.
    last = pack_snapshot(hq.chain.ground.app_url, f"store/{many[-1]}/price", tmp_path).header.release
    assert last is not None
    assert last.feeds == {"zone/north/price": zone}
    assert pack_snapshot(hq.chain.ground.app_url, "zone/north/price", tmp_path).header.release is None


async def test_whoever_looks_after_one_store_sees_that_store_alone(hq: CampaignGround) -> None:
    path = await hq.checked([("north", MILK, await usual(hq) + 10)], rings=ONE_STORE_THEN_ALL)
    await hq.post(f"{path}/publish")
    await hq.post(f"{path}/rings/2/open")
    mine = await hq.chain.api.person(Role.STORE_MANAGER, ("S002",))
    found = await hq.get(f"{path}/progress", by=mine)
    assert [row["store_id"] for row in found["stores"]] == ["S002"]
    assert found["rings"][0]["stores"] == []
    assert (await mine.get(f"{CAMPAIGNS}{path}/stores/S001/labels")).status_code == 404
    assert await hq.refused(f"{path}/recall", {}, by=mine) == (403, "no_right")
