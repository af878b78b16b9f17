"""What the store of a replayed day sells, and who works there. The same on every run: hashes come out the same."""

from __future__ import annotations

from dataclasses import dataclass

import argon2

from protocols.contract.feed_rows import BarcodeRow, ItemRow, StaffRow, StyleRow, TaxClassRow
from protocols.gs1.gtin import with_check_digit
from simulators.world import Goods

STORE_ID, ZONE = "day-1", "north"
PIN = "4711"
PIN_HASH = argon2.low_level.hash_secret(PIN.encode(), b"replayed", 1, 8, 1, 16, argon2.Type.ID).decode()
RIGHTS = ("till", "void", "drawer", "report", "variance", "cash", "labels", "stock")
STAFF = tuple(
    StaffRow(staff_id=str(7 + number), name=name, pin_hash=PIN_HASH, rights=RIGHTS)
    for number, name in enumerate(("Ann", "Bob"))
)
OPENING_THOUSANDTHS = 20_000
NAMES = ("Milk", "Bread", "Butter", "Rice", "Tea", "Salt", "Soap", "Yeast", "Honey", "Oil", "Flour", "Sugar")
WEIGHED_NAMES = ("Apples", "Pears", "Carrots")


@dataclass(frozen=True, slots=True)
class Item:
    """One item as HQ begins with it."""

    row: ItemRow
    goods: Goods
    gtin: str
    price_minor: int

    @property
    def item_id(self) -> str:
        return self.row.item_id


def assortment() -> list[Item]:
    """Pieces and weighed goods."""
    found = []
    for number, name in enumerate(NAMES + WEIGHED_NAMES):
        weighed = number >= len(NAMES)
        code = str(101 + number) if weighed else with_check_digit(f"4000000007{number:02}")
        row = ItemRow(item_id=f"i-{number:02}", style_id="st-1", name=name, tax_class="food" if number % 2 else "std",
                      weighed=weighed, tare_grams=5 if weighed else 0)  # fmt: skip
        goods = Goods(code, weighed, popularity=3 if weighed else 1)
        found.append(Item(row, goods, code if weighed else code.rjust(14, "0"), 89 + 37 * number))
    return found


TAX_CLASSES = [
    TaxClassRow(tax_class="std", name="Standard", rate_bp=1900),
    TaxClassRow(tax_class="food", name="Food", rate_bp=700),
]
STYLES = [StyleRow(style_id="st-1", name="Groceries")]


def barcodes(items: list[Item]) -> list[BarcodeRow]:
    """A code each."""
    return [BarcodeRow(gtin=item.gtin, item_id=item.item_id) for item in items]
