"""One identified thing, whatever the tag's scheme: a piece of goods, a logistic unit, a place, a returnable or single asset.

Its spellings: the pure identity URN (needs the length of the company prefix, which only the older schemes tell), the
element string, and the Digital Link URI.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from protocols.gs1.gtin import check_digit
from protocols.gs1.tds import text
from protocols.gs1.tds.errors import EpcRefused

DIGITAL_LINK = "https://id.gs1.org"
DATES = ("11", "13", "15", "16", "17", "7006", "7007")
"""Application identifiers of the date in a DSGTIN+, in the order of their indicator (section 14.5.3)."""


class Kind(enum.StrEnum):
    """Which GS1 key."""

    SGTIN = "sgtin"
    SSCC = "sscc"
    SGLN = "sgln"
    GRAI = "grai"
    GIAI = "giai"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is fixed about a kind. `digits`: of its number (0: none fixed); `serial_max`: characters; 0: it has no serial."""

    digits: int
    serial_max: int
    number_ai: str
    serial_ai: str = ""
    leads: int = 0
    """Digits that stand before the company prefix and begin the reference in a URN: indicator, extension digit."""


FACTS = {
    Kind.SGTIN: Facts(14, 20, "01", "21", leads=1),
    Kind.SSCC: Facts(18, 0, "00", leads=1),
    Kind.SGLN: Facts(13, 20, "414", "254"),
    Kind.GRAI: Facts(13, 16, "8003"),
    Kind.GIAI: Facts(0, 0, "8004"),
}
GIAI_MAX = 30


@dataclass(frozen=True, slots=True)
class Epc:
    """One thing. `number`: GTIN-14, SSCC, GLN, GRAI without its serial (13 digits), or the whole GIAI.

    `serial`: serial number or, of a place, its extension; empty for a place as a whole. `prefix_digits` 0: nobody told.
    `date`: (application identifier, YYMMDD) or None; only a DSGTIN+ carries one.
    """

    kind: Kind
    number: str
    serial: str = ""
    prefix_digits: int = 0
    filter_value: int = 0
    date: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        facts = FACTS[self.kind]
        if facts.digits:
            _check_number(self.kind, self.number, facts.digits)
        else:
            text.check(self.number, GIAI_MAX, "asset number")
        if self.prefix_digits:
            _check_prefix(self)
        if self.serial or self.kind in {Kind.SGTIN, Kind.GRAI}:
            text.check(self.serial, facts.serial_max, "serial number")
        if not 0 <= self.filter_value <= 7:
            raise EpcRefused("epc_filter", f"filter {self.filter_value} is none of 0 to 7.")
        if self.date is not None:
            check_date(*self.date)

    @property
    def company_prefix(self) -> str:
        """The company prefix. Raises `EpcRefused` when nobody told how long it is."""
        if not self.prefix_digits:
            raise EpcRefused("epc_prefix_unknown", f"{self.elements} does not tell how long its company prefix is.")
        leads = FACTS[self.kind].leads
        return self.number[leads : leads + self.prefix_digits]

    @property
    def reference(self) -> str:
        """What follows the company prefix in a URN. Raises `EpcRefused` as `company_prefix` does."""
        leads, end = FACTS[self.kind].leads, len(self.number) if self.kind is Kind.GIAI else -1
        prefix = self.company_prefix
        return self.number[:leads] + self.number[leads + len(prefix) : end if end > 0 else len(self.number) - 1]

    @property
    def urn(self) -> str:
        """The pure identity URI: `urn:epc:id:sgtin:0614141.812345.6789` (section 6.3). Raises `EpcRefused`."""
        parts = [self.company_prefix, _urn_escape(self.reference)]
        if self.kind is Kind.SGLN:
            parts.append(_urn_escape(self.serial) or "0")
        elif self.serial:
            parts.append(_urn_escape(self.serial))
        return f"urn:epc:id:{self.kind}:{'.'.join(parts)}"

    @property
    def elements(self) -> str:
        """The element string with brackets: `(01)80614141123458(21)6789`."""
        facts = FACTS[self.kind]
        if self.kind is Kind.GRAI:
            return f"(8003)0{self.number}{self.serial}"
        serial = f"({facts.serial_ai}){self.serial}" if facts.serial_ai and self.serial else ""
        date = "" if self.date is None else f"({self.date[0]}){self.date[1]}"
        return f"({facts.number_ai}){self.number}{serial}{date}"

    @property
    def digital_link(self) -> str:
        """The canonical Digital Link URI; dates are no part of an identity."""
        facts = FACTS[self.kind]
        if self.kind is Kind.GRAI:
            return f"{DIGITAL_LINK}/8003/0{self.number}{quote(self.serial, safe='')}"
        serial = f"/{facts.serial_ai}/{quote(self.serial, safe='')}" if facts.serial_ai and self.serial else ""
        return f"{DIGITAL_LINK}/{facts.number_ai}/{quote(self.number, safe='')}{serial}"

    @property
    def uri(self) -> str:
        """The URN where it can be told, the Digital Link otherwise."""
        return self.urn if self.prefix_digits else self.digital_link


def of_parts(kind: Kind, prefix: str, reference: str, serial: str, filter_value: int = 0) -> Epc:
    """From the parts of a URN or of an older scheme: check digits are added. Raises `EpcRefused`."""
    facts = FACTS[kind]
    number = reference[: facts.leads] + prefix + reference[facts.leads :]
    if facts.digits:
        number += str(check_digit(number)) if number.isdigit() else "?"
    if kind is Kind.SGLN and serial == "0":
        serial = ""
    return Epc(kind, number, serial, len(prefix), filter_value)


