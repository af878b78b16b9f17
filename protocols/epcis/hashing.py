"""The event hash id (CBV 2.0, section 8.9): one event has one id, whoever tells it, in whatever order and spelling.

Fields in the standard's order, each as `name=value`; ids as canonical links, words as full addresses, times in UTC with
milliseconds, numbers without idle zeros; lists sorted. What the order does not name (business transactions, sources,
destinations, master data, extensions) follows, sorted by its text. Left out: `recordTime`, `eventID`, `errorDeclaration`.
The result agrees byte by byte with the reference implementation, 1.9.3, on which the golden values of the tests were made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from math import isfinite

from protocols.epcis.identifiers import canonical
from protocols.epcis.times import time_ms, utc_text
from protocols.epcis.vocabulary import MEASUREMENT_PREFIX, MEASUREMENTS, PREFIXES, is_uri

Order = tuple[tuple[str, "Order | None"], ...]


def _fields(names: str) -> Order:
    return tuple((name, None) for name in names.split())


_QUANTITY: Order = (("epcClass", None), ("quantity", None), ("uom", None))
_METADATA: Order = _fields(
    """
    time startTime endTime deviceID deviceMetadata rawData dataProcessingMethod bizRules
    """
)
_REPORT: Order = _fields(
    """
    type exception deviceID deviceMetadata rawData dataProcessingMethod time microorganism chemicalSubstance value
    component stringValue booleanValue hexBinaryValue uriValue minValue maxValue meanValue sDev percRank percValue uom
    coordinateReferenceSystem
    """
)
_SENSOR: Order = (("sensorMetadata", _METADATA), ("sensorReport", _REPORT))
_ORDER: Order = (
    ("eventTime", None),
    ("eventTimeZoneOffset", None),
    ("certificationInfo", None),
    ("parentID", None),
    ("epcList", None),
    ("inputEPCList", None),
    ("childEPCs", None),
    ("quantityList", _QUANTITY),
    ("childQuantityList", _QUANTITY),
    ("inputQuantityList", _QUANTITY),
    ("outputEPCList", None),
    ("outputQuantityList", _QUANTITY),
    ("action", None),
    ("transformationID", None),
    ("bizStep", None),
    ("disposition", None),
    ("persistentDisposition", (("set", None), ("unset", None))),
    ("readPoint", (("id", None),)),
    ("bizLocation", (("id", None),)),
    ("sensorElementList", _SENSOR),
)
_ITEM = {
    "epcList": "epc",
    "inputEPCList": "epc",
    "childEPCs": "epc",
    "outputEPCList": "epc",
    "quantityList": "quantityElement",
    "childQuantityList": "quantityElement",
    "inputQuantityList": "quantityElement",
    "outputQuantityList": "quantityElement",
    "sensorElementList": "sensorElement",
}
"""What each value of a list is called."""
_PAIRS = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}
_LEFT_OUT = frozenset({"type", "recordTime", "eventID", "errorDeclaration", "@context"})


def hash_id(event: Mapping[str, object], prefixes: Mapping[str, str]) -> str:
    """The id of a checked event. `prefixes`: what its document's context declares."""
    return f"ni:///sha-256;{hashlib.sha256(pre_hash(event, prefixes).encode()).hexdigest()}?ver=CBV2.0"


def pre_hash(event: Mapping[str, object], prefixes: Mapping[str, str]) -> str:
    """The text that is hashed."""
    known = {name for name, _ in _ORDER}
    rest = []
    for name, value in event.items():
        if name in _PAIRS:
            rest.append(name + "".join(sorted(_pair(each, _PAIRS[name]) for each in _values(value))))
        elif name not in known and name not in _LEFT_OUT:
            rest.extend(_extension(name, value, prefixes))
    return f"eventType={event['type']}" + _in_order(event, _ORDER, prefixes) + "".join(sorted(rest))


def _in_order(value: Mapping[str, object], order: Order, prefixes: Mapping[str, str]) -> str:
    return "".join(_field(name, value[name], sub, prefixes) for name, sub in order if name in value)


def _field(name: str, value: object, order: Order | None, prefixes: Mapping[str, str]) -> str:
    item = _ITEM.get(name)
    if item is not None:
        inside = "".join(sorted(_one(item, each, order, prefixes) for each in _values(value)))
        return name + inside if inside else ""
    return "".join(sorted(_one(name, each, order, prefixes) for each in _values(value)))


def _one(name: str, value: object, order: Order | None, prefixes: Mapping[str, str]) -> str:
    if isinstance(value, Mapping):
        own = "".join(sorted(part for key, each in value.items() if ":" in key for part in _extension(key, each, prefixes)))
        inside = _in_order(value, order or (), prefixes) + own
        return name + inside if inside else ""
    said = _said(name, value)
    return f"{name}={said}" if said else ""


def _pair(value: object, name: str) -> str:
    if not isinstance(value, Mapping):
        return ""
    kind = str(value.get("type", ""))
    address = kind if is_uri(kind) or not kind else PREFIXES[name] + kind
    return (f"type={address}" if kind else "") + f"{name}={_said(name, value.get(name, ''))}"


def _extension(name: str, value: object, prefixes: Mapping[str, str]) -> list[str]:
    """An extension, and what is in it, as sorted texts of its values."""
    prefix, colon, rest = name.partition(":")
    title = f"{{{prefixes[prefix]}}}{rest}" if colon and prefix in prefixes else name
    found = []
    for each in _values(value):
        if isinstance(each, Mapping):
            inside = sorted(part for key, sub in each.items() for part in _extension(key, sub, prefixes))
            found.append(title + "".join(inside))
        else:
            said = _said(name, each)
            found.append(f"{title}={said}" if said else title)
    return found


def _values(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _said(name: str, value: object) -> str:
    """A value as it is hashed."""
    said = str(value).strip()
    if "time" in name.lower() and "offset" not in name.lower():
        at_ms = time_ms(said)
        return said if at_ms is None else utc_text(at_ms)
    if name in {"bizStep", "disposition", "set", "unset"} and not is_uri(said):
        return PREFIXES[name] + said
    if name == "type" and said in MEASUREMENTS:
        return MEASUREMENT_PREFIX + said
    return canonical(_plain_number(said))


def _plain_number(said: str) -> str:
    """A number without idle zeros; other text as it is."""
    try:
        number = float(said)
    except ValueError:
        return said
    if not isfinite(number):
        return said
    return str(int(number)) if number == int(number) else str(number)
