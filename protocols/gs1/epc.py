"""Tags as a store reads them: whatever a tag holds becomes an identity, quickly, and never an error.

The bits of all schemes are in `protocols.gs1.tds`. Here stands the short way for the tag a store meets a thousand times a
second, the SGTIN-96: header 8 bits, filter 3, partition 3, company prefix and item reference 44, serial 38. Its first 58
bits are the product, remembered once it was read in full. What is no GS1 key is kept as it is, as a raw URI (section
12.9), so that
a foreign tag is told from ours and never lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from protocols.gs1.gtin import with_check_digit
from protocols.gs1.tds.codec import read_epc, write_epc
from protocols.gs1.tds.errors import EpcRefused
from protocols.gs1.tds.keys import Epc, Kind, of_digital_link, of_urn
from protocols.gs1.tds.partitioned import PREFIX_BITS, PREFIX_DIGITS_MAX

SGTIN_96 = 0x30
SGTIN_96_BYTES = 12
FILTER_POS_ITEM = 1
CLASSES_KEPT = 4_096
"""Products remembered (their first 58 bits): a store reads the same products over and over."""
_SERIAL_BITS = 38
_SERIAL_MASK = (1 << _SERIAL_BITS) - 1
_BOTH_BITS = 44
_BODY_FORMATS = tuple(
    f"%d%0{PREFIX_DIGITS_MAX - partition}d" + (f"%0{partition}d" if partition else "%.0s")
    for partition in range(len(PREFIX_BITS))
)
_HEAD_FORMATS = tuple(
    f"urn:epc:id:sgtin:%0{PREFIX_DIGITS_MAX - partition}d.%0{partition + 1}d." for partition in range(len(PREFIX_BITS))
)
"""By partition."""


@dataclass(frozen=True, slots=True)
class TagIdentity:
    """What a tag says it is. `gtin` and `serial` are empty for a tag that is no piece of a trade item."""

    uri: str
    gtin: str = ""
    serial: str = ""


def identify(epc: bytes, bits: int) -> TagIdentity:
    """Whatever a tag holds: a GS1 key by its URI, anything else as raw bits. Never raises."""
    try:
        if bits == 8 * SGTIN_96_BYTES and len(epc) == SGTIN_96_BYTES and epc[0] == SGTIN_96:
            number = int.from_bytes(epc, "big")
            top, serial = number >> _SERIAL_BITS, str(number & _SERIAL_MASK)
            return TagIdentity(_uri_head_of(top) + serial, _gtin_of(top), serial)
        found = read_epc(epc, bits)
    except EpcRefused:
        return TagIdentity(uri=raw_uri(epc, bits))
    if found.kind is Kind.SGTIN:
        return TagIdentity(uri=found.uri, gtin=found.number, serial=found.serial)
    return TagIdentity(uri=found.uri)


def gtin_and_serial(epc: bytes, bits: int) -> tuple[str, str]:
    """The GTIN-14 and the serial of a piece. Raises `EpcRefused` when the tag is none."""
    if bits == 8 * SGTIN_96_BYTES and len(epc) == SGTIN_96_BYTES and epc[0] == SGTIN_96:
        number = int.from_bytes(epc, "big")
        return _gtin_of(number >> _SERIAL_BITS), str(number & _SERIAL_MASK)
    found = read_epc(epc, bits)
    if found.kind is not Kind.SGTIN:
        raise EpcRefused("epc_no_item", f"{found.elements} is no piece of a trade item.")
    return found.number, found.serial


def raw_uri(epc: bytes, bits: int) -> str:
    """Bits as they are: `urn:epc:raw:96.xE2003411B802011383258566`; whole hexadecimal digits, the last one padded with 0."""
    return f"urn:epc:raw:{bits}.x{epc.hex().upper()}"


def of_gtin(gtin: str, serial: str, *, company_prefix_digits: int = 7, filter_value: int = FILTER_POS_ITEM) -> Epc:
    """A piece of a GTIN-14. How long its maker's company prefix is cannot be told from a GTIN. Raises `EpcRefused`."""
    return Epc(Kind.SGTIN, gtin, serial, company_prefix_digits, filter_value)


def of_uri(uri: str) -> Epc:
    """A key by its URN, or by a Digital Link, which does not tell the company prefix. Raises `EpcRefused`."""
    return of_urn(uri) if uri.startswith("urn:") else of_digital_link(uri)


def encode_96(piece: Epc) -> bytes:
    """The 12 bytes of an SGTIN-96. Raises `EpcRefused`: the serial must be a number below 2^38 without leading zeros."""
    return write_epc(piece, "sgtin-96")[0]


@lru_cache(maxsize=CLASSES_KEPT)
def _gtin_of(top: int) -> str:
    """The GTIN-14 of the first 58 bits. Raises `EpcRefused`."""
    prefix, reference, partition = _fields_of(top)
    return with_check_digit(_BODY_FORMATS[partition] % (reference // 10**partition, prefix, reference % 10**partition))


@lru_cache(maxsize=CLASSES_KEPT)
def _uri_head_of(top: int) -> str:
    """The URI up to the serial. Raises `EpcRefused`."""
    prefix, reference, partition = _fields_of(top)
    return _HEAD_FORMATS[partition] % (prefix, reference)


def _fields_of(top: int) -> tuple[int, int, int]:
    """Company prefix, item reference, partition of the first 58 bits."""
    partition = (top >> _BOTH_BITS) & 7
    if partition >= len(PREFIX_BITS):
        raise EpcRefused("epc_partition", f"partition {partition} does not exist")
    reference_bits = _BOTH_BITS - PREFIX_BITS[partition]
    prefix = (top >> reference_bits) & ((1 << PREFIX_BITS[partition]) - 1)
    reference = top & ((1 << reference_bits) - 1)
    if prefix >= 10 ** (PREFIX_DIGITS_MAX - partition) or reference >= 10 ** (partition + 1):
        raise EpcRefused("epc_prefix", f"company prefix {prefix} or item reference {reference} has too many digits")
    return prefix, reference, partition
