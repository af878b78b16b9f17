"""One promotion: what it gives, the check, a sample basket, a past day, the stores."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console.answers import ItemPage
from cloud.console.frame import Frame, page
from cloud.console.parts import box, card, text
from cloud.console.promotion_answers import ListPage, ScopeWord, Whole
from cloud.console.promotion_check import CheckPart
from cloud.console.promotion_form import PromotionForm
from cloud.console.promotion_try import TryPart
from cloud.console.promotion_what_if import WhatIfPart
from cloud.console.promotion_words import Money, scope_words, sentence
from cloud.console.promotions_page import state_chips
from cloud.console.visitor import Console, Visitor, to_login
from protocols.promotions.kinds.bundle_price import BundlePrice
from protocols.promotions.kinds.gift import Gift
from protocols.promotions.rules import Promotion, Scope

EVERY_SECONDS = 3.0
OTHERS_MAX = 200
NAMES_MAX = 60
"""Items whose names are looked up; further ones show their number."""


def install(console: Console) -> None:
    """Add the page `/promotions/{promotion_id}`."""

    @ui.page("/promotions/{promotion_id}")
    def promotion(promotion_id: str) -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "promotions", say("Promotion"), back=(say("Promotions"), "/promotions")) as frame:
            _PromotionPage(frame, promotion_id)
        return None


class _PromotionPage:
    """Looks every few seconds; the form is left alone while the rule is the same, so that nobody loses what they type."""

    def __init__(self, frame: Frame, promotion_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._path = f"/promotions/{promotion_id}"
        self._seen: Whole | None = None
        self._words: tuple[ScopeWord, ...] | None = None
        self._names: dict[str, str] = {}
        self._head = box("stack")
        with box("halves promotion-halves"):
            self._form = box("stack")
            with box("stack"):
                self._check = box("stack")
                self._trial = box("stack")
        self._day = box("stack")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get(self._path, Whole)
        before, self._seen = self._seen, found
        if found == before:
            return
        self._frame.heading.set_text(found.title(self._visitor.words.language))
        self._draw_head(found)
        self._check.clear()  # at once: a key pressed on what is about to be drawn anew would be lost
        if before is None or _words_of(before) != _words_of(found):
            await self._draw_rule(found)
        with self._check:
            CheckPart(self._frame, found, self._fill, editable=self._visitor.may("prices.write")).build()

    def _draw_head(self, found: Whole) -> None:
        words = self._visitor.words
        self._head.clear()
        with self._head, card(), box("chips"):
            state_chips(found, self._visitor)
            text(words.name("promotion_kind", found.kind), "span", "strong")
            text(words.say("zone {zone}", zone=found.zone), "span", "hint")
            text(words.say("revision {n}", n=found.revision), "span", "hint")
            text(words.say("Made by {person}.", person=", ".join(found.authors)), "span", "hint")

    async def _draw_rule(self, found: Whole) -> None:
        if self._words is None:
            self._words = await self._visitor.get("/promotion-scope-words", tuple[ScopeWord, ...])
        promotion = found.promotion
        await self._look_up(promotion)
        self._form.clear()
        with self._form:
            if self._visitor.may("prices.write"):
                others = await self._visitor.get("/promotions", ListPage, zone=found.zone, limit=OTHERS_MAX)
                named = [
                    (row.promotion_id, row.title(self._visitor.words.language))
                    for row in others.rows
                    if row.promotion_id != found.promotion_id
                ]
                PromotionForm(self._frame, found, self._words, self._names, named, self._fill).build()
            else:
                self._told(found)
        for place, part in ((self._trial, TryPart(self._frame, found)), (self._day, WhatIfPart(self._frame, found))):
            place.clear()
            with place:
                part.build()

    def _told(self, found: Whole) -> None:
        money = Money(found.currency, found.minor_digits, self._visitor.words)
        with card():
            text(sentence(found.promotion, money), "p", "promotion-sentence")
            text(scope_words(found.promotion.scope, self._visitor.words, self._names), "p")

    async def _look_up(self, promotion: Promotion) -> None:
        """Names of the items it speaks of."""
        language = self._visitor.words.language
        self._names |= {each.id: each.title(language) for each in self._words or () if each.what == "style"}
        for item_id in items_of(promotion)[:NAMES_MAX]:
            if item_id not in self._names:
                found = await self._visitor.get("/items", ItemPage, q=item_id, limit=5)
                self._names |= {item.item_id: item.title(language) for item in found.rows}


def _words_of(found: Whole) -> tuple[bytes, int, str]:
    """What the form is made of."""
    return bytes(found.rule), found.revision, found.reason


def items_of(promotion: Promotion) -> list[str]:
    """Every item a rule names."""
    scopes: list[Scope] = [promotion.scope]
    if isinstance(promotion, BundlePrice):
        scopes += [slot.scope for slot in promotion.slots]
    found = [item for scope in scopes for item in (*scope.items, *scope.excluded_items)]
    return list(dict.fromkeys((*found, *(promotion.gift_items if isinstance(promotion, Gift) else ()))))
