"""Rows of a store's stock feed: what is on its way, what is promised to customers, and the rules of its shelves.

| feed id               | rows                                                              |
|-----------------------|-------------------------------------------------------------------|
| `store/{store}/stock` | AsnRow, ReservationRow, StockRulesRow, MinimumRow, ShelfPlanRow   |

Quantities are thousandths of the stock unit; `expires` is an ISO date; `epcs` are EPC URIs.
"""

from __future__ import annotations

import enum

import msgspec

from protocols.contract.values import Place


class NegativeStock(enum.StrEnum):
    """What a till does when the book says that nothing is left of what the customer holds."""

    ALLOW = "allow"
    """Sell; a count is asked for."""
    WARN = "warn"
    """Sell after the cashier has seen it; a count is asked for."""
    REFUSE = "refuse"
    """Refuse, with an override."""


class AsnLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender says is on its way."""

    line_no: int
    item_id: str
    quantity_thousandths: int
    gtin: str = ""
    batch: str = ""
    expires: str = ""
    sscc: str = ""
    """The logistic unit it is packed in."""
    epcs: tuple[str, ...] = ()


class AsnRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="asn"):
    """An advance shipping notice: a delivery, or a transfer from another store. A long one is told in parts; a store
    shows it when it has them all."""

    asn_id: str
    reference: str
    """The delivery note a person can read on the paper."""
    sender: str
    """A supplier or a store, in words."""
    expected_ms: int
    place: Place = Place.BACK_ROOM
    part: int = 1
    parts: int = 1
    transfer_id: str = ""
    """Goods of another store, under its transfer's id; empty: a supplier's."""
    lines: tuple[AsnLine, ...]

    def key(self) -> str:
        return f"asn/{self.asn_id}/{self.part}"


ASN_PART_LINES_MAX = 200
"""Lines (and tags) in one row, so that a row fits a delta."""


class ReservationLine(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    quantity_thousandths: int


class ReservationRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="reservation"):
    """HQ asks the store to hold goods for an order. The store answers with `ReservationAnswered`; a sale beats it."""

    reservation_id: str
    order_id: str
    lines: tuple[ReservationLine, ...]
    due_ms: int
    """When the customer comes, or the parcel leaves."""
    until_ms: int
    """Held until then; afterwards the store lets go."""
    name: str = ""
    cancelled: bool = False

    def key(self) -> str:
        return f"reservation/{self.reservation_id}"


class MarkdownStep(msgspec.Struct, frozen=True, kw_only=True):
    """So many days before the date, propose so much off (basis points)."""

    days_left: int
    off_bp: int


class StockRulesRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="stock_rules"):
    """How a store keeps its stock. A store without the row lives by the defaults."""

    negative_stock: NegativeStock = NegativeStock.ALLOW
    variance_pieces_max: int = 5
    """A counted line may differ by so many pieces (or kilograms) before a second person must allow it; 0: any difference."""
    variance_minor_max: int = 5_000
    """Likewise by value at the list price."""
    write_off_minor_max: int = 10_000
    """A write-off of more needs a second person."""
    blind_counts: bool = True
    """People who count do not see what should be there."""
    expiry_warn_days: int = 3
    markdown_steps: tuple[MarkdownStep, ...] = (
        MarkdownStep(days_left=2, off_bp=2_000),
        MarkdownStep(days_left=1, off_bp=5_000),
    )
    size_gap_keys: tuple[str, ...] = ()
    """Sizes without which a style counts as broken (断码); empty: any size the style has."""

    def key(self) -> str:
        return "stock_rules"


class MinimumRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="minimum"):
    """The chain's minimum of an item in this store. One that staff set by hand wins."""

    item_id: str
    minimum_thousandths: int

    def key(self) -> str:
        return f"minimum/{self.item_id}"


class ShelfPlanRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="shelf_plan"):
    """What should lie on a smart shelf: one antenna of one reader."""

    device_id: str
    antenna: int
    name: str
    item_ids: tuple[str, ...]
    minimum_pieces: int = 1
    """Of each item."""

    def key(self) -> str:
        return f"shelf_plan/{self.device_id}/{self.antenna}"


StockRow = AsnRow | ReservationRow | StockRulesRow | MinimumRow | ShelfPlanRow
