"""Telemetry as it crosses HTTP. Instants in milliseconds; values are floats."""

from __future__ import annotations

from pydantic import BaseModel, Field

from cloud.telemetry.domain import Point, SeriesName, Span
from protocols.contract.telemetry import Kind, kind_of


class NameView(BaseModel):
    device_id: str = Field(description="Empty: the box itself")
    metric: str = Field(description="Its last word is its unit, if it has one: `_ms`, `_mb`, `_celsius`, `_s`")
    kind: Kind = Field(description="`gauge`: what was found; `counter`: what was added")

    @classmethod
    def of(cls, name: SeriesName) -> NameView:
        return cls(device_id=name.device_id, metric=name.metric, kind=kind_of(name.metric))


class NameList(BaseModel):
    rows: list[NameView]


class PointView(BaseModel):
    at_ms: int = Field(description="Beginning of the bucket; days are those of UTC")
    n: int
    low: float
    high: float
    total: float
    last: float


class SeriesView(BaseModel):
    store_id: str
    name: NameView
    span: Span
    step_ms: int
    points: list[PointView]

    @classmethod
    def of(cls, store_id: str, name: SeriesName, span: Span, step_ms: int, points: list[Point]) -> SeriesView:
        return cls(
            store_id=store_id,
            name=NameView.of(name),
            span=span,
            step_ms=step_ms,
            points=[
                PointView(at_ms=point.at_ms, n=point.n, low=point.low, high=point.high, total=point.total, last=point.last)
                for point in points
            ],
        )
