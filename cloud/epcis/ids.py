"""How things are named in events: places of stores, documents, classes of goods; and what a query's value means. Pure.

Pieces and classes are compared by their canonical link (`protocols.epcis.identifiers`), so that asking in either form finds
the same events.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from protocols.epcis.identifiers import LINK, canonical

LOCATIONS = "urn:tallystick:loc"
TRANSACTIONS = "urn:tallystick:bt"

_LOCATION = re.compile(r"urn:tallystick:loc:([^:]+):([^:]+)")
_CBV = re.compile(r"(?:urn:epcglobal:cbv:(?:bizstep|disp|btt|sdt|er):|(?:https://ref\.gs1\.org/cbv/|cbv:)[A-Za-z]+-)(\w+)")
_SGTIN = re.compile(r'"(urn:epc:id:[a-z]+:[^"\\]+)"')


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
    return f"{LINK}/01/{gtin.zfill(14)}{lot}"


def pattern_of(epc: str) -> tuple[str, bool]:
    """(canonical link, whether everything that begins with it is meant) of what somebody looks for."""
    return canonical(epc), epc.startswith("urn:epc:idpat:")


def with_links(body: str) -> str:
    """An event's JSON with the EPC URNs in it spelled as Digital Links."""
    return _SGTIN.sub(lambda found: f'"{canonical(found[1])}"', body)


def word_of(value: str) -> str:
    """The bare word of a term of the vocabulary in any of its forms: `receiving`."""
    found = _CBV.fullmatch(value)
    return found[1] if found else value
