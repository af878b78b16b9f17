"""Price checks over the API: a blind comparison, counted once however often it is sent, finished as one fact."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
import pytest

from edge.local_api.audit_shapes import AuditFound, AuditList, AuditView, PriceChecked
from edge.store_db.database import Tx
from protocols.contract.facts import ShelfAudited
from protocols.contract.feed_rows import PriceRow
from protocols.contract.values import PriceKind
from tests.support.counter import Counter, Shown
from tests.support.counter_api import Api, problem
from tests.support.goods import APPLES_CODE, BOB, BREAD, BREAD_CODE, MILK, MILK_CODE, price

LABEL = "0000021A00000001"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    counter = Counter(tmp_path)
    await counter.start()
    api = Api(counter)
    yield api
    await api.http.aclose()
    counter.stop()


async def hang(api: Api, label_id: str, item_id: str | None) -> None:
    """A label in the ledger's table, without an access point."""

    def run(tx: Tx) -> None:
        tx.execute(
            "INSERT INTO label (label_id, item_id, access_point, hardware_type, bound_at_ms) VALUES (?, ?, 'a', 1, 0)",
            (label_id, item_id),
        )

    await api.counter.store.write(run)


async def begin(api: Api, audit_id: str = "a-1", **wanted: object) -> AuditView:
    answer = await api.http.put(f"/v1/audits/{audit_id}", json={"scope": "items", **wanted}, headers=await api.key())
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=AuditView)


async def check(api: Api, item_id: str, seen_minor: int | None, **more: str) -> PriceChecked:
    body: Mapping[str, object] = {"check_id": str(uuid.uuid4()), "item_id": item_id, "seen_minor": seen_minor, **more}
    answer = await api.http.post("/v1/audits/a-1/checks", json=body, headers=await api.key())
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=PriceChecked)


async def find(api: Api, code: str) -> AuditFound:
    answer = await api.http.get("/v1/audits/a-1/find", params={"code": code}, headers=await api.key())
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=AuditFound)


async def test_a_check_is_blind_compares_with_the_till_and_becomes_one_fact(api: Api) -> None:
    opened = await begin(api)
    assert (opened.population, len(opened.lines), len(opened.seed)) == (3, 3, 6)
    assert {line.item_id for line in opened.lines} == {MILK, BREAD, "i-apples"}, "nothing without a price, nothing inactive"
    assert all(line.till_minor is None for line in opened.lines)
    found = await find(api, MILK_CODE)
    assert (found.item_id, found.line_no is not None, found.finding) == (MILK, True, "unchecked")
    right = await check(api, MILK, 129)
    assert (right.line.finding, right.line.till_minor, right.score.accuracy_bp) == ("correct", 129, 10_000)
    high = await check(api, BREAD, 299)
    assert (high.line.finding, high.line.till_minor, high.score.overcharge_minor) == ("overcharge", 350, 51)
    await check(api, (await find(api, APPLES_CODE)).item_id, None)
    for _ in range(2):
        posted = await api.http.post("/v1/audits/a-1/post", headers=await api.key())
        assert posted.json()["state"] == "posted"
    (fact,) = [fact for fact in api.counter.facts() if isinstance(fact, ShelfAudited)]
    assert (fact.seed, fact.population, fact.currency, fact.staff_id) == (opened.seed, 3, "EUR", "7")
    assert sorted((line.item_id, line.finding) for line in fact.lines) == [
        ("i-apples", "missing"),
        (BREAD, "overcharge"),
        (MILK, "correct"),
    ]
    late = {"check_id": str(uuid.uuid4()), "item_id": MILK, "seen_minor": 1}
    refused = await api.http.post("/v1/audits/a-1/checks", json=late, headers=await api.key())
    assert problem(refused) == (409, "audit_ended")
    listed = await api.http.get("/v1/audits", headers=await api.key())
    (told,) = msgspec.json.decode(listed.content, type=AuditList).audits
    assert (told.score.accuracy_bp, told.score.passed, told.score.missing) == (5_000, False, 1)


async def test_the_till_is_what_the_till_would_charge_now(api: Api) -> None:
    """A rise that waits for its label: the label still shows the old price and the till charges it, so nothing is wrong."""
    await begin(api)
    await api.counter.feed(price(MILK, 2, 149))
    api.counter.labels.lowest[MILK] = Shown(129, 1)
    assert (await check(api, MILK, 129)).line.finding == "correct"
    api.counter.labels.lowest.clear()
    assert (await check(api, MILK, 129)).line.finding == "overcharge"
    assert (await check(api, MILK, 159)).line.finding == "undercharge"


