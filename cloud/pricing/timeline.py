"""What an item really cost, instant by instant, from the log of prices. Pure.

A revision holds from its start, or from the moment it was published when that is later, until its end or until it was taken
back. Of those that hold in one place everybody pays the one with the highest (priority, revision); a customer group pays its
own when that is lower (`protocols.contract.feed_rows.PriceRow`). Stores that are offline, and shelves that lag, may have
charged less for a while; the sale lines say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from protocols.contract.values import PriceKind


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log."""

    at_ms: int
    what: str
    """`published`, `withdrawn`, `recalled` or `approved`."""
    span: Span


@dataclass(frozen=True, slots=True)
class Span:
    """A revision while it holds: [from_ms, to_ms), `to_ms` None = until further notice."""

    book_id: str
    revision: int
    price_minor: int
    from_ms: int
    to_ms: int | None = None
    priority: int = 0
    customer_group: str = ""
    price_kind: PriceKind = PriceKind.REGULAR
    was_minor: int | None = None

    def covers(self, at_ms: int) -> bool:
        """Whether it holds at the instant."""
        return self.from_ms <= at_ms and (self.to_ms is None or at_ms < self.to_ms)


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of time with one price: [from_ms, to_ms). `span` None: the item had no price."""

    from_ms: int
    to_ms: int
    span: Span | None

    @property
    def price_minor(self) -> int | None:
        return None if self.span is None else self.span.price_minor


def spans_of(events: Iterable[Event]) -> list[Span]:
    """The log of one item as spans; what never held is left out."""
    spans: dict[tuple[str, int], Span] = {}
    for event in events:
        key = (event.span.book_id, event.span.revision)
        if event.what == "published":
            spans[key] = replace(event.span, from_ms=max(event.span.from_ms, event.at_ms))
        elif event.what in {"withdrawn", "recalled"} and key in spans:
            spans[key] = ended(spans[key], event.at_ms)
    return [span for span in spans.values() if span.to_ms is None or span.from_ms < span.to_ms]


def ended(span: Span, at_ms: int) -> Span:
    """The span, taken back at an instant."""
    return replace(span, to_ms=at_ms if span.to_ms is None else min(at_ms, span.to_ms))


def paid(spans: Sequence[Span], at_ms: int, group: str = "") -> Span | None:
    """What a customer of the group pays at an instant; None: the item has no price."""
    everybody = _highest(span for span in spans if not span.customer_group and span.covers(at_ms))
    own = _highest(span for span in spans if group and span.customer_group == group and span.covers(at_ms))
    if own is None or (everybody is not None and everybody.price_minor <= own.price_minor):
        return everybody
    return own


def _highest(spans: Iterable[Span]) -> Span | None:
    return max(spans, key=lambda span: (span.priority, span.revision), default=None)


def timeline(spans: Sequence[Span], from_ms: int, until_ms: int, group: str = "") -> list[Step]:
    """What was paid in [from_ms, until_ms), stretch by stretch and without a gap; neighbours are of different revisions."""
    edges = {from_ms, until_ms}
    for span in spans:
        edges |= {at_ms for at_ms in (span.from_ms, span.to_ms) if at_ms is not None and from_ms < at_ms < until_ms}
    steps: list[Step] = []
    marks = sorted(edges)
    for begin_ms, end_ms in pairwise(marks):
        held = paid(spans, begin_ms, group)
        if steps and steps[-1].span == held:
            steps[-1] = replace(steps[-1], to_ms=end_ms)
        else:
            steps.append(Step(begin_ms, end_ms, held))
    return steps
