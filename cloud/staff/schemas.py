"""Staff as they cross HTTP. A PIN goes in and never comes out."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class StaffBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    rights: list[str] = ["till"]
    language: str = "en"
    active: bool = True
    limits: dict[str, int] = Field(
        default={}, description="How far a right goes: basis points for price and discount, minor units for the others"
    )
    pin: str | None = Field(default=None, description="4 to 8 digits; left out, the PIN stays as it is")


class StaffView(BaseModel):
    staff_id: str
    name: str
    rights: list[str]
    language: str
    active: bool
    limits: dict[str, int] = {}


class StaffPage(BaseModel):
    rows: list[StaffView]
    next: str | None = None


class StaffWritten(BaseModel):
    store_id: str
    staff_id: str
    feed_version: int
