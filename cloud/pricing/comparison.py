"""What a price may be compared with: the "was" beside a promotion. Pure.

European Union (Directive 98/6/EC, article 6a, as the Court read it in C-330/23): the prior price is the lowest of the 30
days before the reduction was first applied, and the reduction itself must be computed from it. A reduction that is lowered
further without interruption, or goes on at the same price, keeps its first base; a higher one is a new announcement.

China (SAMR order 56, article 16): the comparison price may not exceed the lowest price really paid in the same premises in
the last 7 days; when nothing was sold in them, the last price paid. Of a zone it is the lowest over its stores.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cloud.pricing.domain import WantedPrice
from cloud.pricing.timeline import Span, Step, timeline
from cloud.refusals import FieldProblem
from protocols.contract.values import PriceKind, PriceLaw

EU_DAYS = 30
CN_DAYS = 7
DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Reduction:
    """A price somebody announces as lower: what it costs from when, and for whom."""

    price_minor: int
    start_ms: int
    customer_group: str = ""


def is_reduction(kind: PriceKind) -> bool:
    """Whether prices of the kind are announced as lower than before."""
    return kind is not PriceKind.REGULAR


def first_applied(steps: Sequence[Step], reduction: Reduction) -> int:
    """When the reduction was first applied, as it goes on or is lowered further; its own start when it is a new one."""
    began_ms, price_minor = reduction.start_ms, reduction.price_minor
    for step in reversed(steps):
        goes_on = (
            step.to_ms == began_ms
            and step.span is not None
            and is_reduction(step.span.price_kind)
            and step.span.price_minor >= price_minor
        )
        if not goes_on or step.span is None:
            break
        began_ms, price_minor = step.from_ms, step.span.price_minor
    return began_ms


def prior_price(spans: Sequence[Span], reduction: Reduction) -> int | None:
    """The lowest price of the 30 days before the reduction was first applied; None when there was none."""
    begin_ms = min((span.from_ms for span in spans), default=reduction.start_ms)
    steps = timeline(spans, min(begin_ms, reduction.start_ms), reduction.start_ms, reduction.customer_group)
    began_ms = first_applied(steps, reduction)
    before = [
        step.span.price_minor
        for step in steps
        if step.span is not None and step.from_ms < began_ms and step.to_ms > began_ms - EU_DAYS * DAY_MS
    ]
    return min(before, default=None)


def lowest(prices: Iterable[int | None]) -> int | None:
    """The lowest of those there are."""
    return min((price for price in prices if price is not None), default=None)


def allowed_was(
    law: PriceLaw, kind: PriceKind, wanted: WantedPrice, base_minor: int | None
) -> tuple[int | None, list[FieldProblem]]:
    """(the comparison price, what is wrong with the request). `base_minor`: the most the law lets it be, None: nothing.

    EU: a promotion must be below its prior price and is compared with exactly that; goods sold off say nothing unless asked.
    China: a promotion may go without a comparison; it gets the highest allowed. Elsewhere: what is claimed.
    """
    if not is_reduction(kind):
        claimed = (
            [] if wanted.was_minor is None else [_problem("was_minor", "only promotions are compared", "Leave it out.")]
        )
        return None, claimed
    if wanted.was_minor is not None and wanted.was_minor <= wanted.price_minor:
        return None, [_problem("was_minor", "not above the price", "A comparison price is what it cost before.")]
    match law:
        case PriceLaw.EU:
            return _eu(kind, wanted, base_minor)
        case PriceLaw.CN:
            return _china(wanted, base_minor)
        case PriceLaw.NONE:
            return wanted.was_minor, []


def _eu(kind: PriceKind, wanted: WantedPrice, base_minor: int | None) -> tuple[int | None, list[FieldProblem]]:
    if kind is PriceKind.MARKDOWN and wanted.was_minor is None:
        return None, []
    if base_minor is None:
        remedy = "Sell it at a usual price first, or publish this as a usual price."
        return None, [_problem("price_minor", "there is no earlier price to reduce", remedy)]
    if wanted.price_minor >= base_minor:
        problem = f"not below {base_minor}, the lowest price of the {EU_DAYS} days before the reduction began"
        return None, [_problem("price_minor", problem, "Choose a lower price, or publish it as a usual one.")]
    if wanted.was_minor not in (None, base_minor):
        problem = f"is not {base_minor}, the lowest price of the {EU_DAYS} days before the reduction began"
        return None, [_problem("was_minor", problem, "Leave it out: it is computed.")]
    return base_minor, []


def _china(wanted: WantedPrice, base_minor: int | None) -> tuple[int | None, list[FieldProblem]]:
    if wanted.was_minor is None:
        return (base_minor if base_minor is not None and base_minor > wanted.price_minor else None), []
    if base_minor is None:
        return None, [_problem("was_minor", "nothing was sold yet to compare with", "Leave it out.")]
    if wanted.was_minor > base_minor:
        problem = f"above {base_minor}, the lowest price paid in the last {CN_DAYS} days"
        return None, [_problem("was_minor", problem, "Leave it out: the highest allowed is taken.")]
    return wanted.was_minor, []


def _problem(field: str, problem: str, remedy: str) -> FieldProblem:
    return FieldProblem(field, problem, remedy)
