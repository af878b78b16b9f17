"""The box's API: typed, described by the table it is routed from, and closed to foreign pages."""

from __future__ import annotations

import asyncio
import contextlib
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from starlette.routing import Route

from edge.local_api.app import ENDPOINTS
from edge.local_api.endpoint import BODY_BYTES_MAX
from edge.local_api.shapes import Health, ItemList, ItemView, ReceiptView, StaffList, StockList, StockMoveDone
from edge.local_api.staff_keys import KEY_LASTS_MS
from protocols.contract.till import TillAnswer, TillRequest
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from tests.support.counter import Counter, Shown
from tests.support.counter_api import BASE, Api, problem
from tests.support.goods import ANN, APPLES, BOB, MILK, MILK_CODE, PIN


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    counter = Counter(tmp_path)
    await counter.start()
    api = Api(counter)
    worker = asyncio.create_task(counter.till.run())
    yield api
    worker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await worker
    await api.http.aclose()
    counter.stop()


async def sell(api: Api) -> str:
    for command in (Login(staff_id=ANN, pin=PIN), OpenShift(float_minor=0), Scan(code=MILK_CODE)):
        assert msgspec.json.decode((await api.command(command)).content, type=TillAnswer).ok
    paid = msgspec.json.decode((await api.command(PayCash(tendered_minor=200))).content, type=TillAnswer)
    assert paid.sale is not None
    return paid.sale.receipt


async def test_a_sale_over_http_and_its_receipt_by_number(api: Api) -> None:
    receipt = await sell(api)
    answer = await api.http.get(f"/v1/receipts/{receipt}")
    view = msgspec.json.decode(answer.content, type=ReceiptView)
    assert (view.receipt, view.total_minor) == (receipt, 129)
    assert b'"kind":"SaleClosed"' in bytes(view.fact)
    text = await api.http.get(f"/v1/receipts/{receipt}/text")
    assert text.text == view.text
    assert "Milk 1 l" in text.text
    for wrong in ("1-0-000002", "nonsense", "1-x-1", "9-0-000001"):
        assert problem(await api.http.get(f"/v1/receipts/{wrong}")) == (404, "unknown_receipt")


async def test_a_repeated_command_gets_the_same_answer(api: Api) -> None:
    command_id = str(uuid.uuid4())
    first = await api.command(Login(staff_id=ANN, pin=PIN), command_id)
    again = await api.command(Login(staff_id=ANN, pin=PIN), command_id)
    assert first.json() == again.json()


async def test_items_show_what_is_charged(api: Api) -> None:
    api.counter.labels.lowest[MILK] = Shown(price_minor=99, revision=1)
    view = msgspec.json.decode((await api.http.get(f"/v1/codes/{MILK_CODE}")).content, type=ItemView)
    assert (view.item_id, view.price_minor, view.charged_minor) == (MILK, 129, 99)
    assert {code.pack_quantity for code in view.codes} == {1, 6}
    by_id = msgspec.json.decode((await api.http.get(f"/v1/items/{APPLES}")).content, type=ItemView)
    assert by_id.weighed
    found = msgspec.json.decode((await api.http.get("/v1/items", params={"q": "milk"})).content, type=ItemList)
    assert [item.item_id for item in found.items] == [MILK]
    assert problem(await api.http.get("/v1/items/none")) == (404, "unknown_item")
    assert problem(await api.http.get("/v1/codes/4000000000018")) == (422, "check_digit")


async def test_stock_moves_need_a_key_with_the_right_and_are_stored_once(api: Api) -> None:
    move = {"move_id": "m-1", "item_id": MILK, "quantity_thousandths": 5000, "reason": "opening"}
    assert problem(await api.http.post("/v1/stock/moves", json=move)) == (401, "login_needed")
    assert problem(await api.http.post("/v1/stock/moves", json=move, headers=await api.key(BOB))) == (403, "not_allowed")
    headers = await api.key()
    done = msgspec.json.decode(
        (await api.http.post("/v1/stock/moves", json=move, headers=headers)).content, type=StockMoveDone
    )
    assert (done.stored, done.balances[0].on_hand_thousandths) == (True, 5_000)
    again = await api.http.post("/v1/stock/moves", json=move, headers=headers)
    assert msgspec.json.decode(again.content, type=StockMoveDone).stored is False
    other = await api.http.post("/v1/stock/moves", json={**move, "quantity_thousandths": 1}, headers=headers)
    assert problem(other) == (409, "move_differs")
    for wrong, code in (
        ({**move, "item_id": "none"}, "unknown_item"),
        ({**move, "quantity_thousandths": 0}, "quantity"),
        ({**move, "reason": "sale"}, "reason"),
        ({**move, "move_id": ""}, "move_id"),
        ({**move, "quantity_thousandths": "5"}, "invalid"),
    ):
        assert problem(await api.http.post("/v1/stock/moves", json=wrong, headers=headers)) == (422, code)
    page = msgspec.json.decode((await api.http.get("/v1/stock")).content, type=StockList)
    assert (page.next_after, len(page.balances)) == (MILK, 1)
    assert len(msgspec.json.decode((await api.http.get(f"/v1/stock/{MILK}")).content, type=StockList).balances) == 1


