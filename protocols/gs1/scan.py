"""What a scan at a till means: EAN and UPC, element strings, Digital Links, in-store numbers, short look-up codes. Pure.

A scan may carry its AIM identifier (`]E0` ...): it settles what the digits alone do not, above all EAN-8 or UPC-E.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from protocols.gs1.digital_link import elements_of_link, is_link
from protocols.gs1.elements import GS, read_elements, shown
from protocols.gs1.gtin import LOOKUP_DIGITS_MAX, CodeRefused, check_digit, read_code
from protocols.gs1.restricted import Layout, read_embedded

SCAN_LENGTH_MAX = 512

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_ELEMENT_SYMBOLS = ("]C1", "]d2", "]Q3", "]e0", "]J1")
"""GS1-128, GS1 DataMatrix, GS1 QR, GS1 DataBar, GS1 DotCode."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """`keys`: what the item may be found by, in order: GTINs as 14 digits, short look-up codes as they are."""

    keys: tuple[str, ...]
    gtin: str = ""
    """14 digits; empty for a look-up code and for a number that has a price or weight inside."""
    two_dimensional: bool = False
    batch: str = ""
    serial: str = ""
    expires: datetime.date | None = None
    """Not to be sold after this day (AI 17)."""
    best_before: datetime.date | None = None
    produced: datetime.date | None = None
    pieces: int | None = None
    """AI 30 or 37, or a count inside an in-store number."""
    grams: int | None = None
    """Net weight (AI 310n), or a weight inside an in-store number."""
    price: tuple[int, int] | None = None
    """Price of the whole pack as (digits, decimals): AI 392n and 393n, or inside an in-store number."""
    currency: str = ""
    """ISO 4217, three digits (AI 393n)."""
    price_per_unit: tuple[int, int] | None = None
    """AI 8005; for display alone: what a unit costs is the catalogue's."""
    layout_id: str = ""


def read_scan(text: str, *, today: datetime.date, layouts: Sequence[Layout] = ()) -> Scanned:
    """Read what a scanner or a person entered. `today` settles the century of dates (General Specifications 7.12).

    Raises `CodeRefused` naming what is wrong: `code_empty`, `code_length`, `code_not_digits`, `check_digit`, `verifier`,
    `date`, `element_...`, `link_no_product`.
    """
    code = text.strip(" \t\r\n")
    identifier = ""
    if _AIM.match(code) and len(code) > 3:
        identifier, code = code[:3], code[3:]
    if not code:
        raise CodeRefused("code_empty", "Nothing was scanned.")
    if len(code) > SCAN_LENGTH_MAX:
        raise CodeRefused("code_length", f"'{shown(code)}' is too long for a product code.")
    if is_link(code):
        return replace(_of_elements(elements_of_link(code), today, code), two_dimensional=True)
    if identifier in _ELEMENT_SYMBOLS or code.startswith(("(", GS)) or GS in code:
        found = _of_elements(read_elements(code), today, code)
        return replace(found, two_dimensional=identifier in {"]d2", "]Q3", "]J1"} or not identifier)
    if not (code.isascii() and code.isdigit()):
        raise CodeRefused(
            "code_not_digits", f"'{shown(code)}' is not a product barcode: it holds other characters than digits."
        )
    return _of_digits(code, identifier, today, layouts)


def upc_e_to_gtin(digits: str) -> str:
    """Expand UPC-E (6 digits, or 7 or 8 with number system and check digit) to 14 digits (General Specifications 5.2.2.4).

    Raises `CodeRefused` for a wrong check digit or length.
    """
    system, body = ("0", digits) if len(digits) == 6 else (digits[0], digits[1:7])
    if len(digits) not in {6, 7, 8} or system not in "01":
        raise CodeRefused("code_length", f"'{shown(digits)}' is not UPC-E.")
    last = body[5]
    if last in "012":
        item = f"{body[:2]}{last}0000{body[2:5]}"
    elif last == "3":
        item = f"{body[:3]}00000{body[3:5]}"
    elif last == "4":
        item = f"{body[:4]}00000{body[4]}"
    else:
        item = f"{body[:5]}0000{last}"
    gtin = f"{system}{item}{check_digit(system + item)}"
    if len(digits) == 8 and gtin[-1] != digits[7]:
        raise CodeRefused("check_digit", f"'{digits}' was misread: its check digit is wrong.")
    return gtin.rjust(14, "0")


def _of_digits(code: str, identifier: str, today: datetime.date, layouts: Sequence[Layout]) -> Scanned:
    if identifier == "]E0" and len(code) in {6, 7, 8}:
        gtin = upc_e_to_gtin(code)
        return Scanned((gtin,), gtin)
    if len(code) == 18 or len(code) > 14:
        embedded = read_embedded(code, layouts)
        if embedded is None:
            return _long_digits(code, today)
        return _in_store(code, layouts)
    if len(code) <= LOOKUP_DIGITS_MAX:
        return Scanned((code,))
    if identifier in {"]E4", "]E0"} and len(code) not in {8, 12, 13}:
        raise CodeRefused("code_length", f"'{code}' has {len(code)} digits. Scan again.")
    if len(code) == 8 and not identifier:
        return _eight_digits(code, layouts)
    read = read_code(code)
    if read_embedded(code, layouts) is not None:
        return _in_store(code, layouts)
    return Scanned((read.key,), read.key)


