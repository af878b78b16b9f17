"""Organisation and regions as they cross HTTP."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from cloud.organisation.domain import NAME_LENGTH_MAX, REGION_ID_PATTERN, Region


class NameBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=NAME_LENGTH_MAX)


class OrganisationView(BaseModel):
    name: str


class RegionView(BaseModel):
    region_id: str
    name: str
    store_count: int = Field(description="Stores of it that you see")

    @classmethod
    def of(cls, region: Region) -> RegionView:
        return cls(region_id=region.region_id, name=region.name, store_count=region.store_count)


class RegionList(BaseModel):
    rows: list[RegionView]


class PlacedStoreView(BaseModel):
    store_id: str
    name: str
    zone: str
    region_id: str


class PlacedStorePage(BaseModel):
    rows: list[PlacedStoreView]
    next: str | None = None


class RegionWritten(BaseModel):
    region_id: str
    name: str


class MoveBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    region_id: str = Field(pattern=REGION_ID_PATTERN)


class StoreMoved(BaseModel):
    store_id: str
    region_id: str
