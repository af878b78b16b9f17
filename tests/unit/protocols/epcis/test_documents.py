"""EPCIS documents: what keeps the standard is read with its canonical ids, what breaks it is refused at its place."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.epcis import vocabulary
from protocols.epcis.document import (
    CONTEXT,
    EVENTS_MAX,
    EpcisRefused,
    read_document,
    read_event,
    write_answer,
    write_document,
)
from protocols.epcis.own import ClassQuantity, Declared, Happened, write_declaration, write_event
from protocols.epcis.times import time_ms, time_text

SHIRT = "urn:epc:id:sgtin:0614141.812345.6789"
SHIRT_LINK = "https://id.gs1.org/01/80614141123458/21/6789"
CARTON = "urn:epc:id:sscc:0614141.1234567890"


def event(**more: Any) -> dict[str, Any]:
    """A good ObjectEvent; None takes a field out."""
    plain: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventTime": "2026-11-27T10:00:00.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "epcList": [SHIRT],
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "in_progress",
        "readPoint": {"id": "urn:epc:id:sgln:0614141.07346.1234"},
    }
    return {name: value for name, value in {**plain, **more}.items() if value is not None}


def document(*events: Any, **more: Any) -> bytes:
    """A document of events."""
    head = {
        "@context": [CONTEXT, {"ex": "https://ns.example.com/epcis/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-27T10:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    return msgspec.json.encode({name: value for name, value in {**head, **more}.items() if value is not None})


GOOD = [
    event(),
    event(
        epcList=None,
        quantityList=[{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 12.5, "uom": "KGM"}],
    ),
    event(epcList=["https://shop.example/a/01/09506000134352/10/L1/21/7"], bizStep="https://ns.example.com/steps/ironing"),
    event(action="ADD", ilmd={"cbvmda:lotNumber": "L1", "ex:dye": "blue"}, bizStep="commissioning"),
    event(persistentDisposition={"set": ["completeness_verified"], "unset": ["completeness_inferred"]}),
    event(
        eventID="urn:uuid:0b1c2d3e-4f50-4a61-8b72-9c83ad94be05",
        errorDeclaration={
            "declarationTime": "2026-11-28T10:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:1"],
        },
    ),
    event(bizTransactionList=[{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:8779891013658:H9922413"}]),
    event(sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:4023333.00000"}]),
    event(
        sensorElementList=[
            {
                "sensorMetadata": {"time": "2026-11-27T09:00:00Z"},
                "sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "CEL"}],
            }
        ]
    ),
    event(type="AggregationEvent", epcList=None, parentID=CARTON, childEPCs=[SHIRT], action="ADD", bizStep="packing"),
    event(type="AggregationEvent", epcList=None, parentID=CARTON, action="DELETE", bizStep="unpacking"),
    event(type="AssociationEvent", epcList=None, parentID=CARTON, childEPCs=[SHIRT], action="ADD"),
    event(type="TransactionEvent", bizTransactionList=[{"bizTransaction": "https://shop.example/sale/1"}], action="ADD"),
    event(type="TransformationEvent", action=None, epcList=None, inputEPCList=[SHIRT], outputEPCList=[CARTON]),
]


@pytest.mark.parametrize("good", GOOD, ids=range(len(GOOD)))
def test_what_keeps_the_standard_is_read_and_written_again(good: dict[str, Any]) -> None:
    read = read_document(document(good))
    again = read_document(write_document([each.json for each in read.events], read.created_ms, read.prefixes))
    assert again.events == read.events
    assert msgspec.json.decode(read.events[0].json) == good


def test_the_fields_a_store_is_asked_by_are_canonical() -> None:
    found = read_document(
        document(event(epcList=[SHIRT, SHIRT_LINK.replace("id.gs1.org", "shop.example/x") + "?17=270101"]))
    ).events[0]
    assert (found.things, found.biz_step, found.at_ms) == ((SHIRT_LINK,), "receiving", 1_795_770_000_000)
    assert found.read_point == "https://id.gs1.org/414/0614141073467/254/1234"


BROKEN = [
    ("type", event(type="ObjectEvnt")),
    ("eventTime", event(eventTime="2026-11-27T10:00:00")),
    ("eventTime", event(eventTime="2026-13-27T10:00:00Z")),
    ("eventTime", event(eventTime="yesterday")),
    ("eventTime", event(eventTime=None)),
    ("eventTimeZoneOffset", event(eventTimeZoneOffset="+1:00")),
    ("eventTimeZoneOffset", event(eventTimeZoneOffset="+15:00")),
    ("eventTimeZoneOffset", event(eventTimeZoneOffset=None)),
    ("action", event(action="OBSERVED")),
    ("action", event(action=None)),
    ("bizStep", event(bizStep="recieving")),
    ("bizStep", event(bizStep="inventory_check")),
    ("bizStep", event(bizStep="urn:epcglobal:cbv:bizstep:receiving")),
    ("bizStep", event(bizStep="https://ref.gs1.org/cbv/BizStep-receiving")),
    ("disposition", event(disposition="sold")),
    ("persistentDisposition.set[0]", event(persistentDisposition={"set": ["verified"]})),
    ("persistentDisposition.sets", event(persistentDisposition={"sets": ["damaged"]})),
    ("epcList[0]", event(epcList=["6789"])),
    ("epcList[0]", event(epcList=["urn:epc:id:sgtin:0614141.81234.6789"])),
    ("epcList[0]", event(epcList=["urn:epc:id:sgtn:0614141.812345.6789"])),
    ("epcList[0]", event(epcList=["urn:epc:class:lgtin:4012345.012345.998877"])),
    ("epcList[0]", event(epcList=["https://id.gs1.org/01/09506000134352"])),
    ("epcList[0]", event(epcList=["https://id.gs1.org/01/09506000134351/21/1"])),
    ("epcList", event(epcList=[SHIRT, SHIRT])),
    ("epcList", event(epcList=SHIRT)),
    ("", event(epcList=[])),
    ("", event(epcList=None)),
    ("quantityList[0].epcClass", event(quantityList=[{"epcClass": SHIRT, "quantity": 1}])),
    (
        "quantityList[0].quantity",
        event(quantityList=[{"epcClass": "urn:epc:idpat:sgtin:4012345.098765.*", "quantity": "1"}]),
    ),
    (
        "quantityList[0].quantity",
        event(quantityList=[{"epcClass": "urn:epc:idpat:sgtin:4012345.098765.*", "quantity": 1.5}]),
    ),
    ("quantityList[0].quantity", event(quantityList=[{"epcClass": "urn:epc:idpat:sgtin:4012345.098765.*", "quantity": -1}])),
    (
        "quantityList[0].uom",
        event(quantityList=[{"epcClass": "urn:epc:idpat:sgtin:4012345.098765.*", "quantity": 1, "uom": "kg"}]),
    ),
    ("readPoint.id", event(readPoint={"id": "door 3"})),
    ("readPoint.id", event(readPoint={})),
    ("readPoint.name", event(readPoint={"id": "urn:x:y", "name": "door"})),
    ("bizTransactionList[0].type", event(bizTransactionList=[{"type": "ticket", "bizTransaction": "urn:x:1"}])),
    ("bizTransactionList[0].bizTransaction", event(bizTransactionList=[{"type": "po"}])),
    ("sourceList[0].type", event(sourceList=[{"source": "urn:x:1"}])),
    ("destinationList[0].destination", event(destinationList=[{"type": "location", "destination": "here"}])),
    ("ilmd", event(ilmd={"cbvmda:lotNumber": "L1"})),
    ("ilmd.lotNumber", event(action="ADD", ilmd={"lotNumber": "L1"})),
    ("eventID", event(eventID="17")),
    ("errorDeclaration.declarationTime", event(eventID="urn:x:1", errorDeclaration={"reason": "incorrect_data"})),
    (
        "errorDeclaration.reason",
        event(eventID="urn:x:1", errorDeclaration={"declarationTime": "2026-11-28T10:00:00Z", "reason": "typo"}),
    ),
    ("sensorElementList[0].sensorReport", event(sensorElementList=[{"sensorReport": []}])),
    ("sensorElementList[0].sensorReport[0].type", event(sensorElementList=[{"sensorReport": [{"type": "Warmth"}]}])),
    ("colour", event(colour="red")),
    ("other:colour", event(**{"other:colour": "red"})),
    ("parentID", event(parentID=CARTON)),
    ("parentID", event(type="AggregationEvent", epcList=None, childEPCs=[SHIRT], action="ADD")),
    ("", event(type="AggregationEvent", epcList=None, parentID=CARTON, action="ADD")),
    ("parentID", event(type="AssociationEvent", epcList=None, childEPCs=[SHIRT])),
    ("bizTransactionList", event(type="TransactionEvent")),
    ("", event(type="TransformationEvent", action=None, epcList=None, inputEPCList=[SHIRT])),
    ("action", event(type="TransformationEvent", epcList=None, inputEPCList=[SHIRT], outputEPCList=[CARTON])),
]


@pytest.mark.parametrize(("where", "broken"), BROKEN, ids=range(len(BROKEN)))
def test_what_breaks_the_standard_is_refused_at_its_place(where: str, broken: dict[str, Any]) -> None:
    with pytest.raises(EpcisRefused) as refused:
        read_document(document(event(), broken))
    place = "epcisBody.eventList[1]" + (f".{where}" if where else "")
    assert place in {fault.path for fault in refused.value.faults}
    assert all(fault.path.startswith("epcisBody.eventList[1]") for fault in refused.value.faults)


@pytest.mark.parametrize(
    ("where", "data"),
    [
        ("", b"{"),
        ("", b"[]"),
        ("@context", document(event(), **{"@context": "https://schema.org"})),
        ("@context", document(event(), **{"@context": None})),
        ("type", document(event(), type="EPCISDocuments")),
        ("schemaVersion", document(event(), schemaVersion="1.2")),
        ("creationDate", document(event(), creationDate="2026-11-27")),
        ("epcisBody.eventList", document(event(), epcisBody={})),
        ("colour", document(event(), colour="red")),
        ("epcisBody.eventList", document(*[event()] * (EVENTS_MAX + 1))),
    ],
)
def test_a_document_that_is_none(where: str, data: bytes) -> None:
    with pytest.raises(EpcisRefused) as refused:
        read_document(data)
    assert where in {fault.path for fault in refused.value.faults}


def test_all_faults_are_told_at_once_and_a_flood_of_them_is_counted() -> None:
    with pytest.raises(EpcisRefused) as refused:
        read_document(document(event(bizStep="recieving", action="LOOK", eventTime="now")))
    assert len(refused.value.faults) == 3
    with pytest.raises(EpcisRefused) as flood:
        read_document(document(*[event(bizStep="recieving")] * 150))
    assert (len(flood.value.faults), flood.value.more) == (100, 50)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_misspelt_word_passes(data: st.DataObject) -> None:
    steps = sorted(vocabulary.BIZ_STEPS)
    step = data.draw(st.sampled_from(steps))
    place = data.draw(st.integers(0, len(step) - 1))
    misspelt = step[:place] + data.draw(st.sampled_from("aeiouxyz_")) + step[place + 1 :]
    if misspelt in vocabulary.BIZ_STEPS:
        return
    with pytest.raises(EpcisRefused):
        read_document(document(event(bizStep=misspelt)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(range(len(GOOD))), st.data())
def test_whatever_stands_in_a_field_the_answer_is_an_event_or_a_refusal(index: int, data: st.DataObject) -> None:
    changed = copy.deepcopy(GOOD[index])
    changed[data.draw(st.sampled_from(sorted(changed)))] = data.draw(json_values)
    with contextlib.suppress(EpcisRefused):
        assert len(read_document(document(changed)).events) == 1


def test_a_single_event_carries_its_own_context() -> None:
    found, prefixes = read_event(
        msgspec.json.encode({"@context": [CONTEXT, {"ex": "https://ns.example.com/"}], **event(), "ex:a": 1})
    )
    assert (found.things, prefixes) == ((SHIRT_LINK,), {"ex": "https://ns.example.com/"})
    with pytest.raises(EpcisRefused):
        read_event(msgspec.json.encode(event()))


def test_what_a_store_does_keeps_the_standard_and_told_twice_is_one_event() -> None:
    sold = Happened(
        at_ms=1_795_770_000_123,
        offset="+08:00",
        biz_step="retail_selling",
        disposition="retail_sold",
        epcs=(SHIRT,),
        quantities=(
            ClassQuantity("https://id.gs1.org/01/09506000134352", 1_250, "KGM"),
            ClassQuantity("https://id.gs1.org/01/80614141123458", 2_000),
        ),
        read_point="urn:epc:id:sgln:0614141.07346.1",
        biz_location="urn:epc:id:sgln:0614141.07346.0",
        transactions=(("", "https://shop.example/sale/7"), ("inv", "https://shop.example/invoice/7")),
        sources=(("owning_party", "urn:epc:id:pgln:4023333.00000"),),
    )
    event_id, told = write_event(sold)
    read = read_document(
        write_document(
            [
                told,
                write_event(
                    Happened(
                        at_ms=1, offset="+00:00", biz_step="cycle_counting", disposition="sellable_accessible", epcs=(SHIRT,)
                    )
                )[1],
            ],
            5,
        )
    )
    assert (read.events[0].event_id, write_event(sold)[0]) == (event_id, event_id)
    assert read.events[0].json == told
    again, wrong = write_declaration(sold, Declared(9, "incorrect_data", ("urn:uuid:1",)))
    declared = read_document(write_document([wrong], 5)).events[0]
    assert (again, declared.is_declaration, declared.error_reason) == (event_id, True, "incorrect_data")


@settings(max_examples=60, deadline=None)
@given(st.integers(-(10**12), 4 * 10**12), st.sampled_from(("+00:00", "+08:00", "-03:30", "+14:00")))
def test_times_come_back(at_ms: int, offset: str) -> None:
    assert time_ms(time_text(at_ms, offset)) == at_ms


def test_extensions_may_stand_wherever_the_standard_has_an_object() -> None:
    told = event(
        eventID="urn:x:1",
        errorDeclaration={"declarationTime": "2026-11-28T10:00:00Z", "ex:by": "me"},
        persistentDisposition={"set": ["damaged"], "ex:why": "rain"},
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:1", "ex:page": 2}],
        sourceList=[{"type": "location", "source": "urn:x:1", "ex:gate": 2}],
        destinationList=[{"type": "location", "destination": "urn:x:1", "ex:gate": 2}],
        sensorElementList=[
            {"type": "epcis:SensorElement", "sensorReport": [{"type": "gs1:Temperature"}], "ex:a": {"ex:b": 1}}
        ],
    )
    assert read_document(document(told, id="_:document1")).events[0].is_declaration


def test_an_answer_names_its_query() -> None:
    answer = msgspec.json.decode(write_answer([b'{"type":"ObjectEvent"}'], "all", 5))
    assert answer["type"] == "EPCISQueryDocument"
    assert answer["epcisBody"]["queryResults"] == {
        "queryName": "all",
        "resultsBody": {"eventList": [{"type": "ObjectEvent"}]},
    }
