"""All price books, a form for a new one, and what binds the prices of each zone."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from nicegui import ui
from starlette.responses import Response

from cloud.console.chain_answers import StoresInRegions
from cloud.console.frame import Frame, page, refusal
from cloud.console.hq import Nothing, Problem
from cloud.console.parts import Column, Table, box, card, chip, field_error, link, new_dialog, text
from cloud.console.price_answers import Guard, NewBookBody, PriceBook, ZoneBody, ZoneRules
from cloud.console.price_preview import book_title
from cloud.console.visitor import Console, Visitor, to_login
from cloud.locale.catalogue import Words

KINDS = ("promotion", "markdown", "regular")
LAWS = ("none", "eu", "cn")
ROUNDING_METHODS = ("half_up", "down", "up")
ROUNDING_SCOPES = ("cash", "document")
STORES_MAX = 500


def install(console: Console) -> None:
    """Add the page `/prices/books`."""

    @ui.page("/prices/books")
    def books() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "prices", say("Price books"), back=(say("Prices"), "/prices")) as frame:
            _BooksPage(frame)
        return None


def scope_words(book: PriceBook, words: Words) -> str:
    """Where a book holds."""
    return words.say("zone {zone}", zone=book.zone) if book.zone else words.say("store {store}", store=book.store_id)


def group_words(group: str, words: Words) -> str:
    """For whom."""
    return group or words.say("everybody")


class _BooksPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        say = self._visitor.words.say
        with card():
            with box("actions"):
                hint = say("Of prices in force together the one of the highest priority is paid.")
                text(hint, "p", "hint grow")
                if self._visitor.may("prices.write"):
                    add = ui.button(say("New price book"), icon="add", on_click=self._add)
                    add.props("unelevated no-caps").classes("primary")
            self._rows = box("")
        with card(say("Rules of the zones")):
            self._rules = box("stack")
        frame.load(self._fill)

    async def _fill(self) -> None:
        books = await self._visitor.get("/price-books", list[PriceBook])
        zones = await self._visitor.get("/zones", list[ZoneRules])
        guards = [await self._visitor.get(f"/zones/{zone.zone}/guard", Guard) for zone in zones]
        self._draw(books)
        self._rules.clear()
        with self._rules:
            for zone, guard in zip(zones, guards, strict=True):
                _ZoneRulesForm(self._frame, zone, guard).build()

    def _draw(self, books: Sequence[PriceBook]) -> None:
        words = self._visitor.words
        say = words.say
        self._rows.clear()
        with self._rows:
            table = Table(
                [
                    Column(say("Price book")),
                    Column(say("Holds in")),
                    Column(say("For whom")),
                    Column(say("Kind")),
                    Column(say("Priority"), True),
                    Column(""),
                ]
            )
            for book in books:
                row = table.row()
                with row.cell(classes="name-cell"):
                    link(book_title(book, words), f"/prices/books/{book.book_id}")
                    text(book.book_id, "div", "hint")
                row.cell(scope_words(book, words))
                row.cell(group_words(book.customer_group, words))
                with row.cell():
                    chip(words.name("price kind", book.price_kind), "info" if book.price_kind != "regular" else "plain")
                row.cell(str(book.priority))
                with row.cell():
                    link(say("Open"), f"/prices/books/{book.book_id}")

    async def _add(self) -> None:
        zones = await self._frame.attempt(self._visitor.get("/zones", list[ZoneRules]))
        stores = await self._frame.attempt(self._visitor.get("/store-names", StoresInRegions, limit=STORES_MAX))
        if zones is not None and stores is not None:
            names = {store.store_id: f"{store.name} ({store.store_id})" for store in stores.rows}
            _BookDialog(self._frame, [zone.zone for zone in zones], names).open()


class _BookDialog:
    """The form of a new book."""

    def __init__(self, frame: Frame, zones: Sequence[str], stores: dict[str, str]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._zones = list(zones)
        self._stores = stores

    def open(self) -> None:
        """Show it."""
        words = self._visitor.words
        say = words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("New price book"), "h2")
            text(say("Where it holds, for whom, its kind and its priority stay as they are."), "p", "hint")
            with box("fields"):
                self._name = ui.input(say("Name")).props("outlined dense autofocus maxlength=80")
                hint = say("Small letters, digits and -; it stays")
                self._id = ui.input(say("Short name")).props(f'outlined dense maxlength=32 hint="{hint}"')
            with box("fields"):
                scopes = {"zone": say("A zone"), "store": say("One store")}
                self._scope = ui.toggle(scopes, value="zone").props("unelevated no-caps").classes("toggle")
                first = next(iter(self._zones), None)
                self._zone = ui.select(self._zones, value=first, label=say("Zone")).props("outlined dense")
                self._zone.bind_visibility_from(self._scope, "value", value="zone")
                self._store = ui.select(self._stores, label=say("Store"), with_input=True).props("outlined dense")
                self._store.bind_visibility_from(self._scope, "value", value="store")
            with box("fields"):
                kinds = {kind: words.name("price kind", kind) for kind in KINDS}
                self._kind = ui.select(kinds, value=KINDS[0], label=say("Kind")).props("outlined dense")
                self._priority = ui.number(say("Priority (1 to 1000)"), value=10, min=1, max=1000, precision=0)
                self._priority.props("outlined dense")
                self._group = ui.input(say("Customer group (empty: everybody)")).props("outlined dense maxlength=32")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Save"), on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _save(self) -> None:
        self._error.set_text("")
        book_id = (self._id.value or "").strip()
        if not book_id:
            self._error.set_text(self._visitor.words.say("Give the book a short name."))
            return
        in_zone = self._scope.value == "zone"
        body = NewBookBody(
            name=(self._name.value or "").strip(),
            zone=str(self._zone.value) if in_zone else None,
            store_id=None if in_zone else str(self._store.value or ""),
            customer_group=(self._group.value or "").strip(),
            price_kind=str(self._kind.value),
            priority=int(self._priority.value or 0),
        )
        sending = self._visitor.send("PUT", f"/price-books/{quote(book_id, safe='')}", Nothing, body)
        if await self._frame.attempt(sending, on_refused=self._refused) is not None:
            self._dialog.close()
            ui.navigate.to(f"/prices/books/{book_id}")

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


class _ZoneRulesForm:
    """Which law binds comparison prices in a zone, and what a second person must approve."""

    def __init__(self, frame: Frame, zone: ZoneRules, guard: Guard) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._zone = zone
        self._guard = guard

    def build(self) -> None:
        """Add the form to where we are."""
        words, zone = self._visitor.words, self._zone
        say = words.say
        may = self._visitor.may("prices.write")
        props = "outlined dense" + ("" if may else " readonly")
        with box("stack form"):
            text(say("zone {zone}", zone=zone.zone), "h3")
            with box("fields"):
                laws = {law: words.name("price law", law) for law in LAWS}
                self._law = ui.select(laws, value=zone.price_law, label=say("Law of comparison prices")).props(props)
                self._coin = ui.number(say("Smallest coin"), value=zone.cash_rounding_minor, min=1, max=1000, precision=0)
                self._coin.props(props)
                methods = {each: words.name("rounding method", each) for each in ROUNDING_METHODS}
                self._method = ui.select(methods, value=zone.cash_rounding_method, label=say("Cash is rounded")).props(props)
                scopes = {each: words.name("rounding scope", each) for each in ROUNDING_SCOPES}
                self._scope = ui.select(scopes, value=zone.cash_rounding_scope, label=say("What is rounded")).props(props)
                label = say("Second person above a change of %")
                self._percent = ui.number(label, value=self._guard.change_percent, min=1, max=1000, precision=0)
                self._percent.props(props)
                self._cost = ui.checkbox(say("Second person below cost"), value=self._guard.below_cost)
                self._cost.set_enabled(may)
                if may:
                    ui.button(say("Save"), on_click=self._save).props("flat no-caps").classes("second")
            self._error = field_error()

    async def _save(self) -> None:
        self._error.set_text("")
        zone, percent = self._zone, self._percent.value
        body = ZoneBody(
            currency=zone.currency,
            minor_digits=zone.minor_digits,
            tax_mode=zone.tax_mode,
            cash_rounding_minor=int(self._coin.value or 1),
            price_law=str(self._law.value),
            cash_rounding_method=str(self._method.value),
            cash_rounding_scope=str(self._scope.value),
        )
        guard = Guard(change_percent=None if percent is None else int(percent), below_cost=bool(self._cost.value))
        for path, sent in ((f"/zones/{zone.zone}", body), (f"/zones/{zone.zone}/guard", guard)):
            if await self._frame.attempt(self._visitor.send("PUT", path, Nothing, sent), on_refused=self._refused) is None:
                return
        self._frame.notice(self._visitor.words.say("Saved."))

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
