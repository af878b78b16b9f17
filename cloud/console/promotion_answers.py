"""What the pages of promotions read of the API's answers and send; the rule itself is the till's own struct."""

from __future__ import annotations

import msgspec

from protocols.promotions.bundle import decode_promotion, encode_promotion
from protocols.promotions.rules import Promotion


def raw(promotion: Promotion) -> msgspec.Raw:
    """A rule as it is sent."""
    return msgspec.Raw(encode_promotion(promotion))


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A revision stores hold; `store_count` 0: all of the zone."""

    revision: int
    name: str
    name_zh: str = ""
    kind: str = ""
    starts_ms: int
    ends_ms: int | None = None
    stores: tuple[str, ...] = ()
    store_count: int
    published_ms: int
    published_by: str = ""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    promotion_id: str
    zone: str
    currency: str
    minor_digits: int
    state: str
    revision: int
    kind: str
    name: str
    name_zh: str = ""
    starts_ms: int
    ends_ms: int | None = None
    reason: str = ""
    made_by: str = ""
    made_at_ms: int = 0
    changed_at_ms: int = 0
    placed: tuple[Placed, ...] = ()

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return (self.name_zh if language == "zh" and self.name_zh else self.name) or self.promotion_id


class ListPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: tuple[Listed, ...]
    next: str | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    severity: str
    code: str
    detail: str = ""
    params: dict[str, int | str] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    revision: int
    stores: tuple[str, ...] = ()
    store_count: int = 0
    at_ms: int
    person: str = ""
    reason: str = ""
    feed_version: int = 0


class Whole(Listed, frozen=True, kw_only=True):
    rule: msgspec.Raw
    authors: tuple[str, ...] = ()
    checked_at_ms: int | None = None
    asked_by: str = ""
    asked_at_ms: int | None = None
    decided_by: str = ""
    decided_at_ms: int | None = None
    decision_note: str = ""
    findings: tuple[Finding, ...] = ()
    events: tuple[Event, ...] = ()
    concerned_count: int = 0
    applied_count: int = 0

    @property
    def promotion(self) -> Promotion:
        """The rule."""
        return decode_promotion(bytes(self.rule))


class NewPromotion(msgspec.Struct, frozen=True, kw_only=True):
    zone: str
    rule: msgspec.Raw
    reason: str = ""


class ChangedPromotion(msgspec.Struct, frozen=True, kw_only=True):
    rule: msgspec.Raw
    after_revision: int
    reason: str = ""


class DecisionBody(msgspec.Struct, frozen=True, kw_only=True):
    approve: bool
    note: str = ""


class PublishBody(msgspec.Struct, frozen=True, kw_only=True):
    stores: tuple[str, ...] = ()


class RecallBody(msgspec.Struct, frozen=True, kw_only=True):
    reason: str = ""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    revision: int
    feed_version: int


class ScopeWord(msgspec.Struct, frozen=True, kw_only=True):
    """Something a scope can name, or a customer group."""

    what: str
    id: str
    name: str = ""
    name_zh: str = ""

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return (self.name_zh if language == "zh" and self.name_zh else self.name) or self.id


class SampleLine(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    pieces: int


class PreviewBody(msgspec.Struct, frozen=True, kw_only=True):
    zone: str
    rule: msgspec.Raw
    lines: tuple[SampleLine, ...] = ()
    groups: tuple[str, ...] = ()
    member: bool = True
    coupons: tuple[str, ...] = ()


class SoldLine(msgspec.Struct, frozen=True, kw_only=True):
    item_id: str
    name: str = ""
    name_zh: str = ""
    pieces: int
    list_minor: int
    live_minor: int
    draft_minor: int

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return (self.name_zh if language == "zh" and self.name_zh else self.name) or self.item_id


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion as an answer names it."""

    promotion_id: str
    name: str = ""
    name_zh: str = ""

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return (self.name_zh if language == "zh" and self.name_zh else self.name) or self.promotion_id


class Applied(Named, frozen=True, kw_only=True):
    layer: str = ""
    times: int
    saved_minor: int


class NotApplied(Named, frozen=True, kw_only=True):
    code: str
    params: dict[str, int | str] = {}


class Hint(Named, frozen=True, kw_only=True):
    save_minor: int
    add_minor: int = 0
    add_units: int = 0


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    total_minor: int
    proved: bool
    applied: tuple[Applied, ...] = ()
    considered: tuple[NotApplied, ...] = ()
    hints: tuple[Hint, ...] = ()


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    minor_digits: int
    lines: tuple[SoldLine, ...]
    live: Priced
    draft: Priced | None = None


class WhatIfBody(msgspec.Struct, frozen=True, kw_only=True):
    day: str
    stores: tuple[str, ...] = ()
    members: bool = True
    after: str | None = None


class Sums(msgspec.Struct, kw_only=True):
    """What the baskets of a store came to; answers are added up."""

    store_id: str
    baskets: int = 0
    sold_minor: int = 0
    live_minor: int = 0
    draft_minor: int = 0
    lines: int = 0
    margin_lines: int = 0
    live_margin_minor: int = 0
    draft_margin_minor: int = 0
    touched: int = 0
    uses: int = 0
    unproved: int = 0
    too_large: int = 0


class OfferSums(msgspec.Struct, kw_only=True):
    promotion_id: str
    name: str = ""
    name_zh: str = ""
    live_times: int = 0
    live_saved_minor: int = 0
    draft_times: int = 0
    draft_saved_minor: int = 0

    def title(self, language: str) -> str:
        """The name in the reader's language, if there is one."""
        return (self.name_zh if language == "zh" and self.name_zh else self.name) or self.promotion_id


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    day: str
    currency: str
    minor_digits: int
    total: int
    stores: tuple[Sums, ...] = ()
    offers: tuple[OfferSums, ...] = ()
    assumed: tuple[str, ...] = ()
    next: str | None = None


class Day(msgspec.Struct, frozen=True, kw_only=True):
    day: str
    sales: int
