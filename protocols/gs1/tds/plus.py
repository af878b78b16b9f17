"""The schemes without a partition (TDS 2): header 8 bits, whether more data follows 1, filter 3, the key digit by digit.

Dates come first in a DSGTIN+, so that a reader can select by them. The `++` schemes say the same and add a host
name, which is no part of an identity: they are read as their `+`, and never written.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.gs1.tds import text
from protocols.gs1.tds.bits import BitReader, BitWriter
from protocols.gs1.tds.errors import EpcRefused
from protocols.gs1.tds.keys import DATES, FACTS, GIAI_MAX, Epc, Kind, check_date

DELIMITER, TERMINATOR = 0xE, 0xF
"""Behind the leading digits of an asset number: other characters follow, or none (section 14.5.5)."""


@dataclass(frozen=True, slots=True)
class Plus:
    """A scheme. `host_header`: of its `++`."""

    name: str
    header: int
    host_header: int
    kind: Kind
    dated: bool = False

    def decode(self, reader: BitReader) -> Epc:
        """Read what follows the header; data behind the EPC is left alone. Raises `EpcRefused`."""
        reader.take(1)
        filter_value = reader.take(3)
        date = _date(reader) if self.dated else None
        number, serial = self._key(reader)
        return Epc(self.kind, number, serial, filter_value=filter_value, date=date)

    def encode(self, epc: Epc) -> tuple[bytes, int]:
        """Bytes in whole 16-bit words, and how many bits count. Raises `EpcRefused`."""
        if self.dated != (epc.date is not None):
            raise EpcRefused("epc_date", f"{self.name}: {'a date is wanted' if self.dated else 'no date can be told'}.")
        writer = BitWriter()
        writer.put(self.header, 8)
        writer.put(0, 1)
        writer.put(epc.filter_value, 3)
        if epc.date is not None:
            _put_date(writer, *epc.date)
        self._put_key(writer, epc)
        return writer.words(), writer.bits

    def _key(self, reader: BitReader) -> tuple[str, str]:
        serial_max = FACTS[self.kind].serial_max
        match self.kind:
            case Kind.GIAI:
                return _asset(reader), ""
            case Kind.GRAI:
                pad, number = reader.digits(1), reader.digits(13)
                if pad != "0":
                    raise EpcRefused("epc_digit", f"A GRAI begins with 0, not with {pad}.")
            case _:
                number = reader.digits(FACTS[self.kind].digits)
        return number, text.take(reader, serial_max, "serial number") if serial_max else ""

    def _put_key(self, writer: BitWriter, epc: Epc) -> None:
        if self.kind is Kind.GIAI:
            _put_asset(writer, epc.number)
            return
        writer.digits(f"0{epc.number}" if self.kind is Kind.GRAI else epc.number)
        if FACTS[self.kind].serial_max:
            text.put(writer, epc.serial or "0")


def _asset(reader: BitReader) -> str:
    digits = ""
    while (nibble := reader.take(4)) <= 9:
        digits += str(nibble)
        if len(digits) > GIAI_MAX:
            raise EpcRefused("epc_number", f"An asset number has at most {GIAI_MAX} characters.")
    if nibble == TERMINATOR:
        return digits
    if nibble != DELIMITER or not digits:
        raise EpcRefused("epc_digit", f"{nibble:X} stands where a digit of an asset number should.")
    return digits + text.take(reader, GIAI_MAX - len(digits), "asset number")


def _put_asset(writer: BitWriter, number: str) -> None:
    digits = number[: len(number) - len(number.lstrip("0123456789"))]
    if not digits:
        raise EpcRefused("epc_number", f"The asset number '{number}' does not begin with a company prefix.")
    writer.digits(digits)
    if digits == number:
        writer.put(TERMINATOR, 4)
    else:
        writer.put(DELIMITER, 4)
        text.put(writer, number[len(digits) :])


def _date(reader: BitReader) -> tuple[str, str]:
    indicator = reader.take(4)
    year, month, day = reader.take(7), reader.take(4), reader.take(5)
    if indicator >= len(DATES):
        raise EpcRefused("epc_date", f"Nobody has defined date type {indicator}.")
    value = f"{year:02}{month:02}{day:02}"
    check_date(DATES[indicator], value)
    return DATES[indicator], value


def _put_date(writer: BitWriter, ai: str, value: str) -> None:
    writer.put(DATES.index(ai), 4)
    for part, bits in ((value[:2], 7), (value[2:4], 4), (value[4:], 5)):
        writer.put(int(part), bits)


PLUS = (
    Plus("sgtin+", 0xF7, 0xFD, Kind.SGTIN),
    Plus("dsgtin+", 0xFB, 0xFC, Kind.SGTIN, dated=True),
    Plus("sscc+", 0xF9, 0xEF, Kind.SSCC),
    Plus("sgln+", 0xF2, 0xE9, Kind.SGLN),
    Plus("grai+", 0xF1, 0xEB, Kind.GRAI),
    Plus("giai+", 0xFA, 0xEE, Kind.GIAI),
)
"""Every scheme without a partition that a store meets."""