async def test_keys_end_by_time_and_by_logout(api: Api) -> None:
    move = {"move_id": "m-1", "item_id": MILK, "quantity_thousandths": 5000, "reason": "opening"}
    headers = await api.key()
    assert (await api.http.post("/v1/staff/logout", headers=headers)).status_code == 200
    assert problem(await api.http.post("/v1/stock/moves", json=move, headers=headers)) == (401, "login_needed")
    headers = await api.key()
    api.counter.clock.advance(KEY_LASTS_MS)
    assert problem(await api.http.post("/v1/stock/moves", json=move, headers=headers)) == (401, "login_needed")


async def test_a_wrong_pin_is_refused_and_then_locked_out(api: Api) -> None:
    codes = [problem(await api.http.post("/v1/staff/login", json={"staff_id": ANN, "pin": "0000"}))[1] for _ in range(6)]
    assert codes == ["wrong_pin"] * 5 + ["locked_out"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "https://127.0.0.1:8080"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
    ],
)
async def test_foreign_pages_can_do_nothing(api: Api, headers: dict[str, str]) -> None:
    answer = await api.http.post("/v1/tills/1/commands", content=b"{}", headers=headers)
    assert problem(answer) == (403, "foreign_page")


async def test_a_foreign_name_pointed_at_the_box_is_turned_away(api: Api) -> None:
    answer = await api.http.get("/v1/health", headers={"host": "evil.example:8080"})
    assert problem(answer) == (403, "foreign_page")
    for name in ("localhost:8080", "till.shop.lan", "TILL.shop.lan:8080", "[::1]:8080"):
        assert (await api.http.get("/v1/health", headers={"host": name})).status_code == 200


async def test_our_own_page_may(api: Api) -> None:
    request = TillRequest(id=str(uuid.uuid4()), command=Login(staff_id=ANN, pin=PIN))
    answer = await api.http.post("/v1/tills/1/commands", content=msgspec.json.encode(request), headers={"origin": BASE})
    assert answer.status_code == 200


async def test_bodies_that_cannot_be_understood_say_why(api: Api) -> None:
    async def post(body: bytes) -> tuple[int, str]:
        return problem(await api.http.post("/v1/tills/1/commands", content=body))

    good_id = str(uuid.uuid4())
    assert await post(b"not json") == (400, "malformed")
    assert await post(b'{"id":"%s","command":{"kind":"fly"}}' % good_id.encode()) == (422, "invalid")
    assert await post(b'{"id":"1","command":{"kind":"logout"}}') == (422, "command_id")
    assert await post(b" " * (BODY_BYTES_MAX + 1)) == (413, "too_large")
    assert problem(await api.http.post("/v1/tills/9/commands", content=msgspec.json.encode(
        TillRequest(id=good_id, command=Scan(code="1"))
    ))) == (404, "unknown_till")  # fmt: skip
    assert problem(await api.http.get("/v1/nothing")) == (404, "http_404")
    assert problem(await api.http.get("/v1/tills/1/commands")) == (405, "http_405")


async def test_health_tells_of_journal_feeds_and_line(api: Api) -> None:
    await sell(api)
    health = msgspec.json.decode((await api.http.get("/v1/health")).content, type=Health)
    assert (health.status, health.software, health.clock, health.second_medium) == ("ok", "1.2.3", "synced", "ok")
    assert {stream.stream: stream.last_seq for stream in health.streams} == {"txn": 3, "ops": 0, "bulk": 0}


async def test_who_may_log_in_is_listed_without_secrets(api: Api) -> None:
    answer = await api.http.get("/v1/tills/1/staff")
    assert [each.name for each in msgspec.json.decode(answer.content, type=StaffList).staff] == ["Ann", "Bob"]
    assert "argon2" not in answer.text


async def test_words_are_served_by_language(api: Api) -> None:
    answer = await api.http.get("/v1/locale/zh")
    assert answer.json()["language"] == "zh_CN"
    assert answer.json()["messages"]
    assert problem(await api.http.get("/v1/locale/xx")) == (404, "unknown_language")


async def test_the_till_page_and_its_files_are_served(api: Api) -> None:
    page = await api.http.get("/till/1")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for path in re.findall(r'(?:src|href)="(/till_page/[^"]+)"', page.text):
        answer = await api.http.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["service-worker-allowed"] == "/till"
    assert problem(await api.http.get("/till/9")) == (404, "unknown_till")
    assert (await api.http.get("/till_page/../settings.py")).status_code == 404


async def test_labels_are_absent_in_a_store_without_them(api: Api) -> None:
    assert (await api.http.get("/v1/labels")).json() == {"labels": [], "unbound_seen": [], "counts": {}, "left_out": 0}
    answer = await api.http.put("/v1/labels/0011223344556677", json={"item_id": MILK}, headers=await api.key())
    assert problem(answer) == (503, "no_labels")


async def test_openapi_describes_exactly_what_is_routed(api: Api) -> None:
    document = (await api.http.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    routed = {
        (route.path, method)
        for route in api.app.routes
        if isinstance(route, Route) and route.path.startswith("/v1/")
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert described == routed
    assert len({endpoint.handler.__name__ for endpoint in ENDPOINTS}) == len(ENDPOINTS), "operation ids are unique"
    text = msgspec.json.encode(document).decode()
    for name in re.findall(r'"#/components/schemas/([^"]+)"', text):
        assert name in document["components"]["schemas"]
    page = await api.http.get("/")
    assert all(endpoint.summary in page.text.replace("&#x27;", "'") for endpoint in ENDPOINTS)
