"""What the price pages read of the API's answers and send: books, timelines, logs, effects, rules of zones."""

from __future__ import annotations

import msgspec

from cloud.console.answers import PriceWarning


class PriceBook(msgspec.Struct, frozen=True, kw_only=True):
    """A price book: of a zone, or of one store."""

    book_id: str
    name: str
    zone: str | None
    store_id: str | None
    customer_group: str
    price_kind: str
    priority: int
    own: bool


class NewBookBody(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    zone: str | None
    store_id: str | None
    customer_group: str
    price_kind: str
    priority: int


class BookPrice(msgspec.Struct, frozen=True, kw_only=True):
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
    paid: bool

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return self.name_zh if language == "zh" and self.name_zh else self.name


class BookPrices(msgspec.Struct, frozen=True, kw_only=True):
    book: PriceBook
    currency: str
    minor_digits: int
    rows: tuple[BookPrice, ...]
    next: str | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    code: str
    limit_minor: int


class BookChanged(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a change in any book."""

    item_id: str
    unchanged: bool
    before_minor: int | None
    price_minor: int
    was_minor: int | None = None
    effective_from_ms: int | None
    effective_to_ms: int | None
    warnings: tuple[PriceWarning, ...]


class BookChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    book_id: str
    feed_version: int | None
    rows: tuple[BookChanged, ...]
    findings: tuple[Finding, ...] = ()


class Revised(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    revision: int


class RecallBody(msgspec.Struct, frozen=True, kw_only=True):
    prices: tuple[Revised, ...]
    reason: str = ""


class RecallAnswer(msgspec.Struct, frozen=True, kw_only=True):
    recalled: tuple[Revised, ...]
    spoilt: tuple[Revised, ...] = ()


class EffectLine(msgspec.Struct, frozen=True, kw_only=True):
    """Of one store's day."""

    store_id: str
    name: str
    basket_count: int
    line_count: int
    before_minor: int
    after_minor: int


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    day: str
    currency: str
    minor_digits: int
    stores: tuple[EffectLine, ...]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time with one price; None: no price."""

    from_ms: int
    to_ms: int
    price_minor: int | None
    revision: int | None
    book_id: str | None
    price_kind: str | None
    was_minor: int | None


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    zone: str
    currency: str
    minor_digits: int
    steps: tuple[Step, ...]
    lowest_30_days_minor: int | None


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    event_id: int
    at_ms: int
    what: str
    person: str
    book_id: str
    feed_id: str
    revision: int
    price_minor: int
    effective_from_ms: int
    effective_to_ms: int | None
    was_minor: int | None
    reason: str


class PriceLog(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[LogLine, ...]
    next: str | None = None


class ZoneRules(msgspec.Struct, frozen=True, kw_only=True):
    """A zone with everything a change of it must say again."""

    zone: str
    currency: str
    minor_digits: int
    tax_mode: str
    cash_rounding_minor: int
    price_law: str
    cash_rounding_method: str
    cash_rounding_scope: str


class ZoneBody(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    minor_digits: int
    tax_mode: str
    cash_rounding_minor: int
    price_law: str
    cash_rounding_method: str
    cash_rounding_scope: str


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    change_percent: int | None = None
    below_cost: bool = False
