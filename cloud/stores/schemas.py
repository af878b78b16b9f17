"""Stores as they cross HTTP. Instants and ages in milliseconds."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from cloud.stores.domain import OrderKind, StoreSettings
from cloud.stores.service import Standing
from cloud.stores.store import CertificateRow


class StoreBody(BaseModel):
    """What HQ decides about a store."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=80)
    zone: str = Field(max_length=64)
    time_zone: str = Field(max_length=64, examples=["Europe/Berlin"])
    receipt_header: list[str] = []
    receipt_footer: list[str] = []
    label_dwell_seconds: int = Field(default=60, description="How long a label's former price still binds the till")
    label_task_hours: int = Field(default=4, description="After how long an unconfirmed label becomes a task")

    def settings(self, store_id: str) -> StoreSettings:
        """As the domain knows it."""
        return StoreSettings(
            store_id,
            self.name,
            self.zone,
            self.time_zone,
            tuple(self.receipt_header),
            tuple(self.receipt_footer),
            self.label_dwell_seconds,
            self.label_task_hours,
        )


class NewStoreBody(StoreBody):
    store_id: str = Field(max_length=64)


class StoreWritten(BaseModel):
    store_id: str
    feed_version: int


class FeedView(BaseModel):
    feed_id: str
    desired_version: int
    applied_version: int | None = Field(description="None: the store has not said")
    in_step: bool
    behind: int = Field(description="Versions to go; 0 when in step")
    status: str = Field(description="`ok`, `pulling`, `staged: reason` or `failed: reason`, as the store says")


class StreamView(BaseModel):
    stream: str
    last_seq: int
    acked_upto: int
    durable_upto: int


class AlarmView(BaseModel):
    alarm_id: int
    code: str
    detail: str
    raised_at_ms: int


class SuspectView(BaseModel):
    """One of the boxes that claim to be this store."""

    boot_id: str
    edge_id: str = ""
    hardware: str = ""
    incarnation: int = 0
    seen_ms: int = 0


class StoreView(BaseModel):
    store_id: str
    name: str
    zone: str
    region_id: str
    time_zone: str
    online: bool
    silent: bool = Field(description="Away without a last will: not online, because nothing was heard for 11 minutes")
    online_changed_at_ms: int
    heard_at_ms: int = Field(description="When HQ last heard of it; 0: never")
    oldest_unacked_age_ms: int | None = Field(description="Age of the oldest fact HQ does not hold; None: it holds all")
    in_step: bool = Field(description="Holds the newest version of every feed")
    feeds: list[FeedView]
    streams: list[StreamView]
    edge_id: str
    incarnation: int
    software: str
    clock: str
    clock_ahead_ms: int | None
    certificate_expires_ms: int | None
    store_alarms: list[str] = Field(description="What the box says is wrong")
    alarms: list[AlarmView] = Field(description="What HQ noticed and nobody has marked as seen")
    clone_suspected: bool
    suspects: list[SuspectView]

    @classmethod
    def of(cls, standing: Standing) -> StoreView:
        row = standing.row
        return cls(
            store_id=row.store_id,
            name=row.name,
            zone=row.zone,
            region_id=row.region_id,
            time_zone=row.time_zone,
            online=row.online,
            silent=row.silent,
            online_changed_at_ms=row.online_changed_at_ms,
            heard_at_ms=row.heard_at_ms,
            oldest_unacked_age_ms=standing.oldest_unacked_age_ms,
            in_step=standing.in_step,
            feeds=[
                FeedView(
                    feed_id=feed.feed_id,
                    desired_version=feed.desired_version,
                    applied_version=feed.applied_version,
                    in_step=feed.in_step,
                    behind=feed.behind,
                    status=feed.status,
                )
                for feed in standing.feeds
            ],
            streams=[
                StreamView(
                    stream=stream.stream,
                    last_seq=stream.last_seq,
                    acked_upto=stream.acked_upto,
                    durable_upto=stream.durable_upto,
                )
                for stream in standing.streams
            ],
            edge_id=row.edge_id,
            incarnation=row.incarnation,
            software=row.software,
            clock=row.clock,
            clock_ahead_ms=row.clock_ahead_ms,
            certificate_expires_ms=row.certificate_expires_ms,
            store_alarms=row.alarms,
            alarms=[
                AlarmView(alarm_id=alarm.alarm_id, code=alarm.code, detail=alarm.detail, raised_at_ms=alarm.raised_at_ms)
                for alarm in standing.alarms
            ],
            clone_suspected=row.clone_suspected,
            suspects=[SuspectView.model_validate(suspect) for suspect in row.suspects],
        )


class StorePage(BaseModel):
    rows: list[StoreView]
    next: str | None = None


class StoreSettingsView(StoreBody):
    model_config = ConfigDict(extra="ignore")
    store_id: str


class CertificateView(BaseModel):
    serial: str
    issued_at_ms: int
    expires_at_ms: int
    revoked_at_ms: int | None
    revoked_by: str
    revoked_reason: str

    @classmethod
    def of(cls, row: CertificateRow) -> CertificateView:
        return cls(
            serial=row.serial,
            issued_at_ms=row.issued_at_ms,
            expires_at_ms=row.expires_at_ms,
            revoked_at_ms=row.revoked_at_ms,
            revoked_by=row.revoked_by,
            revoked_reason=row.revoked_reason,
        )


class RevokeRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    serial: str | None = Field(default=None, description="One certificate; left out: every certificate of the store")
    reason: str = Field(default="", max_length=200)


class RevokeAnswer(BaseModel):
    store_id: str
    revoked: list[str]


class OrderRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: OrderKind
    boot_id: str = Field(default="", description="For `choose_box`: the box to go on with, one of `suspects`")


class OrderAnswer(BaseModel):
    store_id: str
    order_id: int
