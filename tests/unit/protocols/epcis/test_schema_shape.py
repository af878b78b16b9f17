"""What the published JSON schema asks of a document's shape, written down once more by hand: which fields an event of each
kind has, which it must have, what stands in its lists. Our documents are held against it, and so is our own checker's table.

The schema is lenient about words and times (the checker is not); this is about names, kinds of value and what is required.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from protocols.epcis import events
from protocols.epcis.document import write_answer, write_document
from protocols.epcis.own import ClassQuantity, Declared, Happened, write_declaration, write_event

EVERY = {
    "@context", "type", "eventID", "eventTime", "recordTime", "eventTimeZoneOffset", "errorDeclaration", "certificationInfo",
    "bizStep", "disposition", "persistentDisposition", "readPoint", "bizLocation", "bizTransactionList", "sourceList",
    "destinationList", "sensorElementList",
}  # fmt: skip
"""Fields of every kind; the last ten came to TransformationEvent and its like with EPCIS 2.0."""
MUST = {"type", "eventTime", "eventTimeZoneOffset"}
KINDS: dict[str, tuple[set[str], set[str]]] = {
    "ObjectEvent": ({"action"}, {"action", "epcList", "quantityList", "ilmd"}),
    "AggregationEvent": ({"action"}, {"action", "parentID", "childEPCs", "childQuantityList"}),
    "AssociationEvent": ({"action", "parentID"}, {"action", "parentID", "childEPCs", "childQuantityList"}),
    "TransactionEvent": ({"action", "bizTransactionList"}, {"action", "parentID", "epcList", "quantityList"}),
    "TransformationEvent": (
        set(),
        {"inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID", "ilmd"},
    ),
}
"""Kind -> (what it must have beside `MUST`, what it may have beside `EVERY`)."""
ELEMENTS: dict[str, tuple[dict[str, type | tuple[type, ...]], set[str]]] = {
    "quantityList": ({"epcClass": str, "quantity": (int, float), "uom": str}, {"epcClass"}),
    "bizTransactionList": ({"type": str, "bizTransaction": str}, {"bizTransaction"}),
    "sourceList": ({"type": str, "source": str}, {"type", "source"}),
    "destinationList": ({"type": str, "destination": str}, {"type", "destination"}),
}
"""List -> its elements' fields with their JSON kinds, and which they must have."""
OBJECTS: dict[str, tuple[dict[str, type], set[str]]] = {
    "readPoint": ({"id": str}, {"id"}),
    "bizLocation": ({"id": str}, {"id"}),
    "errorDeclaration": ({"declarationTime": str, "reason": str, "correctiveEventIDs": list}, {"declarationTime"}),
}
TEXTS = {"eventID", "eventTime", "recordTime", "eventTimeZoneOffset", "bizStep", "disposition", "parentID", "action"}
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def faults_of_event(event: dict[str, Any]) -> Iterator[str]:
    must, may = KINDS[event["type"]]
    yield from (f"{name} is missing" for name in sorted((MUST | must) - event.keys()))
    yield from (f"{name} is no field" for name in sorted(event.keys() - EVERY - may) if ":" not in name)
    yield from (f"{name} is no text" for name in sorted(TEXTS & event.keys()) if not isinstance(event[name], str))
    if "action" in event and event["action"] not in {"ADD", "OBSERVE", "DELETE"}:
        yield "action"
    for name, (fields, needed) in ELEMENTS.items():
        for each in event.get(name, []):
            yield from (f"{name}.{fault}" for fault in faults_of_object(each, fields, needed))
    for name, (fields, needed) in OBJECTS.items():
        if name in event:
            yield from (f"{name}.{fault}" for fault in faults_of_object(event[name], fields, needed))
    epcs = event.get("epcList", [])
    if len(set(epcs)) < len(epcs) or not all(isinstance(epc, str) for epc in epcs):
        yield "epcList: texts, each once"


