"""One price book: what it holds, with a way to recall any of it at once, and a form for one more price."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import CodesBody, NamedItems, PriceChange, PriceChanges
from cloud.console.books_page import group_words, scope_words
from cloud.console.frame import Frame, page, refusal
from cloud.console.hq import Problem
from cloud.console.parts import Column, Table, box, card, chip, empty, field_error, link, new_dialog, text
from cloud.console.price_answers import BookChangeAnswer, BookPrice, BookPrices, RecallAnswer, RecallBody, Revised
from cloud.console.price_preview import Preview, Target, book_title
from cloud.console.visitor import Console, Visitor, to_login

ROWS = 100


def install(console: Console) -> None:
    """Add the page `/prices/books/{book_id}`."""

    @ui.page("/prices/books/{book_id}")
    def one_book(book_id: str) -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "prices", say("Price book"), back=(say("Price books"), "/prices/books")) as frame:
            _BookPage(frame, book_id)
        return None


class _BookPage:
    def __init__(self, frame: Frame, book_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._book_id = book_id
        self._cursors: list[str | None] = [None]
        self._body = box("stack")
        frame.load(self._fill)

    async def _fill(self) -> None:
        path = f"/price-books/{self._book_id}/prices"
        found = await self._visitor.get(path, BookPrices, limit=ROWS, after=self._cursors[-1])
        words = self._visitor.words
        self._frame.heading.set_text(book_title(found.book, words))
        self._body.clear()
        with self._body:
            self._head(found)
            if self._visitor.may("prices.write"):
                target = Target(found.book, found.currency, found.minor_digits)
                _OnePrice(self._frame, target).build()
            self._prices(found)

    def _head(self, found: BookPrices) -> None:
        words, book = self._visitor.words, found.book
        say = words.say
        with card(), box("actions"):
            with box("chips grow"):
                chip(words.name("price kind", book.price_kind), "info")
                chip(scope_words(book, words))
                chip(say("for {group}", group=group_words(book.customer_group, words)))
                chip(say("priority {n}", n=book.priority))
            if self._visitor.may("prices.write"):
                link(say("Change many prices"), f"/prices/many?book={book.book_id}")

    def _prices(self, found: BookPrices) -> None:
        say = self._visitor.words.say
        with card(say("Prices in this book")):
            if not found.rows:
                empty(say("No price in this book"), say("Prices that are over are in the history of their item."), "sell")
                return
            table = Table(
                [
                    Column(say("Item")),
                    Column(say("Price"), True),
                    Column(say("Compared with"), True),
                    Column(say("From")),
                    Column(say("Until")),
                    Column(say("Reason")),
                    Column(say("State")),
                    Column(""),
                ]
            )
            for price in found.rows:
                self._row(table, found, price)
            self._pager(found.next)

    def _row(self, table: Table, found: BookPrices, price: BookPrice) -> None:
        visitor, words = self._visitor, self._visitor.words
        row = table.row()
        with row.cell(classes="name-cell"):
            link(price.title(words.language), f"/prices/timeline?item={price.item_id}")
            text(price.item_id, "div", "hint")
        row.cell(formats.money(price.price_minor, found.currency, found.minor_digits, words), "strong")
        row.cell(formats.money(price.was_minor, found.currency, found.minor_digits, words))
        starts = price.effective_from_ms
        row.cell(formats.instant(starts, visitor.zone, words) if starts else words.say("the start"))
        row.cell(formats.instant(price.effective_to_ms, visitor.zone, words))
        row.cell(price.reason)
        with row.cell():
            if price.paid:
                chip(words.say("paid now"), "good")
            elif price.effective_from_ms > visitor.now_ms:
                chip(words.say("planned"), "info")
            else:
                chip(words.say("another is paid"))
        with row.cell():
            if visitor.may("prices.write"):
                ui.button(words.say("Recall"), on_click=lambda: self._recall(price)).props("flat dense no-caps")

    def _recall(self, price: BookPrice) -> None:
        path = f"/price-books/{self._book_id}/recalls"
        _RecallDialog(self._frame, price, path, self._fill).open()

    def _pager(self, next_cursor: str | None) -> None:
        say = self._visitor.words.say

        async def turn(cursor: str | None) -> None:
            if cursor is None:
                self._cursors.pop()
            else:
                self._cursors.append(cursor)
            await self._frame.attempt(self._fill())

        with box("actions end"):
            if len(self._cursors) > 1:
                ui.button(say("Back"), icon="chevron_left", on_click=lambda: turn(None)).props("flat no-caps")
            if next_cursor is not None:
                ui.button(say("Further"), icon="chevron_right", on_click=lambda: turn(next_cursor)).props("flat no-caps")


class _OnePrice:
    """The fields of one more price in the book; read, asked about and previewed."""

    def __init__(self, frame: Frame, target: Target) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._target = target

    def build(self) -> None:
        """Add the form to where we are."""
        say = self._visitor.words.say
        with card(say("A price in this book"), "form"):
            with box("fields"):
                self._code = ui.input(say("Item number or barcode")).props("outlined dense autocomplete=off")
                self._price = ui.input(say("Price")).props(
                    f'outlined dense inputmode="decimal" prefix="{self._target.currency}" autocomplete="off"'
                )
                self._price.on("keydown.enter", self._preview)
                self._from = ui.input(say("From (empty: at once)")).props("outlined dense type=datetime-local stack-label")
                self._until = ui.input(say("Until (empty: until further notice)"))
                self._until.props("outlined dense type=datetime-local stack-label")
                self._reason = ui.input(say("Reason (kept in the history)")).props("outlined dense maxlength=200")
            self._error = field_error()
            with box("actions"):
                self._button = ui.button(say("Preview"), icon="visibility", on_click=self._preview)
                self._button.props("unelevated no-caps").classes("primary")

    async def _preview(self) -> None:
        self._error.set_text("")
        self._button.props("loading")
        await self._ask()
        self._button.props(remove="loading")

    async def _ask(self) -> None:
        say = self._visitor.words.say
        code = (self._code.value or "").strip()
        named = await self._frame.attempt(self._visitor.send("POST", "/items/named", NamedItems, CodesBody(codes=(code,))))
        if named is None:
            return
        if not named.rows:
            self._error.set_text(say("There is no item with this number or barcode."))
            return
        change = self._read(named.rows[0].item_id)
        if change is None:
            return
        body, path = PriceChanges(changes=(change,), dry_run=True), f"{self._target.path}/price-changes"
        answer = await self._frame.attempt(
            self._visitor.send("POST", path, BookChangeAnswer, body), on_refused=self._refused
        )
        if answer is None:
            return
        if answer.rows[0].unchanged:
            self._error.set_text(say("That is the price already: nothing would change."))
            return
        chinese = self._visitor.words.language == "zh" and named.rows[0].name_zh
        names = {change.item_id: named.rows[0].name_zh if chinese else named.rows[0].name}
        await Preview(self._frame, self._target, names).show([change], answer)

    def _read(self, item_id: str) -> PriceChange | None:
        say, digits = self._visitor.words.say, self._target.minor_digits
        try:
            price_minor = formats.read_price(self._price.value or "", digits)
        except formats.NotAPrice:
            self._error.set_text(say("Type the price like {example}.", example=formats.plain_price(129, digits)))
            return None
        try:
            return PriceChange(
                item_id=item_id,
                price_minor=price_minor,
                effective_from_ms=formats.read_local(self._from.value or "", self._visitor.zone),
                effective_to_ms=formats.read_local(self._until.value or "", self._visitor.zone),
                reason=(self._reason.value or "").strip(),
            )
        except ValueError:
            self._error.set_text(say("A date cannot be read. Choose it again."))
            return None

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))


class _RecallDialog:
    """Ask before a price is taken back: what was in force before is in force again at once."""

    def __init__(self, frame: Frame, price: BookPrice, path: str, after: Callable[[], Awaitable[None]]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._price = price
        self._path = path
        self._after = after
        self._key = frame.visitor.new_key()

    def open(self) -> None:
        """Show it."""
        words = self._visitor.words
        say = words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("Recall the price of {item}?", item=self._price.title(words.language)), "h2")
            text(say("What was in force before is in force again at once, in every store and on every label."), "p")
            self._reason = ui.input(say("Reason (kept in the history)")).props("outlined dense maxlength=200 autofocus")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Recall"), icon="undo", on_click=self._recall).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _recall(self) -> None:
        named = Revised(item_id=self._price.item_id, revision=self._price.revision)
        body = RecallBody(prices=(named,), reason=(self._reason.value or "").strip())
        sending = self._visitor.send("POST", self._path, RecallAnswer, body, key=self._key)
        done = await self._frame.attempt(sending, on_refused=self._refused)
        if done is None:
            return
        self._dialog.close()
        say = self._visitor.words.say
        if done.spoilt:
            self._frame.notice(say("Recalled. A planned promotion is now compared with too much: look at it."), "warning")
        else:
            self._frame.notice(say("Recalled. The price before it is in force again."))
        await self._frame.attempt(self._after())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
