"""Judge a change of prices: its comparison prices, promotions it would spoil, what a second person must see. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cloud.pricing.comparison import Reduction, allowed_was, is_reduction, lowest, prior_price
from cloud.pricing.domain import PricePlan, Revision, WantedPrice
from cloud.pricing.findings import Finding
from cloud.pricing.price_books import Book
from cloud.pricing.timeline import Span, paid, timeline
from cloud.refusals import FieldProblem
from protocols.contract.feed_rows import price_feed
from protocols.contract.values import PriceLaw, TaxMode

BASIS = 10_000


@dataclass(frozen=True)
class Rules:
    """What binds prices of a zone. `change_percent` None: no guard against big changes."""

    zone: str
    currency: str
    minor_digits: int = 2
    tax_mode: TaxMode = TaxMode.INCLUSIVE
    law: PriceLaw = PriceLaw.NONE
    change_percent: int | None = None
    below_cost: bool = False

    def needs_ground(self, book: Book) -> bool:
        """Whether a change in the book can only be judged, or told, by what there is in others."""
        if not book.own:
            return True
        lawful = self.law is PriceLaw.EU or (self.law is PriceLaw.CN and is_reduction(book.price_kind))
        return lawful or self.change_percent is not None or self.below_cost


@dataclass(frozen=True)
class Cost:
    """What an item costs net of tax, and its tax in basis points."""

    cost_minor: int
    tax_rate_bp: int


@dataclass(frozen=True)
class Ground:
    """What a change in a book is judged by. `spans`: item, then feed, what held or will hold there."""

    book: Book
    rules: Rules
    spans: Mapping[str, Mapping[str, Sequence[Span]]] = field(default_factory=dict)
    lowest_paid: Mapping[str, int] = field(default_factory=dict)
    """By item: the most a comparison may be in China, from the sale lines."""
    costs: Mapping[str, Cost] = field(default_factory=dict)

    def premises(self, item_id: str) -> list[list[Span]]:
        """What holds in each place the book reaches where it may differ: the zone, and stores with prices of their own."""
        return [spans for _, spans in _places(self.spans.get(item_id, {}), self.rules.zone, self.book.feed_id)]


def _places(by_feed: Mapping[str, Sequence[Span]], zone: str, feed_id: str) -> Iterator[tuple[str, list[Span]]]:
    """(feed that makes the place, its spans with those of the zone) of every place that a feed reaches."""
    zones_own = list(by_feed.get(price_feed(zone), ()))
    if feed_id == price_feed(zone):
        yield feed_id, zones_own
    for other, spans in by_feed.items():
        if other != price_feed(zone) and feed_id in (price_feed(zone), other):
            yield other, zones_own + list(spans)
    if feed_id != price_feed(zone) and feed_id not in by_feed:
        yield feed_id, zones_own


def with_comparisons(
    ground: Ground, wanted: Sequence[WantedPrice], now_ms: int
) -> tuple[list[WantedPrice], list[FieldProblem]]:
    """The request with the comparison prices the law allows, and what it may not ask for (`changes/3/was_minor`).

    Lines are judged in the order of their starts: a second one of the same item stands on the first.
    """
    filled = list(wanted)
    problems: list[FieldProblem] = []
    asked: dict[str, list[Span]] = defaultdict(list)
    for number in sorted(range(len(wanted)), key=lambda number: wanted[number].from_ms or now_ms):
        row = wanted[number]
        start_ms = max(row.from_ms or now_ms, now_ms)
        base = _base(ground, row, start_ms, now_ms, asked[row.item_id])
        was_minor, found = allowed_was(ground.rules.law, ground.book.price_kind, row, base)
        problems += [replace(each, field=f"changes/{number}/{each.field}") for each in found]
        filled[number] = replace(row, was_minor=was_minor)
        asked[row.item_id].append(_span(ground.book, Revision(2**31, row.price_minor, start_ms, row.to_ms)))
    return filled, problems


def _base(ground: Ground, row: WantedPrice, start_ms: int, now_ms: int, asked: Sequence[Span]) -> int | None:
    """The most the comparison price may be."""
    if not is_reduction(ground.book.price_kind) or ground.rules.law is PriceLaw.NONE:
        return None
    places = [[*spans, *asked] for spans in ground.premises(row.item_id)]
    group = ground.book.customer_group
    if ground.rules.law is PriceLaw.EU:
        reduction = Reduction(row.price_minor, start_ms, group)
        return lowest(prior_price(spans, reduction) for spans in places)
    if row.item_id not in ground.lowest_paid:
        return None
    planned = [step.price_minor for spans in places for step in timeline(spans, now_ms, start_ms, group)]
    return lowest([ground.lowest_paid[row.item_id], *planned])


def _span(book: Book, row: Revision) -> Span:
    return Span(
        book.book_id,
        row.revision,
        row.price_minor,
        row.from_ms,
        row.to_ms,
        book.priority,
        book.customer_group,
        book.price_kind,
        row.was_minor,
    )


@dataclass(frozen=True)
class Spoilt:
    """A promotion that has not started and whose comparison price would be too high after a change."""

    item_id: str
    book_id: str
    revision: int
    from_ms: int
    was_minor: int
    allowed_minor: int | None

    def __str__(self) -> str:
        allowed = "no price at all" if self.allowed_minor is None else str(self.allowed_minor)
        return (
            f"the promotion in book '{self.book_id}' (revision {self.revision}) is compared with {self.was_minor},"
            f" and the lowest price before it would be {allowed}"
        )


def spoilt_promotions(ground: Ground, after: Mapping[str, Sequence[Revision]], now_ms: int) -> list[Spoilt]:
    """Promotions of the EU that a change in the book would make unlawful. `after`: the book's open revisions by item."""
    if ground.rules.law is not PriceLaw.EU:
        return []
    found: list[Spoilt] = []
    for item_id, rows in after.items():
        by_feed = dict(ground.spans.get(item_id, {}))
        before = by_feed.get(ground.book.feed_id, ())
        by_feed[ground.book.feed_id] = _after(ground.book, before, rows, now_ms)
        planned = {
            (feed_id, span)
            for feed_id, spans in by_feed.items()
            for span in spans
            if span.from_ms > now_ms and is_reduction(span.price_kind) and span.was_minor is not None
        }
        for feed_id, span in sorted(planned, key=lambda each: (each[1].from_ms, each[1].revision)):
            reduction = Reduction(span.price_minor, span.from_ms, span.customer_group)
            places = [spans for _, spans in _places(by_feed, ground.rules.zone, feed_id)]
            allowed = lowest(prior_price(spans, reduction) for spans in places)
            if span.was_minor is not None and (allowed is None or allowed < span.was_minor):
                found.append(Spoilt(item_id, span.book_id, span.revision, span.from_ms, span.was_minor, allowed))
    return found


