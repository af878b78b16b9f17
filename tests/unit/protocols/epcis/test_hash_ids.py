"""The event hash id: golden values made with the reference implementation on events of our own, and what changes no id."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.epcis.document import CONTEXT, read_document
from protocols.epcis.hashing import hash_id, pre_hash

PREFIXES = {"ex": "https://ns.example.com/epcis/"}
RECEIVED = {
    "type": "ObjectEvent",
    "eventID": "urn:uuid:0b1c2d3e-4f50-4a61-8b72-9c83ad94be05",
    "eventTime": "2026-11-27T10:00:00.5+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": [
        "urn:epc:id:sgtin:0614141.812345.6789",
        "https://id.gs1.org/01/09506000134352/21/32a%2Fb",
        "urn:epc:id:sscc:0614141.1234567890",
    ],
    "quantityList": [
        {"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200.50, "uom": "KGM"},
        {"epcClass": "urn:epc:idpat:sgtin:4012345.098765.*", "quantity": 10},
    ],
    "action": "OBSERVE",
    "bizStep": "receiving",
    "disposition": "in_progress",
    "persistentDisposition": {"set": ["completeness_verified"], "unset": ["completeness_inferred"]},
    "readPoint": {"id": "urn:epc:id:sgln:0614141.07346.1234"},
    "bizLocation": {"id": "urn:epc:id:sgln:0614141.00888.0"},
    "bizTransactionList": [
        {"type": "po", "bizTransaction": "urn:epc:id:gdti:0614141.00001.1618034"},
        {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:8779891013658:H9922413"},
    ],
    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4023333.00000"}],
    "destinationList": [{"type": "location", "destination": "urn:epc:id:sgln:0614141.00888.0"}],
    "ex:place": "back_room",
    "ex:more": {"ex:n": 5, "ex:list": ["b", "a"]},
}
PACKED = {
    "type": "AggregationEvent",
    "eventTime": "2026-11-27T10:00:00Z",
    "eventTimeZoneOffset": "+00:00",
    "parentID": "urn:epc:id:sscc:0614141.1234567890",
    "childEPCs": ["urn:epc:id:sgtin:0614141.812345.6790", "urn:epc:id:sgtin:0614141.812345.6789"],
    "childQuantityList": [{"epcClass": "https://id.gs1.org/01/09506000134352/10/ABC", "quantity": 2}],
    "action": "ADD",
    "bizStep": "packing",
}
MADE = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-27T10:00:00Z",
    "eventTimeZoneOffset": "+00:00",
    "epcList": [
        "https://shop.example/a/01/09506000134352/21/7?17=261231",
        "urn:epc:id:grai:0614141.12345.400",
        "urn:epc:id:giai:0614141.12345400",
    ],
    "action": "ADD",
    "bizStep": "commissioning",
    "ilmd": {"cbvmda:lotNumber": "L1", "ex:x": "y"},
    "recordTime": "2026-11-28T10:00:00Z",
}
SOLD = {
    "type": "TransactionEvent",
    "eventTime": "2026-11-27T10:00:00.123456Z",
    "eventTimeZoneOffset": "-06:00",
    "bizTransactionList": [{"type": "inv", "bizTransaction": "https://ns.tallystick.example/sale/1"}],
    "epcList": ["urn:epc:id:sgtin:0614141.812345.6789"],
    "action": "ADD",
    "bizStep": "https://ns.example.com/bizstep/x",
    "disposition": "retail_sold",
    "sensorElementList": [
        {
            "sensorMetadata": {"time": "2026-11-27T10:00:00Z", "deviceID": "urn:epc:id:giai:4000001.111"},
            "sensorReport": [
                {
                    "type": "Temperature",
                    "value": 26.0,
                    "uom": "CEL",
                    "booleanValue": True,
                    "stringValue": "hey",
                    "hexBinaryValue": "f0",
                }
            ],
        }
    ],
}
GOLDEN = [
    (RECEIVED, "bd3e78f6af487615334afd553896980f1a61356248df06bf035a4022423fcee1"),
    (PACKED, "6c6fc63b8929fa4d68592897727ed47dea77b5599d79174c7ca8ad976db51b09"),
    (MADE, "9eb98f88c55f55dd422db8c5b87003c4885325f7e6b6a8fdfc597f4af19e95f1"),
    (SOLD, "ebce3eaf83d799a7d7567e9e020db3356f3c160fe41addb3bb4228244992d1cb"),
]


@pytest.mark.parametrize(("event", "digest"), GOLDEN, ids=[str(event["bizStep"]) for event, _ in GOLDEN])
def test_the_ids_of_the_reference(event: dict[str, object], digest: str) -> None:
    assert hash_id(event, PREFIXES) == f"ni:///sha-256;{digest}?ver=CBV2.0"


def test_the_text_that_is_hashed() -> None:
    assert pre_hash(PACKED, {}) == (
        "eventType=AggregationEventeventTime=2026-11-27T10:00:00.000ZeventTimeZoneOffset=+00:00"
        "parentID=https://id.gs1.org/00/106141412345678908"
        "childEPCsepc=https://id.gs1.org/01/80614141123458/21/6789epc=https://id.gs1.org/01/80614141123458/21/6790"
        "childQuantityListquantityElementepcClass=https://id.gs1.org/01/09506000134352/10/ABCquantity=2"
        "action=ADDbizStep=https://ref.gs1.org/cbv/BizStep-packing"
    )


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([event for event, _ in GOLDEN]), st.randoms(use_true_random=False))
def test_order_id_and_time_of_recording_change_nothing(event: dict[str, object], chance: object) -> None:
    names = list(event)
    chance.shuffle(names)  # type: ignore[attr-defined]
    mixed = {name: list(reversed(event[name])) if name == "epcList" else event[name] for name in names}  # type: ignore[call-overload]
    mixed |= {"recordTime": "2030-01-01T00:00:00Z", "eventID": "urn:uuid:7"}
    assert hash_id(mixed, PREFIXES) == hash_id(event, PREFIXES)


@pytest.mark.parametrize("name", [name for name in RECEIVED if name not in {"type", "eventID"}])
def test_every_field_counts(name: str) -> None:
    without = {each: value for each, value in RECEIVED.items() if each != name}
    assert hash_id(without, PREFIXES) != hash_id(RECEIVED, PREFIXES)


def test_an_event_without_an_id_gets_its_hash_when_it_is_read() -> None:
    head = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-27T10:00:00Z"}
    read = read_document(msgspec.json.encode({**head, "epcisBody": {"eventList": [PACKED]}}))
    assert read.events[0].event_id.startswith("ni:///sha-256;6c6fc63b")
