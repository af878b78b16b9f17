"""Numbers in tables: comma or point, decided by evidence; then exact integers of a fine unit. Pure, no floating point.

`1.29` and `1,29` say which mark they use, `1.234,50` does twice over. `1.234` does not: it may be a thousand or a little
more than one. A file whose numbers leave it open, or say both, is refused until a person chooses. With the mark known,
`1.234` is clear too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from cloud.tables.values import Cell, Damaged, TableRefused

POINT, COMMA = "point", "comma"
MARKS = {POINT: ".", COMMA: ","}
DIGITS_MAX = 15

_SIGNS = "€$£¥￥ \u00a0\u202f"
_PLAIN = re.compile(r"[+-]?\d+")
_ONE_MARK = re.compile(r"[+-]?\d+([.,])(\d+)")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(?:\1\d{3})*(?!\1)([.,])\d+")
_GROUPS_ONLY = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(?:\1\d{3})+")
_OTHER = {".": COMMA, ",": POINT}
_SAME = {".": POINT, ",": COMMA}


class NotANumber(ValueError):
    """The cell holds no number; the text says what is wrong, `remedy` what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


def bare(text: str) -> str:
    """The number without a currency sign and spaces around it."""
    return text.strip(_SIGNS + "\t")


def evidence(text: str) -> str:
    """Which decimal mark a number proves: `point`, `comma`, `either` (could be both) or `` (proves nothing)."""
    number = bare(text)
    if found := _GROUPED.fullmatch(number):
        return _SAME[found[2]]
    if found := _GROUPS_ONLY.fullmatch(number):
        return _OTHER[found[1]]
    if found := _ONE_MARK.fullmatch(number):
        whole = number.lstrip("+-").split(found[1])[0]
        could_be_group = len(found[2]) == 3 and len(whole) <= 3 and not whole.startswith("0")
        return "either" if could_be_group else _SAME[found[1]]
    return ""


def decide_mark(cells: Iterable[tuple[int, Cell]], chosen: str) -> str:
    """The decimal mark of (line, cell) pairs: `point` or `comma`. Raises `TableRefused` when it cannot be known."""
    if chosen:
        if chosen not in MARKS:
            raise TableRefused("decimal", f"'{chosen}' is no decimal mark.", "One of: point, comma.")
        return chosen
    first: dict[str, tuple[int, str]] = {}
    for line_no, cell in cells:
        if isinstance(cell, str) and (kind := evidence(cell)):
            first.setdefault(kind, (line_no, cell.strip()))
    if POINT in first and COMMA in first:
        (line_a, a), (line_b, b) = first[POINT], first[COMMA]
        raise TableRefused(
            "decimal",
            f"Line {line_a} has '{a}' and line {line_b} has '{b}': both marks are used for decimals.",
            "Use one of them throughout, or choose the decimal mark.",
            "decimal",
        )
    if COMMA in first:
        return COMMA
    if POINT not in first and "either" in first:
        line_no, number = first["either"]
        raise TableRefused(
            "decimal",
            f"'{number}' in line {line_no} may be a thousand or a decimal number, and no other number tells.",
            "Choose the decimal mark.",
            "decimal",
        )
    return POINT


def read_number(cell: Cell, mark: str) -> Decimal:
    """The exact number of a cell; `mark` is `point` or `comma`. Raises `NotANumber`."""
    if isinstance(cell, Decimal):
        return _bounded(cell)
    if isinstance(cell, Damaged):
        raise NotANumber(cell.problem, cell.remedy)
    if not isinstance(cell, str):
        raise NotANumber("not a number", "Write digits only.")
    number = bare(cell)
    if _PLAIN.fullmatch(number):
        return _bounded(Decimal(number))
    wanted = MARKS[mark]
    if found := _ONE_MARK.fullmatch(number):
        if found[1] != wanted and evidence(number) == "either":  # the mark is known now: this one stands between thousands
            return _bounded(Decimal(number.replace(found[1], "")))
        if found[1] != wanted:
            raise NotANumber(f"'{number}' is not written with the decimal {mark} of this file", "Write it like the others.")
        return _bounded(Decimal(number.replace(",", ".")))
    if (found := _GROUPED.fullmatch(number)) and found[2] == wanted:
        return _bounded(Decimal(number.replace(found[1], "").replace(",", ".")))
    if (found := _GROUPS_ONLY.fullmatch(number)) and found[1] != wanted:
        return _bounded(Decimal(number.replace(found[1], "")))
    raise NotANumber(f"'{number[:40]}' is not a number", "Write digits and one decimal mark.")


def _bounded(number: Decimal) -> Decimal:
    if not number.is_finite() or len(number.as_tuple().digits) > DIGITS_MAX or number.adjusted() >= DIGITS_MAX:
        raise NotANumber(f"has more than {DIGITS_MAX} digits", "Check the number.")
    return number


def scaled(number: Decimal, digits: int) -> int:
    """The number in units of 10^-digits: `1.29` with 2 digits is 129. Raises `NotANumber` for finer ones: no rounding."""
    fine = number.scaleb(digits)
    if fine != fine.to_integral_value():
        raise NotANumber(f"has more than {digits} decimals" if digits else "has decimals", "Round it in the file.")
    return int(fine)
