"""Barcodes as rows of modules (GS1 General Specifications 5.2 EAN/UPC and 5.3 ITF-14).

A row is bytes, one per module: 255 dark, 0 light, quiet zones included.
"""

from __future__ import annotations

import re
from functools import lru_cache

from protocols.gs1.gtin import GTIN_LENGTHS, check_digit

EAN_MODULES = 113
"""95 modules and the quiet zones of 11 and 7."""
_LEFT_ODD = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
_RIGHT = tuple("".join("1" if bit == "0" else "0" for bit in code) for code in _LEFT_ODD)
_LEFT_EVEN = tuple(code[::-1] for code in _RIGHT)
_PARITIES = ("OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO")
_INTERLEAVED = ("00110", "10001", "01001", "11000", "00101", "10100", "01100", "00011", "10010", "01010")
_NO_COMPANY = "000000"
"""Before the 8 digits of a GTIN-8 in a field of 14; no other GTIN begins so."""
_DARK = re.compile(b"\xff+")
_TO_LEVELS = bytes(255 if value == ord("1") else 0 for value in range(256))
_QUIET_ITF = "0" * 10


@lru_cache(maxsize=1024)
def modules_of(code: str) -> bytes | None:
    """The barcode of a GTIN: EAN-8 for one of 8 digits, EAN-13 where 13 digits suffice (with a leading 0 it is a UPC-A),
    else ITF-14. None for what is no GTIN."""
    if len(code) not in GTIN_LENGTHS or not (code.isascii() and code.isdigit()) or check_digit(code[:-1]) != int(code[-1]):
        return None
    digits = code.rjust(14, "0")
    if digits.startswith(_NO_COMPANY):
        return _row(_ean8(digits[6:]))
    return _row(_ean13(digits[1:]) if digits[0] == "0" else _itf14(digits))


def bars_of(row: bytes) -> tuple[tuple[int, int], ...]:
    """The dark bars of a row: (first module, module after the last)."""
    return tuple(run.span() for run in _DARK.finditer(row))


def _row(bits: str) -> bytes:
    return bits.encode().translate(_TO_LEVELS)


def _ean13(digits: str) -> str:
    parity = _PARITIES[int(digits[0])]
    left = "".join(
        (_LEFT_ODD if kind == "O" else _LEFT_EVEN)[int(digit)] for kind, digit in zip(parity, digits[1:7], strict=True)
    )
    right = "".join(_RIGHT[int(digit)] for digit in digits[7:])
    return f"{'0' * 11}101{left}01010{right}101{'0' * 7}"


def _ean8(digits: str) -> str:
    left = "".join(_LEFT_ODD[int(digit)] for digit in digits[:4])
    right = "".join(_RIGHT[int(digit)] for digit in digits[4:])
    return f"{'0' * 7}101{left}01010{right}101{'0' * 7}"


def _itf14(digits: str) -> str:
    pairs = ""
    for first, second in zip(digits[::2], digits[1::2], strict=True):
        for bar, space in zip(_INTERLEAVED[int(first)], _INTERLEAVED[int(second)], strict=True):
            pairs += ("111" if bar == "1" else "1") + ("000" if space == "1" else "0")
    return f"{_QUIET_ITF}1010{pairs}11101{_QUIET_ITF}"
