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
