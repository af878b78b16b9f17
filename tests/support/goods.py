"""A small assortment as feed rows: a piece, a pack, a weighed item, one no longer sold, and people with various rights."""

from __future__ import annotations

import argon2

from protocols.contract.feed_rows import (
    BarcodeRow,
    FeedRow,
    ItemRow,
    PriceRow,
    StaffRow,
    StoreRow,
    StyleRow,
    TaxClassRow,
    ZoneRow,
)
from protocols.contract.rights import RIGHTS
from protocols.contract.values import TaxMode
from protocols.gs1.gtin import with_check_digit

STORE_ID = "s-0001"
ZONE = "z-1"
MILK, MILK_SIX, APPLES, BREAD, OLD, UNPRICED = "i-milk", "i-milk", "i-apples", "i-bread", "i-old", "i-unpriced"
MILK_CODE = with_check_digit("400000000001")
SIX_PACK_CODE = with_check_digit("400000000002")
BREAD_CODE = with_check_digit("400000000003")
OLD_CODE = with_check_digit("400000000004")
UNPRICED_CODE = with_check_digit("400000000005")
APPLES_CODE = "101"
PIN = "4711"
PIN_HASH = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)
"""Cheap on purpose: tests check that PINs are checked, not how slow that is."""
ANN, BOB, EVE = "7", "8", "9"


def price(item_id: str, revision: int, price_minor: int, from_ms: int = 0, to_ms: int | None = None) -> PriceRow:
    """One price revision."""
    return PriceRow(
        item_id=item_id, revision=revision, price_minor=price_minor, effective_from_ms=from_ms, effective_to_ms=to_ms
    )


def assortment(*, tax_mode: TaxMode = TaxMode.INCLUSIVE, cash_rounding_minor: int = 1) -> list[FeedRow]:
    """Everything a small store needs."""
    rights = tuple(sorted(RIGHTS - {"devices"}))
    return [
        ZoneRow(zone=ZONE, currency="EUR", tax_mode=tax_mode, cash_rounding_minor=cash_rounding_minor),
        StoreRow(
            store_id=STORE_ID,
            name="Corner Shop",
            zone=ZONE,
            time_zone="Europe/Berlin",
            receipt_header=("1 Main Street",),
            receipt_footer=("Thank you",),
        ),
        TaxClassRow(tax_class="std", name="Standard", rate_bp=1900),
        TaxClassRow(tax_class="food", name="Food", rate_bp=700),
        StyleRow(style_id="st-1", name="Groceries"),
        ItemRow(item_id=MILK, style_id="st-1", name="Milk 1 l", name_zh="牛奶 1 升", tax_class="food"),
        ItemRow(item_id=APPLES, style_id="st-1", name="Apples", tax_class="food", weighed=True, tare_grams=5),
        ItemRow(item_id=BREAD, style_id="st-1", name="Bread", tax_class="std"),
        ItemRow(item_id=OLD, style_id="st-1", name="Old thing", tax_class="std", active=False),
        ItemRow(item_id=UNPRICED, style_id="st-1", name="Unpriced", tax_class="std"),
        BarcodeRow(gtin=MILK_CODE.rjust(14, "0"), item_id=MILK),
        BarcodeRow(gtin=SIX_PACK_CODE.rjust(14, "0"), item_id=MILK, pack_quantity=6),
        BarcodeRow(gtin=BREAD_CODE.rjust(14, "0"), item_id=BREAD),
        BarcodeRow(gtin=OLD_CODE.rjust(14, "0"), item_id=OLD),
        BarcodeRow(gtin=UNPRICED_CODE.rjust(14, "0"), item_id=UNPRICED),
        BarcodeRow(gtin=APPLES_CODE, item_id=APPLES),
        price(MILK, 1, 129),
        price(APPLES, 1, 299),
        price(BREAD, 1, 350),
        price(OLD, 1, 100),
        StaffRow(staff_id=ANN, name="Ann", pin_hash=PIN_HASH, rights=rights),
        StaffRow(staff_id=BOB, name="Bob", pin_hash=PIN_HASH, rights=("till",), language="zh"),
        StaffRow(staff_id=EVE, name="Eve", pin_hash=PIN_HASH, rights=("labels",)),
    ]
