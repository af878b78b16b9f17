"""One content for each built-in template, as golden pictures and contact sheets show them."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.labels.built_in import LINK_TEMPLATE, built_in, built_in_link
from protocols.labels.content import LabelContent, UnitPrice
from protocols.labels.template import Purpose, Template

CURRENCIES = {"en": "EUR", "zh_CN": "CNY"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A template with something to say."""

    name: str
    template: Template
    content: LabelContent


def shown(language: str) -> list[Shown]:
    """Every built-in template of a language, and the regular one with goods by weight."""
    currency = CURRENCIES[language]
    milk = LabelContent(
        name="Organic whole milk 3.5 %",
        name_zh="有机全脂牛奶",
        price_minor=119,
        currency=currency,
        gtin="04006381333931",
        revision=12,
        content_text="1 l",
        item_id="MILK-1",
        position="3/B/12",
        unit_price=UnitPrice(119, "l"),
    )
    coffee = LabelContent(
        name="Ground coffee",
        name_zh="研磨咖啡",
        price_minor=649,
        currency=currency,
        gtin="00036000291452",
        content_text="500 g",
        unit_price=UnitPrice(1298, "kg"),
    )
    apples = LabelContent(
        name="Apples Elstar, loose",
        name_zh="散装苹果",
        price_minor=1299,
        currency=currency,
        per_kg=True,
        gtin="101",
        revision=3,
        highlight=True,
    )
    jam = LabelContent(
        name="Strawberry jam", name_zh="草莓酱", price_minor=299, currency=currency, unit_price=UnitPrice(598, "kg")
    )
    reduced = LabelContent(
        name="Ground coffee",
        name_zh="研磨咖啡",
        price_minor=499,
        was_minor=649,
        until="2026-12-03",
        currency=currency,
        gtin="00036000291452",
        revision=4,
        unit_price=UnitPrice(998, "kg"),
    )
    for_members = LabelContent(
        name="Whisky, 12 years",
        name_zh="威士忌 12 年",
        price_minor=5999,
        member_price_minor=4999,
        currency=currency,
        gtin="00000096385074",
        revision=9,
        unit_price=UnitPrice(8570, "l"),
    )
    missing = LabelContent(
        name="Fresh yeast",
        name_zh="鲜酵母",
        price_minor=25,
        currency=currency,
        gtin="04006381333931",
        revision=2,
        unit_price=UnitPrice(60, "100 g"),
        out_of_stock=True,
    )
    several = LabelContent(name="", price_minor=299, currency=currency, products=(jam, coffee, apples))
    return [
        Shown("regular", built_in(Purpose.REGULAR, language), milk),
        Shown("by-weight", built_in(Purpose.REGULAR, language), apples),
        Shown("promotion", built_in(Purpose.PROMOTION, language), reduced),
        Shown("member", built_in(Purpose.MEMBER, language), for_members),
        Shown("out-of-stock", built_in(Purpose.OUT_OF_STOCK, language), missing),
        Shown("multi", built_in(Purpose.MULTI, language), several),
        Shown("unit", built_in(Purpose.UNIT, language), coffee),
        Shown(LINK_TEMPLATE, built_in_link(language), milk),
    ]
