"""What an item cost at each instant, read from the log."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.pricing.timeline import Event, Span, paid, spans_of, timeline

STARTS = st.integers(0, 40)


def span(revision: int, price: int, from_ms: int, to_ms: int | None = None, **more: object) -> Span:
    return Span("b", revision, price, from_ms, to_ms, **more)  # type: ignore[arg-type]


def prices(spans: list[Span], until_ms: int, group: str = "") -> list[tuple[int, int, int | None]]:
    return [(step.from_ms, step.to_ms, step.price_minor) for step in timeline(spans, 0, until_ms, group)]


def test_a_promotion_stands_out_and_ends_by_itself() -> None:
    spans = [span(1, 100, 0), span(2, 80, 10, 20, priority=5), span(3, 110, 15)]
    assert prices(spans, 30) == [(0, 10, 100), (10, 20, 80), (20, 30, 110)]


def test_before_the_first_price_there_is_none() -> None:
    assert prices([span(1, 100, 5)], 10) == [(0, 5, None), (5, 10, 100)]
    assert prices([], 10) == [(0, 10, None)]


def test_a_price_counts_from_the_moment_it_was_published_not_from_the_start_it_claims() -> None:
    log = [Event(7, "published", span(1, 100, 0))]
    assert prices(spans_of(log), 10) == [(0, 7, None), (7, 10, 100)]


def test_what_was_taken_back_held_until_then_or_never() -> None:
    log = [
        Event(0, "published", span(1, 100, 0)),
        Event(2, "published", span(2, 90, 2)),
        Event(2, "published", span(3, 50, 9)),
        Event(4, "withdrawn", span(3, 50, 9)),
        Event(6, "recalled", span(2, 90, 2)),
        Event(6, "approved", span(1, 100, 0)),
    ]
    assert prices(spans_of(log), 12) == [(0, 2, 100), (2, 6, 90), (6, 12, 100)]


def test_a_group_pays_the_lower_of_its_own_and_everybodys() -> None:
    spans = [span(1, 100, 0), span(2, 95, 0, customer_group="member"), span(3, 90, 5, 8)]
    assert prices(spans, 10, "member") == [(0, 5, 95), (5, 8, 90), (8, 10, 95)]
    assert prices(spans, 10, "staff") == [(0, 5, 100), (5, 8, 90), (8, 10, 100)]


SPANS = st.lists(
    st.builds(
        lambda price, start, length, priority, group: (price, start, length, priority, group),
        st.integers(1, 9),
        STARTS,
        st.one_of(st.none(), st.integers(1, 20)),
        st.integers(0, 2),
        st.sampled_from(["", "", "member"]),
    ),
    max_size=8,
)


@settings(max_examples=40)
@given(SPANS, st.sampled_from(["", "member"]))
def test_every_instant_of_the_timeline_is_the_rule_of_the_contract(
    made: list[tuple[int, int, int | None, int, str]], group: str
) -> None:
    spans = [
        span(number, price, start, None if length is None else start + length, priority=priority, customer_group=who)
        for number, (price, start, length, priority, who) in enumerate(made)
    ]
    steps = timeline(spans, 0, 60, group)
    assert steps[0].from_ms == 0
    assert [step.to_ms for step in steps] == [step.from_ms for step in steps[1:]] + [60], "no gap"
    for step in steps:
        for at_ms in range(step.from_ms, step.to_ms):
            assert paid(spans, at_ms, group) == step.span
            covering = [each for each in spans if each.from_ms <= at_ms and (each.to_ms is None or at_ms < each.to_ms)]
            ranked = sorted(covering, key=lambda each: (each.priority, each.revision))
            highest = {each.customer_group: each.price_minor for each in ranked}
            assert step.price_minor == min((highest[who] for who in {"", group} & highest.keys()), default=None)