def _eight_digits(code: str, layouts: Sequence[Layout]) -> Scanned:
    """EAN-8, or UPC-E when only that fits; when both do, EAN-8 is looked up first."""
    keys = []
    if check_digit(code[:-1]) == int(code[-1]):
        if read_embedded(code, layouts) is not None:
            return _in_store(code, layouts)
        keys.append(code.rjust(14, "0"))
    try:
        keys.append(upc_e_to_gtin(code))
    except CodeRefused:
        if not keys:
            raise CodeRefused("check_digit", f"'{code}' was misread: its check digit is wrong.") from None
    return Scanned(tuple(keys), keys[0])


def _in_store(code: str, layouts: Sequence[Layout]) -> Scanned:
    embedded = read_embedded(code, layouts)
    assert embedded is not None
    if embedded.grams == 0 or embedded.pieces == 0:
        raise CodeRefused("value_zero", f"'{code}' says nothing was weighed or counted.")
    return Scanned(
        keys=embedded.keys,
        pieces=embedded.pieces,
        grams=embedded.grams,
        price=embedded.price,
        layout_id=embedded.layout_id,
    )


def _long_digits(code: str, today: datetime.date) -> Scanned:
    """An element string without separators, from a scanner that sends no identifier."""
    if len(code) >= 16 and code[:2] in {"01", "02"}:
        return _of_elements(read_elements(code), today, code)
    raise CodeRefused("code_length", f"'{shown(code)}' has {len(code)} digits; a barcode has 8, 12, 13 or 14. Scan again.")


def _of_elements(found: Mapping[str, str], today: datetime.date, text: str) -> Scanned:
    gtin = found.get("01") or found.get("02")
    if gtin is None:
        raise CodeRefused("element_no_product", f"'{shown(text)}' names no product.")
    if len(gtin) != 14 or not gtin.isdigit() or check_digit(gtin[:-1]) != int(gtin[-1]):
        raise CodeRefused("check_digit", f"'{shown(text)}' was misread: a check digit is wrong.")
    scanned = Scanned(
        keys=(gtin,),
        gtin=gtin,
        batch=found.get("10", ""),
        serial=found.get("21", ""),
        expires=_date(found.get("17"), today, text),
        best_before=_date(found.get("15"), today, text),
        produced=_date(found.get("11"), today, text),
        pieces=_number(found.get("37") or found.get("30"), text),
    )
    for ai, data in found.items():
        if len(ai) != 4 or ai[:3] not in {"310", "392", "393", "800"} or not data.isdigit():
            continue
        decimals = int(ai[3])
        if ai[:3] == "310":
            scanned = replace(scanned, grams=_grams(int(data), decimals, text))
        elif ai[:3] == "392":
            scanned = replace(scanned, price=(int(data), decimals))
        elif ai[:3] == "393":
            scanned = replace(scanned, price=(int(data[3:] or "0"), decimals), currency=data[:3])
        elif ai == "8005":
            scanned = replace(scanned, price_per_unit=(int(data), 2))
    return scanned


def _date(data: str | None, today: datetime.date, text: str) -> datetime.date | None:
    """YYMMDD; day 00 is the last of its month; the century is the one that lies from 49 years back to 50 years ahead."""
    if data is None:
        return None
    if len(data) != 6 or not data.isdigit():
        raise CodeRefused("date", f"'{shown(text)}' holds an impossible date.")
    year, month, day = int(data[:2]), int(data[2:4]), int(data[4:])
    century = today.year - today.year % 100
    ahead = year - today.year % 100
    full_year = century + year + (-100 if ahead >= 51 else 100 if ahead <= -50 else 0)
    try:
        return datetime.date(full_year, month, day or calendar.monthrange(full_year, month)[1])
    except (ValueError, calendar.IllegalMonthError) as error:
        raise CodeRefused("date", f"'{shown(text)}' holds an impossible date.") from error


def _number(data: str | None, text: str) -> int | None:
    if data is None:
        return None
    if not data.isdigit() or not int(data):
        raise CodeRefused("value_zero", f"'{shown(text)}' says nothing was weighed or counted.")
    return int(data)


def _grams(value: int, decimals: int, text: str) -> int:
    if decimals > 5 or not value:
        raise CodeRefused("value_zero", f"'{shown(text)}' says nothing was weighed or counted.")
    return value * int(10 ** (3 - decimals)) if decimals <= 3 else value // int(10 ** (decimals - 3))
