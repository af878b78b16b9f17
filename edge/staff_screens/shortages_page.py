"""What runs out: styles with broken sizes, and items under their minimum."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import box, chip, empty, text
from edge.staff_screens.stock_answers import LowItem, Shortages, SizeGap
from edge.staff_screens.visitor import Screens, Visitor, to_login


def install(screens: Screens) -> None:
    """Add the page `/shortages`."""

    @ui.page("/shortages")
    def shortages() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Running out")) as frame:
            _Shortages(frame)
        return None


class _Shortages:
    def __init__(self, frame: Frame) -> None:
        self._visitor = frame.visitor
        self._list = box("cards two")
        frame.load(self._fill, on_news=True)

    async def _fill(self) -> None:
        words = self._visitor.words
        found = await self._visitor.get("/v1/shortages", Shortages)
        self._list.clear()
        with self._list:
            if not found.gaps and not found.low:
                empty(words.say("Nothing runs out"), words.say("Broken sizes and low stock stand here."), "task_alt")
            for gap in found.gaps:
                self._gap(gap)
            for item in found.low:
                self._low(item)

    def _gap(self, gap: SizeGap) -> None:
        words = self._visitor.words
        with box("card", "section") as card:
            card.props["data-style"] = gap.style_id
            with box("alert-head"):
                ui.icon("checkroom")
                with box("grow"):
                    text(words.either(gap.name, gap.name_zh), "h2")
                    text(gap.colour, "p", "hint")
                chip(words.say("broken sizes"), "bad")
            with box("chips"):
                for size in gap.missing:
                    chip(words.say("{size}: none", size=size), "bad")
                for left in gap.left:
                    amount = formats.amount(left.on_hand_thousandths, words, weighed=False)
                    chip(f"{left.size}: {amount}", "good")
            self._since(gap.since_ms)

    def _low(self, item: LowItem) -> None:
        words = self._visitor.words
        with box("card", "section") as card:
            card.props["data-item"] = item.item_id
            with box("alert-head"):
                ui.icon("inventory_2")
                text(words.either(item.name, item.name_zh), "h2", "grow")
                chip(words.say("low"), "warn")
            left = formats.amount(item.on_hand_thousandths, words, weighed=False)
            least = formats.amount(item.minimum_thousandths, words, weighed=False)
            text(words.say("{left} left, at least {least} wanted.", left=left, least=least), "p")
            self._since(item.since_ms)
            with box("actions"):
                ui.link(words.say("Where is it?"), f"/lots?item={item.item_id}").classes("button second")

    def _since(self, since_ms: int) -> None:
        age = formats.age(max(0, self._visitor.now_ms - since_ms), self._visitor.words)
        text(self._visitor.words.say("for {age}", age=age), "p", "hint")