def of_urn(urn: str) -> Epc:
    """Read a pure identity URI. Raises `EpcRefused`."""
    found = _URN.fullmatch(urn)
    if found is None:
        raise EpcRefused("epc_uri", f"'{urn[:80]}' is no URI of a GS1 key: urn:epc:id:scheme:prefix.reference…")
    kind = Kind(found[1])
    parts = [_urn_plain(part) for part in found[2].split(".", 2)]
    wanted = 2 if kind in {Kind.SSCC, Kind.GIAI} else 3
    if kind is Kind.GIAI and len(parts) == 3:
        parts = [parts[0], f"{parts[1]}.{parts[2]}"]
    if len(parts) != wanted:
        raise EpcRefused("epc_uri", f"'{urn[:80]}' has {len(parts)} parts; an {kind} has {wanted}.")
    if not (parts[0].isascii() and parts[0].isdigit() and 6 <= len(parts[0]) <= 12):
        raise EpcRefused("epc_prefix", f"The company prefix '{parts[0][:20]}' is not 6 to 12 digits.")
    return of_parts(kind, parts[0], parts[1], parts[2] if wanted == 3 else "")


def of_elements(elements: str, *, prefix_digits: int = 0) -> Epc:
    """Read an element string with brackets: `(01)09506000134352(21)32a/b`. Raises `EpcRefused`."""
    found = _ELEMENTS.findall(elements)
    if "".join(f"({ai}){value}" for ai, value in found) != elements or not found:
        raise EpcRefused("epc_elements", f"'{elements[:80]}' is no element string such as (01)…(21)….")
    return _of_pairs(found, elements, prefix_digits)


def of_digital_link(uri: str, *, prefix_digits: int = 0) -> Epc:
    """Read a Digital Link URI of any host: the key may follow a path of the host's own. Raises `EpcRefused`."""
    found = _LINK.fullmatch(uri)
    if found is None:
        raise EpcRefused("epc_uri", f"'{uri[:80]}' is no Digital Link of a GS1 key, such as {DIGITAL_LINK}/01/…/21/….")
    pairs = [(found[1], unquote(found[2]))]
    if found[3]:
        pairs.append((found[3], unquote(found[4])))
    return _of_pairs(pairs, uri, prefix_digits)


def _of_pairs(pairs: list[tuple[str, str]], whole: str, prefix_digits: int) -> Epc:
    ai, value = pairs[0]
    kind = next((kind for kind, facts in FACTS.items() if facts.number_ai == ai), None)
    rest = dict(pairs[1:])
    if kind is None or len(rest) != len(pairs) - 1:
        raise EpcRefused("epc_elements", f"'{whole[:80]}' begins with no key: (01), (00), (414), (8003) or (8004).")
    serial = rest.pop(FACTS[kind].serial_ai, "")
    if kind is Kind.GRAI:
        if value[:1] != "0":
            raise EpcRefused("epc_elements", f"'{whole[:80]}': a GRAI begins with a 0 before its 13 digits.")
        value, serial = value[1:14], value[14:]
    date = next(((each, rest.pop(each)) for each in DATES if each in rest), None) if kind is Kind.SGTIN else None
    if rest:
        raise EpcRefused("epc_elements", f"'{whole[:80]}': ({next(iter(rest))}) is no part of an {kind}.")
    return Epc(kind, value, serial, prefix_digits, date=date)


def check_date(ai: str, value: str) -> None:
    """Raise `EpcRefused` unless it is a date a tag can carry: YYMMDD, the day may be 00 (section 14.5.3)."""
    days = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    good = ai in DATES and len(value) == 6 and value.isascii() and value.isdigit() and 1 <= int(value[2:4]) <= 12
    if not good or int(value[4:]) > days[int(value[2:4]) - 1]:
        raise EpcRefused("epc_date", f"({ai}){value[:10]} is no date: YYMMDD of {', '.join(DATES)}.")


def _check_number(kind: Kind, number: str, digits: int) -> None:
    if not (len(number) == digits and number.isascii() and number.isdigit()):
        raise EpcRefused("epc_number", f"'{number[:40]}' is no {kind.upper()} number: it has {digits} digits.")
    if check_digit(number[:-1]) != int(number[-1]):
        raise EpcRefused("check_digit", f"'{number}' was misread: its check digit is wrong.")


def _check_prefix(epc: Epc) -> None:
    leads = FACTS[epc.kind].leads
    prefix = epc.number[leads : leads + epc.prefix_digits]
    long_enough = len(epc.number) > epc.prefix_digits + leads
    if not 6 <= epc.prefix_digits <= 12 or not prefix.isdigit() or not long_enough:
        raise EpcRefused(
            "epc_prefix", f"A company prefix of {epc.prefix_digits} digits is impossible in '{epc.number[:40]}'."
        )


_ESCAPED = frozenset('"%&/<>?#')
_URN = re.compile(r"urn:epc:id:(sgtin|sscc|sgln|grai|giai):((?:[^%]|%[0-9A-F]{2}){1,120})")
_ELEMENTS = re.compile(r"\((\d{2,4})\)((?:(?!\(\d{2,4}\)).)+)")
_LINK = re.compile(r"https?://[^?#]+?/(01|00|414|8003|8004)/([^/?#]+)(?:/(21|254)/([^/?#]+))?/?(?:[?#].*)?")


def _urn_escape(value: str) -> str:
    if value.isalnum():
        return value
    return "".join(f"%{ord(character):02X}" if character in _ESCAPED else character for character in value)


def _urn_plain(part: str) -> str:
    return re.sub(r"%([0-9A-F]{2})", lambda escaped: chr(int(escaped[1], 16)), part)
