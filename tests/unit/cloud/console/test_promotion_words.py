"""Promotions in plain words, in both languages: every kind, findings with their numbers, the way of a replay added up."""

from __future__ import annotations

import pytest

from cloud.console.promotion_answers import Finding, Listed, NotApplied, OfferSums, Sums, WhatIf
from cloud.console.promotion_kinds import KINDS, first_rule
from cloud.console.promotion_plots import timeline_plot
from cloud.console.promotion_what_if import add_up, total_of
from cloud.console.promotion_words import Money, finding_words, reason_words, scope_words, sentence
from cloud.locale.catalogue import words_of
from protocols.promotions.bundle import Bundle
from protocols.promotions.kinds import KINDS as ALL_KINDS
from protocols.promotions.rules import Scope

EN, ZH = (Money("EUR", 2, words_of(language)) for language in ("en", "zh"))
NEEDS_GOODS = {"gift"}
"""Kinds whose first draft is not whole yet."""


def test_there_is_a_form_for_every_kind_and_words_for_it_in_both_languages() -> None:
    assert {kind.kind for kind in KINDS} == set(ALL_KINDS)
    for money in (EN, ZH):
        for kind in KINDS:
            assert money.words.name("promotion_kind", kind.name) != kind.name
            assert money.words.name("promotion_kind_help", kind.name) != kind.name
            for name, _ in kind.numbers:
                assert money.words.name("promotion_field", name) != name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_first_draft_says_what_it_gives_and_a_till_would_take_it(kind: object) -> None:
    rule = first_rule(kind, "p", "name of it", 0, 100)  # type: ignore[arg-type]
    told = {sentence(rule, EN), sentence(rule, ZH)}
    assert len(told) == 2
    assert "name of it" not in told
    assert bool(Bundle.of([rule]).refused) is (kind.name in NEEDS_GOODS)  # type: ignore[attr-defined]


def test_findings_and_reasons_are_told_with_their_numbers() -> None:
    deep = Finding(severity="approve", code="deep", params={"percent": 60, "limit": 50, "item": "A1", "count": 3})
    assert finding_words(deep, EN) == "Up to 60 % off (item A1, 3 samples); the guard rail is 50 %."
    assert "60%" in finding_words(deep, ZH)
    below = {"item": "A1", "units": 2, "paid_minor": 150, "cost_minor": 180, "count": 1}
    assert "paid €1.50, cost €1.80" in finding_words(Finding(severity="approve", code="below_cost", params=below), EN)
    gift = Finding(severity="error", code="refused", detail="gift_items names no item; ends_ms must be after starts_ms")
    assert finding_words(gift, EN).startswith("The rule cannot be: no gift goods are chosen; ends_ms")
    assert finding_words(Finding(severity="warning", code="new_one", detail="Look."), ZH) == "Look."
    short = NotApplied(promotion_id="p", code="short_amount", params={"missing_minor": 710, "reach_minor": 30_000})
    assert reason_words(short, EN) == "€7.10 short of €300.00"
    assert reason_words(NotApplied(promotion_id="p", code="short_amount"), EN) == "short_amount", "other numbers: the code"


def test_goods_are_named_and_counted() -> None:
    scope = Scope(items=("A1", "A2"), categories=("fresh", "drinks"), excluded_items=("A9",))
    assert scope_words(scope, EN.words, {"A1": "Milk"}) == "Milk, A2, fresh and 1 more, 1 exception"
    assert scope_words(Scope(), ZH.words, {}) == "全部商品"


def test_answers_of_a_replay_add_up() -> None:
    sums: dict[str, Sums] = {}
    offers: dict[str, OfferSums] = {}
    for number in range(3):
        store = Sums(store_id=f"S{number % 2}", baskets=2, live_minor=100, draft_minor=90)
        offer = OfferSums(promotion_id="p", draft_times=1, draft_saved_minor=10)
        add_up(sums, offers, WhatIf(day="", currency="EUR", minor_digits=2, total=6, stores=(store,), offers=(offer,)))
    assert (sums["S0"].baskets, sums["S1"].baskets) == (4, 2)
    assert (total_of(list(sums.values())).draft_minor, offers["p"].draft_saved_minor) == (270, 30)


def test_the_timeline_shows_what_runs_within_its_weeks() -> None:
    day_ms = 86_400_000
    now_ms = 100 * day_ms

    def row(name: str, starts_ms: int, ends_ms: int | None) -> Listed:
        return Listed(promotion_id=name, zone="z", currency="EUR", minor_digits=2, state="draft", revision=1, kind="gift",
                      name=name, starts_ms=starts_ms, ends_ms=ends_ms)  # fmt: skip

    rows = [row("over", 0, 50 * day_ms), row("runs", 99 * day_ms, None), row("later", 110 * day_ms, 111 * day_ms),
            row("far", 200 * day_ms, None)]  # fmt: skip
    plot = timeline_plot(rows, "en", now_ms, "now")
    assert plot["yAxis"]["data"] == ["later", "runs"]  # type: ignore[index]
