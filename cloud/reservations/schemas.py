"""Reservations as they cross HTTP. Quantities in thousandths of the stock unit."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class LineBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    item_id: str = Field(max_length=64)
    quantity_thousandths: int


class QuestionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    order_id: str = Field(min_length=1, max_length=64)
    lines: list[LineBody]
    due_ms: int = Field(description="When the customer comes, or the parcel leaves")
    until_ms: int = Field(description="Held until then")
    name: str = Field(default="", max_length=80, description="Whom to ask for at the counter")


class ReservationTold(BaseModel):
    feed_id: str
    feed_version: int


class ReservationView(BaseModel):
    store_id: str
    reservation_id: str
    order_id: str
    name: str
    due_ms: int
    until_ms: int
    cancelled_ms: int | None
    added_by: str
    added_ms: int
    state: str = Field(description="asked, cancelled, or the store's newest answer")
    why: str
    answered_ms: int | None
    wanted_thousandths: int
    held_thousandths: int
    line_count: int


class ReservationPage(BaseModel):
    rows: list[ReservationView]
    next: str | None


class LineView(BaseModel):
    item_id: str
    name: str
    wanted_thousandths: int
    held_thousandths: int | None = Field(description="Null: no answer yet")


class AnswerView(BaseModel):
    state: str
    why: str
    staff_id: str
    at_ms: int


class WholeReservation(BaseModel):
    reservation: ReservationView
    lines: list[LineView]
    answers: list[AnswerView]


class HeldView(BaseModel):
    store_id: str
    held_thousandths: int
