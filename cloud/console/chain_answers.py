"""What the chain's pages read of the API's answers and send: people, regions, the audit trail."""

from __future__ import annotations

import msgspec


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    name: str


class Region(msgspec.Struct, frozen=True, kw_only=True):
    region_id: str
    name: str
    store_count: int = 0


class RegionList(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Region, ...]


class NameBody(msgspec.Struct, frozen=True, kw_only=True):
    name: str


class MoveBody(msgspec.Struct, frozen=True, kw_only=True):
    region_id: str


class StoreInRegion(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a store its region is about."""

    store_id: str
    name: str
    zone: str
    region_id: str


class StoresInRegions(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[StoreInRegion, ...]
    next: str | None = None


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may log in. Neither all stores nor regions: the stores named."""

    login: str
    name: str
    role: str
    all_stores: bool
    regions: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    language: str = "en"
    password: str | None = None


class PeoplePage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[PersonRow, ...]
    next: str | None = None


class PersonBody(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    role: str
    all_stores: bool
    regions: tuple[str, ...]
    stores: tuple[str, ...]
    language: str


class NewPersonBody(PersonBody, frozen=True, kw_only=True):
    login: str


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    login: str
    password: str


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the trail; `before` and `after` are JSON text or empty."""

    audit_id: int
    at_ms: int
    outcome: str
    login: str
    via: str
    request_id: str
    action: str
    object_id: str
    stores: tuple[str, ...]
    zone: str
    before: str
    after: str
    reason: str


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[AuditRow, ...]
    next: str | None = None
