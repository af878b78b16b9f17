"""What the console reads of the API's answers about campaigns, and what it sends; a tolerant reader."""

from __future__ import annotations

import msgspec


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    ring_no: int
    name: str
    reach: str
    opens: str
    percent: int
    minutes: int
    stores: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    opened_at_ms: int | None = None
    opened_by: str = ""
    ready_since_ms: int | None = None
    waits: str = ""


class RingBody(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    reach: str
    stores: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    opens: str = "hand"
    percent: int = 95
    minutes: int = 10


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    changing: int = 0
    unchanged: int = 0
    rises: int = 0
    cuts: int = 0
    first_prices: int = 0
    zones: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    zone: str
    item_id: str
    code: str
    detail: str = ""


class ListedCampaign(msgspec.Struct, frozen=True, kw_only=True):
    campaign_id: str
    name: str
    reason: str = ""
    state: str
    book_id: str = ""
    starts_at_ms: int | None = None
    source: str = ""
    line_count: int = 0
    finding_count: int = 0
    made_by: str = ""
    made_at_ms: int = 0
    authors: tuple[str, ...] = ()
    checked_at_ms: int | None = None
    asked_by: str = ""
    asked_at_ms: int | None = None
    decided_by: str = ""
    decided_at_ms: int | None = None
    decision_note: str = ""
    published_by: str = ""
    published_at_ms: int | None = None
    completed_at_ms: int | None = None
    recalled_by: str = ""
    recalled_at_ms: int | None = None
    recall_reason: str = ""


class Campaign(ListedCampaign, frozen=True, kw_only=True):
    rings: tuple[Ring, ...] = ()
    counts: Counts = Counts()
    findings: tuple[Finding, ...] = ()


class CampaignPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[ListedCampaign, ...]
    next: str | None = None


class BookName(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a price book a campaign chooses by."""

    book_id: str
    name: str
    zone: str | None = None
    own: bool = False


class CampaignBody(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    reason: str = ""
    book_id: str = ""
    starts_at_ms: int | None = None
    rings: tuple[RingBody, ...] = ()


class LineBody(msgspec.Struct, frozen=True, kw_only=True):
    zone: str
    item_id: str
    price_minor: int
    to_ms: int | None = None
    line_no: int = 0


class LinesBody(msgspec.Struct, frozen=True, kw_only=True):
    lines: tuple[LineBody, ...]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    line_no: int
    zone: str
    currency: str
    minor_digits: int
    item_id: str
    name: str = ""
    name_zh: str = ""
    price_minor: int
    to_ms: int | None = None
    checked: bool = False
    before_minor: int | None = None
    unchanged: bool = False
    findings: tuple[str, ...] = ()

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return (self.name_zh if language == "zh" and self.name_zh else self.name) or self.item_id


class LinePage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Line, ...]
    next: str | None = None


class LineProblem(msgspec.Struct, frozen=True, kw_only=True):
    line_no: int
    column: str
    severity: str
    problem: str
    remedy: str = ""


class FileRead(msgspec.Struct, frozen=True, kw_only=True):
    taken: bool
    file_name: str = ""
    line_count: int = 0
    error_count: int = 0
    problems: tuple[LineProblem, ...] = ()
    refused_code: str = ""
    refused_detail: str = ""
    refused_remedy: str = ""


class StoreEffect(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    name: str
    currency: str
    minor_digits: int
    line_count: int
    before_minor: int
    after_minor: int


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    day: str
    stores: tuple[StoreEffect, ...]


class DecisionBody(msgspec.Struct, frozen=True, kw_only=True):
    approve: bool
    note: str = ""


class RecallBody(msgspec.Struct, frozen=True, kw_only=True):
    reason: str = ""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    ring_no: int
    feeds: dict[str, int]


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    ring_no: int
    recall: bool
    at_ms: int
    release_id: str = ""
    feed_count: int = 0


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    at_ms: int
    ring_no: int
    store_count: int
    applied_count: int
    label_count: int
    shown_count: int


class StoreLanding(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    name: str
    ring_no: int
    online: bool
    published_at_ms: int
    received_at_ms: int | None = None
    applied_at_ms: int | None = None
    applied_how: str = ""
    label_count: int = 0
    shown_count: int = 0
    last_shown_at_ms: int | None = None
    trouble: str = ""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    state: str
    store_count: int
    received_count: int
    applied_count: int
    label_count: int
    shown_count: int
    eta_ms: int | None = None
    publications: tuple[Publication, ...] = ()
    rings: tuple[Ring, ...] = ()
    stores: tuple[StoreLanding, ...] = ()
    ticks: tuple[Tick, ...] = ()


class LabelLanding(msgspec.Struct, frozen=True, kw_only=True):
    label_id: str
    position: str = ""
    item_id: str
    name: str = ""
    name_zh: str = ""
    wanted_revision: int
    shows: bool
    price_revision: int | None = None
    price_minor: int | None = None
    evidence: str | None = None
    sent_at_ms: int | None = None
    confirmed_at_ms: int | None = None

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return (self.name_zh if language == "zh" and self.name_zh else self.name) or self.item_id


class LabelPage(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    published_at_ms: int
    received_at_ms: int | None = None
    applied_at_ms: int | None = None
    rows: tuple[LabelLanding, ...] = ()
    next: str | None = None


class Straggler(msgspec.Struct, frozen=True, kw_only=True):
    store_id: str
    store_name: str
    label_id: str
    position: str = ""
    item_id: str
    name: str = ""
    name_zh: str = ""
    price_minor: int | None = None
    confirmed_at_ms: int | None = None
    why: str = ""
    detail: str = ""

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return (self.name_zh if language == "zh" and self.name_zh else self.name) or self.item_id


class Stragglers(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Straggler, ...]
