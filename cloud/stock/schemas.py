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
