"""Stock from the chain down to a batch: regions, stores, a store's items by place, an item's batches and moves."""

from __future__ import annotations

from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, chip, empty, link, text
from cloud.console.stock_answers import BatchPage, Held, HeldList, HeldPage, ItemByPlace, ItemsByPlace, MovePage
from cloud.console.stock_tabs import PLACES, place_cells, stacked, tabs
from cloud.console.visitor import Console, Visitor, to_login

SHOWN = 200
PLOTTED_MAX = 20


def install(console: Console) -> None:
    """Add the pages `/stock`, `/stock/region` and `/stock/store`."""

    @ui.page("/stock")
    def chain() -> Response | None:
        return _open(console, "", "", "")

    @ui.page("/stock/region")
    def region(region: str) -> Response | None:
        return _open(console, region, "", "")

    @ui.page("/stock/store")
    def store(store: str, item: str = "") -> Response | None:
        return _open(console, "", store, item)


def _open(console: Console, region: str, store: str, item: str) -> Response | None:
    visitor = Visitor(console)
    if visitor.person is None:
        return to_login()
    say = visitor.words.say
    back = None
    if item:
        back = (store, f"/stock/store?store={quote(store)}")
    elif store or region:
        back = (say("Stock"), "/stock")
    with page(visitor, "stock", item or store or region or say("Stock"), back=back) as frame:
        tabs(visitor, "stock")
        if item:
            _ItemView(frame, store, item)
        elif store:
            _StoreView(frame, store)
        else:
            _HeldView(frame, region)
    return None


class _HeldView:
    """Regions, or the stores of one."""

    def __init__(self, frame: Frame, region: str) -> None:
        self._visitor = frame.visitor
        self._region = region
        self._body = box("stack")
        frame.load(self._fill, every_seconds=10.0)

    async def _fill(self) -> None:
        if self._region:
            path = f"/regions/{quote(self._region, safe='')}/stock"
            rows = (await self._visitor.get(path, HeldPage, limit=SHOWN)).rows
        else:
            rows = await self._visitor.get("/stock/regions", HeldList)
        self._body.clear()
        with self._body:
            self._draw(rows)

    def _title(self, held: Held) -> str:
        """Its name; the region nobody has named yet in the reader's language."""
        unnamed = not self._region and held.id == "default" and held.name == "No region yet"
        return self._visitor.words.say("No region yet") if unnamed else held.name or held.id

    def _draw(self, rows: list[Held]) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        titles = {place: words.name("place", place) for place in PLACES}
        if not any(row.places or row.coming_thousandths for row in rows):
            with card():
                empty(
                    say("No stock yet"), say("It appears when stores receive goods or say what they open with."), "inventory"
                )
        else:
            with card(say("What stands where")):
                shown = rows[:PLOTTED_MAX]
                chart = ui.echart(stacked([self._title(row) for row in shown], [row.places for row in shown], titles))
                chart.classes("chart")
                chart.props["aria-label"] = say("What stands where")
        with card():
            first = say("Store") if self._region else say("Region")
            heads = [Column(first), *(() if self._region else (Column(say("Stores"), number=True),))]
            heads += [Column(titles[place], number=True) for place in PLACES]
            table = Table([*heads, Column(say("From other stores"), number=True)])
            for held in rows:
                row = table.row()
                target = f"/stock/store?store={quote(held.id)}" if self._region else f"/stock/region?region={quote(held.id)}"
                with row.cell(classes="name-cell"):
                    link(self._title(held), target)
                if not self._region:
                    row.cell(str(held.stores))
                place_cells(row, held.places, self._visitor)
                row.cell(formats.amount(held.coming_thousandths, words) if held.coming_thousandths else formats.DASH)


