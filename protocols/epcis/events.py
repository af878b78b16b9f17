"""The five kinds of event as tables of their fields, and the rules between fields (EPCIS 2.0, section 7.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from protocols.epcis import vocabulary as words
from protocols.epcis.check import (
    Check,
    Checking,
    Json,
    anything,
    exactly,
    fields,
    instance,
    many,
    need,
    number,
    offset,
    quantity,
    text,
    thing,
    time,
    uri,
    word,
)

_disposition = word(words.DISPOSITIONS, "disposition")
_party_type = word(words.PARTY_TYPES, "kind of party")
_place = thing({"id": uri}, "id", extensions=True)


def _ilmd(checking: Checking, path: str, value: Json) -> None:
    fields(checking, path, value, {})


def _certificates(checking: Checking, path: str, value: Json) -> None:
    (many(uri) if isinstance(value, list) else uri)(checking, path, value)


def _hexadecimal(checking: Checking, path: str, value: Json) -> None:
    if not isinstance(value, str) or not value or set(value) - set("0123456789abcdefABCDEF"):
        checking.fault(path, f"{str(value)[:40]!r} is not hexadecimal")


def _truth(checking: Checking, path: str, value: Json) -> None:
    if not isinstance(value, bool):
        checking.fault(path, "is neither true nor false")


_SENSOR_WHERE: dict[str, Check] = dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"), uri)
_SENSOR_METADATA: dict[str, Check] = {
    "time": time,
    "startTime": time,
    "endTime": time,
    "bizRules": uri,
    **_SENSOR_WHERE,
}
_SENSOR_REPORT: dict[str, Check] = {
    "type": word(words.MEASUREMENTS, "measurement"),
    "exception": word(words.SENSOR_ALERTS, "sensor alert"),
    "time": time,
    "microorganism": uri,
    "chemicalSubstance": uri,
    "component": word(words.COMPONENTS, "component"),
    "stringValue": text,
    "booleanValue": _truth,
    "hexBinaryValue": _hexadecimal,
    "uriValue": uri,
    "uom": text,
    "coordinateReferenceSystem": uri,
    **_SENSOR_WHERE,
    **dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), number),
}
_sensor_element = thing(
    {
        "type": exactly("epcis:SensorElement", "SensorElement"),
        "sensorMetadata": thing(_SENSOR_METADATA, extensions=True),
        "sensorReport": many(thing(_SENSOR_REPORT, extensions=True), least=1),
    },
    "sensorReport",
    extensions=True,
)

COMMON: dict[str, Check] = {
    "@context": anything,
    "type": anything,
    "eventID": uri,
    "eventTime": time,
    "recordTime": time,
    "eventTimeZoneOffset": offset,
    "errorDeclaration": thing(
        {
            "declarationTime": time,
            "reason": word(words.ERROR_REASONS, "reason of an error"),
            "correctiveEventIDs": many(uri),
        },
        "declarationTime",
        extensions=True,
    ),
    "certificationInfo": _certificates,
    "bizStep": word(words.BIZ_STEPS, "business step"),
    "disposition": _disposition,
    "persistentDisposition": thing(
        {"set": many(_disposition, least=1), "unset": many(_disposition, least=1)}, extensions=True
    ),
    "readPoint": _place,
    "bizLocation": _place,
    "bizTransactionList": many(
        thing(
            {"type": word(words.TRANSACTION_TYPES, "kind of transaction"), "bizTransaction": uri},
            "bizTransaction",
            extensions=True,
        )
    ),
    "sourceList": many(thing({"type": _party_type, "source": uri}, "type", "source", extensions=True)),
    "destinationList": many(thing({"type": _party_type, "destination": uri}, "type", "destination", extensions=True)),
    "sensorElementList": many(_sensor_element),
}
_ACTION: dict[str, Check] = {"action": exactly("ADD", "OBSERVE", "DELETE")}
_THINGS: dict[str, Check] = {"epcList": many(instance, unique=True), "quantityList": many(quantity)}
_CHILDREN: dict[str, Check] = {
    "parentID": instance,
    "childEPCs": many(instance, unique=True),
    "childQuantityList": many(quantity),
}
_MADE: dict[str, Check] = {
    "inputEPCList": many(instance, unique=True),
    "inputQuantityList": many(quantity),
    "outputEPCList": many(instance, unique=True),
    "outputQuantityList": many(quantity),
    "transformationID": uri,
}
TABLES: dict[str, Mapping[str, Check]] = {
    "ObjectEvent": {**COMMON, **_ACTION, **_THINGS, "ilmd": _ilmd},
    "AggregationEvent": {**COMMON, **_ACTION, **_CHILDREN},
    "AssociationEvent": {**COMMON, **_ACTION, **_CHILDREN},
    "TransactionEvent": {**COMMON, **_ACTION, **_THINGS, "parentID": instance},
    "TransformationEvent": {**COMMON, **_MADE, "ilmd": _ilmd},
}
"""Every kind of event this software reads."""


def check_event(checking: Checking, path: str, value: Json) -> None:
    """Note every fault of one event."""
    kind = value.get("type") if isinstance(value, dict) else None
    table = TABLES.get(kind) if isinstance(kind, str) else None
    if not isinstance(value, dict) or table is None:
        checking.fault(f"{path}.type", f"{str(kind)[:40]!r} is none of {', '.join(TABLES)}")
        return
    fields(checking, path, value, table)
    need(checking, path, value, "eventTime", "eventTimeZoneOffset")
    if "action" in table:
        need(checking, path, value, "action")
    _RULES[str(kind)](checking, path, value)


def _has(event: Mapping[str, Json], *names: str) -> bool:
    return any(isinstance(event.get(name), list) and event[name] for name in names)


def _object_rules(checking: Checking, path: str, event: Mapping[str, Json]) -> None:
    if not _has(event, "epcList", "quantityList", "sensorElementList"):
        checking.fault(path, "tells of nothing: an epcList or a quantityList is needed, or sensor data")
    if "ilmd" in event and event.get("action") != "ADD":
        checking.fault(f"{path}.ilmd", "belongs to the event that creates the goods: action ADD")


def _aggregation_rules(checking: Checking, path: str, event: Mapping[str, Json]) -> None:
    if event.get("action") in ("ADD", "DELETE"):
        need(checking, path, event, "parentID")
    _children_rule(checking, path, event)


def _association_rules(checking: Checking, path: str, event: Mapping[str, Json]) -> None:
    need(checking, path, event, "parentID")
    _children_rule(checking, path, event)


def _children_rule(checking: Checking, path: str, event: Mapping[str, Json]) -> None:
    if event.get("action") != "DELETE" and not _has(event, "childEPCs", "childQuantityList"):
        checking.fault(path, "names no children: childEPCs or childQuantityList is needed, except to DELETE all")


def _transaction_rules(checking: Checking, path: str, event: Mapping[str, Json]) -> None:
    if not _has(event, "bizTransactionList"):
        checking.fault(f"{path}.bizTransactionList", "is missing or empty")
    if event.get("action") != "DELETE" and not (_has(event, "epcList", "quantityList") or event.get("parentID")):
        checking.fault(path, "tells of nothing: an epcList or a quantityList is needed, except to DELETE all")


def _transformation_rules(checking: Checking, path: str, event: Mapping[str, Json]) -> None:
    goes_in = _has(event, "inputEPCList", "inputQuantityList")
    comes_out = _has(event, "outputEPCList", "outputQuantityList")
    if not (goes_in and comes_out) and not (event.get("transformationID") and (goes_in or comes_out)):
        checking.fault(path, "needs what goes in and what comes out; with a transformationID one of them is enough")


_RULES: dict[str, Callable[[Checking, str, Mapping[str, Json]], None]] = {
    "ObjectEvent": _object_rules,
    "AggregationEvent": _aggregation_rules,
    "AssociationEvent": _association_rules,
    "TransactionEvent": _transaction_rules,
    "TransformationEvent": _transformation_rules,
}
