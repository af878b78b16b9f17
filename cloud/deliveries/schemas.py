"""Deliveries and transfers as they cross HTTP. Quantities in thousandths of the stock unit."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from protocols.contract.values import Place


class LineBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    item_id: str = Field(max_length=64)
    quantity_thousandths: int
    gtin: str = Field(default="", max_length=14)
    batch: str = Field(default="", max_length=20)
    expires: str = Field(default="", max_length=10, description="ISO date")
    sscc: str = Field(default="", max_length=18)
    epcs: list[str] = Field(default=[], max_length=1_000, description="EPC URIs of the pieces")


class NoticeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reference: str = Field(min_length=1, max_length=80, description="The delivery note a person can read on the paper")
    sender: str = Field(min_length=1, max_length=120)
    expected_ms: int
    place: Place = Place.BACK_ROOM
    lines: list[LineBody]


class TagsBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    company_prefix_digits: int = Field(default=7, ge=6, le=12, description="Length of the maker's GS1 company prefix")


class TagsGiven(BaseModel):
    tags: int
    feed_id: str
    feed_version: int


class FeedTold(BaseModel):
    feed_id: str
    feed_version: int


class DeliveryView(BaseModel):
    store_id: str
    asn_id: str
    reference: str
    sender: str
    expected_ms: int
    place: str
    transfer_id: str = Field(description="Another store's transfer; empty: a supplier's delivery")
    added_by: str = Field(description="Empty: made of a transfer")
    added_ms: int
    state: str = Field(description="waiting, received or withdrawn")
    received_ms: int | None
    line_count: int
    differences: int = Field(description="Lines that came otherwise than promised")


class DeliveryPage(BaseModel):
    rows: list[DeliveryView]
    next: str | None


class DeliveryLineView(BaseModel):
    item_id: str
    name: str
    batch: str
    expires: str
    sscc: str
    promised_thousandths: int
    came_thousandths: int | None = Field(description="Null: nothing was unpacked yet")


class TransferView(BaseModel):
    transfer_id: str
    from_store_id: str
    to_store_id: str
    at_ms: int
    place: str
    reference: str
    staff_id: str
    line_count: int
    received_ms: int | None = Field(description="Null: on its way")
    sent_thousandths: int
    came_thousandths: int
    differences: int


class TransferPage(BaseModel):
    rows: list[TransferView]
    next: str | None


class TransferLineView(BaseModel):
    item_id: str
    name: str
    batch: str
    expires: str
    sent_thousandths: int
    came_thousandths: int
