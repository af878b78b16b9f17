"""Orders whose goods are held here: pick them, say what was not found, hand them over."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.draft_words import lot_words
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import big_button, box, chip, empty, text
from edge.staff_screens.stock_answers import Order, OrderLine, OrderList, PickedLine, PickOrder
from edge.staff_screens.visitor import Screens, Visitor, to_login

EVERY_SECONDS = 10.0
TONES = {"confirmed": "info", "partial": "warn", "picked": "good"}


def install(screens: Screens) -> None:
    """Add the page `/orders`."""

    @ui.page("/orders")
    def orders() -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Orders")) as frame:
            _Orders(frame)
        return None


class _Orders:
    def __init__(self, frame: Frame) -> None:
        self._frame, self._visitor = frame, frame.visitor
        self._shown: tuple[Order, ...] | None = None
        self._missing: dict[str, set[str]] = {}
        self._list = box("cards two")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _fill(self) -> None:
        found = await self._visitor.get("/v1/reservations", OrderList)
        if found.orders != self._shown:
            self._shown = found.orders
            self._show(found.now_ms)

    def _show(self, now_ms: int) -> None:
        words = self._visitor.words
        self._list.clear()
        with self._list:
            if not self._shown:
                empty(words.say("No order waits"), words.say("Orders to pick stand here."), "shopping_bag")
            for order in self._shown or ():
                self._card(order, now_ms)

    def _card(self, order: Order, now_ms: int) -> None:
        words = self._visitor.words
        with box("card", "section") as card:
            card.props["data-order"] = order.reservation_id
            with box("alert-head"):
                with box("grow"):
                    text(order.name or order.order_id, "h2")
                    text(order.order_id, "p", "hint")
                chip(words.name("reservation", order.state), TONES.get(order.state, "plain"))
            due = formats.instant(order.due_ms, self._visitor.zone, words)
            with box("chips"):
                chip(words.say("ready by {time}", time=due), "bad" if order.due_ms < now_ms else "plain")
            for line in order.lines:
                self._line(order, line)
            with box("actions"):
                if order.state == "picked":
                    big_button(words.say("Handed over"), lambda: self._hand_over(order), "done_all")
                else:
                    part = self._missing.get(order.reservation_id)
                    said = words.say("What was found stands aside") if part else words.say("All of it stands aside")
                    big_button(said, lambda: self._pick(order), "inventory")

    def _line(self, order: Order, line: OrderLine) -> None:
        words = self._visitor.words
        missing = self._missing.setdefault(order.reservation_id, set())
        with box("move") as row:
            row.props["data-item"] = line.item_id
            with box("grow"):
                text(words.either(line.name, line.name_zh), "strong")
                if line.where is not None and order.state != "picked":
                    place = words.name("place", line.where.place)
                    lot = lot_words(line.where.batch, line.where.expires, words)
                    text(f"{place} · {lot}" if lot else place, "p", "hint")
                if line.held_thousandths < line.wanted_thousandths:
                    wanted = formats.amount(line.wanted_thousandths, words, weighed=line.weighed)
                    text(words.say("{wanted} wanted", wanted=wanted), "p", "hint")
            text(formats.amount(line.held_thousandths, words, weighed=line.weighed), "span", "quantity")
            if order.state != "picked" and line.held_thousandths:
                gone = line.item_id in missing
                button = ui.button(
                    words.say("not found") if gone else words.say("found"),
                    on_click=lambda: self._toggle(order, line),
                    color=None,
                )
                button.props("unelevated no-caps").classes("filter")
                button.props["aria-pressed"] = "false" if gone else "true"

    def _toggle(self, order: Order, line: OrderLine) -> None:
        self._missing[order.reservation_id] ^= {line.item_id}
        self._show(self._visitor.now_ms)

    async def _pick(self, order: Order) -> None:
        missing = self._missing.get(order.reservation_id, set())
        lines = tuple(
            PickedLine(item_id=line.item_id, quantity_thousandths=0 if line.item_id in missing else line.held_thousandths)
            for line in order.lines
        )
        path = f"/v1/reservations/{order.reservation_id}/pick"
        await self._frame.attempt(self._visitor.send("POST", path, Order, PickOrder(lines=lines)))
        await self._frame.attempt(self._fill())

    async def _hand_over(self, order: Order) -> None:
        path = f"/v1/reservations/{order.reservation_id}/hand-over"
        await self._frame.attempt(self._visitor.send("POST", path, Order))
        await self._frame.attempt(self._fill())