def _after(book: Book, spans: Sequence[Span], rows: Sequence[Revision], now_ms: int) -> list[Span]:
    """The spans of a feed when the book's open revisions are these: what is gone ends now, or never starts."""
    open_revisions = {row.revision for row in rows}
    known = {span.revision for span in spans if span.book_id == book.book_id}
    kept: list[Span] = []
    for span in spans:
        gone = span.book_id == book.book_id and span.revision not in open_revisions
        if not gone or (span.to_ms is not None and span.to_ms <= now_ms):
            kept.append(span)
        elif span.from_ms < now_ms:
            kept.append(replace(span, to_ms=now_ms))
    return kept + [_span(book, row) for row in rows if row.revision not in known]


def with_paid(ground: Ground, plans: Sequence[PricePlan], wanted: Sequence[WantedPrice], now_ms: int) -> list[PricePlan]:
    """The plans of a book beside the zone's own, each with what its customers pay at the start."""
    told: list[PricePlan] = []
    for plan, row in zip(plans, wanted, strict=True):
        places = ground.premises(plan.item_id)
        before = paid(places[0], max(row.from_ms or now_ms, now_ms), ground.book.customer_group) if places else None
        told.append(replace(plan, paid_minor=None if before is None else before.price_minor))
    return told


def findings(ground: Ground, plans: Sequence[PricePlan], wanted: Sequence[WantedPrice], now_ms: int) -> tuple[Finding, ...]:
    """What the guard rails of the zone caught, line by line."""
    found: list[Finding] = []
    for plan, row in zip(plans, wanted, strict=True):
        if plan.unchanged:
            continue
        start_ms = max(row.from_ms or now_ms, now_ms)
        found += _too_big(ground, row, start_ms) + _below_cost(ground, row)
    return tuple(found)


def _too_big(ground: Ground, row: WantedPrice, start_ms: int) -> list[Finding]:
    percent = ground.rules.change_percent
    places = ground.premises(row.item_id)
    before = paid(places[0], start_ms, ground.book.customer_group) if places else None
    if percent is None or before is None:
        return []
    if abs(row.price_minor - before.price_minor) * 100 <= percent * before.price_minor:
        return []
    detail = f"from {before.price_minor} to {row.price_minor} is more than {percent} %"
    return [Finding(row.item_id, "big_change", detail, before.price_minor, row.price_minor)]


def _below_cost(ground: Ground, row: WantedPrice) -> list[Finding]:
    cost = ground.costs.get(row.item_id)
    if not ground.rules.below_cost or cost is None:
        return []
    taxed = BASIS + (cost.tax_rate_bp if ground.rules.tax_mode is TaxMode.INCLUSIVE else 0)
    if row.price_minor * BASIS >= cost.cost_minor * taxed:
        return []
    detail = f"{row.price_minor} is below the cost of {cost.cost_minor} (net of tax)"
    return [Finding(row.item_id, "below_cost", detail, cost.cost_minor, row.price_minor)]
