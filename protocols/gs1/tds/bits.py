"""Bits from the left, as a tag's memory is read, and as it is written."""

from __future__ import annotations

from protocols.gs1.tds.errors import EpcRefused


class BitReader:
    """Reads a tag's bits from the left. Raises `EpcRefused` (`epc_short`) at their end."""

    def __init__(self, epc: bytes, bits: int) -> None:
        """`bits`: how many of the bytes' bits are meant, at most all of them."""
        self._number = int.from_bytes(epc, "big") >> max(8 * len(epc) - bits, 0)
        self.left = min(bits, 8 * len(epc))

    def take(self, bits: int) -> int:
        """The next so many bits as a number."""
        if bits > self.left:
            raise EpcRefused("epc_short", f"The tag ends {bits - self.left} bits too early.")
        self.left -= bits
        return (self._number >> self.left) & ((1 << bits) - 1)

    def digits(self, count: int) -> str:
        """So many decimal digits of four bits each (section 14.5.4)."""
        text = f"{self.take(4 * count):0{count}X}"
        if not text.isdigit():
            raise EpcRefused("epc_digit", f"'{text}' stands where {count} digits should.")
        return text


class BitWriter:
    """Collects bits from the left."""

    def __init__(self) -> None:
        self._number = 0
        self.bits = 0

    def put(self, value: int, bits: int) -> None:
        """Append a number in so many bits. Raises ValueError when it does not fit: the caller has checked it."""
        if value < 0 or value >> bits:
            raise ValueError(f"{value} does not fit into {bits} bits")
        self._number = self._number << bits | value
        self.bits += bits

    def digits(self, text: str) -> None:
        """Append decimal digits of four bits each (section 14.5.4)."""
        self.put(int(text, 16), 4 * len(text))

    def words(self) -> bytes:
        """Whole 16-bit words as a tag stores them, the last one filled with zeros."""
        missing = -self.bits % 16
        return (self._number << missing).to_bytes((self.bits + missing) // 8, "big")
