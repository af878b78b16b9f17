"""GTIN check digits and normalisation (GS1 General Specifications, section 7.9: modulo 10, weights 3 and 1 from the right).

A scan of 8, 12, 13 or 14 digits must carry a correct check digit and becomes 14 digits by leading zeros, so that one
product has one key whatever the symbol. Shorter digit strings are look-up codes, not GTINs.
"""

from __future__ import annotations

from dataclasses import dataclass

GTIN_LENGTHS = frozenset({8, 12, 13, 14})
LOOKUP_DIGITS_MAX = 6


class CodeRefused(ValueError):
    """The code cannot be a product's. `code` is the stable reason, `ai` the application identifier it is about."""

    def __init__(self, code: str, text: str, *, ai: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.ai = ai


@dataclass(frozen=True, slots=True)
class ScannedCode:
    """What a scan means: `key` is 14 digits for a GTIN, or the short look-up code as typed."""

    key: str
    is_gtin: bool


def check_digit(digits: str) -> int:
    """The check digit for a digit string without one."""
    codes = digits.encode("ascii")
    zeros = ord("0") * (3 * ((len(codes) + 1) // 2) + len(codes) // 2)
    return (zeros - 3 * sum(codes[::-2]) - sum(codes[-2::-2])) % 10


def with_check_digit(digits: str) -> str:
    """The digit string completed by its check digit."""
    return f"{digits}{check_digit(digits)}"


def read_code(text: str) -> ScannedCode:
    """Read what a scanner or a person entered. Raises `CodeRefused` naming what is wrong.

    Symbology identifiers (`]E0`...) are dropped. Blanks at the ends are ignored.
    """
    code = text.strip()
    if code.startswith("]") and len(code) > 3:
        code = code[3:]
    if not code:
        raise CodeRefused("code_empty", "Nothing was scanned.")
    if not (code.isascii() and code.isdigit()):
        raise CodeRefused(
            "code_not_digits", f"'{code[:40]}' is not a product barcode: it holds other characters than digits."
        )
    if len(code) <= LOOKUP_DIGITS_MAX:
        return ScannedCode(key=code, is_gtin=False)
    if len(code) not in GTIN_LENGTHS:
        raise CodeRefused("code_length", f"'{code[:40]}' has {len(code)} digits; a barcode has 8, 12, 13 or 14. Scan again.")
    if check_digit(code[:-1]) != int(code[-1]):
        raise CodeRefused("check_digit", f"'{code}' was misread: its check digit is wrong. Scan again.")
    return ScannedCode(key=code.rjust(14, "0"), is_gtin=True)
