"""Promotions as they cross HTTP. Instants in milliseconds since 1970 UTC, money in minor units, shares in basis points."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from cloud.promotions.domain import REASON_LENGTH_MAX

PromotionJson = dict[str, JsonValue]
"""A promotion as `protocols/promotions` defines it: `kind` says which fields it has."""
STORES_NAMED_MAX = 500


class PlacedView(BaseModel):
    """A revision that stores hold."""

    revision: int
    name: str
    name_zh: str
    kind: str
    starts_ms: int
    ends_ms: int | None
    stores: list[str] = Field(description="Those of its stores that you see")
    store_count: int = Field(description="How many stores it names; 0: it is for all of the zone")
    published_ms: int
    published_by: str


class PromotionView(BaseModel):
    """A promotion in the revision being written, or published last, and what stores hold of it."""

    promotion_id: str
    zone: str
    currency: str
    minor_digits: int
    state: str
    revision: int
    kind: str
    name: str
    name_zh: str
    starts_ms: int
    ends_ms: int | None
    reason: str
    made_by: str
    made_at_ms: int
    changed_at_ms: int
    placed: list[PlacedView]


class PromotionPage(BaseModel):
    rows: list[PromotionView]
    next: str | None = None


class FindingView(BaseModel):
    """`error` forbids publishing, `approve` asks for a second person, `warning` should be known."""

    severity: str
    code: str
    detail: str
    params: dict[str, int | str]


class EventView(BaseModel):
    what: str
    revision: int
    stores: list[str] = Field(description="Those of its stores that you see")
    store_count: int
    at_ms: int
    person: str
    reason: str
    feed_version: int


class WholePromotion(PromotionView):
    """With the rule, what its check found, who looked at it, and how far it has come in the stores you see."""

    rule: PromotionJson
    authors: list[str]
    checked_at_ms: int | None
    asked_by: str
    asked_at_ms: int | None
    decided_by: str
    decided_at_ms: int | None
    decision_note: str
    findings: list[FindingView]
    events: list[EventView]
    concerned_count: int = Field(description="Stores you see that the latest publication is for")
    applied_count: int = Field(description="Those of them that hold it")


class NewPromotion(BaseModel):
    model_config = ConfigDict(extra="forbid")
    zone: str = Field(max_length=64)
    rule: PromotionJson
    reason: str = Field(default="", max_length=REASON_LENGTH_MAX)


class ChangedPromotion(BaseModel):
    """`after_revision`: the revision these words were written on top of."""

    model_config = ConfigDict(extra="forbid")
    rule: PromotionJson
    after_revision: int = Field(ge=1)
    reason: str = Field(default="", max_length=REASON_LENGTH_MAX)


class DecisionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    approve: bool
    note: str = Field(default="", max_length=REASON_LENGTH_MAX)


class PublishBody(BaseModel):
    """Without `stores`: to all stores of the zone."""

    model_config = ConfigDict(extra="forbid")
    stores: list[str] = Field(default=[], max_length=STORES_NAMED_MAX)


class RecallBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str = Field(default="", max_length=REASON_LENGTH_MAX)


class Published(BaseModel):
    promotion_id: str
    revision: int
    feed_version: int


class SampleLine(BaseModel):
    model_config = ConfigDict(extra="forbid")
    item_id: str = Field(max_length=64)
    pieces: int = Field(ge=1, le=100, description="Of weighed goods: kilograms")


class PreviewBody(BaseModel):
    """Price a basket with what is live, and with `rule` beside it. No `lines`: the smallest basket the rule works on."""

    model_config = ConfigDict(extra="forbid")
    zone: str = Field(max_length=64)
    rule: PromotionJson | None = None
    lines: list[SampleLine] = Field(default=[], max_length=60)
    groups: list[str] = Field(default=[], max_length=20)
    member: bool = True
    coupons: list[str] = Field(default=[], max_length=20, description="Coupon promotions the shopper holds one of")
    at_ms: int | None = Field(default=None, description="Absent: when the rule starts, or now")
    utc_offset_minutes: int = Field(default=0, ge=-900, le=900)


class SoldLine(BaseModel):
    """A line of the basket: without promotions, with what is live, and with the draft."""

    item_id: str
    name: str
    name_zh: str
    pieces: int
    list_minor: int
    live_minor: int
    draft_minor: int


class AppliedView(BaseModel):
    promotion_id: str
    name: str
    name_zh: str
    layer: str
    times: int
    saved_minor: int


class NotAppliedView(BaseModel):
    """Why a promotion did not apply: a code and its numbers."""

    promotion_id: str
    name: str
    name_zh: str
    code: str
    params: dict[str, int | str]


class HintView(BaseModel):
    """Add goods for `add_minor`, or `add_units` pieces, and save at least `save_minor`."""

    promotion_id: str
    name: str
    name_zh: str
    save_minor: int
    add_minor: int
    add_units: int


class PricedView(BaseModel):
    total_minor: int
    proved: bool
    applied: list[AppliedView]
    considered: list[NotAppliedView]
    hints: list[HintView]


class PreviewView(BaseModel):
    zone: str
    currency: str
    minor_digits: int
    lines: list[SoldLine]
    live: PricedView
    draft: PricedView | None = None


class WhatIfBody(BaseModel):
    """The next baskets of a past day, priced again. `after`: the `next` of the call before."""

    model_config = ConfigDict(extra="forbid")
    day: str = Field(max_length=10)
    stores: list[str] = Field(default=[], max_length=200)
    members: bool = Field(default=True, description="Whoever has a member number is in every group")
    after: str | None = Field(default=None, max_length=400)


class SumsView(BaseModel):
    """What the baskets of a store came to. `*_margin_minor` count the lines whose cost is known to you."""

    store_id: str
    baskets: int
    sold_minor: int
    live_minor: int
    draft_minor: int
    lines: int
    margin_lines: int
    live_margin_minor: int
    draft_margin_minor: int
    touched: int
    uses: int
    unproved: int
    too_large: int


class OfferSumsView(BaseModel):
    promotion_id: str
    name: str
    name_zh: str
    live_times: int
    live_saved_minor: int
    draft_times: int
    draft_saved_minor: int


class WhatIfView(BaseModel):
    """Add the sums of all answers up until `next` is absent."""

    day: str
    currency: str
    minor_digits: int
    total: int = Field(description="Baskets of the day")
    stores: list[SumsView]
    offers: list[OfferSumsView]
    assumed: list[str]
    next: str | None = None


class DayView(BaseModel):
    day: str
    sales: int


class ScopeWordView(BaseModel):
    """Something a scope can name, or a customer group."""

    what: str
    id: str
    name: str
    name_zh: str
