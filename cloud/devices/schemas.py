"""Devices as they cross HTTP. Instants in milliseconds."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import BaseModel, Field

from cloud.devices.domain import DeviceNow, Health, StateCount


class DeviceView(BaseModel):
    store_id: str
    store_name: str
    zone: str
    store_online: bool = Field(description="Whether the store is heard now; if not, this is what it said last")
    device_id: str
    device_kind: str
    state: str = Field(description="failed, retrying, degraded, stopped, starting, ready")
    reason: str
    since_ms: int = Field(description="Since when it is in this state, by the store's clock")
    told_ms: int = Field(description="When the store told its newest word")

    @classmethod
    def of(cls, device: DeviceNow) -> DeviceView:
        return cls.model_validate({name: value for name, value in asdict(device).items() if name != "rank"})


class DevicePage(BaseModel):
    rows: list[DeviceView]
    next: str | None = None


class DeviceList(BaseModel):
    rows: list[DeviceView]


class HealthView(BaseModel):
    device_id: str
    counts: dict[str, int] = Field(description="In the last 24 hours, by metric; one that did not move is left out")
    last_error: str = Field(description="Why it was not ready last, within these hours")
    last_error_at_ms: int

    @classmethod
    def of(cls, health: Health) -> HealthView:
        return cls.model_validate(asdict(health))


class HealthList(BaseModel):
    rows: list[HealthView]


class StateCountView(BaseModel):
    device_kind: str
    state: str
    devices: int

    @classmethod
    def of(cls, count: StateCount) -> StateCountView:
        return cls.model_validate(asdict(count))


class StateCounts(BaseModel):
    rows: list[StateCountView]