class _StoreView:
    """A store's items by place."""

    def __init__(self, frame: Frame, store: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._store = store
        say = self._visitor.words.say
        with card():
            with box("actions"):
                self._text = ui.input(say("Name or item number"), on_change=self._wanted)
                self._text.props("outlined dense clearable debounce=400").classes("grow")
                self._below = ui.checkbox(say("Only below zero"), on_change=self._wanted)
            self._rows = box("")
        frame.load(self._show, every_seconds=5.0)

    async def _wanted(self) -> None:
        await self._frame.attempt(self._show())

    async def _show(self) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        path = f"/stores/{quote(self._store, safe='')}/stock-items"
        wanted = (self._text.value or "").strip()
        below = "true" if self._below.value else None
        found = await self._visitor.get(path, ItemsByPlace, text=wanted, below_zero=below, limit=SHOWN)
        self._rows.clear()
        with self._rows:
            if not found.rows:
                empty(say("Nothing found"), say("Try fewer letters, or look at all items."), "search_off")
                return
            heads = [Column(say("Item")), *(Column(words.name("place", place), number=True) for place in PLACES)]
            table = Table([*heads, Column(say("Together"), number=True)])
            for item in found.rows:
                self._row(table, item)
            if found.next is not None:
                text(say("The first {n} are shown. Search to find another.", n=SHOWN), "p", "hint")

    def _row(self, table: Table, item: ItemByPlace) -> None:
        row = table.row()
        with row.cell(classes="name-cell"):
            link(item.name or item.item_id, f"/stock/store?store={quote(self._store)}&item={quote(item.item_id)}")
            text(item.item_id, "div", "hint")
        place_cells(row, item.places, self._visitor)
        row.cell(formats.amount(item.total_thousandths, self._visitor.words))


class _ItemView:
    """An item in a store: batches and the newest moves."""

    def __init__(self, frame: Frame, store: str, item: str) -> None:
        self._visitor: Visitor = frame.visitor
        self._store, self._item = store, item
        self._body = box("stack")
        frame.load(self._fill, every_seconds=5.0)

    async def _fill(self) -> None:
        store, item = quote(self._store, safe=""), quote(self._item, safe="")
        batches = await self._visitor.get(f"/stores/{store}/stock-batches", BatchPage, item=self._item, limit=SHOWN)
        moves = await self._visitor.get(f"/stores/{store}/stock/{item}/moves", MovePage, limit=SHOWN)
        self._body.clear()
        with self._body:
            self._batches(batches)
            self._moves(moves)

    def _batches(self, found: BatchPage) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        with card(say("By place and batch")):
            if not found.rows:
                empty(say("Nothing on hand"), "", "inventory")
                return
            heads = [
                Column(say("Place")),
                Column(say("Batch")),
                Column(say("Best before")),
                Column(say("On hand"), number=True),
            ]
            table = Table(heads)
            for batch in found.rows:
                row = table.row()
                row.cell(words.name("place", batch.place))
                row.cell(batch.batch or say("not told"), "" if batch.batch else "hint")
                row.cell(batch.expires or formats.DASH)
                row.cell(formats.amount(batch.on_hand_thousandths, words), "bad" if batch.on_hand_thousandths < 0 else "")

    def _moves(self, found: MovePage) -> None:
        say, words = self._visitor.words.say, self._visitor.words
        with card(say("What moved it")):
            titles = (say("When"), say("Why"), say("Place"), say("Batch"), say("Reference"), say("Staff"))
            table = Table([*(Column(title) for title in titles), Column(say("Quantity"), number=True)])
            for move in found.rows:
                row = table.row()
                row.cell(formats.instant(move.at_ms, self._visitor.zone, words, seconds=True))
                with row.cell():
                    chip(words.name("move_reason", move.reason), "good" if move.quantity_thousandths > 0 else "plain")
                row.cell(words.name("place", move.place))
                row.cell(move.batch or formats.DASH)
                row.cell(words.name("shrink_reason", move.reference) or formats.DASH, "mono")
                row.cell(move.staff_id or formats.DASH)
                row.cell(formats.amount(move.quantity_thousandths, words))