def faults_of_object(value: object, fields: Any, needed: set[str]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield "no object"
        return
    yield from (f"{name} is missing" for name in sorted(needed - value.keys()))
    yield from (f"{name} is no field" for name in sorted(value.keys() - fields.keys()))
    yield from (
        f"{name} has another kind"
        for name in sorted(value.keys() & fields.keys())
        if not isinstance(value[name], fields[name])
    )


WHERE = {"read_point": "urn:tallystick:loc:s-1:sales_floor", "biz_location": "urn:tallystick:loc:s-1:sales_floor"}
EPCS = ("urn:epc:id:sgtin:0614141.812345.6789",)
MILK = ClassQuantity("https://id.gs1.org/01/80614141123458", 3_000)
HAM = ClassQuantity("https://id.gs1.org/01/80614141123458/10/L1", 1_250, "KGM")
OURS = {
    "received": Happened(1, "+08:00", "receiving", "in_progress", epcs=EPCS, quantities=(MILK, HAM), **WHERE,
                         transactions=(("desadv", "urn:tallystick:bt:s-1:asn-1"),)),
    "sold": Happened(1, "+01:00", "retail_selling", "retail_sold", epcs=EPCS, **WHERE,
                     transactions=(("", "urn:tallystick:bt:s-1:sale-1"),)),
    "sent": Happened(1, "+00:00", "shipping", "in_transit", quantities=(MILK,),
                     sources=(("location", "urn:tallystick:loc:s-1"),),
                     destinations=(("location", "urn:tallystick:loc:s-2"),), **WHERE),
    "written_off": Happened(1, "-05:00", "decommissioning", "damaged", action="DELETE", epcs=EPCS, **WHERE),
}  # fmt: skip


@pytest.mark.parametrize("happened", OURS.values(), ids=OURS.keys())
def test_our_events_have_the_schemas_shape(happened: Happened) -> None:
    event = msgspec.json.decode(write_event(happened)[1])
    assert list(faults_of_event(event)) == []
    assert event["eventID"].startswith("ni:///sha-256;")


def test_a_declared_error_has_it_too() -> None:
    declared = Declared(at_ms=5, reason="incorrect_data")
    event = msgspec.json.decode(write_declaration(OURS["sold"], declared)[1])
    assert list(faults_of_event(event)) == []


def test_documents_and_answers_have_it_around_them() -> None:
    bodies = [write_event(each)[1] for each in OURS.values()]
    document = msgspec.json.decode(write_document(bodies, 1_795_832_100_250))
    found = msgspec.json.decode(write_answer(bodies, "SimpleEventQuery", 1_795_832_100_250))
    for each, kind in ((document, "EPCISDocument"), (found, "EPCISQueryDocument")):
        assert each.keys() == {"@context", "type", "schemaVersion", "creationDate", "epcisBody"}
        assert (each["type"], each["schemaVersion"], each["creationDate"]) == (kind, "2.0", "2026-11-28T02:15:00.250+00:00")
        assert CONTEXT in each["@context"]
    assert document["epcisBody"].keys() == {"eventList"}
    assert found["epcisBody"].keys() == {"queryResults"}
    results = found["epcisBody"]["queryResults"]
    assert results.keys() == {"queryName", "resultsBody"}
    assert results["resultsBody"].keys() == {"eventList"}
    for told in (document["epcisBody"]["eventList"], results["resultsBody"]["eventList"]):
        assert [list(faults_of_event(each)) for each in told] == [[]] * len(bodies)


MISTAKES: tuple[tuple[str, Callable[[dict[str, Any]], object]], ...] = (
    ("eventTime is missing", lambda event: event.pop("eventTime")),
    ("action is missing", lambda event: event.pop("action")),
    ("bizsteps is no field", lambda event: event.update(bizsteps="receiving")),
    ("childEPCs is no field", lambda event: event.update(childEPCs=[])),
    ("quantityList.epcClass is missing", lambda event: event["quantityList"].append({"quantity": 1})),
    (
        "quantityList.quantity has another kind",
        lambda event: event["quantityList"].append({"epcClass": "x", "quantity": "1"}),
    ),
    ("readPoint.id is missing", lambda event: event.update(readPoint={})),
    ("epcList: texts, each once", lambda event: event["epcList"].extend(event["epcList"])),
    ("bizStep is no text", lambda event: event.update(bizStep=["receiving"])),
)


@pytest.mark.parametrize(("fault", "spoil"), MISTAKES, ids=[fault for fault, _ in MISTAKES])
def test_this_table_finds_faults_and_our_checker_finds_them_as_well(
    fault: str, spoil: Callable[[dict[str, Any]], object]
) -> None:
    event = msgspec.json.decode(write_event(OURS["received"])[1])
    spoil(event)
    assert fault in list(faults_of_event(event))
    checking = events.Checking()
    events.check_event(checking, "event", event)
    assert checking.faults


@pytest.mark.parametrize("kind", KINDS)
def test_our_checker_knows_the_schemas_fields_of_each_kind_and_no_others(kind: str) -> None:
    assert events.TABLES[kind].keys() == EVERY | KINDS[kind][1]
