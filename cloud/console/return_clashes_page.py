"""Goods that came back more often than they were sold, because a store could not ask."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console.formats import instant
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, chip, empty, link, text
from cloud.console.return_answers import ReturnClash, ReturnClashes
from cloud.console.till_tabs import tabs
from cloud.console.visitor import Console, Visitor, to_login

DAYS = (30, 90, 365)


def install(console: Console) -> None:
    """Add the page `/return-clashes`."""

    @ui.page("/return-clashes")
    def clashes() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "tills", visitor.words.say("Return clashes")) as frame:
            tabs(visitor, "return_clashes")
            _Clashes(frame)
        return None


class _Clashes:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        words = self._visitor.words
        with card(words.say("Came back more often than sold")):
            said = words.say(
                "A store took goods back while it could not ask headquarters. Both returns stand; look at each."
            )
            text(said, "p", "hint")
            spans = {days: words.say("the last {n} days", n=days) for days in DAYS}
            self._days = ui.select(spans, label=words.say("Returned in"), value=DAYS[1], on_change=self._changed)
            self._days.props("outlined dense").classes("select")
            self._rows = box("")
        frame.load(self._fill, every_seconds=30)

    async def _changed(self) -> None:
        await self._frame.attempt(self._fill())

    async def _fill(self) -> None:
        say = self._visitor.words.say
        found = await self._visitor.get("/return-clashes", ReturnClashes, days=int(self._days.value))
        self._rows.clear()
        with self._rows:
            if not found.rows:
                empty(say("No clash"), say("Nothing came back more often than it was sold."), "task_alt")
                return
            titles = (say("Last return"), say("Item"), say("Sold by"), say("Sold"), say("Came back"), say("Returns"))
            table = Table([Column(title, place in {3, 4}) for place, title in enumerate(titles)])
            for clash in found.rows:
                self._row(table, clash)
            if found.cut:
                text(say("The first {n} are shown.", n=len(found.rows)), "p", "hint")

    def _row(self, table: Table, clash: ReturnClash) -> None:
        words = self._visitor.words
        row = table.row()
        row.cell(instant(clash.at_ms, self._visitor.zone, words))
        with row.cell(classes="name-cell"):
            text(clash.name or "–", "div")
            text(clash.item_id, "div", "hint")
        with row.cell(classes="name-cell"):
            link(clash.sold_store_id, f"/stores/{clash.sold_store_id}")
            link(words.say("the sale"), f"/sales/{clash.sold_store_id}/{clash.sale_id}", "hint")
        row.cell(words.say("not arrived yet") if clash.sold is None else str(clash.sold))
        with row.cell():
            chip(str(clash.returned), "bad")
        with row.cell(classes="name-cell"):
            for each in clash.returns:
                text(each, "div", "hint")
