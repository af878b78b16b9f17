"""Tagged goods at the doors: what nobody could tell first, then what came in and what went out."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.answers import DismissTag, Item, OpenTag, OpenTags, PortalLeavings, PortalReceipts
from edge.staff_screens.box import Refused
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import big_button, box, chip, empty, text
from edge.staff_screens.visitor import Screens, Visitor, to_login

EVERY_SECONDS = 3.0
SHOWN_MAX = 20


def install(screens: Screens) -> None:
    """Add the page `/doors`."""

    @ui.page("/doors")
    def doors() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Doors")) as frame:
            _Doors(frame)
        return None


class _Doors:
    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._names: dict[str, str] = {}
        self._shown: object = None
        self._list = box("cards two")
        self._list.props["aria-live"] = "polite"
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        visitor = self._visitor
        tags = (await visitor.get("/v1/rfid/open", OpenTags)).tags
        came = (await visitor.get("/v1/rfid/receipts", PortalReceipts)).receipts[:SHOWN_MAX]
        left = (await visitor.get("/v1/rfid/left", PortalLeavings)).left[:SHOWN_MAX]
        shown = (tags, came, left)
        if shown == self._shown:
            return
        received = {line.item_id for receipt in came for line in receipt.lines}
        await self._learn_names(received | {line.item_id for passage in left for line in passage.lines})
        self._shown = shown
        self._list.clear()
        with self._list:
            if not (tags or came or left):
                say = visitor.words.say
                empty(say("No tagged goods yet"), say("What goes through a door with a reader shows here."), "sensor_door")
            for tag in tags[:SHOWN_MAX]:
                self._open_card(tag)
            for receipt in came:
                counts = [(line.item_id, line.gtin, line.quantity_thousandths) for line in receipt.lines]
                self._card("call_received", visitor.words.say("Came in"), receipt.device_id, receipt.at_ms, counts)
            for passage in left:
                counts = [(line.item_id, line.gtin, 1_000) for line in passage.lines]
                self._card("call_made", visitor.words.say("Went out"), passage.device_id, passage.at_ms, counts)

    async def _learn_names(self, item_ids: set[str]) -> None:
        for item_id in item_ids - self._names.keys() - {""}:
            try:
                item = await self._visitor.get(f"/v1/items/{item_id}", Item)
            except Refused:  # no longer in the catalogue: its number must do
                self._names[item_id] = item_id
            else:
                self._names[item_id] = self._visitor.words.either(item.name, item.name_zh)

    def _open_card(self, tag: OpenTag) -> None:
        words = self._visitor.words

        async def dismiss() -> None:
            done = self._visitor.send("POST", "/v1/rfid/open/dismiss", OpenTags, DismissTag(epc=tag.epc))
            if await self._frame.attempt(done) is not None:
                await self._frame.attempt(self._fill())

        with box("card alert") as card:
            card.props["data-tag"] = tag.epc
            with box("alert-head"):
                ui.icon("help")
                with box("grow"):
                    text(words.name("tag_state", tag.state), "h2")
                    text(tag.epc, "p", "hint")
                    text(self._since(tag.device_id, tag.seen_at_ms), "p", "hint")
            if self._visitor.may("stock"):
                big_button(words.say("Looked at"), dismiss, "done", "second")

    def _card(self, icon: str, title: str, door: str, at_ms: int, lines: list[tuple[str, str, int]]) -> None:
        words = self._visitor.words
        with box("card device"):
            with box("alert-head"):
                ui.icon(icon)
                with box("grow"):
                    text(title, "h2")
                    text(self._since(door, at_ms), "p", "hint")
                total = sum(quantity for _, _, quantity in lines)
                chip(formats.amount(total, words, weighed=False), "info")
            sums: dict[str, int] = {}
            for item_id, gtin, quantity in lines:
                name = self._names.get(item_id) or gtin or words.say("unknown goods")
                sums[name] = sums.get(name, 0) + quantity
            for name, quantity in sums.items():
                text(f"{formats.amount(quantity, words, weighed=False)} × {name}", "p")

    def _since(self, door: str, at_ms: int) -> str:
        return f"{door} · {formats.instant(at_ms, self._visitor.zone, self._visitor.words)}"
