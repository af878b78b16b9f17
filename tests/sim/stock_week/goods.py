"""The assortment of the simulated store, and its pieces with their tags."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

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
from protocols.gs1.epc import encode_96, of_gtin
from protocols.gs1.gtin import with_check_digit
from simulators.llrp_reader.air import Tag
from tests.sim.stock_week import rates
from tests.support.goods import PIN_HASH

STORE_ID, OTHER_STORE_ID, ZONE = "s-0001", "s-0002", "z-1"
ANN, EVE = "7", "9"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
BEGAN_MS = 1_790_035_200_000
"""Midnight UTC; the store lives by UTC, so that days are days."""
PRICE_MINOR = 1_000


@dataclass(frozen=True, slots=True)
class Item:
    """A variant. `dated`: each delivery of it is a batch with a date."""

    number: int
    item_id: str
    code: str
    dated: bool


@dataclass(slots=True, eq=False)
class Piece:
    """One piece. Its tag may be dead (`readable` False) or hang where hardly a reader reaches (`hidden`); staff who find a
    dead one print a new tag, under another serial."""

    item: Item
    number: int
    expires_day: int
    readable: bool
    hidden: bool = False
    serial: int = field(init=False)
    epc: str = field(init=False)
    tag: Tag = field(init=False)

    def __post_init__(self) -> None:
        self._sew(self.number)

    def retag(self) -> None:
        """A new tag."""
        self.readable = True
        self._sew(self.serial + 1_000_000_000)

    def lot(self) -> tuple[str, str]:
        """(batch, date) as on the packing; both empty for undated goods."""
        if not self.item.dated:
            return "", ""
        return f"L{self.expires_day}", date_of(self.expires_day)

    def _sew(self, serial: int) -> None:
        key = of_gtin(self.item.code.rjust(14, "0"), str(serial))
        self.serial, self.epc, self.tag = serial, key.uri, Tag(encode_96(key))

    def __repr__(self) -> str:
        return f"{self.item.item_id}/{self.number}"


def date_of(day: int) -> str:
    """A day of the story as an ISO date."""
    return (
        datetime.datetime.fromtimestamp(BEGAN_MS / 1_000, datetime.UTC).date() + datetime.timedelta(days=day)
    ).isoformat()


def assortment(count: int) -> list[Item]:
    """So many variants."""
    every = round(1 / rates.DATED_ITEMS_SHARE)
    return [
        Item(number, f"i-{number:05d}", with_check_digit(f"400000{number:06d}"), dated=number % every == every - 1)
        for number in range(count)
    ]


def feed_rows(items: list[Item]) -> list[FeedRow]:
    """What headquarters tells the store of its goods and people."""
    rights = tuple(sorted(RIGHTS - {"devices"}))
    rows: list[FeedRow] = [
        ZoneRow(zone=ZONE, currency="EUR", tax_mode=TaxMode.INCLUSIVE, cash_rounding_minor=1),
        StoreRow(store_id=STORE_ID, name="Week", zone=ZONE, time_zone="UTC", receipt_header=(), receipt_footer=()),
        TaxClassRow(tax_class="std", name="Standard", rate_bp=1900),
        StaffRow(staff_id=ANN, name="Ann", pin_hash=PIN_HASH, rights=rights),
        StaffRow(staff_id=EVE, name="Eve", pin_hash=PIN_HASH, rights=rights),
    ]
    for item in items:
        style = f"st-{item.number // rates.VARIANTS_OF_A_STYLE:05d}"
        if item.number % rates.VARIANTS_OF_A_STYLE == 0:
            rows.append(StyleRow(style_id=style, name=style))
        size = str(item.number % rates.VARIANTS_OF_A_STYLE)
        rows += [
            ItemRow(
                item_id=item.item_id, style_id=style, name=item.item_id, tax_class="std", size=size, tagged=True,
                batch_tracked=item.dated,
            ),
            BarcodeRow(gtin=item.code.rjust(14, "0"), item_id=item.item_id),
            PriceRow(item_id=item.item_id, revision=1, price_minor=PRICE_MINOR, effective_from_ms=0, effective_to_ms=None),
        ]  # fmt: skip
    return rows
