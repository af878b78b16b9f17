"""Stored value as it crosses HTTP. Money in minor units, instants in milliseconds since 1970 UTC."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class AccountView(BaseModel):
    """`free` may be spent, `held` is set aside for open sales, `owed` was taken back after it had been spent."""

    account_id: str
    kind: str
    tail: str
    member_id: str | None
    currency: str
    promotion_id: str
    batch_id: str
    blocked: bool
    owed: int
    opened_at_ms: int
    free: int
    held: int
    expires_ms: int | None


class AccountPage(BaseModel):
    rows: list[AccountView]
    next: str | None = None


class MovementView(BaseModel):
    movement_id: int
    lot_id: int | None
    what: str
    free_delta: int
    held_delta: int
    store_id: str
    sale_id: str
    reason: str
    at_ms: int


class AccountDetail(BaseModel):
    """`movements`: the newest 200."""

    account: AccountView
    movements: list[MovementView]


class CardBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: str = Field(default="", max_length=64, description="left out, one is drawn")
    amount_minor: int
    currency: str = Field(min_length=3, max_length=3)
    expires_ms: int | None = None
    reason: str = Field(default="", max_length=200)


class CardIssued(BaseModel):
    """`number` is shown this once."""

    account_id: str
    number: str


class CouponsBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    promotion_id: str = Field(max_length=64)
    count: int = 0
    member_ids: list[str] = Field(default=[], max_length=5_000)
    valid_from_ms: int = 0
    valid_to_ms: int | None = None
    reason: str = Field(default="", max_length=200)


class CouponIssued(BaseModel):
    coupon_id: str
    code: str
    member_id: str


class CouponsIssued(BaseModel):
    """Codes are shown this once."""

    batch_id: str
    coupons: list[CouponIssued]


class BatchView(BaseModel):
    """`gone`: used, or over."""

    batch_id: str
    promotion_id: str
    issued_at_ms: int
    issued: int
    set_aside: int
    gone: int
    valid_from_ms: int
    valid_to_ms: int | None


class BatchPage(BaseModel):
    rows: list[BatchView]


class AdjustmentBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount: int
    reason: str = Field(max_length=200)


class BlockBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    blocked: bool
    reason: str = Field(default="", max_length=200)


class AccountWritten(BaseModel):
    account_id: str


class ClashView(BaseModel):
    """`short` of `amount` was not there any more when the sale's fact came. The sale stands."""

    clash_id: int
    store_id: str
    store_name: str
    sale_id: str
    value_kind: str
    account_id: str
    tail: str
    member_id: str
    currency: str
    amount: int
    short: int
    why: str
    at_ms: int
    settled_at_ms: int | None
    settled_by: str
    settled_how: str


class ClashPage(BaseModel):
    rows: list[ClashView]
    next: str | None = None


class SettledBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    how: str = Field(max_length=200)


class AllowanceView(BaseModel):
    store_id: str
    value_kind: str
    per_transaction: int
    per_account_day: int
    per_outage: int


class AllowanceBody(BaseModel):
    """`store_id` empty: for every store without limits of its own."""

    model_config = ConfigDict(extra="forbid")
    store_id: str = ""
    value_kind: Literal["gift_card", "points", "coupon"]
    per_transaction: int
    per_account_day: int
    per_outage: int


class Allowances(BaseModel):
    rows: list[AllowanceView]


class WrongView(BaseModel):
    account_id: str
    lot_id: int | None
    free: int
    held: int
    free_by_ledger: int
    held_by_ledger: int


class LedgerCheck(BaseModel):
    """Empty: every balance is the sum of its movements."""

    wrong: list[WrongView]
