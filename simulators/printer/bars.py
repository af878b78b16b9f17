"""Bar codes as runs of modules, `1` a bar and `0` a space: CODE128 and GS1-128 (ISO/IEC 15417), EAN-13, EAN-8, UPC-A and
UPC-E (GS1 General Specifications 5.2), CODE39 (ISO/IEC 16388), interleaved 2 of 5 (ISO/IEC 16390), CODABAR (EN 798).
"""

from __future__ import annotations

from protocols.escpos.barcodes import Symbology
from protocols.labels.code128 import CodeRefused, gs1_128_modules

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
_UPC_E_PARITY = "GGGLLL GGLGLL GGLLGL GGLLLG GLGGLL GLLGGL GLLLGG GLGLGL GLGLLG GLLGLG".split()  # noqa: SIM905

_CODE39_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%*"
_CODE39 = (  # noqa: SIM905 - nine elements each, w wide
    "nnnwwnwnn wnnwnnnnw nnwwnnnnw wnwwnnnnn nnnwwnnnw wnnwwnnnn nnwwwnnnn nnnwnnwnw wnnwnnwnn nnwwnnwnn wnnnnwnnw "
    "nnwnnwnnw wnwnnwnnn nnnnwwnnw wnnnwwnnn nnwnwwnnn nnnnnwwnw wnnnnwwnn nnwnnwwnn nnnnwwwnn wnnnnnnww nnwnnnnww "
    "wnwnnnnwn nnnnwnnww wnnnwnnwn nnwnwnnwn nnnnnnwww wnnnnnwwn nnwnnnwwn nnnnwnwwn wwnnnnnnw nwwnnnnnw wwwnnnnnn "
    "nwnnwnnnw wwnnwnnnn nwwnwnnnn nwnnnnwnw wwnnnnwnn nwwnnnwnn nwnwnwnnn nwnwnnnwn nwnnnwnwn nnnwnwnwn nwnnwnwnn"
).split()
_ITF = "nnwwn wnnnw nwnnw wwnnn nnwnw wnwnn nwwnn nnnww wnnwn nwnwn".split()  # noqa: SIM905
_CODABAR_CHARACTERS = "0123456789-$:/.+ABCD"
_CODABAR = (  # noqa: SIM905 - seven elements each
    "nnnnnww nnnnwwn nnnwnnw wwnnnnn nnwnnwn wnnnnwn nwnnnnw nwnnwnn nwwnnnn wnnwnnn nnnwwnn nnwwnnn wnnnwnw wnwnnnw "
    "wnwnwnn nnwnwnw nnwwnwn nwnwnnw nnnwnww nnnwwwn"
).split()


def modules(symbology: Symbology, data: str) -> str | None:
    """A bar code as `1` and `0`; None for what is not drawn here: CODE93, GS1 DataBar, unknown AIs."""
    match symbology:
        case "code128":
            return code128_modules(data)
        case "gs1_128":
            return _gs1_128(data)
        case "ean13":
            return ean13_modules(data)
        case "upc_a":
            return ean13_modules("0" + data)
        case "ean8":
            return _ean8(data)
        case "upc_e":
            return _upc_e(data)
        case "code39":
            return "0".join(_narrow_wide(_CODE39[_CODE39_CHARACTERS.index(each)]) for each in f"*{data}*")
        case "itf":
            return _itf(data)
        case "codabar":
            return "0".join(_narrow_wide(_CODABAR[_CODABAR_CHARACTERS.index(each)]) for each in data.upper())
        case _:
            return None


def caption(symbology: Symbology, data: str) -> str:
    """What stands under it: check digits the printer adds are shown."""
    lacking = {"ean13": 12, "ean8": 7, "upc_a": 11}.get(symbology)
    return data + check_digit(data) if lacking == len(data) else data


def code128_modules(text: str) -> str:
    """Printable ASCII, code set B, with start, check character and stop."""
    return _code128([ord(character) - 32 for character in text])


def ean13_modules(digits: str) -> str:
    """12 or 13 digits, 95 modules; a missing check digit is added."""
    if len(digits) == 12:
        digits += check_digit(digits)
    left = ""
    for digit, parity in zip(digits[1:7], _EAN_PARITY[int(digits[0])], strict=True):
        left += _left(digit, parity)
    right = "".join(_runs(_EAN_LEFT[int(digit)], "1") for digit in digits[7:13])
    return f"101{left}01010{right}101"


def check_digit(digits: str) -> str:
    """The last digit of a GTIN, from all before it."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def _ean8(digits: str) -> str:
    if len(digits) == 7:
        digits += check_digit(digits)
    left = "".join(_left(digit, "L") for digit in digits[:4])
    return f"101{left}01010{''.join(_runs(_EAN_LEFT[int(digit)], '1') for digit in digits[4:])}101"


def _upc_e(data: str) -> str:
    """6 digits, 7 with the number system, 8 with the check digit, or 11 or 12 of a UPC-A that can be shortened."""
    six = data if len(data) == 6 else data[1:7] if len(data) in {7, 8} else _shortened(data)
    check = int(check_digit(_lengthened(six)))
    return f"101{''.join(_left(digit, parity) for digit, parity in zip(six, _UPC_E_PARITY[check], strict=True))}010101"


def _lengthened(six: str) -> str:
    last = six[5]
    if last in "012":
        return f"0{six[:2]}{last}0000{six[2:5]}"
    if last == "3":
        return f"0{six[:3]}00000{six[3:5]}"
    return f"0{six[:4]}00000{six[4]}" if last == "4" else f"0{six[:5]}0000{last}"


def _shortened(upc_a: str) -> str:
    for six in (
        upc_a[1:3] + upc_a[8:11] + upc_a[3],
        upc_a[1:4] + upc_a[9:11] + "3",
        upc_a[1:5] + upc_a[10] + "4",
        upc_a[1:6] + upc_a[10],
    ):
        if _lengthened(six) == upc_a[:11]:
            return six
    return "000000"


def _itf(data: str) -> str:
    out = "1010"
    for first, second in zip(data[::2], data[1::2], strict=True):
        for bar, space in zip(_ITF[int(first)], _ITF[int(second)], strict=True):
            out += ("111" if bar == "w" else "1") + ("000" if space == "w" else "0")
    return out + "11101"


def _gs1_128(data: str) -> str | None:
    try:
        return "".join("1" if level else "0" for level in gs1_128_modules(data))
    except CodeRefused:
        return None


def _code128(values: list[int]) -> str:
    every = [_START_B, *values]
    check = (every[0] + sum(place * value for place, value in enumerate(every[1:], start=1))) % 103
    return "".join(_runs(_CODE128[value], "1") for value in (*every, check, _STOP))


def _left(digit: str, parity: str) -> str:
    widths = _EAN_LEFT[int(digit)]
    return _runs(widths if parity == "L" else widths[::-1], "0")


def _narrow_wide(elements: str) -> str:
    return _runs("".join("3" if element == "w" else "1" for element in elements), "1")


def _runs(widths: str, first: str) -> str:
    other = "0" if first == "1" else "1"
    return "".join((first if place % 2 == 0 else other) * int(width) for place, width in enumerate(widths))
