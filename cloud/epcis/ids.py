"""How things are named in events: places of stores, documents, pieces and classes of goods. Pure.

EPC URNs and GS1 Digital Links of one piece are one key (`key_of`), so that asking in either form finds the same events.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from protocols.gs1.epc import EpcRefused, of_uri

LOCATIONS = "urn:tallystick:loc"
TRANSACTIONS = "urn:tallystick:bt"
DIGITAL_LINK = "https://id.gs1.org"

_LOCATION = re.compile(r"urn:tallystick:loc:([^:]+):([^:]+)")
_PIECE_LINK = re.compile(r"https?://[^\s?#]+?/01/(\d{8,14})(?:/22/[^/?#]+)?(?:/10/[^/?#]+)?/21/([^/?#]+)")
_CLASS_LINK = re.compile(r"https?://[^\s?#]+?/01/(\d{8,14})(?:/10/([^/?#]+))?")
_CBV = re.compile(r"(?:urn:epcglobal:cbv:(?:bizstep|disp|btt|sdt|er):|(?:https://ref\.gs1\.org/cbv/|cbv:)[A-Za-z]+-)(\w+)")


def location(store_id: str, place: str) -> str:
    """A place of a store, as a URI (CBV 2.0 section 8.3.2: a private namespace)."""
    return f"{LOCATIONS}:{quote(store_id, safe='')}:{quote(place, safe='')}"


def store_of(uri: str) -> str:
    """The store of a location of ours; empty for somebody else's."""
    found = _LOCATION.fullmatch(uri)
    return unquote(found[1]) if found else ""


def transaction(store_id: str, document_id: str) -> str:
    """A document of a store (CBV 2.0 section 8.4.2)."""
    return f"{TRANSACTIONS}:{quote(store_id, safe='')}:{quote(document_id, safe='')}"


def goods_class(gtin: str, batch: str) -> str:
    """A trade item, or one batch of it, as a Digital Link: it needs no company prefix."""
    lot = f"/10/{quote(batch, safe='')}" if batch else ""
    return f"{DIGITAL_LINK}/01/{gtin.zfill(14)}{lot}"


def key_of(epc: str) -> str:
    """The one name of a piece or a class of goods, whichever form somebody uses for it."""
    if epc.startswith("urn:epc:id:sgtin:"):
        try:
            sgtin = of_uri(epc)
        except EpcRefused:
            return epc
        return f"{DIGITAL_LINK}/01/{sgtin.gtin}/21/{quote(sgtin.serial, safe='')}"
    found = _PIECE_LINK.fullmatch(epc)
    if found:
        return f"{DIGITAL_LINK}/01/{found[1].zfill(14)}/21/{quote(unquote(found[2]), safe='')}"
    found = _CLASS_LINK.fullmatch(epc)
    if found:
        return goods_class(found[1], unquote(found[2] or ""))
    return epc


_PATTERN = re.compile(r"urn:epc:idpat:sgtin:([^*]+)\.\*")


def pattern_of(epc: str) -> tuple[str, bool]:
    """(key, whether everything that begins with it is meant) of what somebody looks for."""
    found = _PATTERN.fullmatch(epc)
    if found:
        key = key_of(f"urn:epc:id:sgtin:{found[1]}.0")
        return key.removesuffix("0"), True
    return key_of(epc), False


def link_of(epc: str) -> str:
    """An EPC URN as a Digital Link, when it is of a trade item; otherwise as it is."""
    return key_of(epc) if epc.startswith("urn:epc:id:sgtin:") else epc


def word_of(value: str) -> str:
    """The bare word of a term of the vocabulary in any of its forms: `receiving`."""
    found = _CBV.fullmatch(value)
    return found[1] if found else value
