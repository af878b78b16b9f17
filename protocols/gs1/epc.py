"""EPCs of trade items: SGTIN-96 and SGTIN-198 between bits, URI and GTIN-14 with serial (GS1 Tag Data Standard 2.3).

Bits: header 8, filter 3, partition 3, company prefix M, indicator and item reference N, serial 38 (a number) or 140 (20
characters of 7 bits, padded with zeros). The partition says how the 13 digits are shared (section 14.5, table 14-2). A field
that holds more than its digits can is refused: such a tag is no product of anybody. What is no SGTIN is kept as it is,
as a raw URI (section 12.9), so that a foreign tag is told from ours and never lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from protocols.gs1.gtin import check_digit, with_check_digit

SGTIN_96, SGTIN_198 = 0x30, 0x36
BITS_96, BITS_198 = 96, 198
FILTER_POS_ITEM = 1
CLASSES_KEPT = 4_096
"""Product classes remembered (header to item reference): a store reads the same products over and over."""

_PREFIX_BITS_DIGITS = ((40, 12), (37, 11), (34, 10), (30, 9), (27, 8), (24, 7), (20, 6))
_BOTH_BITS, _BOTH_DIGITS = 44, 13
"""Company prefix and item reference together, whatever the partition."""
_SERIAL_96_BITS, _SERIAL_198_BITS, _SERIAL_CHARACTERS_MAX = 38, 140, 20
_ALLOWED = frozenset("!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
"""GS1 AI encodable character set 82 (General Specifications, figure 7.11-1)."""
_ESCAPED = frozenset('"%&/<>?')
_URI = re.compile(r"urn:epc:id:sgtin:(\d{6,12})\.(\d{1,7})\.((?:[^%]|%[0-9A-F]{2}){1,60})")


class EpcRefused(ValueError):
    """The bits or the URI are no legal SGTIN. `code` is the stable reason."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sgtin:
    """One piece of a trade item. `item_reference` begins with the indicator digit of the GTIN-14."""

    company_prefix: str
    item_reference: str
    serial: str
    filter_value: int = FILTER_POS_ITEM

    @property
    def gtin(self) -> str:
        """The GTIN-14."""
        return _gtin(self.company_prefix, self.item_reference)

    @property
    def uri(self) -> str:
        """The pure identity: `urn:epc:id:sgtin:0614141.812345.6789`."""
        return f"urn:epc:id:sgtin:{self.company_prefix}.{self.item_reference}.{_escape(self.serial)}"


@dataclass(frozen=True, slots=True)
class TagIdentity:
    """What a tag says it is. `gtin` and `serial` are empty for a tag that is no SGTIN."""

    uri: str
    gtin: str = ""
    serial: str = ""


def identify(epc: bytes, bits: int) -> TagIdentity:
    """Whatever a tag holds: an SGTIN by its URI, anything else as raw bits. Never raises."""
    try:
        sgtin = decode(epc, bits)
    except EpcRefused:
        return TagIdentity(uri=raw_uri(epc, bits))
    return TagIdentity(uri=sgtin.uri, gtin=sgtin.gtin, serial=sgtin.serial)


def raw_uri(epc: bytes, bits: int) -> str:
    """Bits as they are: `urn:epc:raw:96.xE2003411B802011383258566`; whole hexadecimal digits, the last one padded with 0."""
    return f"urn:epc:raw:{bits}.x{epc.hex().upper()}"


def decode(epc: bytes, bits: int) -> Sgtin:
    """Read an SGTIN-96 or an SGTIN-198 (198 bits, or 208 as tags hold them in whole words). Raises `EpcRefused`."""
    header = epc[0] if epc else -1
    if header == SGTIN_96 and bits == BITS_96 and len(epc) == BITS_96 // 8:
        number, width = int.from_bytes(epc, "big"), BITS_96
    elif header == SGTIN_198 and BITS_198 <= bits <= 8 * len(epc):
        number, width = int.from_bytes(epc, "big") >> (8 * len(epc) - BITS_198), BITS_198
    else:
        raise EpcRefused("epc_foreign", f"{epc.hex()} ({bits} bits) is no SGTIN-96 and no SGTIN-198.")
    serial_bits = _SERIAL_96_BITS if width == BITS_96 else _SERIAL_198_BITS
    prefix, reference, filter_value = _class_of((number >> serial_bits) & ((1 << 50) - 1))
    serial = number & ((1 << serial_bits) - 1)
    text = str(serial) if width == BITS_96 else _characters(serial)
    return Sgtin(company_prefix=prefix, item_reference=reference, serial=text, filter_value=filter_value)


