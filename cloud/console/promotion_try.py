"""A sample basket, priced by the till's engine with what is live and with this promotion beside it; the trace in words."""

from __future__ import annotations

from nicegui import ui

from cloud.console import formats
from cloud.console.answers import Item
from cloud.console.frame import Frame, refusal
from cloud.console.hq import Problem
from cloud.console.item_search import ItemSearch
from cloud.console.parts import Column, Table, box, card, chip, empty, figure, new_dialog, text
from cloud.console.promotion_answers import Preview, PreviewBody, Priced, SampleLine, Whole
from cloud.console.promotion_words import Money, hint_words, reason_words


class TryPart:
    """The card with the basket. Begins with the smallest basket the promotion works on."""

    def __init__(self, frame: Frame, whole: Whole) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._whole = whole
        self._money = Money(whole.currency, whole.minor_digits, self._visitor.words)
        self._pieces: dict[str, int] = {}
        self._groups = whole.promotion.customer_groups
        self._own = False

    def build(self) -> None:
        """Make the card."""
        say = self._visitor.words.say
        with card(say("Try it on a basket"), "promotion-try"):
            with box("actions"):
                find = ui.button(say("Add goods"), icon="add", on_click=self._find).props("outline no-caps")
                find.classes("second")
                sample = ui.button(say("The smallest basket"), icon="shopping_basket", on_click=self._sample)
                sample.props("flat no-caps").classes("second")
                self._member = ui.checkbox(say("a member"), value=True, on_change=self._fill)
            self._result = box("stack")
        ui.timer(0.01, self._fill, once=True)

    async def _sample(self) -> None:
        self._own, self._pieces = False, {}
        await self._fill()

    async def _fill(self) -> None:
        lines = tuple(SampleLine(item_id=item, pieces=pieces) for item, pieces in self._pieces.items() if pieces)
        if self._own and not lines:
            self._own = False
        member = bool(self._member.value)
        body = PreviewBody(
            zone=self._whole.zone,
            rule=self._whole.rule,
            lines=lines if self._own else (),
            groups=self._groups if member else (),
            member=member,
            coupons=(self._whole.promotion_id,) if self._whole.kind == "coupon" else (),
        )
        sending = self._visitor.send_slow("POST", "/promotion-previews", Preview, body)
        found = await self._frame.attempt(sending, on_refused=self._refused)
        if found is None:
            return
        if not self._own:
            self._pieces = {}
            for line in found.lines:
                self._pieces[line.item_id] = self._pieces.get(line.item_id, 0) + line.pieces
        self._result.clear()
        with self._result:
            self._draw(found)

    def _refused(self, problem: Problem) -> None:
        """The rule is not ready yet: say it here, in place of a basket."""
        self._result.clear()
        with self._result:
            text(refusal(problem, self._visitor.words), "p", "warn-text")

    def _draw(self, found: Preview) -> None:
        say = self._visitor.words.say
        if not found.lines or found.draft is None:
            empty(say("No goods to try it on"), say("Choose goods that have a price in this zone."), "shopping_basket")
            return
        listed = sum(line.list_minor for line in found.lines)
        with box("figures"):
            figure(say("without promotions"), self._money(listed))
            figure(say("with what is live"), self._money(found.live.total_minor))
            tone = "good" if found.draft.total_minor < found.live.total_minor else ""
            figure(say("with this one"), self._money(found.draft.total_minor), tone)
        with box("scroll"):
            columns = [Column(say("Item")), Column(say("Pieces"), True), Column(say("without promotions"), True)]
            table = Table([*columns, Column(say("with what is live"), True), Column(say("with this one"), True)])
            for line in found.lines:
                row = table.row()
                row.cell(f"{line.title(self._visitor.words.language)} ({line.item_id})")
                with row.cell():
                    self._count(line.item_id, line.pieces)
                row.cell(self._money(line.list_minor))
                row.cell(self._money(line.live_minor))
                row.cell(self._money(line.draft_minor), "price-down" if line.draft_minor < line.live_minor else "")
        self._trace(found.draft)

    def _count(self, item_id: str, pieces: int) -> None:
        say = self._visitor.words.say

        async def change(by: int) -> None:
            self._own = True
            self._pieces[item_id] = max(0, self._pieces.get(item_id, pieces) + by)
            await self._fill()

        with box("stepper"):
            for icon, by, label in (("remove", -1, say("one less")), ("add", 1, say("one more"))):
                if by > 0:
                    text(str(pieces), "span", "strong")
                button = ui.button(icon=icon, on_click=lambda _, by=by: change(by)).props("flat dense round")
                button.props["aria-label"] = label

    def _trace(self, priced: Priced) -> None:
        words = self._visitor.words
        say = words.say
        with box("trace"):
            for applied in priced.applied:
                with box("placed-row"):
                    chip(words.say_many("{n} time", "{n} times", applied.times), "good")
                    text(
                        say(
                            "{name} saves {amount}",
                            name=applied.title(words.language),
                            amount=self._money(applied.saved_minor),
                        )
                    )
            for left in priced.considered:
                with box("placed-row"):
                    chip(say("not given"))
                    text(f"{left.title(words.language)}: {reason_words(left, self._money)}", "span", "hint")
            for hint in (each for each in priced.hints if each.save_minor > 0):
                with box("placed-row"):
                    chip(say("hint"), "info")
                    text(f"{hint.title(words.language)}: {hint_words(hint, self._money)}", "span")
            if not priced.proved:
                text(say("The best price is not proven for this basket."), "p", "warn-text")

    def _find(self) -> None:
        say = self._visitor.words.say
        with new_dialog() as dialog, box("dialog card"):
            text(say("Add goods"), "h2")

            async def take(item: Item) -> None:
                self._own = True
                self._pieces[item.item_id] = self._pieces.get(item.item_id, 0) + 1
                await self._fill()
                self._frame.notice(say("Added: {name}", name=item.title(self._visitor.words.language)))

            ItemSearch(self._frame, take)
            with box("actions end"):
                ui.button(say("Done"), on_click=dialog.close).props("unelevated no-caps").classes("primary")
        dialog.on("hide", dialog.delete)
        dialog.open()


def told_share(part: int, whole: int) -> str:
    """A share in percent, for figures; a dash for none."""
    return formats.DASH if not whole else f"{part * 100 / whole:.1f} %"
