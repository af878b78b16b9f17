"""Ids in events: one thing or a class of things, as URN or Digital Link; and the one spelling that all of them mean.

The canonical spelling is the Digital Link below `https://id.gs1.org`, at the finest level that is told, without attributes.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from protocols.epcis.vocabulary import is_uri
from protocols.gs1.gtin import with_check_digit
from protocols.gs1.tds import keys
from protocols.gs1.tds.errors import EpcRefused

LINK = keys.DIGITAL_LINK
_OTHER_SCHEMES = frozenset(
    {"gsrn", "gsrnp", "gdti", "cpi", "sgcn", "ginc", "gsin", "itip", "upui", "pgln", "gid", "usdod", "adi", "bic", "imovn"}
)
_KEYS = frozenset(kind.value for kind in keys.Kind)
_SCHEME = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.+)")
_LGTIN = re.compile(r"(\d{6,12})\.(\d{1,7})\.(.+)")
_PATTERN = re.compile(r"(\d{6,12})\.(\d{1,7})\.\*")
_GLN = re.compile(r"(\d{6,12})\.(\d{0,6})")
_GDTI = re.compile(r"(\d{6,12})\.(\d{0,6})\.(.*)")
_TRADE_LINK = re.compile(r"https?://[^?#]+?/01/(\d{8}|\d{12,14})((?:/(?:22|10|21|235)/[^/?#]+)*)/?(?:[?#].*)?")
_KEY_LINK = re.compile(r"https?://[^?#]+?/(00|253|255|401|402|414|417|8003|8004|8006|8010|8013|8017|8018)/[^?#]+(?:[?#].*)?")
_ENCODED = {character: f"%{ord(character):02X}" for character in "!()*+,:"}


def fault_of_instance(value: object) -> str:
    """Why this is no id of one thing; empty when it is."""
    if not is_uri(value) or not isinstance(value, str):
        return f"{str(value)[:60]!r} is no absolute URI"
    found = _SCHEME.fullmatch(value)
    if found is not None:
        return _fault_of_urn(value, found[1], found[2])
    trade = _TRADE_LINK.fullmatch(value)
    if trade is not None and "/21/" not in trade[2] and "/235/" not in trade[2]:
        return f"'{value[:80]}' is a class of goods, not one thing: add /21/ and its serial number, or use a quantity"
    return _fault_of_link(value)


def fault_of_class(value: object) -> str:
    """Why this is no id of a class of goods; empty when it is."""
    if not is_uri(value) or not isinstance(value, str):
        return f"{str(value)[:60]!r} is no absolute URI"
    found = _SCHEME.fullmatch(value)
    if found is not None and found[1] == "id":
        return f"'{value[:80]}' is one thing: its place is the list of EPCs, not a quantity"
    if found is not None and found[2] == "lgtin" and (_lgtin(found[3]) is None):
        return f"'{value[:80]}' is no lot: urn:epc:class:lgtin:prefix.reference.lot, 13 digits before the lot"
    if found is not None and found[2] == "sgtin" and _pattern(found[3]) is None:
        return f"'{value[:80]}' is no class of goods: urn:epc:idpat:sgtin:prefix.reference.*, 13 digits in all"
    return _fault_of_link(value)


def canonical(uri: str) -> str:
    """The one spelling; a URI that is no GS1 id stays as it is."""
    found = _SCHEME.fullmatch(uri)
    if found is not None:
        return _canonical_urn(uri, found[1], found[2], found[3]) or uri
    trade = _TRADE_LINK.fullmatch(uri)
    if trade is not None:
        qualifiers = dict(re.findall(r"/(22|10|21|235)/([^/?#]+)", trade[2]))
        finest = next((f"/{ai}/{qualifiers[ai]}" for ai in ("21", "235", "10", "22") if ai in qualifiers), "")
        return f"{LINK}/01/{trade[1].rjust(14, '0')}{finest}"
    try:
        return f"{LINK}{_path_of(keys.of_digital_link(uri).digital_link)}" if _KEY_LINK.fullmatch(uri) else uri
    except EpcRefused:
        return uri


def _path_of(link: str) -> str:
    return link.removeprefix(LINK)


def _fault_of_urn(value: str, level: str, scheme: str) -> str:
    if level != "id":
        return f"'{value[:80]}' is a class of things, not one thing: its place is a quantity"
    if scheme in _KEYS:
        try:
            keys.of_urn(value)
        except EpcRefused as refused:
            return str(refused)
        return ""
    return "" if scheme in _OTHER_SCHEMES else f"'{value[:80]}': there is no EPC scheme '{scheme}'"


def _fault_of_link(value: str) -> str:
    if not value.startswith(f"{LINK}/"):
        return ""
    trade = _TRADE_LINK.fullmatch(value)
    if trade is not None:
        gtin = trade[1].rjust(14, "0")
        return "" if with_check_digit(gtin[:-1]) == gtin else f"'{value[:80]}': the check digit of {trade[1]} is wrong"
    if _KEY_LINK.fullmatch(value) is None:
        return f"'{value[:80]}' is no Digital Link of a GS1 key"
    try:
        if re.search(r"/(00|414|8003|8004)/", value):
            keys.of_digital_link(value)
    except EpcRefused as refused:
        return str(refused)
    return ""


def _canonical_urn(uri: str, level: str, scheme: str, rest: str) -> str | None:
    if level == "id" and scheme in _KEYS:
        try:
            epc = keys.of_urn(uri)
        except EpcRefused:
            return None
        return _link_of(epc)
    if scheme == "lgtin" and (lot := _lgtin(rest)) is not None:
        return f"{LINK}/01/{lot[0]}/10/{_encoded(lot[1])}"
    if level == "idpat" and scheme == "sgtin" and (gtin := _pattern(rest)) is not None:
        return f"{LINK}/01/{gtin}"
    if scheme == "pgln" and (party := _GLN.fullmatch(rest)) is not None and len(party[1] + party[2]) == 12:
        return f"{LINK}/417/{with_check_digit(party[1] + party[2])}"
    if scheme == "gdti" and (document := _GDTI.fullmatch(rest)) is not None and len(document[1] + document[2]) == 12:
        return f"{LINK}/253/{with_check_digit(document[1] + document[2])}{_encoded(document[3])}"
    return None


def _link_of(epc: keys.Epc) -> str:
    """The canonical link, its characters encoded as an event hash wants them."""
    facts = keys.FACTS[epc.kind]
    serial = _escaped(epc.serial)
    if epc.kind is keys.Kind.GRAI:
        return f"{LINK}/8003/0{epc.number}{serial}"
    tail = f"/{facts.serial_ai}/{serial}" if facts.serial_ai and serial else ""
    return f"{LINK}/{facts.number_ai}/{_escaped(epc.number)}{tail}"


def _escaped(value: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in '!()*+,:"%&/<>?#' else c for c in value)


def _encoded(value: str) -> str:
    """Text of a URN, whose own escapes stay."""
    return "".join(_ENCODED.get(character, character) for character in value)


def _lgtin(rest: str) -> tuple[str, str] | None:
    found = _LGTIN.fullmatch(rest)
    if found is None or len(found[1] + found[2]) != 13 or not 1 <= len(unquote(found[3])) <= 20:
        return None
    return with_check_digit(found[2][0] + found[1] + found[2][1:]), found[3]


def _pattern(rest: str) -> str | None:
    found = _PATTERN.fullmatch(rest)
    if found is None or len(found[1] + found[2]) != 13:
        return None
    return with_check_digit(found[2][0] + found[1] + found[2][1:])
