"""Prices as they cross HTTP. Money in minor units, instants in milliseconds since 1970 UTC."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from protocols.contract.values import PriceLaw, RoundingMethod, RoundingScope, TaxMode
from protocols.gs1.restricted import LAYOUTS_MAX


class ZoneBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    currency: str = Field(pattern="^[A-Z]{3}$")
    minor_digits: int = Field(default=2, ge=0, le=3)
    tax_mode: TaxMode = TaxMode.INCLUSIVE
    cash_rounding_minor: int = Field(default=1, ge=1, le=1000)
    price_law: PriceLaw | None = Field(default=None, description="Which rule binds comparison prices; left out: as it was")
    cash_rounding_method: RoundingMethod | None = Field(default=None, description="Nearest, down or up; left out: as it was")
    cash_rounding_scope: RoundingScope | None = Field(
        default=None, description="Only what is paid in cash, or the whole document; left out: as it was"
    )
    code_layouts: list[Annotated[str, Field(max_length=80)]] | None = Field(
        default=None,
        max_length=LAYOUTS_MAX,
        description="How in-store barcodes are read: a built-in set (de, gb, se, no, fi, ee, lv, lt, dk, cn, cn-weight), or "
        "'name pattern price-decimals weight-decimals' such as 'deli 28IIIIIIWWWWC 2 3'; left out: as it was",
    )
    bag_item_id: str | None = Field(
        default=None, max_length=40, description="The carrier bag a till offers with one touch; left out: as it was"
    )


class ZoneView(ZoneBody):
    model_config = ConfigDict(extra="ignore")
    zone: str


class PriceView(BaseModel):
    """The price in force of one item in one zone; every field of it None = no price."""

    zone: str
    currency: str
    minor_digits: int
    revision: int | None = None
    price_minor: int | None = None
    effective_from_ms: int | None = None
    effective_to_ms: int | None = None


class ScheduledPrice(BaseModel):
    zone: str
    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None = None
    reason: str = ""


class ItemPrices(BaseModel):
    item_id: str
    zones: list[PriceView]
    scheduled: list[ScheduledPrice]


class PriceListRow(BaseModel):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    revision: int | None = None
    price_minor: int | None = None
    effective_from_ms: int | None = None
    effective_to_ms: int | None = None


class PricePage(BaseModel):
    rows: list[PriceListRow]
    next: str | None = None


class RevisionView(BaseModel):
    """One line of an item's price history in a zone."""

    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None
    reason: str
    changed_by: str
    changed_at_ms: int
    withdrawn_at_ms: int | None
    feed_version: int
    book_id: str
    was_minor: int | None
    recalled: bool


class HistoryPage(BaseModel):
    rows: list[RevisionView]
    next: str | None = None


class ZoneWritten(BaseModel):
    zone: str
    feed_version: int


class NewPrice(BaseModel):
    """A new price. Without `effective_from_ms` it starts now; without `effective_to_ms` it stays."""

    model_config = ConfigDict(extra="forbid")
    price_minor: int = Field(description="Per piece, or per kilogram when weighed")
    effective_from_ms: int | None = None
    effective_to_ms: int | None = None
    reason: str = Field(default="", max_length=200)


class PriceChange(NewPrice):
    """A new price for one item."""

    item_id: str
    was_minor: int | None = Field(default=None, description="Comparison price claimed; None: what the law allows")


class ChangeRequest(BaseModel):
    """Change prices in a zone, all or none. `dry_run` tells what would happen and changes nothing."""

    model_config = ConfigDict(extra="forbid")
    changes: list[PriceChange] = Field(min_length=1, max_length=5000)
    dry_run: bool = False


class WarningView(BaseModel):
    code: str
    detail: str


class ChangedPrice(BaseModel):
    item_id: str
    unchanged: bool
    before_minor: int | None
    price_minor: int
    revision: int | None = Field(description="None when nothing changes")
    effective_from_ms: int | None
    effective_to_ms: int | None
    kept_scheduled: int = Field(description="Scheduled later changes issued again so that they still happen")
    warnings: list[WarningView]
    was_minor: int | None = Field(default=None, description="The comparison price it may be shown with")


class FindingView(BaseModel):
    """What a guard rail of the zone caught: a second person must approve the change."""

    item_id: str
    code: str
    detail: str
    limit_minor: int = Field(description="The price before, or the cost")
    price_minor: int


class ChangeAnswer(BaseModel):
    zone: str
    dry_run: bool
    feed_version: int | None = Field(description="None when nothing changed")
    rows: list[ChangedPrice]
    findings: list[FindingView] = Field(default=[], description="What a second person must approve")


class CancelAnswer(BaseModel):
    zone: str
    item_id: str
    revision: int
    feed_version: int


class PublishedChangeView(BaseModel):
    """Everything one feed version of a zone changed."""

    feed_version: int
    item_count: int
    first_item_id: str
    changed_by: str
    changed_at_ms: int
    effective_from_ms: int = Field(description="The earliest of its prices")
    recalled: bool = Field(description="It only took prices back")


class PublishedChanges(BaseModel):
    rows: list[PublishedChangeView]
    next: str | None = None


class LandingStoreView(BaseModel):
    store_id: str
    name: str
    online: bool
    heard_at_ms: int = Field(description="0: never")
    applied_version: int | None = Field(description="Of the zone's price feed; None: the store has not said")
    status: str
    label_count: int = Field(description="Labels bound to an item this version changed")
    label_shown_count: int = Field(description="Those of them that confirmed this price or a later one")


class Landing(BaseModel):
    """How far a version of a zone's prices has come: published, received and applied by stores, shown by labels."""

    zone: str
    feed_version: int
    change: PublishedChangeView
    store_count: int
    applied_count: int
    online_count: int
    stores: list[LandingStoreView] = Field(description="Those that lack it first")
