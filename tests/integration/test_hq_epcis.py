"""EPCIS at HQ: events of our stores' facts, strict capture of partners' documents, queries page by page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import pytest

from cloud.users.domain import Role
from protocols.contract.facts import CountedLine, StockCounted
from protocols.contract.rfid_facts import GateAlarmEnded, GateAlarmRaised, TaggedLine
from protocols.contract.stock_facts import GoodsRelocated, StockWrittenOff, TransferSent
from protocols.contract.values import Place
from protocols.epcis.document import read_event
from tests.support.hq_goods import EPC, MILK, Shops, came, goods, received, shops
from tests.support.hq_ground import GroundDatabase
from tests.support.hq_routes import EPCIS_CONTEXT, EPCIS_DOCUMENT, EPCIS_EVENT

FLOOR = "urn:tallystick:loc:S001:sales_floor"
LINK = "https://id.gs1.org/01/80614141123458/21/{}"


@pytest.fixture
async def two_shops(any_database: GroundDatabase) -> AsyncIterator[Shops]:
    async with shops(any_database) as made:
        yield made


async def a_tagged_day(two_shops: Shops) -> None:
    """Two tagged pieces come, go to the floor, one is sold, one goes astray; untagged goods are written off and sent on."""
    pieces = (EPC.format(1), EPC.format(2))
    tags = [TaggedLine(epc=epc, item_id=MILK) for epc in pieces]
    await two_shops.report(
        "S001",
        came("r-1", received(1, MILK, 2, epcs=pieces), received(2, MILK, 9, "B7", "2026-12-01"), asn_id="A-1"),
        GoodsRelocated(
            relocation_id="m-1", from_place=Place.BACK_ROOM, to_place=Place.SALES_FLOOR, how="tag",
            lines=(goods(1, MILK, 2, "", "", *pieces),),
        ),
        StockWrittenOff(
            write_off_id="w-1", place=Place.BACK_ROOM, reason="expired", lines=(goods(1, MILK, 1, "B7"),), staff_id="7"
        ),
        TransferSent(
            transfer_id="t-1", to_store_id="S002", place=Place.BACK_ROOM, lines=(goods(1, MILK, 3, "B7"),), staff_id="7"
        ),
        StockCounted(
            count_id="c-1", place=Place.SALES_FLOOR, staff_id="7", whole=True,
            lines=(CountedLine(line_no=1, item_id=MILK, expected_thousandths=2_000, counted_thousandths=2_000),),
        ),
        GateAlarmRaised(alarm_id="g-1", device_id="gate", lines=tuple(tags[:1]), siren=True),
        GateAlarmEnded(alarm_id="g-1", outcome="sold"),
        GateAlarmRaised(alarm_id="g-2", device_id="gate", lines=tuple(tags[1:]), siren=True),
        GateAlarmEnded(alarm_id="g-2", outcome="stolen"),
    )  # fmt: skip
    await two_shops.sell("S001", MILK, 1, epcs=pieces[:1])
    await two_shops.follow()


async def found(client: httpx.AsyncClient, path: str = "/epcis/events", **query: str) -> list[dict[str, object]]:
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert (document["type"], answer.headers["GS1-EPCIS-Version"]) == ("EPCISQueryDocument", "2.0.0")
    events: list[dict[str, object]] = document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return events


def told(events: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(event["bizStep"], event["disposition"]) for event in events]


async def test_what_a_store_does_with_goods_is_told_to_partners(two_shops: Shops) -> None:
    await a_tagged_day(two_shops)
    admin = await two_shops.api.person()
    events = await found(admin)
    assert sorted(told(events)) == [
        ("decommissioning", "expired"),
        ("entering_exiting", "stolen"),
        ("entering_exiting", "unknown"),
        ("entering_exiting", "unknown"),
        ("entering_exiting", "unknown"),
        ("receiving", "in_progress"),
        ("retail_selling", "retail_sold"),
        ("shipping", "in_transit"),
        ("stock_taking", "sellable_accessible"),
        ("stocking", "sellable_accessible"),
    ]
    for event in events:  # the checker of the standard takes every one
        read_event(json.dumps({"@context": EPCIS_CONTEXT, **event}).encode())
    (receiving,) = await found(admin, EQ_bizStep="receiving")
    assert receiving["epcList"] == [EPC.format(1), EPC.format(2)]
    (quantity,) = receiving["quantityList"]  # type: ignore[misc]
    assert (str(quantity["epcClass"]).endswith("/10/B7"), quantity["quantity"]) == (True, 9)
    assert {"type": "desadv", "bizTransaction": "urn:tallystick:bt:S001:A-1"} in receiving["bizTransactionList"]  # type: ignore[operator]
    mistaken = [event for event in events if "errorDeclaration" in event]
    (alarm,) = [event for event in events if event["eventID"] == mistaken[0]["eventID"] and event not in mistaken]
    assert (len(mistaken), alarm["disposition"]) == (1, "unknown")
    await two_shops.follow()
    assert len(await found(admin)) == len(events), "made once"
    other = await two_shops.api.person(Role.STORE_MANAGER, ("S002",))
    assert await found(other) == []
    own = await two_shops.api.person(Role.STORE_MANAGER, ("S001",))
    assert len(await found(own)) == len(events)


async def test_queries_find_pieces_in_either_spelling_and_go_page_by_page(two_shops: Shops) -> None:
    await a_tagged_day(two_shops)
    admin = await two_shops.api.person()
    sold = [("receiving", "in_progress"), ("stocking", "sellable_accessible"), ("entering_exiting", "unknown"),
            ("entering_exiting", "unknown"), ("retail_selling", "retail_sold")]  # fmt: skip
    for spelling in (EPC.format(1), LINK.format(1), "https://shop.example/01/80614141123458/21/1?x=1"):
        assert sorted(told(await found(admin, MATCH_epc=spelling))) == sorted(sold), spelling
    assert len(await found(admin, MATCH_epc="urn:epc:idpat:sgtin:0614141.812345.*")) == 7
    assert await found(admin, MATCH_epc="urn:epc:idpat:sgtin:0614141.812346.*") == []
    assert told(await found(admin, EQ_bizStep="https://ref.gs1.org/cbv/BizStep-retail_selling,urn:epcglobal:cbv:bizstep:stocking",
                            EQ_bizLocation=FLOOR)) == [("stocking", "sellable_accessible")]  # fmt: skip
    assert told(await found(admin, EQ_action="DELETE")) == [("decommissioning", "expired")]
    assert len(await found(admin, EXISTS_errorDeclaration="true")) == 1
    assert await found(admin, LT_eventTime="2020-01-01T00:00:00Z") == []
    assert len(await found(admin, GE_eventTime="2020-01-01T00:00:00+08:00", eventType="ObjectEvent")) == 10
    assert len(await found(admin, "/epcis/bizSteps/retail_selling/events")) == 1
    assert (await admin.get("/epcis/dispositions")).json()["member"][:2] == ["expired", "in_progress"]
    (piece,) = await found(admin, f"/epcis/epcs/{LINK.format(1)}/events", EQ_bizStep="retail_selling")
    one = await admin.get(
        f"/epcis/events/{quote(str(piece['eventID']), safe='')}", headers={"GS1-EPC-Format": "Always_GS1_Digital_Link"}
    )
    assert (one.status_code, one.json()["epcList"]) == (200, [LINK.format(1)])
    seen, path = 0, "/epcis/events?perPage=4"
    for size in (4, 4, 2):
        answer = await admin.get(path)
        page = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert len(page) == size
        seen += size
        link = answer.headers.get("Link", "")
        assert bool(link) == (seen < 10)
        path = link.removeprefix("<").partition(">")[0]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"EQ_bizSteps": "receiving"}, 400),
        ({"GE_eventTime": "yesterday"}, 400),
        ({"perPage": "0"}, 400),
        ({"nextPageToken": "x"}, 400),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:0614141.812345.*,urn:epc:idpat:sgtin:0614141.812346.*"}, 413),
    ],
)
async def test_a_question_that_means_nothing_is_refused(two_shops: Shops, query: dict[str, str], status: int) -> None:
    admin = await two_shops.api.person()
    answer = await admin.get("/epcis/events", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"].startswith("epcisException:")


async def test_a_partners_document_is_taken_whole_or_not_at_all(two_shops: Shops) -> None:
    admin = await two_shops.api.person()

    async def sent(document: object, **headers: str) -> dict[str, object]:
        answer = await admin.post("/epcis/capture", json=document, headers=headers)
        assert answer.status_code == 202, answer.text
        job: dict[str, object] = (await admin.get(answer.headers["Location"])).json()
        return job

    assert (await sent(EPCIS_DOCUMENT))["success"] is True
    again = await sent(EPCIS_DOCUMENT)
    assert (again["success"], again["events"]) == (True, 0), "sent twice, kept once"
    events: list[dict[str, object]] = list(EPCIS_DOCUMENT["epcisBody"]["eventList"])  # type: ignore[index, call-overload]
    bad = {**events[0], "bizStep": "recieving"}
    good = {**events[0], "eventTime": "2026-11-27T12:00:00.000+01:00"}
    mixed = {**EPCIS_DOCUMENT, "epcisBody": {"eventList": [good, bad]}}
    refused = await sent(mixed)
    assert (refused["success"], refused["events"]) == (False, 0)
    assert "bizStep" in refused["errors"][0]["detail"]  # type: ignore[index]
    partly = await sent(mixed, **{"GS1-Capture-Error-Behaviour": "proceed"})
    assert (partly["success"], partly["events"], len(partly["errors"])) == (False, 1, 1)  # type: ignore[arg-type]
    assert len(await found(admin, EQ_bizStep="shipping")) == 2
    many = {**EPCIS_DOCUMENT, "epcisBody": {"eventList": [good] * 501}}
    assert (await admin.post("/epcis/capture", json=many)).status_code == 413
    for body in (b"{", b"[]", b'{"type":"EPCISDocument"}'):
        answer = await admin.post("/epcis/capture", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")
    assert (await admin.post("/epcis/capture", content=b"<xml/>", headers={"content-type": "text/xml"})).status_code == 415
    manager = await two_shops.api.person(Role.STORE_MANAGER, ("S001",))
    assert (await manager.post("/epcis/capture", json=EPCIS_DOCUMENT)).status_code == 403
    assert await found(manager) == [], "no store of theirs is named"


async def test_one_event_is_taken_once_and_may_be_declared_a_mistake(two_shops: Shops) -> None:
    admin = await two_shops.api.person()
    event = {**EPCIS_EVENT, "@context": EPCIS_CONTEXT}
    answer = await admin.post("/epcis/events", json=event)
    assert answer.status_code == 201, answer.text
    kept = (await admin.get(answer.headers["Location"])).json()
    assert kept["eventID"].startswith("ni:///sha-256;")
    assert (await admin.post("/epcis/events", json=event)).status_code == 409
    assert (await admin.post("/epcis/events", json={**event, "action": "SEE"})).status_code == 400
    declared = {"declarationTime": "2026-11-28T10:00:00.000Z", "reason": "did_not_occur"}
    assert (await admin.post("/epcis/events", json={**event, "errorDeclaration": declared})).status_code == 201
    assert len(await found(admin, EQ_eventID=kept["eventID"])) == 2
    for headers in ({"GS1-EPCIS-Version": "1.2"}, {"GS1-EPC-Format": "Always_EPC_URN"}):
        assert (await admin.get("/epcis/events", headers=headers)).status_code == 406


async def test_a_query_by_name_is_asked_again_and_again(two_shops: Shops) -> None:
    await a_tagged_day(two_shops)
    admin = await two_shops.api.person()
    body = {"name": "sold", "query": {"EQ_bizStep": ["retail_selling"]}}
    assert (await admin.post("/epcis/queries", json=body)).status_code == 201
    assert (await admin.post("/epcis/queries", json=body)).status_code == 409
    assert (await admin.post("/epcis/queries", json={"name": "bad", "query": {"EQ_step": "x"}})).status_code == 400
    assert told(await found(admin, "/epcis/queries/sold/events")) == [("retail_selling", "retail_sold")]
    (event,) = await found(admin, "/epcis/queries/sold/events")
    newer = {"GE_recordTime": str(event["recordTime"])}
    assert (
        len(
            (await admin.get("/epcis/queries/sold/events", params=newer)).json()["epcisBody"]["queryResults"]["resultsBody"][
                "eventList"
            ]
        )
        == 1
    )
    later = {"GE_recordTime": "2999-01-01T00:00:00Z"}
    none = (await admin.get("/epcis/queries/sold/events", params=later)).json()
    assert none["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == [], "what is new is asked by a further parameter"
    for refused in ({"EQ_bizStep": "shipping"}, {"GE_recordedTime": "2999-01-01T00:00:00Z"}):
        assert (await admin.get("/epcis/queries/sold/events", params=refused)).status_code == 400
    assert [each["name"] for each in (await admin.get("/epcis/queries")).json()] == ["sold"]
    assert (await admin.delete("/epcis/queries/sold")).status_code == 204
    assert (await admin.get("/epcis/queries/sold")).status_code == 404
