"""The price book of a zone: each item with its price now and its next change; what is still to come; the whole as a file."""

from __future__ import annotations

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Zone
from cloud.console.frame import Frame, page
from cloud.console.hq import Nothing
from cloud.console.import_answers import Book, BookRow, FutureChange, FutureChanges
from cloud.console.parts import Column, Table, box, card, chip, empty, link, text
from cloud.console.visitor import Console, Visitor, to_login

ROWS = 50
FUTURE_ROWS = 200
WAIT_MS = 250


def install(console: Console) -> None:
    """Add the page `/prices/book`."""

    @ui.page("/prices/book")
    def book(zone: str = "", view: str = "now") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "prices", say("Price book"), back=(say("Prices"), "/prices")) as frame:
            _BookPage(frame, zone, view)
        return None


class _BookPage:
    def __init__(self, frame: Frame, zone: str, view: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._cursors: list[str | None] = [None]
        say = self._visitor.words.say
        with card():
            with box("actions"):
                self._zone = ui.select({}, label=say("Zone"), on_change=self._again)
                self._zone.props("outlined dense").classes("narrow")
                self._search = ui.input(placeholder=say("Name or item number"), on_change=self._again)
                self._search.props(f'outlined dense clearable debounce="{WAIT_MS}" type="search"').classes("grow")
                self._search.props["aria-label"] = say("Search items")
                views = {"now": say("All items"), "changing": say("Only changing"), "future": say("Future changes")}
                self._view = ui.toggle(views, value=view if view in views else "now", on_change=self._again)
                self._view.props("unelevated no-caps").classes("toggle")
            with box("actions"):
                for ending in ("csv", "xlsx"):
                    button = ui.button(
                        ending.upper(), icon="download", on_click=lambda _, ending=ending: self._export(ending)
                    )
                    button.props("outline no-caps dense").classes("second")
                if self._visitor.may("prices.write"):
                    link(say("Import a price book"), "/imports?kind=prices")
        self._wanted = zone
        self._body = box("stack")
        frame.load(self._fill)

    async def _fill(self) -> None:
        zones = await self._visitor.get("/zones", list[Zone])
        options = {zone.zone: f"{zone.zone} · {zone.currency}" for zone in zones}
        value = self._zone.value or (self._wanted if self._wanted in options else next(iter(options), None))
        self._zone.set_options(options, value=value)
        await self._show()

    async def _again(self) -> None:
        self._cursors = [None]
        if self._zone.value:
            ui.navigate.history.replace(f"/prices/book?zone={self._zone.value}&view={self._view.value}")
            await self._frame.attempt(self._show())

    async def _show(self) -> None:
        zone = self._zone.value
        if not zone:
            self._body.clear()
            with self._body:
                empty(self._visitor.words.say("There is no price zone yet"), "", "sell")
        elif self._view.value == "future":
            self._show_future(await self._visitor.get(f"/zones/{zone}/future-prices", FutureChanges, limit=FUTURE_ROWS))
        else:
            changing = "true" if self._view.value == "changing" else None
            query = {"q": self._search.value or None, "changing": changing, "after": self._cursors[-1]}
            self._show_book(await self._visitor.get(f"/zones/{zone}/book", Book, limit=ROWS, **query))

    def _show_book(self, book: Book) -> None:
        say = self._visitor.words.say
        self._body.clear()
        with self._body, card():
            if not book.rows:
                empty(say("Nothing found"), say("Try fewer letters, an item number or the barcode."), "search_off")
                return
            table = Table(
                [
                    Column(say("Item")),
                    Column(say("Price now"), True),
                    Column(say("Since")),
                    Column(say("Next change")),
                    Column(say("Then"), True),
                    Column(say("Changed by")),
                    Column(""),
                ]
            )
            for row in book.rows:
                self._book_row(table, book, row)
            self._pager(book.next)

    def _book_row(self, table: Table, book: Book, item: BookRow) -> None:
        visitor, words = self._visitor, self._visitor.words
        row = table.row()
        with row.cell(classes="name-cell"):
            link(item.title(words.language), f"/prices?item={item.item_id}")
            text(item.item_id, "span", "hint")
        with row.cell():
            text(formats.money(item.price_minor, book.currency, book.minor_digits, words), "span", "strong")
            if item.weighed:
                text(f" {words.say('per kg')}", "span", "hint")
            if item.paid_minor is not None and item.paid_minor != item.price_minor:
                paid = formats.money(item.paid_minor, book.currency, book.minor_digits, words)
                with box(""):
                    link(words.say("paid now: {price}", price=paid), f"/prices/books/{item.paid_book_id}").classes("hint")
        row.cell(
            formats.instant(item.effective_from_ms, visitor.zone, words)
            if item.effective_from_ms
            else words.say("the start")
        )
        with row.cell():
            text(formats.instant(item.next_at_ms, visitor.zone, words))
            if item.scheduled_count > 1:
                chip(words.say("{n} planned", n=item.scheduled_count))
        classes = ""
        if item.next_price_minor is not None and item.price_minor is not None:
            classes = "price-up" if item.next_price_minor > item.price_minor else "price-down"
        ends = item.next_at_ms is not None and item.next_price_minor is None
        then = (
            words.say("no price") if ends else formats.money(item.next_price_minor, book.currency, book.minor_digits, words)
        )
        row.cell(then, classes)
        row.cell(item.changed_by or formats.DASH)
        with row.cell():
            link(words.say("History"), f"/prices?item={item.item_id}")

    def _pager(self, next_cursor: str | None) -> None:
        say = self._visitor.words.say

        async def onward() -> None:
            self._cursors.append(next_cursor)
            await self._frame.attempt(self._show())

        async def back() -> None:
            self._cursors.pop()
            await self._frame.attempt(self._show())

        with box("actions end"):
            if len(self._cursors) > 1:
                ui.button(say("Back"), icon="chevron_left", on_click=back).props("flat no-caps")
            if next_cursor is not None:
                ui.button(say("Further"), icon="chevron_right", on_click=onward).props("flat no-caps")

    def _show_future(self, future: FutureChanges) -> None:
        say = self._visitor.words.say
        self._body.clear()
        with self._body, card(say("Changes still to come")):
            if not future.rows:
                empty(say("Nothing is planned"), say("Prices with a later start appear here until they begin."), "event")
                return
            table = Table(
                [
                    Column(say("From")),
                    Column(say("Item")),
                    Column(say("Price before"), True),
                    Column(say("Price"), True),
                    Column(say("Until")),
                    Column(say("Reason")),
                    Column(say("Who")),
                    Column(""),
                ]
            )
            for change in future.rows:
                self._future_row(table, future, change)

    def _future_row(self, table: Table, future: FutureChanges, change: FutureChange) -> None:
        visitor, words = self._visitor, self._visitor.words
        row = table.row()
        row.cell(formats.instant(change.effective_from_ms, visitor.zone, words))
        with row.cell(classes="name-cell"):
            link(change.title(words.language), f"/prices?item={change.item_id}")
            text(change.item_id, "span", "hint")
        row.cell(formats.money(change.before_minor, future.currency, future.minor_digits, words))
        rise = change.before_minor is not None and change.price_minor > change.before_minor
        price = formats.money(change.price_minor, future.currency, future.minor_digits, words)
        row.cell(price, "price-up" if rise else "price-down")
        row.cell(formats.instant(change.effective_to_ms, visitor.zone, words))
        row.cell(change.reason)
        row.cell(change.changed_by)
        path = f"/zones/{future.zone}/prices/{change.item_id}/revisions/{change.revision}"
        key = visitor.new_key()

        async def take_back() -> None:
            if await self._frame.attempt(visitor.send("DELETE", path, Nothing, key=key)) is not None:
                self._frame.notice(words.say("Taken back. It will not start."))
                await self._frame.attempt(self._show())

        with row.cell():
            if visitor.may("prices.write"):
                ui.button(words.say("Take back"), on_click=take_back).props("flat dense no-caps")

    async def _export(self, ending: str) -> None:
        zone = self._zone.value
        if not zone:
            return
        content = await self._frame.attempt(self._visitor.download(f"/zones/{zone}/book.{ending}"))
        if content is not None:
            ui.download.content(content, f"prices-{zone}.{ending}")
