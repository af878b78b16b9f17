"""Releases as they cross HTTP. Money in minor units, instants in milliseconds since 1970 UTC."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from cloud.catalogue.schemas import BarcodeView, ItemBody, StyleBody


class ZonePriceBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    zone: str = Field(max_length=64)
    price_minor: int


class ProductBody(BaseModel):
    """An item with its codes and first prices; `style` only for a new one."""

    model_config = ConfigDict(extra="forbid")
    item: ItemBody
    style: StyleBody | None = None
    barcodes: list[BarcodeView] = Field(default=[], max_length=50)
    prices: list[ZonePriceBody] = Field(min_length=1, max_length=100)
    effective_at_ms: int | None = None


class ReleasedView(BaseModel):
    """`release_id` null: only one feed changed, nothing had to be kept together."""

    release_id: str | None
    feeds: dict[str, int]


class ReleaseView(BaseModel):
    release_id: str
    what: str
    published_at_ms: int
    published_by: str
    effective_at_ms: int | None


class ReleasePage(BaseModel):
    rows: list[ReleaseView]
    next: str | None = None


class ReleaseCounts(BaseModel):
    """Stores by how far they are: told of it, holding all of it back, in force, in trouble."""

    published: int = 0
    staged: int = 0
    applied: int = 0
    failed: int = 0


class ReleaseStore(BaseModel):
    store_id: str
    name: str
    online: bool
    heard_at_ms: int
    state: str
    reason: str


class ReleaseProgress(ReleaseView):
    """`stores`: those that have not applied it first; at most 500."""

    feeds: dict[str, int]
    counts: ReleaseCounts
    stores: list[ReleaseStore]
