"""More goods for a till: styles in colours and sizes, bottles with a deposit, wine, phones by serial, scale labels."""

from __future__ import annotations

from protocols.contract.feed_rows import BarcodeRow, FeedRow, ItemRow, StyleRow, ZoneRow
from protocols.gs1.gtin import with_check_digit
from protocols.gs1.restricted import verifier_digit
from tests.support.goods import ZONE, assortment, price

SHIRT_STYLE = "st-shirt"
RED_M, RED_L, BLUE_M = "i-shirt-red-m", "i-shirt-red-l", "i-shirt-blue-m"
WINE, WATER, CRATE, PHONE, BAG, HAM = "i-wine", "i-water", "i-crate", "i-phone", "i-bag", "i-ham"
WINE_GTIN = with_check_digit("0400000000011")
WATER_GTIN = with_check_digit("0400000000012")
PHONE_GTIN = with_check_digit("0400000000013")
HAM_KEY = with_check_digit("221234000000").rjust(14, "0")


def ham_label(price_minor: int) -> str:
    """A German price label for ham, as the counter's scale prints it."""
    digits = f"{price_minor:05d}"
    return with_check_digit(f"221234{verifier_digit(digits)}{digits}")


def goods() -> list[FeedRow]:
    """The small assortment and these."""
    return [
        *(row for row in assortment() if not isinstance(row, ZoneRow)),
        ZoneRow(zone=ZONE, currency="EUR", code_layouts=("de",), bag_item_id=BAG),
        StyleRow(style_id=SHIRT_STYLE, name="Shirt", category="clothes", brand="Own"),
        ItemRow(item_id=RED_M, style_id=SHIRT_STYLE, name="Shirt red M", colour="red", size="M", tax_class="std"),
        ItemRow(item_id=RED_L, style_id=SHIRT_STYLE, name="Shirt red L", colour="red", size="L", tax_class="std"),
        ItemRow(item_id=BLUE_M, style_id=SHIRT_STYLE, name="Shirt blue M", colour="blue", size="M", tax_class="std"),
        ItemRow(item_id=WINE, style_id="st-1", name="Wine", tax_class="std", min_age=18),
        ItemRow(item_id=WATER, style_id="st-1", name="Water", tax_class="std", deposit_item_id=CRATE),
        ItemRow(item_id=CRATE, style_id="st-1", name="Crate", tax_class="std"),
        ItemRow(item_id=PHONE, style_id="st-1", name="Phone", tax_class="std", serial_tracked=True),
        ItemRow(item_id=BAG, style_id="st-1", name="Bag", tax_class="std", bag=True),
        ItemRow(item_id=HAM, style_id="st-1", name="Ham", tax_class="food", weighed=True),
        BarcodeRow(gtin=WINE_GTIN, item_id=WINE),
        BarcodeRow(gtin=WATER_GTIN, item_id=WATER),
        BarcodeRow(gtin=PHONE_GTIN, item_id=PHONE),
        BarcodeRow(gtin=HAM_KEY, item_id=HAM),
        price(RED_M, 1, 1999),
        price(RED_L, 1, 1999),
        price(BLUE_M, 1, 2499),
        price(WINE, 1, 899),
        price(WATER, 1, 499),
        price(CRATE, 1, 150),
        price(PHONE, 1, 29_900),
        price(BAG, 1, 20),
        price(HAM, 1, 1990),
    ]
