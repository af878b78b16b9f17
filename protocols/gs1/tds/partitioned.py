"""The schemes with a partition: header 8 bits, filter 3, partition 3, company prefix M, reference N, and what follows.

The partition says how the digits are shared between company prefix and reference (tables 14-7, 14-10, 14-16, 14-19,
14-20, 14-23). A field that holds more than its digits can is refused: such a tag is nobody's.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from protocols.gs1.tds import text
from protocols.gs1.tds.bits import BitReader, BitWriter
from protocols.gs1.tds.errors import EpcRefused
from protocols.gs1.tds.keys import FACTS, Epc, Kind, of_parts

PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)
PREFIX_DIGITS_MAX = 12
"""Partition 0; each further one has a digit less."""


class Tail(enum.Enum):
    """What follows the reference."""

    NOTHING = "nothing"
    ZEROS = "zeros"
    INTEGER = "integer"
    """A number without leading zeros."""
    STRING = "string"
    """7 bits a character, zeros behind it."""


@dataclass(frozen=True, slots=True)
class Partitioned:
    """A scheme. `both_bits`, `both_digits`: company prefix and reference together, whatever the partition.

    `both_digits` 0: the reference is no padded number but an integer or a string of its own (the two schemes of assets).
    """

    name: str
    header: int
    kind: Kind
    bits: int
    both_bits: tuple[int, ...]
    both_digits: int
    tail: Tail
    tail_bits: int = 0

    def decode(self, reader: BitReader) -> Epc:
        """Read what follows the header. Raises `EpcRefused`."""
        filter_value, partition = reader.take(3), reader.take(3)
        if partition >= len(PREFIX_BITS):
            raise EpcRefused("epc_partition", f"partition {partition} does not exist")
        prefix = _padded(reader.take(PREFIX_BITS[partition]), PREFIX_DIGITS_MAX - partition, "company prefix")
        reference = self._reference(reader, partition)
        return of_parts(self.kind, prefix, reference, self._serial(reader), filter_value)

    def encode(self, epc: Epc) -> tuple[bytes, int]:
        """Bytes in whole 16-bit words, and how many bits count. Raises `EpcRefused`."""
        partition = PREFIX_DIGITS_MAX - len(epc.company_prefix)
        writer = BitWriter()
        writer.put(self.header, 8)
        writer.put(epc.filter_value, 3)
        writer.put(partition, 3)
        writer.put(int(epc.company_prefix), PREFIX_BITS[partition])
        self._put_reference(writer, epc, partition)
        self._put_serial(writer, epc.serial)
        return writer.words(), self.bits

    def _reference_bits(self, partition: int) -> int:
        return self.both_bits[partition] - PREFIX_BITS[partition]

    def _reference(self, reader: BitReader, partition: int) -> str:
        bits = self._reference_bits(partition)
        number = reader.take(bits)
        if self.both_digits:
            return _padded(number, self.both_digits - (PREFIX_DIGITS_MAX - partition), "reference")
        return text.fixed_text(number, bits, "asset reference") if self.tail is Tail.STRING else str(number)

    def _put_reference(self, writer: BitWriter, epc: Epc, partition: int) -> None:
        bits, reference = self._reference_bits(partition), epc.reference
        if self.both_digits:
            writer.put(int(reference or "0"), bits)
        elif self.tail is Tail.STRING:
            text.check(reference, bits // 7, "asset reference")
            writer.put(text.fixed_number(reference, bits // 7 * 7), bits // 7 * 7)
            writer.put(0, bits % 7)
        else:
            writer.put(_integer(reference, bits, "asset reference"), bits)

    def _serial(self, reader: BitReader) -> str:
        if not self.both_digits:
            return ""
        match self.tail:
            case Tail.INTEGER:
                return str(reader.take(self.tail_bits))
            case Tail.STRING:
                return text.fixed_text(reader.take(self.tail_bits), self.tail_bits, "serial number")
            case Tail.ZEROS if reader.take(self.tail_bits):
                raise EpcRefused("epc_reserved", f"The last {self.tail_bits} bits of an {self.name} are not zero.")
            case _:
                return ""

    def _put_serial(self, writer: BitWriter, serial: str) -> None:
        if not self.both_digits:
            return
        if self.kind is Kind.SGLN and not serial:
            serial = "0"
        match self.tail:
            case Tail.INTEGER:
                writer.put(_integer(serial, self.tail_bits, "serial number"), self.tail_bits)
            case Tail.STRING:
                text.check(serial, FACTS[self.kind].serial_max, "serial number")
                writer.put(text.fixed_number(serial, self.tail_bits), self.tail_bits)
            case _:
                writer.put(0, self.tail_bits)


def _padded(number: int, digits: int, what: str) -> str:
    if number >= 10**digits:
        raise EpcRefused(
            "epc_prefix" if what == "company prefix" else "epc_reference", f"{what} {number} has more than {digits} digits"
        )
    return f"{number:0{digits}}" if digits else ""


def _integer(value: str, bits: int, what: str) -> int:
    digits = value.isascii() and value.isdigit() and len(value) <= 20
    if not digits or (value[0] == "0" and value != "0") or int(value) >> bits:
        raise EpcRefused("epc_serial", f"The {what} '{value[:40]}' is no number below {1 << bits} without leading zeros.")
    return int(value)


def _same(bits: int) -> tuple[int, ...]:
    return (bits,) * len(PREFIX_BITS)


PARTITIONED = (
    Partitioned("sgtin-96", 0x30, Kind.SGTIN, 96, _same(44), 13, Tail.INTEGER, 38),
    Partitioned("sscc-96", 0x31, Kind.SSCC, 96, _same(58), 17, Tail.ZEROS, 24),
    Partitioned("sgln-96", 0x32, Kind.SGLN, 96, _same(41), 12, Tail.INTEGER, 41),
    Partitioned("grai-96", 0x33, Kind.GRAI, 96, _same(44), 12, Tail.INTEGER, 38),
    Partitioned("giai-96", 0x34, Kind.GIAI, 96, _same(82), 0, Tail.NOTHING),
    Partitioned("sgtin-198", 0x36, Kind.SGTIN, 198, _same(44), 13, Tail.STRING, 140),
    Partitioned("grai-170", 0x37, Kind.GRAI, 170, _same(44), 12, Tail.STRING, 112),
    Partitioned("giai-202", 0x38, Kind.GIAI, 202, _same(188), 0, Tail.STRING),
    Partitioned("sgln-195", 0x39, Kind.SGLN, 195, _same(41), 12, Tail.STRING, 140),
)
"""Every scheme with a partition that a store meets."""
