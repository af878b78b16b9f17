"""What a campaign would do, and who says that it may: the check, yesterday's baskets, the second person, the button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from nicegui import ui

from cloud.console import formats
from cloud.console.answers import Zone
from cloud.console.campaign_answers import Campaign, DecisionBody, Effect, LinePage, Published, StoreEffect
from cloud.console.campaign_lines import line_row, line_table
from cloud.console.campaign_plots import effect_plot
from cloud.console.frame import Frame
from cloud.console.hq import Nothing
from cloud.console.parts import box, card, figure, new_dialog, text

FINDINGS_SHOWN = 50
STORES_SHOWN = 20
SEEN_IN_PRICES = "big_change"
"""A finding whose detail the two prices say themselves."""


class CheckPart:
    """The card that leads to publishing. `again`: what fills the page anew after a change."""

    def __init__(
        self,
        frame: Frame,
        path: str,
        campaign: Campaign,
        zones: Mapping[str, Zone],
        again: Callable[[], Awaitable[None]],
        *,
        editable: bool,
    ) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._path = path
        self._campaign = campaign
        self._zones = zones
        self._again = again
        self._editable = editable

    def build(self) -> None:
        """Make the card."""
        campaign, words = self._campaign, self._visitor.words
        say = words.say
        with card(say("What it would do")):
            if campaign.state == "draft":
                text(
                    say("A check publishes nothing. It says what would change, and what somebody else should look at."), "p"
                )
            else:
                self._figures()
                self._findings_box = box("stack")
                if campaign.findings:
                    ui.timer(0.01, self._fill_findings, once=True)
                self._effect_box = box("stack")
                ui.timer(0.01, self._fill_effect, once=True)
            self._actions()

    def _figures(self) -> None:
        say, counts = self._visitor.words.say, self._campaign.counts
        with box("figures"):
            figure(say("prices change"), str(counts.changing))
            figure(say("go up"), str(counts.rises), "bad" if counts.rises else "")
            figure(say("go down"), str(counts.cuts), "good" if counts.cuts else "")
            figure(say("are first prices"), str(counts.first_prices))
            figure(say("stay as they are"), str(counts.unchanged))
            figure(say("findings"), str(self._campaign.finding_count), "warn" if self._campaign.finding_count else "good")

    async def _fill_findings(self) -> None:
        odd = await self._frame.attempt(self._visitor.get(f"{self._path}/lines", LinePage, odd="true", limit=FINDINGS_SHOWN))
        if odd is None:
            return
        details: dict[tuple[str, str], list[str]] = {}
        for found in self._campaign.findings:
            if found.code != SEEN_IN_PRICES:
                details.setdefault((found.zone, found.item_id), []).append(found.detail)
        say = self._visitor.words.say
        self._findings_box.clear()
        with self._findings_box:
            text(say("Somebody else must have seen these"), "h3")
            with box("scroll"):
                table = line_table(self._visitor)
                for line in odd.rows:
                    line_row(table, line, self._visitor, details.get((line.zone, line.item_id), ()))
            if odd.next is not None:
                text(say("The first {n} are shown.", n=FINDINGS_SHOWN), "p", "hint")

    async def _fill_effect(self) -> None:
        found = await self._frame.attempt(self._visitor.get(f"{self._path}/effect", Effect))
        if found is None:
            return
        say = self._visitor.words.say
        self._effect_box.clear()
        with self._effect_box:
            text(say("What it would have made of the baskets of {day}", day=found.day), "h3")
            if not found.stores:
                text(say("None of these items was sold that day."), "p", "hint")
                return
            totals: dict[str, list[StoreEffect]] = {}
            for store in found.stores:
                totals.setdefault(store.currency, []).append(store)
            for stores in totals.values():
                self._total(stores)
            options = effect_plot(found.stores[:STORES_SHOWN], say("Change of revenue"))
            ui.echart(options).classes("chart")

    def _total(self, stores: Sequence[StoreEffect]) -> None:
        words = self._visitor.words
        first = stores[0]
        before, after = sum(row.before_minor for row in stores), sum(row.after_minor for row in stores)
        with box("figures"):
            figure(words.say("stores"), str(len(stores)))
            figure(words.say("receipt lines"), str(sum(row.line_count for row in stores)))
            figure(words.say("as sold"), formats.money(before, first.currency, first.minor_digits, words))
            figure(words.say("with these prices"), formats.money(after, first.currency, first.minor_digits, words))
            tone = "good" if after >= before else "bad"
            figure(words.say("difference"), formats.money(after - before, first.currency, first.minor_digits, words), tone)

    def _actions(self) -> None:
        campaign, say = self._campaign, self._visitor.words.say
        login = self._visitor.person.login if self._visitor.person else ""
        if not self._editable:
            text(say("Your role looks; it changes no prices."), "p", "hint")
            return
        if campaign.state == "awaiting_approval":
            self._approval(login)
        with box("actions"):
            if campaign.state == "draft":
                check = ui.button(say("Check"), icon="fact_check", on_click=lambda: self._do("check"))
                check.props("unelevated no-caps").classes("primary")
            elif campaign.state == "checked" and campaign.finding_count:
                ask = ui.button(say("Ask for approval"), icon="how_to_reg", on_click=lambda: self._do("approval-request"))
                ask.props("unelevated no-caps").classes("primary")
                text(say("The findings ask for a second person."), "span", "hint")
            elif campaign.state in {"checked", "approved"}:
                publish = ui.button(say("Publish"), icon="publish", on_click=self._publish)
                publish.props("unelevated no-caps").classes("primary")
            if campaign.state != "draft":
                again = ui.button(say("Check again"), icon="refresh", on_click=lambda: self._do("check"))
                again.props("outline no-caps").classes("second")
            drop = ui.button(say("Discard"), icon="delete", on_click=self._discard).props("flat no-caps")
            drop.classes("second")

    def _approval(self, login: str) -> None:
        campaign, say = self._campaign, self._visitor.words.say
        when = formats.instant(campaign.asked_at_ms, self._visitor.zone, self._visitor.words)
        text(say("{person} asked for approval, {time}.", person=campaign.asked_by, time=when), "p", "strong")
        if login in campaign.authors or login == campaign.asked_by:
            text(say("You made it: somebody else approves it."), "p", "warn-text")
            return
        note = ui.input(say("What you want to say")).props("outlined dense maxlength=200")
        with box("actions"):
            yes = ui.button(say("Approve"), icon="check", on_click=lambda: self._decide(str(note.value or ""), yes=True))
            yes.props("unelevated no-caps").classes("primary")
            back = ui.button(say("Send back"), icon="undo", on_click=lambda: self._decide(str(note.value or ""), yes=False))
            back.props("outline no-caps").classes("second")

    async def _do(self, verb: str) -> None:
        sending = self._visitor.send_slow("POST", f"{self._path}/{verb}", Campaign, key=self._visitor.new_key())
        if await self._frame.attempt(sending) is not None:
            await self._frame.attempt(self._again())

    async def _decide(self, note: str, *, yes: bool) -> None:
        body = DecisionBody(approve=yes, note=note)
        sending = self._visitor.send("POST", f"{self._path}/decision", Campaign, body, key=self._visitor.new_key())
        if await self._frame.attempt(sending) is not None:
            await self._frame.attempt(self._again())

    async def _discard(self) -> None:
        if await self._frame.attempt(self._visitor.send("DELETE", self._path, Nothing)) is not None:
            ui.navigate.to("/campaigns")

    def _publish(self) -> None:
        words = self._visitor.words
        say, campaign = words.say, self._campaign
        key = self._visitor.new_key()

        async def go() -> None:
            button.props("loading")
            sending = self._visitor.send_slow("POST", f"{self._path}/publish", Published, key=key)
            done = await self._frame.attempt(sending)
            button.props(remove="loading")
            if done is not None:
                dialog.close()
                await self._frame.attempt(self._again())

        with new_dialog() as dialog, box("dialog small card"):
            title = words.say_many("Publish {n} price?", "Publish {n} prices?", campaign.counts.changing)
            text(title, "h2")
            first = campaign.rings[0]
            where = say("all stores") if first.reach == "all" else ", ".join((*first.stores, *first.regions))
            text(
                say("It goes to {where} first.", where=where) if len(campaign.rings) > 1 else say("It goes to all stores."),
                "p",
            )
            if campaign.starts_at_ms is not None:
                when = formats.instant(campaign.starts_at_ms, self._visitor.zone, words)
                text(say("The prices wait in the stores and start {time}.", time=when), "p")
            with box("actions end"):
                ui.button(say("Back"), on_click=dialog.close).props("flat no-caps")
                button = ui.button(say("Publish"), icon="publish", on_click=go).props("unelevated no-caps autofocus")
                button.classes("primary")
        dialog.on("hide", dialog.delete)
        dialog.open()
