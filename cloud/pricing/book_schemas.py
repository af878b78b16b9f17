"""Price books, the log of prices, guard rails and costs as they cross HTTP. Money in minor units, instants in ms."""

from __future__ import annotations

import datetime

from pydantic import BaseModel, ConfigDict, Field

from cloud.pricing.schemas import ChangedPrice, FindingView, PriceChange
from protocols.contract.values import PriceKind


class NewBook(BaseModel):
    """A book of a zone or of one store, whichever is given."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=200)
    zone: str | None = Field(default=None, pattern="^[a-z0-9-]{1,32}$")
    store_id: str | None = Field(default=None, max_length=64)
    customer_group: str = Field(default="", max_length=64, description="Who pays its prices; empty: everybody")
    price_kind: PriceKind = PriceKind.REGULAR
    priority: int = Field(description="Of prices in force together the highest wins; the zone's own book has 0")


class BookView(BaseModel):
    book_id: str
    name: str
    zone: str | None
    store_id: str | None
    customer_group: str
    price_kind: PriceKind
    priority: int
    own: bool = Field(description="The usual prices of the zone")
    feed_id: str


class BookAdded(BaseModel):
    book: BookView
    added: bool = Field(description="False: the same book was there already")


class BookPriceView(BaseModel):
    """A price that stores hold, or will."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    revision: int
    price_minor: int
    was_minor: int | None
    effective_from_ms: int
    effective_to_ms: int | None
    reason: str
    changed_by: str
    changed_at_ms: int
    paid: bool = Field(description="Whether it is what its customers pay now, as far as the zone's books say")


class BookPrices(BaseModel):
    book: BookView
    currency: str
    minor_digits: int
    rows: list[BookPriceView]
    next: str | None = None


class BookChangeRequest(BaseModel):
    """Change prices in a book, all or none. `dry_run` tells what would happen and changes nothing."""

    model_config = ConfigDict(extra="forbid")
    changes: list[PriceChange] = Field(min_length=1, max_length=5000)
    dry_run: bool = False


class BookChangeAnswer(BaseModel):
    book_id: str
    dry_run: bool
    feed_version: int | None = Field(description="None when nothing changed")
    rows: list[ChangedPrice]
    findings: list[FindingView] = Field(description="What a second person must approve")


class Revised(BaseModel):
    model_config = ConfigDict(extra="forbid")
    item_id: str
    revision: int


class RecallRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    prices: list[Revised] = Field(min_length=1, max_length=5000)
    reason: str = Field(default="", max_length=200)


class SpoiltView(BaseModel):
    """A promotion that has not started and is now compared with more than the law allows."""

    item_id: str
    book_id: str
    revision: int
    effective_from_ms: int
    was_minor: int
    allowed_minor: int | None


class RecallAnswer(BaseModel):
    book_id: str
    feed_version: int
    recalled: list[Revised]
    given_back: list[Revised] = Field(description="Earlier prices that stores no longer held and get again")
    spoilt: list[SpoiltView]


class EffectRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    changes: list[PriceChange] = Field(min_length=1, max_length=5000)
    day: datetime.date | None = Field(default=None, description="Business day; without it yesterday (UTC)")


class StoreEffectView(BaseModel):
    store_id: str
    name: str
    basket_count: int
    line_count: int
    before_minor: int
    after_minor: int


class ItemEffectView(BaseModel):
    item_id: str
    name: str
    name_zh: str
    line_count: int
    before_minor: int
    after_minor: int


class EffectView(BaseModel):
    """What a day's sale lines of the changed items came to, and what they would have come to."""

    book_id: str
    currency: str
    minor_digits: int
    day: datetime.date
    stores: list[StoreEffectView]
    items: list[ItemEffectView] = Field(description="Those that move the most, at most 50")


class StepView(BaseModel):
    """A stretch of time with one price; `price_minor` None: it had none."""

    from_ms: int
    to_ms: int
    price_minor: int | None
    revision: int | None
    book_id: str | None
    price_kind: PriceKind | None
    was_minor: int | None


class TimelineView(BaseModel):
    """What an item cost in a zone or a store, stretch by stretch, by the log."""

    item_id: str
    zone: str
    store_id: str | None
    customer_group: str
    currency: str
    minor_digits: int
    price_law: str
    steps: list[StepView]
    lowest_30_days_minor: int | None = Field(description="The lowest price of the last 30 days")


class LogRow(BaseModel):
    """One line of the price log: what was said, when, by whom."""

    event_id: int
    at_ms: int
    what: str
    person: str
    book_id: str
    feed_id: str
    feed_version: int | None
    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None
    customer_group: str
    price_kind: PriceKind
    priority: int
    was_minor: int | None
    reason: str


class LogPage(BaseModel):
    rows: list[LogRow]
    next: str | None = None


class Guard(BaseModel):
    """What a second person must approve in a zone."""

    model_config = ConfigDict(extra="forbid")
    change_percent: int | None = Field(default=None, ge=1, le=1000, description="Bigger changes; None: no such guard")
    below_cost: bool = Field(default=False, description="Prices below cost, where a cost is known")


class GuardView(Guard):
    zone: str


class CostBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    cost_minor: int = Field(ge=1, le=99_999_999, description="Per piece or kilogram, net of tax")


class CostView(BaseModel):
    item_id: str
    currency: str
    cost_minor: int
    changed_by: str
    changed_at_ms: int
