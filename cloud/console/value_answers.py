"""What the console reads and sends about members and stored value."""

from __future__ import annotations

import msgspec


class Member(msgspec.Struct, frozen=True, kw_only=True):
    member_id: str
    store_id: str
    name: str
    phone: str = ""
    phone_tail: str = ""
    code: str
    cards: tuple[str, ...] = ()
    tier: str = ""
    groups: tuple[str, ...] = ()
    birthday: str = ""
    note: str = ""
    consent_messages: bool = False
    consent_profile: bool = False
    active: bool = True
    points: int = 0


class MemberPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Member, ...]
    next: str | None = None


class MemberBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    phone: str
    code: str
    cards: tuple[str, ...]
    tier: str
    groups: tuple[str, ...]
    birthday: str
    note: str
    consent_messages: bool
    consent_profile: bool
    active: bool


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    clash_id: int
    store_id: str
    store_name: str
    sale_id: str
    value_kind: str
    tail: str = ""
    member_id: str = ""
    currency: str = ""
    amount: int
    short: int
    why: str
    at_ms: int
    settled_at_ms: int | None = None
    settled_by: str = ""
    settled_how: str = ""


class ClashPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Clash, ...]
    next: str | None = None


class SeenBody(msgspec.Struct, frozen=True, kw_only=True):
    how: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    batch_id: str
    promotion_id: str
    issued_at_ms: int
    issued: int
    set_aside: int
    gone: int
    valid_to_ms: int | None = None


class BatchPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Batch, ...]


class CouponsBody(msgspec.Struct, frozen=True, kw_only=True):
    promotion_id: str
    count: int
    member_ids: tuple[str, ...]
    valid_to_ms: int | None
    reason: str


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    coupon_id: str
    code: str
    member_id: str = ""


class Coupons(msgspec.Struct, frozen=True, kw_only=True):
    batch_id: str
    coupons: tuple[Coupon, ...]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    account_id: str
    kind: str
    tail: str = ""
    member_id: str | None = None
    currency: str = ""
    blocked: bool = False
    owed: int = 0
    free: int = 0
    held: int = 0
    expires_ms: int | None = None


class AccountPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Account, ...]
    next: str | None = None


class CardBody(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    amount_minor: int
    currency: str
    reason: str


class CardIssued(msgspec.Struct, frozen=True, kw_only=True):
    account_id: str
    number: str


class BlockBody(msgspec.Struct, frozen=True, kw_only=True):
    blocked: bool
    reason: str = ""
