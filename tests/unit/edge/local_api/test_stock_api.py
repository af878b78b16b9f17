"""The API of goods: lists of every kind, notices, batches, orders, recalls, rounds to count; rights and second persons."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from protocols.contract.facts import StockCounted
from protocols.contract.feed_rows import FeedRow, RecallRow, StaffRow
from protocols.contract.feed_stock import AsnLine, AsnRow, ReservationLine, ReservationRow, StockRulesRow
from protocols.contract.stock_facts import GoodsRelocated, StockWrittenOff, TransferSent
from protocols.contract.values import Stream
from tests.support.counter_api import Api, problem
from tests.support.goods import ANN, BOB, BREAD, EVE, MILK, PIN, PIN_HASH, assortment
from tests.support.stock_shop import Shop

KEEPER = "21"
"""Receives and counts; may write off up to 10.00, and allows nothing."""


def rows() -> list[FeedRow]:
    keeper = StaffRow(
        staff_id=KEEPER, name="Kim", pin_hash=PIN_HASH, rights=("stock", "write_off"), limits={"write_off": 1000}
    )
    return [*assortment(), keeper]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path, rows())
    await shop.start()
    yield shop
    shop.check_sums()
    shop.counter.stop()


class Door:
    """The API in one person's name."""

    def __init__(self, api: Api, key: dict[str, str]) -> None:
        self.api, self.key = api, key

    async def get(self, path: str) -> dict[str, object]:
        answer = await self.api.http.get(path, headers=self.key)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def send(self, method: str, path: str, body: dict[str, object] | None = None) -> httpx.Response:
        return await self.api.http.request(method, path, json=body, headers=self.key)

    async def ok(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
        answer = await self.send(method, path, body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def command(self, draft_id: str, **command: object) -> httpx.Response:
        return await self.send(
            "POST", f"/v1/drafts/{draft_id}/commands", {"id": str(uuid.uuid4()), "command": dict(command)}
        )

    async def done(self, draft_id: str, **command: object) -> dict[str, object]:
        answer = await self.command(draft_id, **command)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["ok"], body["reason"]
        return dict(body)

    async def refused(self, draft_id: str, **command: object) -> str:
        body = (await self.command(draft_id, **command)).json()
        assert not body["ok"]
        return str(body["reason"]["code"])


async def door(shop: Shop, staff_id: str = ANN) -> Door:
    api = Api(shop.counter)
    return Door(api, await api.key(staff_id))


async def test_a_notice_is_listed_received_and_gone(shop: Shop) -> None:
    line = AsnLine(line_no=1, item_id=MILK, quantity_thousandths=6_000, batch="L1", expires="2031-01-01")
    await shop.hq(AsnRow(asn_id="a-1", reference="DN 1", sender="Dairy", expected_ms=9, lines=(line,)))
    kim = await door(shop, KEEPER)
    (notice,) = (await kim.get("/v1/notices"))["notices"]  # type: ignore[misc]
    assert (notice["sender"], notice["lines"][0]["open_thousandths"]) == ("Dairy", 6_000)
    await kim.ok("PUT", "/v1/drafts/r-1", {"kind": "receipt", "place": "back_room", "asn_id": "a-1"})
    await kim.done("r-1", kind="set_quantity", item_id=MILK, quantity_thousandths=4_000)
    await kim.done("r-1", kind="set_lot", item_id=MILK, new_batch="L1", new_expires="2031-01-01")
    (preview,) = (await kim.get("/v1/drafts/r-1/receipt"))["lines"]  # type: ignore[misc]
    assert (preview["batch"], preview["state"], preview["expected_thousandths"]) == ("L1", "short", 6_000)
    await kim.done("r-1", kind="post", rest_comes=True)
    (notice,) = (await kim.get("/v1/notices"))["notices"]  # type: ignore[misc]
    assert (notice["came"], notice["lines"][0]["open_thousandths"]) == (True, 2_000)
    lots = await kim.get(f"/v1/lots/{MILK}")
    assert lots["lots"] == [
        {
            "place": "back_room",
            "batch": "L1",
            "expires": "2031-01-01",
            "on_hand_thousandths": 4_000,
            "first": True,
            "past": False,
        }
    ]


async def test_a_write_off_above_ones_limit_is_allowed_by_pin(shop: Shop) -> None:
    await shop.put(MILK, 20)
    kim = await door(shop, KEEPER)
    await kim.ok("PUT", "/v1/drafts/w-1", {"kind": "write_off", "target": "damaged"})
    await kim.done("w-1", kind="set_quantity", item_id=MILK, quantity_thousandths=8_000)
    assert await kim.refused("w-1", kind="post") == "write_off_needs_approval"
    for approval, expected in (
        ({"staff_id": ANN, "pin": "0"}, (422, "wrong_pin")),
        ({"staff_id": "404", "pin": PIN}, (422, "wrong_pin")),
        ({"staff_id": BOB, "pin": PIN}, (403, "approver_may_not")),
        ({"staff_id": KEEPER, "pin": PIN}, (422, "approval_self")),
    ):
        assert problem(await kim.command("w-1", kind="post", approval=approval)) == expected
    assert shop.on_hand(MILK) == 20
    await kim.done("w-1", kind="post", approval={"staff_id": ANN, "pin": PIN})
    (fact,) = shop.facts(StockWrittenOff)
    assert (fact.staff_id, fact.approver_id, shop.on_hand(MILK)) == (KEEPER, ANN, 12)


async def test_a_blind_counter_sees_that_it_differs_and_not_what_the_book_says(shop: Shop) -> None:
    await shop.put(MILK, 10)
    kim, ann = await door(shop, KEEPER), await door(shop, ANN)
    await kim.ok("PUT", "/v1/drafts/c-1", {"kind": "count", "place": "sales_floor"})
    await kim.done("c-1", kind="set_quantity", item_id=MILK, quantity_thousandths=1_000)
    seen = await kim.get("/v1/drafts/c-1/variance")
    (line,) = seen["lines"]  # type: ignore[misc]
    assert (line["expected_thousandths"], line["differs"], seen["needs_approval"]) == (None, True, True)
    (line,) = (await ann.get("/v1/drafts/c-1/variance"))["lines"]  # type: ignore[misc]
    assert line["expected_thousandths"] == 10_000, "who may allow it sees it"
    assert await kim.refused("c-1", kind="post") == "count_needs_approval"
    await kim.done("c-1", kind="post", approval={"staff_id": ANN, "pin": PIN})
    assert shop.facts(StockCounted)[0].approver_id == ANN
    await shop.hq(StockRulesRow(blind_counts=False))
    await kim.ok("PUT", "/v1/drafts/c-2", {"kind": "count", "place": "sales_floor"})
    await kim.done("c-2", kind="set_quantity", item_id=MILK, quantity_thousandths=1_000)
    (line,) = (await kim.get("/v1/drafts/c-2/variance"))["lines"]  # type: ignore[misc]
    assert line["expected_thousandths"] == 1_000


async def test_goods_move_and_leave_for_another_store_by_those_who_may(shop: Shop) -> None:
    await shop.put(MILK, 5)
    kim = await door(shop, KEEPER)
    await kim.ok("PUT", "/v1/drafts/m-1", {"kind": "move", "place": "sales_floor", "target": "back_room"})
    await kim.done("m-1", kind="set_quantity", item_id=MILK, quantity_thousandths=2_000)
    await kim.done("m-1", kind="post")
    await kim.ok("PUT", "/v1/drafts/t-1", {"kind": "transfer", "place": "back_room", "target": "s-0002"})
    await kim.done("t-1", kind="set_quantity", item_id=MILK, quantity_thousandths=1_000)
    await kim.done("t-1", kind="post")
    assert (len(shop.facts(GoodsRelocated)), shop.facts(TransferSent)[0].to_store_id) == (1, "s-0002")
    eve = await door(shop, EVE)
    assert problem(await eve.send("PUT", "/v1/drafts/m-2", {"kind": "move", "target": "back_room"})) == (403, "not_allowed")
    assert problem(await kim.send("PUT", "/v1/drafts/m-1", {"kind": "count"})) == (409, "draft_other_kind")


async def test_tags_are_swept_into_a_list(shop: Shop) -> None:
    ann = await door(shop)
    await ann.ok("PUT", "/v1/drafts/c-1", {"kind": "count", "whole": True})
    epcs = [f"urn:epc:id:sgtin:4000000.000001.{serial}" for serial in range(3)]
    for new, again in ((3, 0), (0, 3)):
        swept = await ann.ok("POST", "/v1/drafts/c-1/sweep", {"epcs": epcs})
        assert (swept["new"], swept["again"]) == (new, again)
    assert problem(await ann.send("POST", "/v1/drafts/nope/sweep", {"epcs": epcs})) == (404, "draft_unknown")


async def test_orders_are_picked_and_recalls_taken_away(shop: Shop) -> None:
    await shop.put(MILK, 3, batch="L1", expires="2031-01-01")
    await shop.put(BREAD, 1)
    line = ReservationLine(item_id=MILK, quantity_thousandths=2_000)
    await shop.hq(ReservationRow(reservation_id="res-1", order_id="o-1", lines=(line,), due_ms=10**13, until_ms=10**13))
    ann = await door(shop)
    (order,) = (await ann.get("/v1/reservations"))["orders"]  # type: ignore[misc]
    assert (order["state"], order["lines"][0]["where"]["batch"]) == ("confirmed", "L1")
    body: dict[str, object] = {"lines": [{"item_id": MILK, "quantity_thousandths": 2_000}]}
    picked = await ann.ok("POST", "/v1/reservations/res-1/pick", body)
    assert picked["state"] == "picked"
    assert (await ann.ok("POST", "/v1/reservations/res-1/hand-over"))["state"] == "handed_over"
    assert problem(await ann.send("POST", "/v1/reservations/res-9/pick", body)) == (404, "reservation_unknown")
    await shop.counter.feed(RecallRow(recall_id="rc-1", item_id=MILK, batch="L1", reason="glass", from_ms=0))
    (recall,) = (await ann.get("/v1/recalls"))["recalls"]  # type: ignore[misc]
    assert recall["on_hand_thousandths"] == 3_000
    for _ in range(2):
        await ann.ok("POST", "/v1/recalls/rc-1/quarantine", {"command_id": "q-1"})
    assert (await ann.get("/v1/recalls")) == {"recalls": []}
    (due, *_) = (await ann.get("/v1/due-counts?place=sales_floor"))["items"]  # type: ignore[misc]
    assert due["why"] == "never"
    assert (await ann.get("/v1/shortages")) == {"gaps": [], "low": []}
    assert (await ann.get("/v1/expiring")) == {"lots": []}
    assert shop.counter.facts(Stream.OPS) == []
