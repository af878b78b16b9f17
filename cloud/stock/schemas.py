"""Stock as it crosses HTTP. Quantities in thousandths of the stock unit (a piece or a kilogram)."""

from __future__ import annotations

from pydantic import BaseModel, Field


class OnHandView(BaseModel):
    store_id: str
    item_id: str
    place: str
    on_hand_thousandths: int = Field(description="May be negative: two sales of the last unit both stand")


class OnHandPage(BaseModel):
    rows: list[OnHandView]
    next: str | None


class MoveView(BaseModel):
    reason: str = Field(description="sale, or the reason of a stock move")
    reference: str = Field(description="The sale's id, or what the move refers to")
    place: str
    quantity_thousandths: int
    at_ms: int = Field(description="By the store's clock")
    batch: str
    expires: str
    staff_id: str


class BatchView(BaseModel):
    store_id: str
    item_id: str
    name: str
    place: str
    batch: str = Field(description="Empty: pieces whose batch nobody told. Such sold come off the batch that expires first")
    expires: str
    on_hand_thousandths: int


class BatchPage(BaseModel):
    rows: list[BatchView]
    next: str | None


class ItemByPlaceView(BaseModel):
    item_id: str
    name: str
    places: dict[str, int] = Field(description="Thousandths by place")
    total_thousandths: int


class ItemByPlacePage(BaseModel):
    rows: list[ItemByPlaceView]
    next: str | None


class HeldView(BaseModel):
    id: str = Field(description="The region or the store")
    name: str
    stores: int
    places: dict[str, int] = Field(description="Thousandths over all items, by place")
    coming_thousandths: int = Field(description="Sent by other stores and not received yet")


class HeldPage(BaseModel):
    rows: list[HeldView]
    next: str | None


class MovePage(BaseModel):
    rows: list[MoveView]
    next: str | None


class ReceiptView(BaseModel):
    receipt_id: str = Field(description="Its lines are the stock moves of this reference")
    at_ms: int = Field(description="By the store's clock")
    place: str
    how: str = Field(description="scan or portal")
    reference: str = Field(description="The delivery note, when there is one")
    staff_id: str
    device_id: str
    line_count: int


class ReceiptPage(BaseModel):
    rows: list[ReceiptView]
    next: str | None


class GoneView(BaseModel):
    passage_id: str
    at_ms: int = Field(description="By the store's clock")
    device_id: str
    epc: str
    gtin: str
    item_id: str = Field(description="Empty when no item has the tag's GTIN")


class GonePage(BaseModel):
    rows: list[GoneView]
    next: str | None