def encode_96(sgtin: Sgtin) -> bytes:
    """The 12 bytes of an SGTIN-96. Raises `EpcRefused`: the serial must be a number below 2^38 without leading zeros."""
    serial = sgtin.serial
    digits = serial.isascii() and serial.isdigit() and len(serial) <= 12
    if not digits or (serial[0] == "0" and serial != "0") or int(serial) >> _SERIAL_96_BITS:
        raise EpcRefused("epc_serial", f"The serial '{serial}' is no number below 274877906944 without leading zeros.")
    number = (SGTIN_96 << 50 | _class_number(sgtin)) << _SERIAL_96_BITS | int(serial)
    return number.to_bytes(BITS_96 // 8, "big")


def encode_198(sgtin: Sgtin) -> bytes:
    """The 26 bytes (208 bits, the last 10 zero) of an SGTIN-198. Raises `EpcRefused`: 1 to 20 characters of GS1's set 82."""
    _check_characters(sgtin.serial)
    coded = 0
    for character in sgtin.serial.ljust(_SERIAL_CHARACTERS_MAX, "\0"):
        coded = coded << 7 | ord(character)
    number = (SGTIN_198 << 50 | _class_number(sgtin)) << _SERIAL_198_BITS | coded
    return (number << 10).to_bytes(26, "big")


def of_gtin(gtin: str, serial: str, *, company_prefix_digits: int = 7) -> Sgtin:
    """A piece of a GTIN-14. How long its maker's company prefix is cannot be told from a GTIN. Raises `EpcRefused`."""
    digits = len(gtin) == 14 and gtin.isascii() and gtin.isdigit()
    if not digits or check_digit(gtin[:-1]) != int(gtin[-1]) or not 6 <= company_prefix_digits <= 12:
        raise EpcRefused(
            "epc_gtin", f"'{gtin}' is no GTIN of 14 digits, or a prefix of {company_prefix_digits} is impossible."
        )
    end = 1 + company_prefix_digits
    return Sgtin(company_prefix=gtin[1:end], item_reference=gtin[0] + gtin[end:-1], serial=serial)


def of_uri(uri: str) -> Sgtin:
    """Read a pure identity URI. Raises `EpcRefused`."""
    found = _URI.fullmatch(uri)
    if found is None or len(found[1]) + len(found[2]) != _BOTH_DIGITS:
        raise EpcRefused(
            "epc_uri", f"'{uri[:80]}' is no SGTIN URI: urn:epc:id:sgtin:prefix.reference.serial, 13 digits in all."
        )
    serial = re.sub(r"%([0-9A-F]{2})", lambda escaped: chr(int(escaped[1], 16)), found[3])
    _check_characters(serial)
    return Sgtin(company_prefix=found[1], item_reference=found[2], serial=serial)


@lru_cache(maxsize=CLASSES_KEPT)
def _class_of(fifty: int) -> tuple[str, str, int]:
    """Filter, partition, prefix and reference (50 bits) as (prefix, reference, filter)."""
    filter_value, partition = fifty >> 47, (fifty >> 44) & 7
    if partition >= len(_PREFIX_BITS_DIGITS):
        raise EpcRefused("epc_partition", f"partition {partition} does not exist")
    prefix_bits, prefix_digits = _PREFIX_BITS_DIGITS[partition]
    reference_bits, reference_digits = _BOTH_BITS - prefix_bits, _BOTH_DIGITS - prefix_digits
    prefix = (fifty >> reference_bits) & ((1 << prefix_bits) - 1)
    reference = fifty & ((1 << reference_bits) - 1)
    if prefix >= 10**prefix_digits:
        raise EpcRefused("epc_prefix", f"company prefix {prefix} has more than {prefix_digits} digits")
    if reference >= 10**reference_digits:
        raise EpcRefused("epc_reference", f"item reference {reference} has more than {reference_digits} digits")
    return f"{prefix:0{prefix_digits}}", f"{reference:0{reference_digits}}", filter_value


def _class_number(sgtin: Sgtin) -> int:
    prefix, reference = sgtin.company_prefix, sgtin.item_reference
    digits = (prefix + reference).isascii() and (prefix + reference).isdigit() and len(prefix + reference) == _BOTH_DIGITS
    if not digits or not 6 <= len(prefix) <= 12 or not 0 <= sgtin.filter_value <= 7:
        raise EpcRefused(
            "epc_class", f"{sgtin} is no SGTIN: prefix of 6 to 12 digits, 13 with the reference, filter 0 to 7."
        )
    partition = 12 - len(prefix)
    reference_bits = _BOTH_BITS - _PREFIX_BITS_DIGITS[partition][0]
    return (sgtin.filter_value << 3 | partition) << _BOTH_BITS | int(prefix) << reference_bits | int(reference)


@lru_cache(maxsize=CLASSES_KEPT)
def _gtin(prefix: str, reference: str) -> str:
    return with_check_digit(reference[0] + prefix + reference[1:])


def _characters(coded: int) -> str:
    """140 bits as text: zeros only at its end. Raises `EpcRefused`."""
    codes = [(coded >> shift) & 0x7F for shift in range(_SERIAL_198_BITS - 7, -1, -7)]
    text = "".join(map(chr, codes)).rstrip("\0")
    _check_characters(text)
    return text


def _check_characters(serial: str) -> None:
    if not 1 <= len(serial) <= _SERIAL_CHARACTERS_MAX or not _ALLOWED.issuperset(serial):
        raise EpcRefused("epc_serial", f"The serial {serial!r} is not 1 to 20 characters of those GS1 allows.")


def _escape(serial: str) -> str:
    if serial.isalnum():
        return serial
    return "".join(f"%{ord(character):02X}" if character in _ESCAPED else character for character in serial)
