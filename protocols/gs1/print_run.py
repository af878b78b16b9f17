"""Tags for a delivery: which EPC goes into each of so many tags. Pure: serial numbers are given, never invented.

A serial number must be new for its GTIN, for ever: whoever calls keeps the highest one given out and commits it before a
tag is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from protocols.gs1.epc import FILTER_POS_ITEM, of_gtin, of_uri
from protocols.gs1.tds.codec import write_epc
from protocols.gs1.tds.errors import EpcRefused
from protocols.gs1.tds.keys import Epc

TAGS_MAX = 100_000
"""In one line of a run."""
WORD_BITS = 16
_LENGTH_SHIFT = 11


@dataclass(frozen=True, slots=True)
class RunLine:
    """So many pieces of a product, serial numbers from `first_serial` on. `scheme`: `sgtin-96`, `sgtin-198` or `sgtin+`."""

    gtin: str
    first_serial: int
    pieces: int
    scheme: str = "sgtin-96"
    company_prefix_digits: int = 7


@dataclass(frozen=True, slots=True)
class TagToWrite:
    """One tag. `pc`: the protocol control word to write before the EPC; its first five bits are the EPC's words."""

    gtin: str
    serial: str
    uri: str
    epc: bytes
    pc: int


def tags_of(line: RunLine) -> Iterator[TagToWrite]:
    """The tags of a line, in the order of their serials. Raises `EpcRefused` before the first one, never in between."""
    if not 0 < line.pieces <= TAGS_MAX or line.first_serial < 0:
        raise EpcRefused("epc_run", f"{line.pieces} pieces from serial {line.first_serial}: 1 to {TAGS_MAX}, from 0 on.")
    _tag(line, line.first_serial + line.pieces - 1)
    return (_tag(line, serial) for serial in range(line.first_serial, line.first_serial + line.pieces))


def to_write(uri: str, scheme: str) -> TagToWrite:
    """The tag of a piece already named by its URI. Raises `EpcRefused`."""
    return _written(of_uri(uri), scheme)


def _tag(line: RunLine, serial: int) -> TagToWrite:
    piece = of_gtin(line.gtin, str(serial), company_prefix_digits=line.company_prefix_digits)
    return _written(piece, line.scheme)


def _written(piece: Epc, scheme: str) -> TagToWrite:
    filtered = replace(piece, filter_value=FILTER_POS_ITEM)
    epc, _ = write_epc(filtered, scheme)
    words = 8 * len(epc) // WORD_BITS
    return TagToWrite(piece.number, piece.serial, piece.uri, epc, words << _LENGTH_SHIFT)
