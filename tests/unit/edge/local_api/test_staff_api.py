"""Staff's tasks over the API: drafts commanded once, an item on one page, alerts pushed and taken note of."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge.checkout.reasons import reason
from edge.labels.content import RenderedLabel, ShelfItem
from edge.labels.lane import Delivery, LabelOrder
from edge.labels.service import LabelService, LabelSettings
from edge.labels.shelf import CatalogueShelf
from edge.local_api.shapes import LabelList
from edge.local_api.staff_shapes import AlertList, DraftAnswer, DraftView, ItemLookUp, Variance
from protocols.contract.till import TillAnswer
from protocols.contract.till_basket import Scan
from protocols.contract.till_control import Login, OpenShift
from protocols.contract.till_payment import PayCash
from tests.support.counter import Counter
from tests.support.counter_api import Api, problem
from tests.support.goods import ANN, APPLES_CODE, BOB, EVE, MILK, MILK_CODE, PIN, SIX_PACK_CODE

WAIT_SECONDS = 20


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    counter = Counter(tmp_path)
    await counter.start()
    api = Api(counter)
    tasks = [asyncio.create_task(counter.till.run()), asyncio.create_task(api.shop.alerts.run())]
    yield api
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await api.http.aclose()
    counter.stop()


class SilentAccessPoint:
    """It never answers: whatever is bound stays unproven."""

    async def ready(self) -> None:
        await asyncio.Event().wait()

    async def deliver(self, _order: LabelOrder) -> Delivery:
        raise AssertionError("nothing is sent to an access point that is not ready")


class NoRenderer:
    """Nothing is drawn for it."""

    def render(self, _item: ShelfItem | None, _label_id: str, _hardware_type: int) -> RenderedLabel:
        raise AssertionError("nothing is drawn")


@pytest.fixture
async def labelled(tmp_path: Path) -> AsyncIterator[Api]:
    """A store whose labels nobody can reach."""
    counter = Counter(tmp_path)
    await counter.start()
    labels = LabelService(
        counter.store,
        counter.desk.journal,
        CatalogueShelf(counter.store, counter.clock),
        NoRenderer(),
        {"labels-1": SilentAccessPoint()},
        counter.clock,
        LabelSettings,
    )
    labels.start(counter.store.reader())
    running = asyncio.create_task(labels.run())
    api = Api(counter, labels)
    yield api
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await api.http.aclose()
    counter.stop()


async def order(api: Api, draft_id: str, command: dict[str, object], command_id: str | None = None) -> DraftAnswer:
    body = {"id": command_id or str(uuid.uuid4()), "command": command}
    answer = await api.http.post(f"/v1/drafts/{draft_id}/commands", json=body, headers=await api.key())
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=DraftAnswer)


async def begin(api: Api, draft_id: str, kind: str) -> DraftView:
    answer = await api.http.put(f"/v1/drafts/{draft_id}", json={"kind": kind}, headers=await api.key())
    return msgspec.json.decode(answer.content, type=DraftView)


async def alerts(api: Api, **query: str) -> AlertList:
    return msgspec.json.decode((await api.http.get("/v1/alerts", params=query)).content, type=AlertList)


async def watch(api: Api, minimum_thousandths: int) -> None:
    body = {"minimum_thousandths": minimum_thousandths}
    answer = await api.http.put(f"/v1/stock/{MILK}/minimum", json=body, headers=await api.key())
    assert answer.status_code == 200, answer.text


async def sell(api: Api, pieces: int) -> None:
    if api.counter.till.state().cashier_id is None:
        for command in (Login(staff_id=ANN, pin=PIN), OpenShift(float_minor=0)):
            await api.command(command)
    for _ in range(pieces):
        await api.command(Scan(code=MILK_CODE))
    assert msgspec.json.decode((await api.command(PayCash(tendered_minor=10_000))).content, type=TillAnswer).ok


async def test_a_receipt_by_scan_each_command_once(api: Api) -> None:
    await begin(api, "r-1", "receipt")
    command_id = str(uuid.uuid4())
    for _ in range(2):
        answer = await order(api, "r-1", {"kind": "scan", "code": SIX_PACK_CODE}, command_id)
        assert (answer.ok, answer.item_id, answer.added_thousandths) == (True, MILK, 6_000)
    refused = await order(api, "r-1", {"kind": "scan", "code": "4000000000018"})
    assert not refused.ok
    assert refused.reason is not None
    assert (refused.reason.code, refused.reason.params) == ("check_digit", {"code": "4000000000018"})
    assert refused.draft is not None, "a refusal shows the list as it is"
    weighed = await order(api, "r-1", {"kind": "scan", "code": APPLES_CODE})
    assert weighed.draft is not None
    assert [(line.name, line.weighed, line.quantity_thousandths) for line in weighed.draft.lines] == [
        ("Milk 1 l", False, 6_000),
        ("Apples", True, 0),
    ]
    await order(api, "r-1", {"kind": "remove", "item_id": "i-apples"})
    listed = await api.http.get("/v1/drafts", params={"kind": "receipt"}, headers=await api.key())
    assert [draft["draft_id"] for draft in listed.json()["drafts"]] == ["r-1"]
    for _ in range(2):
        posted = await order(api, "r-1", {"kind": "post"})
        assert posted.draft is not None
        assert posted.draft.state == "posted"
    assert (await api.http.get(f"/v1/stock/{MILK}")).json()["balances"][0]["on_hand_thousandths"] == 6_000
    assert problem(await api.http.get("/v1/drafts/none", headers=await api.key())) == (404, "draft_unknown")
    other = await api.http.put("/v1/drafts/r-1", json={"kind": "count"}, headers=await api.key())
    assert problem(other) == (409, "draft_other_kind")


async def test_a_count_is_blind_until_its_variance_is_asked_for(api: Api) -> None:
    await begin(api, "r-1", "receipt")
    await order(api, "r-1", {"kind": "scan", "code": SIX_PACK_CODE})
    await order(api, "r-1", {"kind": "post"})
    api.counter.clock.advance(1_000)
    await begin(api, "c-1", "count")
    view = await order(api, "c-1", {"kind": "scan", "code": MILK_CODE, "times": 4})
    assert b"expected" not in msgspec.json.encode(view)
    answer = await api.http.get("/v1/drafts/c-1/variance", headers=await api.key())
    (line,) = msgspec.json.decode(answer.content, type=Variance).lines
    assert (line.expected_thousandths, line.counted_thousandths) == (6_000, 4_000)
    await order(api, "c-1", {"kind": "post"})
    found = msgspec.json.decode((await api.http.get(f"/v1/lookup/{SIX_PACK_CODE}")).content, type=ItemLookUp)
    assert (found.item.item_id, found.pack_quantity, found.balances[0].on_hand_thousandths) == (MILK, 6, 4_000)
    assert [(move.reason, move.quantity_thousandths) for move in found.moves] == [("count", -2_000), ("receipt", 6_000)]
    assert (found.days[-1].left_thousandths, found.days[-1].by_reason) == (4_000, {"receipt": 6_000, "count": -2_000})
    assert found.counted_at_ms is not None


async def test_an_item_is_found_by_code_and_by_id(api: Api) -> None:
    for text in (MILK_CODE, MILK, APPLES_CODE):
        assert (await api.http.get(f"/v1/lookup/{text}")).status_code == 200
    assert problem(await api.http.get("/v1/lookup/nonsense")) == (404, "unknown_item")
    assert problem(await api.http.get("/v1/lookup/4000000000018")) == (422, "check_digit")


async def test_drafts_and_minima_need_the_right_and_a_note_only_a_key(api: Api) -> None:
    for person, said in ((None, (401, "login_needed")), (BOB, (403, "not_allowed"))):
        headers = {} if person is None else await api.key(person)
        assert problem(await api.http.put("/v1/drafts/r-1", json={"kind": "receipt"}, headers=headers)) == said
        assert problem(await api.http.get("/v1/drafts", params={"kind": "count"}, headers=headers)) == said
        minimum = await api.http.put(f"/v1/stock/{MILK}/minimum", json={"minimum_thousandths": 1}, headers=headers)
        assert problem(minimum) == said
    note = {"alert_id": "low_stock:nothing"}
    assert problem(await api.http.post("/v1/alerts/notes", json=note)) == (401, "login_needed")
    assert problem(await api.http.post("/v1/alerts/notes", json=note, headers=await api.key(EVE))) == (404, "unknown_alert")


async def test_a_sale_that_takes_an_item_under_its_minimum_answers_those_who_wait(api: Api) -> None:
    await begin(api, "r-1", "receipt")
    await order(api, "r-1", {"kind": "scan", "code": SIX_PACK_CODE})
    await order(api, "r-1", {"kind": "post"})
    await watch(api, 5_000)
    before = await alerts(api)
    assert before.alerts == ()
    waiting = asyncio.create_task(alerts(api, after=before.revision, wait=str(WAIT_SECONDS)))
    await sell(api, 2)
    (alert,) = (await waiting).alerts
    assert (alert.kind, alert.subject_id, alert.since_ms, alert.notable) == (
        "low_stock",
        MILK,
        api.counter.clock.now_ms(),
        True,
    )
    assert (alert.params["on_hand_thousandths"], alert.params["name_zh"]) == ("4000", "牛奶 1 升")
    assert "Milk 1 l" in alert.text
    noted = await api.http.post("/v1/alerts/notes", json={"alert_id": alert.alert_id}, headers=await api.key(EVE))
    assert msgspec.json.decode(noted.content, type=AlertList).alerts[0].noted_by == EVE
    await watch(api, 0)
    api.counter.clock.advance(60_000)
    await watch(api, 5_000)
    api.shop.alerts.look()
    assert [each.noted_by for each in (await alerts(api)).alerts] == [""], "the same trouble anew asks anew"


async def test_alarms_of_the_box_are_on_the_list_and_nobody_can_wave_them_away(api: Api) -> None:
    before = await alerts(api)
    waiting = asyncio.create_task(alerts(api, after=before.revision, wait=str(WAIT_SECONDS)))
    await asyncio.sleep(0)
    api.alarms.raise_alarm(reason("disk_low", free_mb=12))
    (alert,) = (await waiting).alerts
    assert (alert.kind, alert.code, alert.params["free_mb"], alert.notable) == ("box", "disk_low", "12", False)
    note = await api.http.post("/v1/alerts/notes", json={"alert_id": alert.alert_id}, headers=await api.key())
    assert problem(note) == (404, "unknown_alert")


async def test_a_label_not_proven_for_hours_is_a_task_on_the_list(labelled: Api) -> None:
    label_ids = [f"0000021A0000000{number}" for number in range(1, 4)]
    for label_id in label_ids:
        body = {"item_id": MILK, "access_point": "labels-1", "hardware_type": 1}
        answer = await labelled.http.put(f"/v1/labels/{label_id}", json=body, headers=await labelled.key())
        assert (answer.status_code, answer.json()["state"], answer.json()["item_name"]) == (200, "pending", "Milk 1 l")
    bound_ms = labelled.counter.clock.now_ms()
    await labelled.http.delete(f"/v1/labels/{label_ids[2]}", headers=await labelled.key())
    labelled.shop.alerts.look()
    assert (await alerts(labelled)).alerts == ()
    labelled.counter.clock.advance(LabelSettings().task_after_ms)
    labelled.shop.alerts.look()
    found = (await alerts(labelled)).alerts
    assert [(each.kind, each.subject_id, each.since_ms) for each in found] == [
        ("label", label_id, bound_ms) for label_id in label_ids[:2]
    ]
    assert found[0].text == f"The label {label_ids[0]} of Milk 1 l does not show its price."
    late = msgspec.json.decode((await labelled.http.get("/v1/labels?state=unreachable&limit=1")).content, type=LabelList)
    assert ([each.label_id for each in late.labels], late.left_out) == (label_ids[:1], 1)
    assert late.counts == {"unreachable": 2, "removed": 1}
    part = await labelled.http.get("/v1/labels", params={"part": label_ids[1][-9:].lower()})
    assert [each["label_id"] for each in part.json()["labels"]] == [label_ids[1]]
    assert problem(await labelled.http.get("/v1/labels?limit=-1")) == (422, "limit")
    shown = msgspec.json.decode((await labelled.http.get(f"/v1/lookup/{MILK_CODE}")).content, type=ItemLookUp)
    assert [(each.label_id, each.state) for each in shown.labels] == [
        (label_id, "unreachable") for label_id in label_ids[:2]
    ]
