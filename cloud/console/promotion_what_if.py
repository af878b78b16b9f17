"""A past day's baskets priced again with this promotion: some hundred at a call, with the way gone so far."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from nicegui import ui

from cloud.console.chain_tabs import stores_of
from cloud.console.frame import Frame
from cloud.console.parts import Column, Table, box, card, empty, figure, text
from cloud.console.promotion_answers import Day, OfferSums, Sums, WhatIf, WhatIfBody, Whole
from cloud.console.promotion_plots import what_if_plot
from cloud.console.promotion_try import told_share
from cloud.console.promotion_words import Money

CALLS_MAX = 200
STORES_DRAWN = 20
ADDED = tuple(field.name for field in msgspec.structs.fields(Sums) if field.name != "store_id")
OFFERS_ADDED = ("live_times", "live_saved_minor", "draft_times", "draft_saved_minor")


class WhatIfPart:
    """The card of a replay. Nothing is kept: a page that is closed ends it."""

    def __init__(self, frame: Frame, whole: Whole) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._whole = whole
        self._money = Money(whole.currency, whole.minor_digits, self._visitor.words)
        self._running = 0

    def build(self) -> None:
        """Make the card."""
        say = self._visitor.words.say
        with card(say("What it would have made of a day"), "promotion-what-if"):
            with box("actions"):
                self._day = ui.select({}, label=say("Day")).props("outlined dense").classes("store-select")
                self._stores = ui.select({}, label=say("Stores (none: all)"), multiple=True, with_input=True)
                self._stores.props("outlined dense use-chips clearable").classes("grow select")
                self._members = ui.checkbox(say("members are in every group"), value=True)
                self._button = ui.button(say("Price the day again"), icon="replay", on_click=self._run)
                self._button.props("outline no-caps").classes("second")
            self._progress = ui.linear_progress(value=0, show_value=False).props("instant-feedback")
            self._progress.set_visibility(False)
            self._result = box("stack")
        ui.timer(0.01, self._begin, once=True)

    async def _begin(self) -> None:
        days = await self._frame.attempt(self._visitor.get("/promotion-days", list[Day], zone=self._whole.zone))
        stores = await self._frame.attempt(stores_of(self._visitor))
        if days is None or stores is None:
            return
        words = self._visitor.words
        self._names = {each.store_id: each.name for each in stores if each.zone == self._whole.zone}
        self._stores.set_options({key: f"{name} ({key})" for key, name in self._names.items()})
        if not days:
            self._button.set_enabled(False)
            with self._result:
                empty(words.say("No sales yet"), words.say("A day with sales is needed."), "receipt_long")
            return
        titles = {each.day: f"{each.day} · {words.say_many('{n} sale', '{n} sales', each.sales)}" for each in days}
        self._day.set_options(titles, value=days[0].day)

    async def _run(self) -> None:
        self._running += 1
        mine, after = self._running, None
        sums: dict[str, Sums] = {}
        offers: dict[str, OfferSums] = {}
        self._button.props("loading")
        self._progress.set_visibility(True)
        for _ in range(CALLS_MAX):
            body = WhatIfBody(
                day=str(self._day.value),
                stores=tuple(self._stores.value or ()),
                members=bool(self._members.value),
                after=after,
            )
            path = f"/promotions/{self._whole.promotion_id}/what-if"
            found = await self._frame.attempt(self._visitor.send_slow("POST", path, WhatIf, body))
            if found is None or mine != self._running:
                break
            add_up(sums, offers, found)
            done = sum(each.baskets for each in sums.values())
            self._progress.set_value(done / max(found.total, 1))
            self._show(found, list(sums.values()), list(offers.values()), done)
            after = found.next
            if after is None:
                break
        self._progress.set_visibility(False)
        self._button.props(remove="loading")

    def _show(self, found: WhatIf, sums: Sequence[Sums], offers: Sequence[OfferSums], done: int) -> None:
        words = self._visitor.words
        say = words.say
        whole = total_of(sums)
        self._result.clear()
        with self._result:
            if not done:
                empty(say("No sales that day"), say("Choose another day or other stores."), "receipt_long")
                return
            if done < found.total:
                text(say("{n} of {all} baskets so far", n=done, all=found.total), "p", "hint")
            self._figures(whole)
            shown = sorted(sums, key=lambda each: each.live_minor - each.draft_minor, reverse=True)[:STORES_DRAWN]
            names = (say("with what is live"), say("with this one"))
            ui.echart(what_if_plot(shown, self._names, self._whole.minor_digits, names)).classes("chart tall")
            self._offers(offers)
            with ui.expansion(say("What is assumed")).classes("expansion"), ui.element("ul").classes("assumed"):
                for code in found.assumed:
                    text(words.name("promotion_assumed", code), "li")

    def _figures(self, whole: Sums) -> None:
        say, money = self._visitor.words.say, self._money
        with box("figures"):
            figure(say("baskets"), str(whole.baskets))
            figure(say("baskets with this promotion"), f"{whole.uses} ({told_share(whole.uses, whole.baskets)})")
            figure(say("baskets that change"), str(whole.touched))
            figure(say("as sold"), money(whole.sold_minor))
            figure(say("revenue with what is live"), money(whole.live_minor))
            change = whole.draft_minor - whole.live_minor
            figure(say("change of revenue"), money(change), "bad" if change < 0 else "good")
            if whole.margin_lines:
                change = whole.draft_margin_minor - whole.live_margin_minor
                figure(say("change of margin"), money(change), "bad" if change < 0 else "good")
        told = [
            say(
                "Margins count {n} of {all} receipt lines: those whose cost is known.", n=whole.margin_lines, all=whole.lines
            )
        ]
        if whole.unproved:
            told.append(say("{n} baskets are not proven the best price.", n=whole.unproved))
        if whole.too_large:
            told.append(say("{n} baskets are too large and stay as sold.", n=whole.too_large))
        text(" ".join(told), "p", "hint")

    def _offers(self, offers: Sequence[OfferSums]) -> None:
        say, money = self._visitor.words.say, self._money
        if not offers:
            return
        columns = [Column(say("Promotion")), Column(say("times now"), True), Column(say("saves now"), True)]
        table = Table([*columns, Column(say("times then"), True), Column(say("saves then"), True)])
        for each in sorted(offers, key=lambda each: -max(each.live_saved_minor, each.draft_saved_minor)):
            row = table.row()
            row.cell(
                each.title(self._visitor.words.language), "strong" if each.promotion_id == self._whole.promotion_id else ""
            )
            row.cell(str(each.live_times))
            row.cell(money(each.live_saved_minor))
            row.cell(str(each.draft_times))
            row.cell(money(each.draft_saved_minor))


def add_up(sums: dict[str, Sums], offers: dict[str, OfferSums], found: WhatIf) -> None:
    """Add the answer to what is there."""
    for each in found.stores:
        store = sums.setdefault(each.store_id, Sums(store_id=each.store_id))
        for name in ADDED:
            setattr(store, name, getattr(store, name) + getattr(each, name))
    for offer in found.offers:
        empty_one = OfferSums(promotion_id=offer.promotion_id, name=offer.name, name_zh=offer.name_zh)
        known = offers.setdefault(offer.promotion_id, empty_one)
        for name in OFFERS_ADDED:
            setattr(known, name, getattr(known, name) + getattr(offer, name))


def total_of(sums: Sequence[Sums]) -> Sums:
    """All stores together."""
    whole = Sums(store_id="")
    for each in sums:
        for name in ADDED:
            setattr(whole, name, getattr(whole, name) + getattr(each, name))
    return whole
