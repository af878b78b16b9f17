"""What an item cost in a zone or a store, what it will cost as planned, and the log that says who decided it."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Item
from cloud.console.chain_answers import StoresInRegions
from cloud.console.frame import Frame, page
from cloud.console.item_search import ItemSearch
from cloud.console.parts import Column, Table, box, card, chip, empty, figure, link, text
from cloud.console.price_answers import LogLine, PriceLog, Step, Timeline, ZoneRules
from cloud.console.price_plot import price_plot
from cloud.console.visitor import Console, Visitor, to_login

DAYS = (30, 90, 365)
AHEAD = 30
LOG_ROWS = 30
STORES_MAX = 500


def install(console: Console) -> None:
    """Add the page `/prices/timeline`."""

    @ui.page("/prices/timeline")
    def timeline(item: str = "", place: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "prices", say("Price timeline"), back=(say("Prices"), "/prices")) as frame:
            _TimelinePage(frame, item, place)
        return None


class _TimelinePage:
    def __init__(self, frame: Frame, item_id: str, place: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._item_id = item_id
        self._wanted = place
        say = self._visitor.words.say
        with box("two-panes" + (" chosen" if item_id else "")) as self._panes:
            with box("pane-list"), card():
                self._search = ItemSearch(frame, self._chosen)
            with box("pane-detail"):
                with card(), box("actions"):
                    self._place = ui.select({}, label=say("Zone or store"), with_input=True, on_change=self._again)
                    self._place.props("outlined dense").classes("select grow")
                    spans = {days: self._visitor.words.say_many("{n} day", "{n} days", days) for days in DAYS}
                    self._days = ui.toggle(spans, value=DAYS[1], on_change=self._again)
                    self._days.props("unelevated no-caps").classes("toggle")
                self._body = box("stack")
        self._search.mark(item_id)
        frame.load(self._fill)

    async def _chosen(self, item: Item) -> None:
        self._item_id = item.item_id
        self._panes.classes(add="chosen")
        await self._again()

    async def _fill(self) -> None:
        words = self._visitor.words
        zones = await self._visitor.get("/zones", list[ZoneRules])
        stores = await self._visitor.get("/store-names", StoresInRegions, limit=STORES_MAX)
        options = {f"zone:{zone.zone}": words.say("zone {zone}", zone=zone.zone) for zone in zones}
        options |= {f"store:{store.store_id}": f"{store.name} ({store.store_id})" for store in stores.rows}
        value = self._place.value or (self._wanted if self._wanted in options else next(iter(options), None))
        self._place.set_options(options, value=value)
        await self._show()

    async def _again(self) -> None:
        if self._item_id and self._place.value:
            ui.navigate.history.replace(f"/prices/timeline?item={self._item_id}&place={self._place.value}")
        await self._frame.attempt(self._show())

    async def _show(self) -> None:
        visitor, words, item_id = self._visitor, self._visitor.words, self._item_id
        kind, _, name = str(self._place.value or "").partition(":")
        if not item_id or not name:
            self._body.clear()
            with self._body, card():
                empty(words.say("Choose a product"), words.say("Press / to search, arrows and Enter to choose."), "timeline")
            return
        item = await visitor.get(f"/items/{item_id}", Item)
        found = await visitor.get(
            f"/items/{item_id}/price-timeline",
            Timeline,
            zone=name if kind == "zone" else None,
            store_id=name if kind == "store" else None,
            days=int(self._days.value or DAYS[1]),
            ahead=AHEAD,
        )
        log = await visitor.get(f"/items/{item_id}/price-log", PriceLog, limit=LOG_ROWS)
        if item_id != self._item_id:
            return
        self._body.clear()
        with self._body:
            self._told(item, found)
            self._log(found, log.rows)

    def _told(self, item: Item, found: Timeline) -> None:
        words = self._visitor.words
        say = words.say
        now_ms = self._visitor.now_ms
        with card(item.title(words.language)):
            now = next((step for step in found.steps if step.from_ms <= now_ms < step.to_ms), None)
            with box("figures"):
                figure(say("Price now"), self._money(None if now is None else now.price_minor, found))
                figure(say("lowest of the last 30 days"), self._money(found.lowest_30_days_minor, found))
            if any(step.price_minor is not None for step in found.steps):
                plot = price_plot(found, now_ms, name=say("Price"), now=say("Price now"))
                chart = ui.echart(plot).classes("chart chart-tall")
                chart.props["role"] = "img"
                chart.props["aria-label"] = say("Price timeline")
            self._steps(found)
            link(say("Change the price"), f"/prices?item={item.item_id}")

    def _steps(self, found: Timeline) -> None:
        words, visitor = self._visitor.words, self._visitor
        say = words.say
        columns = [Column(say("From")), Column(say("Until")), Column(say("Price"), True), Column(say("Compared with"), True)]
        table = Table([*columns, Column(say("Price book")), Column(say("Revision"), True)])
        for step in reversed(found.steps):
            row = table.row()
            row.cell(formats.instant(step.from_ms, visitor.zone, words))
            row.cell(formats.instant(None if self._open(step, found) else step.to_ms, visitor.zone, words))
            row.cell(self._money(step.price_minor, found) if step.price_minor is not None else say("no price"), "strong")
            row.cell(self._money(step.was_minor, found))
            with row.cell(classes="chips"):
                if step.book_id is not None:
                    link(step.book_id, f"/prices/books/{step.book_id}").style("margin-right: 8px")
                    if step.price_kind not in (None, "regular"):
                        chip(words.name("price kind", str(step.price_kind)), "info")
            row.cell(str(step.revision or formats.DASH))

    def _open(self, step: Step, found: Timeline) -> bool:
        """The last stretch ends where we stopped looking."""
        return step is found.steps[-1]

    def _log(self, found: Timeline, rows: Sequence[LogLine]) -> None:
        words, visitor = self._visitor.words, self._visitor
        say = words.say
        with card(say("Price log")):
            text(say("Everything that was ever decided about this item's prices; nothing in it is changed."), "p", "hint")
            if not rows:
                empty(say("No price so far"), "", "history")
                return
            table = Table(
                [
                    Column(say("When")),
                    Column(say("What")),
                    Column(say("Price book")),
                    Column(say("Revision"), True),
                    Column(say("Price"), True),
                    Column(say("From")),
                    Column(say("Until")),
                    Column(say("Who")),
                    Column(say("Reason")),
                ]
            )
            tones = {"published": "good", "recalled": "bad", "approved": "info"}
            for line in rows:
                row = table.row()
                row.cell(formats.instant(line.at_ms, visitor.zone, words))
                with row.cell():
                    chip(words.name("price event", line.what), tones.get(line.what, "plain"))
                row.cell(line.book_id)
                row.cell(str(line.revision))
                row.cell(self._money(line.price_minor, found))
                starts = line.effective_from_ms
                row.cell(formats.instant(starts, visitor.zone, words) if starts else say("the start"))
                row.cell(formats.instant(line.effective_to_ms, visitor.zone, words))
                row.cell(line.person)
                row.cell(line.reason)

    def _money(self, minor: int | None, found: Timeline) -> str:
        return formats.money(minor, found.currency, found.minor_digits, self._visitor.words)
