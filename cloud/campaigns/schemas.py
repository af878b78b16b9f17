"""Campaigns as they cross HTTP. Money in minor units of the line's zone, instants in milliseconds since 1970 UTC."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from cloud.campaigns.domain import LINES_MAX, MEMBERS_MAX, RINGS_MAX, Opens, Reach, State


class RingBody(BaseModel):
    """`percent`, `minutes`: how far and for how long the former ring must have landed before this one `opens` by itself."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(default="", max_length=60)
    reach: Reach
    stores: list[str] = Field(default=[], max_length=MEMBERS_MAX)
    regions: list[str] = Field(default=[], max_length=MEMBERS_MAX)
    opens: Opens = Opens.HAND
    percent: int = Field(default=95, ge=1, le=100)
    minutes: int = Field(default=10, ge=0, le=10_080)


class LineBody(BaseModel):
    """`line_no`: as the person counts; 0: its place."""

    model_config = ConfigDict(extra="forbid")
    zone: str = Field(max_length=64)
    item_id: str = Field(max_length=64)
    price_minor: int
    to_ms: int | None = None
    line_no: int = Field(default=0, ge=0, le=1_000_000)


class CampaignBody(BaseModel):
    """`starts_at_ms` null: as soon as it is published. `rings` empty: everywhere at once.

    `book_id`: a price book of one zone, for example of a promotion; empty: the own book of each line's zone.
    """

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=200)
    reason: str = Field(default="", max_length=400)
    book_id: str = Field(default="", max_length=64)
    starts_at_ms: int | None = None
    rings: list[RingBody] = Field(default=[], max_length=RINGS_MAX)


class NewCampaignBody(CampaignBody):
    lines: list[LineBody] = Field(default=[], max_length=LINES_MAX)


class LinesBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lines: list[LineBody] = Field(max_length=LINES_MAX)


class DecisionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    approve: bool
    note: str = Field(default="", max_length=400)


class RecallBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str = Field(default="", max_length=400)


class RingView(BaseModel):
    """`stores` and `regions`: as far as you may see them. `waits`: why it is not open, in plain words."""

    ring_no: int
    name: str
    reach: Reach
    opens: Opens
    percent: int
    minutes: int
    stores: list[str]
    regions: list[str]
    opened_at_ms: int | None
    opened_by: str
    ready_since_ms: int | None
    waits: str


class CountsView(BaseModel):
    """What the lines come to; rises and cuts only after a check."""

    changing: int
    unchanged: int
    rises: int
    cuts: int
    first_prices: int
    zones: list[str]


class CampaignView(BaseModel):
    campaign_id: str
    name: str
    reason: str
    state: State
    book_id: str
    starts_at_ms: int | None
    source: str
    line_count: int
    finding_count: int
    made_by: str
    made_at_ms: int
    authors: list[str]
    changed_at_ms: int
    checked_at_ms: int | None
    asked_by: str
    asked_at_ms: int | None
    decided_by: str
    decided_at_ms: int | None
    decision_note: str
    published_by: str
    published_at_ms: int | None
    completed_at_ms: int | None
    recalled_by: str
    recalled_at_ms: int | None
    recall_reason: str


class CampaignPage(BaseModel):
    rows: list[CampaignView]
    next: str | None = None


class FindingView(BaseModel):
    """What a second person must have looked at."""

    zone: str
    item_id: str
    code: str
    detail: str


class WholeCampaign(CampaignView):
    """`findings`: the first 200."""

    rings: list[RingView]
    counts: CountsView
    findings: list[FindingView]


class LineView(BaseModel):
    """`before_minor`, `unchanged`, `findings` only once checked."""

    line_no: int
    zone: str
    currency: str
    minor_digits: int
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    price_minor: int
    to_ms: int | None
    checked: bool
    before_minor: int | None
    unchanged: bool
    findings: list[str]


class LinePage(BaseModel):
    rows: list[LineView]
    next: str | None = None


class LineProblemView(BaseModel):
    """`severity`: error or warning."""

    line_no: int
    column: str
    severity: str
    problem: str
    remedy: str


class FileRead(BaseModel):
    """What a file came to. `taken`: its lines are the campaign's now; with any error none of them is."""

    taken: bool
    file_name: str
    format: str
    line_count: int
    error_count: int
    problems: list[LineProblemView]
    refused_code: str = ""
    refused_detail: str = ""
    refused_remedy: str = ""
    refused_option: str = ""


class StoreEffectView(BaseModel):
    store_id: str
    name: str
    currency: str
    minor_digits: int
    basket_count: int
    line_count: int
    before_minor: int
    after_minor: int


class EffectView(BaseModel):
    """What the sales of a business day would have come to under these prices, store by store."""

    day: str
    stores: list[StoreEffectView]


class PublishedView(BaseModel):
    """`feeds`: every feed that got a version; `release_ids`: what keeps them together."""

    campaign_id: str
    ring_no: int
    release_ids: list[str]
    feeds: dict[str, int]


class PublicationView(BaseModel):
    ring_no: int
    recall: bool
    at_ms: int
    release_id: str
    feed_count: int


class TickView(BaseModel):
    at_ms: int
    ring_no: int
    store_count: int
    applied_count: int
    label_count: int
    shown_count: int


class StoreLandingView(BaseModel):
    """Published, received, applied, shown: four facts. `applied_how`: delta, snapshot, or report (only said so)."""

    store_id: str
    name: str
    zone: str
    ring_no: int
    online: bool
    offline_since_ms: int | None
    feed_id: str
    version: int
    published_at_ms: int
    received_at_ms: int | None
    applied_at_ms: int | None
    applied_how: str
    label_count: int
    shown_count: int
    first_shown_at_ms: int | None
    last_shown_at_ms: int | None
    trouble: str


class Progress(BaseModel):
    """`eta_ms`: when the last label shows it if they go on as now; null: nothing moves, or nothing is left."""

    campaign_id: str
    state: State
    store_count: int
    received_count: int
    applied_count: int
    label_count: int
    shown_count: int
    eta_ms: int | None
    publications: list[PublicationView]
    rings: list[RingView]
    stores: list[StoreLandingView]
    ticks: list[TickView]


class LabelLandingView(BaseModel):
    """`evidence`: queued, transferred or shown; null: it has confirmed no price of this item."""

    label_id: str
    position: str
    item_id: str
    name: str
    name_zh: str
    wanted_revision: int
    shows: bool
    price_revision: int | None
    price_minor: int | None
    evidence: str | None
    sent_at_ms: int | None
    confirmed_at_ms: int | None


class LabelPage(BaseModel):
    store_id: str
    published_at_ms: int
    received_at_ms: int | None
    applied_at_ms: int | None
    rows: list[LabelLandingView]
    next: str | None = None


class StragglerView(BaseModel):
    store_id: str
    store_name: str
    label_id: str
    position: str
    item_id: str
    name: str
    name_zh: str
    price_minor: int | None
    confirmed_at_ms: int | None
    why: str
    detail: str


class Stragglers(BaseModel):
    """Labels that do not show it, of the 20 stores that lack the most; at most 500."""

    rows: list[StragglerView]
