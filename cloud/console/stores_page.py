"""The whole chain on one page: every store with what is wrong with it in words, the worst first, live."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Zone
from cloud.console.chain_tabs import RegionFilter
from cloud.console.frame import Frame, page
from cloud.console.glance_answers import GlancePage, GlanceRow, SalesByHour, Totals
from cloud.console.glance_words import OLD_FACT_MS, reasons
from cloud.console.parts import Column, Table, box, card, chip, empty, figure, link, text
from cloud.console.plots import health_bar, sparkline
from cloud.console.visitor import Console, Visitor, to_login

EVERY_SECONDS = 5.0
SALES_EVERY_MS = 60_000
ROWS = 50
ROWS_MAX = 200
"""More than these are found by searching, by zone or by region."""


def install(console: Console) -> None:
    """Add the page `/`."""

    @ui.page("/")
    def stores(zone: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "stores", visitor.words.say("Stores")) as frame:
            _StoresPage(frame, zone)
        return None


class _StoresPage:
    def __init__(self, frame: Frame, zone: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._rows: tuple[GlanceRow, ...] = ()
        self._wanted = ROWS
        self._more = False
        self._sales: dict[str, tuple[int, ...]] = {}
        self._sales_at_ms = 0
        self._drawn: object = None
        self._zone_first = zone
        self._build()
        frame.load(self._begin)
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    def _build(self) -> None:
        say = self._visitor.words.say
        with card(classes="glance-head"):
            with box("figures"):
                self._online = figure(say("stores online"), formats.DASH)
                self._bad = figure(say("need somebody now"), formats.DASH)
                self._devices = figure(say("devices down"), formats.DASH)
                self._labels = figure(say("labels without their price"), formats.DASH)
                self._waiting = figure(say("oldest fact not yet here"), formats.DASH)
                self._alarms = figure(say("alarms"), formats.DASH)
            self._health = ui.echart(health_bar([])).classes("health")
            self._health.props["aria-label"] = say("How the stores do")
        with card():
            with box("actions"):
                with box("search narrow-search grow"):
                    self._find = ui.input(placeholder=say("Find a store"), on_change=self._changed).props(
                        "outlined dense clearable debounce=250"
                    )
                    self._find.props["aria-label"] = say("Find a store")
                    with self._find.add_slot("prepend"):
                        ui.icon("search")
                self._region = RegionFilter(self._visitor, self._changed)
                self._zone = ui.select({"": say("All zones")}, value="", label=say("Zone"), on_change=self._changed)
                self._zone.props("outlined dense").classes("select store-select")
            self._list = box("")
            self._next = ui.button(say("Show more"), on_click=self._show_more).props("flat no-caps").classes("second")
            self._next.set_visibility(False)

    async def _begin(self) -> None:
        zones = [zone.zone for zone in await self._visitor.get("/zones", list[Zone])]
        options = {"": self._visitor.words.say("All zones")} | {zone: zone for zone in zones}
        self._zone.set_options(options, value=self._zone_first if self._zone_first in options else "")
        self._zone.set_visibility(len(zones) > 1)
        await self._region.fill()

    async def _changed(self) -> None:
        self._wanted = ROWS
        await self._frame.attempt(self._fill())

    async def _show_more(self) -> None:
        self._wanted = min(ROWS_MAX, self._wanted + ROWS)
        await self._frame.attempt(self._fill())

    async def _fill(self) -> None:
        zone, region_id, find = self._zone.value or None, self._region.chosen, (self._find.value or "").strip()
        totals = await self._visitor.get("/glance/totals", Totals, zone=zone, region_id=region_id)
        found = await self._visitor.get(
            "/glance/stores", GlancePage, zone=zone, region_id=region_id, find=find, limit=self._wanted
        )
        self._rows, self._more = found.rows, found.next is not None
        await self._fill_sales()
        self._figures(totals)
        self._draw()

    async def _fill_sales(self) -> None:
        """Now and then, and when other stores are shown."""
        ids = [row.store_id for row in self._rows]
        due = self._visitor.now_ms - self._sales_at_ms >= SALES_EVERY_MS
        if ids and (due or not set(ids) <= set(self._sales)):
            got = await self._visitor.get("/glance/sales", SalesByHour, store_id=ids)
            self._sales = {row.store_id: row.sales for row in got.rows}
            self._sales_at_ms = self._visitor.now_ms

    def _figures(self, totals: Totals) -> None:
        words = self._visitor.words
        self._online.set_text(f"{totals.online} / {totals.stores}")
        for element, count, tone in (
            (self._bad, totals.bad, "bad"),
            (self._devices, totals.devices_down, "bad"),
            (self._labels, totals.labels_unshown, "warn"),
            (self._alarms, totals.alarms, "bad"),
        ):
            element.set_text(str(count))
            element.classes(add=tone if count else "", remove="" if count else tone)
        age = totals.oldest_waiting_ms
        old = (age or 0) > OLD_FACT_MS
        self._waiting.set_text(words.say("none") if age is None else formats.age(age, words))
        self._waiting.classes(add="warn" if old else "", remove="" if old else "warn")
        fine = totals.stores - totals.bad - totals.attention
        counts = [
            ("bad", words.say("need somebody now"), totals.bad),
            ("attention", words.say("worth a look"), totals.attention),
            ("fine", words.say("all is well"), fine),
        ]
        options = health_bar(counts)
        if options["series"] != self._health.options["series"]:
            self._health.options.clear()
            self._health.options.update(options)
            self._health.update()

    def _draw(self) -> None:
        words, now_ms = self._visitor.words, self._visitor.now_ms
        drawn = [(row.store_id, row.name, row.level, reasons(row, words, now_ms)) for row in self._rows]
        state = (drawn, tuple(self._sales.items()), self._more)
        if state == self._drawn:
            return
        self._drawn = state
        self._next.set_visibility(self._more and self._wanted < ROWS_MAX)
        self._list.clear()
        with self._list:
            if not self._rows:
                self._nothing()
                return
            say = words.say
            table = Table(
                [Column(say("Store")), Column(say("How it does")), Column(say("Sales, 24 h")), Column(say("Devices"), True)],
                "glance",
            )
            for row in self._rows:
                self._row(table, row)
            if self._more and self._wanted >= ROWS_MAX:
                text(say("The {n} that need it most are shown. Search to find another.", n=ROWS_MAX), "p", "hint")

    def _row(self, table: Table, store: GlanceRow) -> None:
        words = self._visitor.words
        row = table.row(f"level-{store.level}")
        with row.cell(classes="name-cell"):
            link(store.name, f"/stores/{store.store_id}")
            text(f"{store.store_id} · {store.zone}", "div", "hint")
        with row.cell(classes="chips why"):
            for sentence, tone in reasons(store, words, self._visitor.now_ms):
                chip(sentence, tone)
        with row.cell(classes="spark-cell"):
            sales = self._sales.get(store.store_id, ())
            total = sum(sales)
            label = words.say_many("{n} sale in 24 hours", "{n} sales in 24 hours", total)
            ui.html(sparkline(sales, label), sanitize=False)
            text(str(total), "span", "hint")
        with row.cell():
            well = store.devices - store.devices_down - store.devices_degraded
            if store.devices:
                tone = "bad-text" if store.devices_down else "warn-text" if store.devices_degraded else ""
                link(f"{well} / {store.devices}", f"/devices?store={store.store_id}", tone)
            else:
                text(formats.DASH)

    def _nothing(self) -> None:
        say = self._visitor.words.say
        if self._find.value or self._zone.value or self._region.chosen:
            empty(say("No store of that name"), "", "search_off")
        else:
            empty(
                say("There is no store yet"),
                say("Add one at headquarters' machine: python -m cloud store add"),
                "storefront",
            )