async def test_a_check_sent_again_is_not_judged_again(api: Api) -> None:
    await begin(api)
    body = {"check_id": str(uuid.uuid4()), "item_id": MILK, "seen_minor": 129}
    first = await api.http.post("/v1/audits/a-1/checks", json=body, headers=await api.key())
    await api.counter.feed(price(MILK, 2, 149))
    again = await api.http.post("/v1/audits/a-1/checks", json=body, headers=await api.key())
    assert again.json() == first.json(), "its answer was lost on the way: the price may have changed since"


async def test_what_was_not_drawn_is_told_and_not_scored(api: Api) -> None:
    opened = await begin(api, size=1, seed="x")
    other = next(item for item in (MILK, BREAD) if item != opened.lines[0].item_id)
    code = {MILK: MILK_CODE, BREAD: BREAD_CODE}[other]
    assert (await find(api, code)).line_no is None
    checked = await check(api, other, 1)
    assert (checked.line.sampled, checked.line.finding, checked.score.drawn, checked.score.checked) == (
        False,
        "overcharge",
        1,
        0,
    )
    assert [line.line_no for line in (await begin(api, size=1, seed="x")).lines] == [1, 2]


async def test_labels_are_drawn_by_aisle_and_found_by_their_own_code(api: Api) -> None:
    assert problem(await api.http.put("/v1/audits/none", json={}, headers=await api.key())) == (422, "audit_nothing")
    await hang(api, LABEL, MILK)
    await hang(api, "0000021A00000002", MILK)
    await hang(api, "0000021A00000003", None)
    reduced = PriceRow(item_id=MILK, revision=2, price_minor=99, effective_from_ms=0, price_kind=PriceKind.PROMOTION)
    await api.counter.feed(reduced)
    opened = await begin(api, scope="labels", how="random")
    assert [line.label_id for line in opened.lines] == [LABEL, "0000021A00000002"]
    assert all(line.promotion for line in opened.lines)
    found = await find(api, "0000021a00000002")
    assert (found.item_id, found.label_id, found.line_no) == (MILK, "0000021A00000002", 2)
    await check(api, MILK, 99, label_id="0000021A00000002")
    assert (await find(api, MILK_CODE)).line_no == 1, "the barcode means the label nobody has read yet"
    unbound = await api.http.get("/v1/audits/a-1/find", params={"code": "0000021A00000003"}, headers=await api.key())
    assert problem(unbound) == (422, "audit_unbound")


async def test_what_cannot_be_is_refused_with_a_reason(api: Api) -> None:
    key = await api.key()
    for body, said in (({"size": 0}, "audit_size"), ({"size": 301}, "audit_size"), ({"how": "guess"}, "invalid")):
        assert problem(await api.http.put("/v1/audits/a-1", json=body, headers=key)) == (422, said)
    await begin(api)
    assert problem(await api.http.put("/v1/audits/a-1", json={"how": "random"}, headers=key)) == (409, "audit_other")
    for seen in (0, -1, 10**9 + 1):
        bad = {"check_id": str(uuid.uuid4()), "item_id": MILK, "seen_minor": seen}
        assert problem(await api.http.post("/v1/audits/a-1/checks", json=bad, headers=key)) == (422, "audit_price")
    unknown = {"check_id": str(uuid.uuid4()), "item_id": "i-none", "seen_minor": 1}
    assert problem(await api.http.post("/v1/audits/a-1/checks", json=unknown, headers=key)) == (404, "unknown_code")
    assert problem(await api.http.post("/v1/audits/a-1/post", headers=key)) == (422, "audit_unread")
    assert (await api.http.delete("/v1/audits/a-1", headers=key)).json()["state"] == "discarded"
    assert problem(await api.http.post("/v1/audits/a-1/post", headers=key)) == (409, "audit_ended")
    assert problem(await api.http.get("/v1/audits/none", headers=key)) == (404, "audit_unknown")
    assert problem(await api.http.get("/v1/audits", headers=await api.key(BOB))) == (403, "not_allowed")
    assert [fact for fact in api.counter.facts() if isinstance(fact, ShelfAudited)] == []


async def test_at_most_ten_checks_are_open(api: Api) -> None:
    for number in range(10):
        await begin(api, f"a-{number}")
    refused = await api.http.put("/v1/audits/a-11", json={"scope": "items"}, headers=await api.key())
    assert problem(refused) == (409, "audits_too_many")
    await api.http.delete("/v1/audits/a-3", headers=await api.key())
    await begin(api, "a-11")
