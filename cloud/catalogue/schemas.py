"""Products as they cross HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from protocols.contract.values import ContentUnit


class TaxClassBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    rate_bp: int = Field(description="Basis points: 1900 = 19 %")


class TaxClassView(TaxClassBody):
    tax_class: str


class StyleBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    name_zh: str = ""
    brand: str = ""
    category: str = ""


class ItemBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    style_id: str
    name: str
    name_zh: str = ""
    colour: str = ""
    size: str = ""
    tax_class: str
    weighed: bool = False
    tare_grams: int = 0
    active: bool = True
    content_quantity: int = Field(default=0, description="What one piece holds, in `content_unit`; 0: not told")
    content_unit: ContentUnit = ContentUnit.NONE
    min_age: int = Field(default=0, ge=0, le=99, description="How old the customer must be; 0: anybody")
    deposit_item_id: str = Field(default="", max_length=40, description="The container that comes with a piece; empty: none")
    serial_tracked: bool = Field(default=False, description="Each piece has a serial number and is sold once")
    bag: bool = Field(default=False, description="A carrier bag: no offer counts it")


class RecallBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    item_id: str
    batch: str = Field(default="", description="As on the pack; empty: every batch")
    reason: str
    from_ms: int | None = Field(default=None, description="Left out: from now on")


class RecallView(BaseModel):
    recall_id: str
    item_id: str
    batch: str
    reason: str
    from_ms: int


class RecallInStoreView(BaseModel):
    store_id: str
    name: str
    applied_ms: int | None = Field(description="When its tills refused the goods; null: it has not heard")
    online: bool
    on_hand_thousandths: int
    quarantine_thousandths: int
    sold_thousandths: int = Field(description="Of the batch, since the recall")
    sold_unknown_thousandths: int = Field(description="Of the item without its batch being told, since the recall")


class RecallInStores(BaseModel):
    rows: list[RecallInStoreView]
    next: str | None = None


class BarcodeView(BaseModel):
    gtin: str = Field(description="GTIN as 14 digits, or a short look-up code")
    pack_quantity: int = 1


class BarcodeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    item_id: str
    pack_quantity: int = 1


class ItemView(ItemBody):
    model_config = ConfigDict(extra="ignore")
    item_id: str
    barcodes: list[BarcodeView] = []


class ItemPage(BaseModel):
    rows: list[ItemView]
    next: str | None = None


class FeedWritten(BaseModel):
    """What a write led to."""

    feed_id: str
    feed_version: int


class CodesBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    codes: list[Annotated[str, Field(max_length=40)]] = Field(max_length=5000)


class NamedItemView(BaseModel):
    code: str = Field(description="As it was asked for")
    item_id: str
    name: str
    name_zh: str
    weighed: bool


class NamedItems(BaseModel):
    rows: list[NamedItemView] = Field(description="Codes that mean no item are left out")
