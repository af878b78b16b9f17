"""Barcodes and product rows are checked before a store sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.catalogue.domain import check_barcode, check_digit, check_item, check_style, check_tax_class, normalise_barcode
from cloud.refusals import Invalid
from protocols.contract.feed_rows import BarcodeRow, ItemRow, StyleRow, TaxClassRow
from protocols.contract.values import ContentUnit


@pytest.mark.parametrize(
    ("scanned", "stored"),
    [
        ("4006381333931", "04006381333931"),
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("4011", "4011"),
        (" 4011 ", "4011"),
    ],
)
def test_codes_are_stored_in_one_form(scanned: str, stored: str) -> None:
    assert normalise_barcode(scanned) == stored


@pytest.mark.parametrize("scanned", ["", "abc", "4006381333932", "123456789", "٤٠١١", "12345678901234567"])
def test_wrong_codes_are_refused_with_a_remedy(scanned: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise_barcode(scanned)
    assert refused.value.problems[0].field == "gtin"
    assert refused.value.problems[0].remedy


def test_the_remedy_names_the_right_check_digit() -> None:
    with pytest.raises(Invalid, match="check digit") as refused:
        normalise_barcode("4006381333932")
    assert "should be 1" in refused.value.remedy


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_never_passes(body: str, place: int, change: int) -> None:
    whole = body + str(check_digit(body))
    wrong = whole[:place] + str((int(whole[place]) + change) % 10) + whole[place + 1 :]
    with pytest.raises(Invalid):
        normalise_barcode(wrong)


def test_a_pack_has_at_least_one_piece() -> None:
    with pytest.raises(Invalid, match="pack_quantity"):
        check_barcode(BarcodeRow(gtin="4011", item_id="A", pack_quantity=0))


def test_every_problem_of_an_item_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        check_item(ItemRow(item_id="", style_id="s", name="", tax_class="standard", tare_grams=5))
    assert [problem.field for problem in refused.value.problems] == ["item_id", "name", "tare_grams"]


@pytest.mark.parametrize(
    ("quantity", "unit", "weighed", "field"),
    [(500, "", False, "content_unit"), (0, "g", False, "content_quantity"), (-5, "g", False, "content_quantity"),
     (1_000_001, "g", False, "content_quantity"), (500, "g", True, "content_quantity")],
)  # fmt: skip
def test_what_a_piece_holds_has_a_quantity_and_a_unit(quantity: int, unit: str, weighed: bool, field: str) -> None:
    row = ItemRow(
        item_id="A", style_id="A", name="Milk", tax_class="reduced", weighed=weighed,
        content_quantity=quantity, content_unit=ContentUnit(unit),
    )  # fmt: skip
    with pytest.raises(Invalid) as refused:
        check_item(row)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_good_rows_pass() -> None:
    check_item(
        ItemRow(
            item_id="A-2",
            style_id="A",
            name="Milk 1 l",
            tax_class="reduced",
            content_quantity=1000,
            content_unit=ContentUnit.MILLILITRE,
        )
    )
    check_item(ItemRow(item_id="A-1", style_id="A", name="Milk 1 l", tax_class="reduced"))
    check_style(StyleRow(style_id="A", name="Milk"))
    check_tax_class(TaxClassRow(tax_class="reduced", name="Reduced", rate_bp=700))


def test_a_tax_rate_above_all_is_refused() -> None:
    with pytest.raises(Invalid, match="rate_bp"):
        check_tax_class(TaxClassRow(tax_class="x", name="X", rate_bp=10_001))
