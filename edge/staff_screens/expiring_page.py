"""What reaches its date: the batch to put out and sell first, price cuts proposed, what has to leave the shelf."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.draft_words import lot_words
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import box, chip, empty, text
from edge.staff_screens.stock_answers import Expiring, ExpiringList
from edge.staff_screens.visitor import Screens, Visitor, to_login
from edge.staff_screens.words import Words

EVERY_SECONDS = 60.0


def install(screens: Screens) -> None:
    """Add the page `/expiring`."""

    @ui.page("/expiring")
    def expiring() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Dates")) as frame:
            _Expiring(frame)
        return None


def left_words(days_left: int, words: Words) -> str:
    """How long a batch still lasts."""
    if days_left < 0:
        return words.say_many("{n} day past its date", "{n} days past its date", -days_left)
    if days_left == 0:
        return words.say("its last day")
    return words.say_many("{n} day left", "{n} days left", days_left)


class _Expiring:
    def __init__(self, frame: Frame) -> None:
        self._visitor = frame.visitor
        self._list = box("cards two")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        words = self._visitor.words
        found = await self._visitor.get("/v1/expiring", ExpiringList)
        self._list.clear()
        with self._list:
            if not found.lots:
                empty(
                    words.say("Nothing reaches its date"),
                    words.say("Batches near their date stand here."),
                    "event_available",
                )
            for lot in found.lots:
                self._card(lot)

    def _card(self, lot: Expiring) -> None:
        words = self._visitor.words
        with box("card", "section") as card:
            card.props["data-item"] = lot.item_id
            with box("alert-head"):
                text(words.either(lot.name, lot.name_zh), "h2", "grow")
                chip(left_words(lot.days_left, words), "bad" if lot.days_left <= 0 else "warn")
            with box("figures"), box("figure"):
                text(formats.amount(lot.on_hand_thousandths, words, weighed=lot.weighed), "strong")
                text(words.name("place", lot.place))
            text(lot_words(lot.batch, lot.expires, words), "p", "hint")
            with box("chips"):
                if lot.off_bp:
                    percent = words.say("{percent} % off", percent=lot.off_bp // 100)
                    chip(percent, "good" if lot.proposed else "info")
                    text(
                        words.say("proposed to headquarters") if lot.proposed else words.say("is being proposed"),
                        "span",
                        "hint",
                    )
                elif lot.days_left < 0:
                    chip(words.say("Take it off the shelf"), "bad")
            with box("actions"):
                ui.link(words.say("Where is it?"), f"/lots?item={lot.item_id}").classes("button second")
                if lot.days_left < 0:
                    ui.link(words.say("Write off"), "/write_off").classes("button second")
