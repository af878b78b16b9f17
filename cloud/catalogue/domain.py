"""What products must look like before stores get them. Pure; the values are the contract's own rows."""

from __future__ import annotations

import re

from cloud.refusals import FieldProblem, Invalid
from protocols.contract.feed_rows import BarcodeRow, ItemRow, StyleRow, TaxClassRow
from protocols.contract.values import ContentUnit

NAME_LENGTH_MAX = 120
PACK_QUANTITY_MAX = 10_000
TAX_RATE_BP_MAX = 10_000
CONTENT_MAX = 1_000_000
"""Of what one piece holds: a tonne in grams, ten kilometres in centimetres."""
LOOKUP_CODE_DIGITS_MAX = 6
"""A barcode of at most this many digits is a price look-up code typed by hand; it has no check digit."""
GTIN_DIGITS = 14

_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")


def check_digit(body: str) -> int:
    """GS1 mod-10 check digit of the digits before it (GS1 General Specifications 7.9.1)."""
    total = sum(int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(body)))
    return -total % 10


def normalise_barcode(scanned: str) -> str:
    """GTIN-8, -12, -13 or -14 as 14 digits; short look-up codes as they are. Raises `Invalid`."""
    digits = scanned.strip()
    remedy = "Type the digits under the bars, or a look-up code of up to six digits."
    if not digits.isascii() or not digits.isdigit():
        raise Invalid.field("gtin", "not only digits", remedy)
    if len(digits) <= LOOKUP_CODE_DIGITS_MAX:
        return digits
    if len(digits) not in (8, 12, 13, 14):
        raise Invalid.field("gtin", f"{len(digits)} digits long", remedy)
    if check_digit(digits[:-1]) != int(digits[-1]):
        raise Invalid.field("gtin", "wrong check digit", f"The last digit should be {check_digit(digits[:-1])}. {remedy}")
    return digits.rjust(GTIN_DIGITS, "0")


def _check(problems: list[FieldProblem]) -> None:
    if problems:
        raise Invalid.fields(problems)


def _id_problems(field: str, value: str) -> list[FieldProblem]:
    if _ID.fullmatch(value):
        return []
    return [FieldProblem(field, "not 1 to 40 letters, digits, . _ or -", "Use the article number.")]


def _name_problems(name: str) -> list[FieldProblem]:
    if not name.strip():
        return [FieldProblem("name", "empty", "Give the name printed on labels and receipts.")]
    if len(name) > NAME_LENGTH_MAX:
        return [FieldProblem("name", f"longer than {NAME_LENGTH_MAX} characters", "Shorten it.")]
    return []


def check_tax_class(row: TaxClassRow) -> None:
    """Raise `Invalid` with every problem found."""
    problems = _id_problems("tax_class", row.tax_class) + _name_problems(row.name)
    if not 0 <= row.rate_bp <= TAX_RATE_BP_MAX:
        problems.append(FieldProblem("rate_bp", "not between 0 and 10000", "19 % is 1900 basis points."))
    _check(problems)


def check_style(row: StyleRow) -> None:
    """Raise `Invalid` with every problem found."""
    _check(_id_problems("style_id", row.style_id) + _name_problems(row.name))


def check_item(row: ItemRow) -> None:
    """Raise `Invalid` with every problem found."""
    problems = _id_problems("item_id", row.item_id) + _id_problems("style_id", row.style_id) + _name_problems(row.name)
    if row.tare_grams < 0:
        problems.append(FieldProblem("tare_grams", "negative", "Give the weight of the packaging in grams, or 0."))
    if row.tare_grams and not row.weighed:
        problems.append(FieldProblem("tare_grams", "given for an item that is not weighed", "Set it to 0."))
    if row.serial_tracked and row.weighed:
        problems.append(FieldProblem("serial_tracked", "given for an item sold by weight", "Only pieces have one."))
    if row.deposit_item_id and (row.weighed or row.deposit_item_id == row.item_id):
        problems.append(FieldProblem("deposit_item_id", "cannot be its container", "Name another item, or none."))
    _check(problems + content_problems(row))


def content_problems(row: ItemRow) -> list[FieldProblem]:
    """What is wrong with what one piece holds; empty is fine."""
    if not row.content_quantity and row.content_unit is ContentUnit.NONE:
        return []
    if row.weighed:
        return [FieldProblem("content_quantity", "given for an item sold by weight", "Its price is per kilogram already.")]
    if not 1 <= row.content_quantity <= CONTENT_MAX:
        return [FieldProblem("content_quantity", f"not between 1 and {CONTENT_MAX}", "How much one piece holds.")]
    if row.content_unit is ContentUnit.NONE:
        return [FieldProblem("content_unit", "missing", "One of g, ml, cm, pc.")]
    return []


def check_barcode(row: BarcodeRow) -> BarcodeRow:
    """Return the row with its code normalised. Raises `Invalid`."""
    if not 1 <= row.pack_quantity <= PACK_QUANTITY_MAX:
        raise Invalid.field(
            "pack_quantity", f"not between 1 and {PACK_QUANTITY_MAX}", "How many pieces the code stands for."
        )
    return BarcodeRow(gtin=normalise_barcode(row.gtin), item_id=row.item_id, pack_quantity=row.pack_quantity)
