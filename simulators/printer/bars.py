"""Bar codes as runs of modules: CODE128 (ISO/IEC 15417) and EAN-13 (GS1 General Specifications 5.2)."""

from __future__ import annotations

_CODE128 = (  # noqa: SIM905 - a table reads better as one
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 "
    "123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 "
    "131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 "
    "213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 "
    "141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 "
    "124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 "
    "411131 211412 211214 211232 2331112"
).split()
_START_B, _STOP = 104, 106

_EAN_LEFT = "3211 2221 2122 1411 1132 1231 1114 1312 1213 3112".split()  # noqa: SIM905
_EAN_PARITY = "LLLLLL LLGLGG LLGGLG LLGGGL LGLLGG LGGLLG LGGGLL LGLGLG LGLGGL LGGLGL".split()  # noqa: SIM905


def code128_modules(text: str) -> str:
    """Printable ASCII as `1` (bar) and `0` (space), code set B, with start, check character and stop."""
    values = [_START_B, *(ord(character) - 32 for character in text)]
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], start=1))) % 103
    return "".join(_runs(_CODE128[value], "1") for value in (*values, check, _STOP))


def ean13_modules(digits: str) -> str:
    """12 or 13 digits as `1` and `0`, 95 modules; a missing check digit is added."""
    if len(digits) == 12:
        digits += ean13_check_digit(digits)
    left = ""
    for digit, parity in zip(digits[1:7], _EAN_PARITY[int(digits[0])], strict=True):
        widths = _EAN_LEFT[int(digit)]
        left += _runs(widths if parity == "L" else widths[::-1], "0")
    right = "".join(_runs(_EAN_LEFT[int(digit)], "1") for digit in digits[7:13])
    return f"101{left}01010{right}101"


def ean13_check_digit(digits: str) -> str:
    """The 13th digit of twelve."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits[:12]))
    return str(-total % 10)


def _runs(widths: str, first: str) -> str:
    other = "0" if first == "1" else "1"
    return "".join((first if place % 2 == 0 else other) * int(width) for place, width in enumerate(widths))
