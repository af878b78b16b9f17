"""Many prices at once: paste two columns from a spreadsheet, see every line, publish all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import (
    CodesBody,
    NamedItem,
    NamedItems,
    PriceChange,
    PriceChanges,
    Zone,
)
from cloud.console.chain_answers import StoresInRegions
from cloud.console.frame import Frame, page
from cloud.console.hq import Problem
from cloud.console.parts import Column, Table, box, card, empty, field_error, link, text
from cloud.console.pasted import LINES_MAX, Pasted, PastedLine, read_pasted
from cloud.console.price_answers import BookChangeAnswer, PriceBook
from cloud.console.price_preview import Preview, Target, book_title
from cloud.console.visitor import Console, Visitor, to_login

BAD_SHOWN = 100
STORES_MAX = 500


def install(console: Console) -> None:
    """Add the page `/prices/many`."""

    @ui.page("/prices/many")
    def many(book: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "prices", say("Change many prices"), back=(say("Prices"), "/prices")) as frame:
            _ManyPage(frame, book)
        return None


@dataclass(frozen=True)
class _Bad:
    line_no: int
    text: str
    problem: str


class _ManyPage:
    def __init__(self, frame: Frame, book_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._wanted = book_id
        self._targets: dict[str, Target] = {}
        say = self._visitor.words.say
        with card(classes="form"):
            text(
                say(
                    "Paste two columns: item number or barcode, and the new price. One line each, at most {n}.", n=LINES_MAX
                ),
                "p",
            )
            with box("fields"):
                self._book = ui.select({}, label=say("Price book")).props("outlined dense")
                options = {"now": say("At once"), "later": say("At a time")}
                self._when = ui.toggle(options, value="now").props("unelevated no-caps").classes("toggle")
                self._from = ui.input(say("From")).props("outlined dense type=datetime-local stack-label")
                self._from.bind_visibility_from(self._when, "value", value="later")
                self._until = ui.input(say("Until (empty: until further notice)"))
                self._until.props("outlined dense type=datetime-local stack-label")
                self._reason = ui.input(say("Reason (kept in the history)")).props("outlined dense maxlength=200")
            self._text = ui.textarea(placeholder="A000001\t1.29\n9520000000028\t2.49").props(
                "outlined input-style='min-height: 14rem'"
            )
            self._text.props["aria-label"] = say("Lines to change")
            self._text.classes("mono")
            self._error = field_error()
            with box("actions"):
                link(say("Import a file instead"), "/imports?kind=prices")
                self._button = ui.button(say("Preview"), icon="visibility", on_click=self._preview)
                self._button.props("unelevated no-caps").classes("primary")
                self._button.disable()  # until there are books: else it asks for the one that then stands there
        self._problems = box("problems")
        frame.load(self._fill)

    async def _fill(self) -> None:
        zones = {zone.zone: zone for zone in await self._visitor.get("/zones", list[Zone])}
        books = await self._visitor.get("/price-books", list[PriceBook])
        stores = await self._visitor.get("/store-names", StoresInRegions, limit=STORES_MAX)
        zone_of = {store.store_id: store.zone for store in stores.rows}
        self._targets = {}
        for book in books:
            zone = zones.get(book.zone or zone_of.get(book.store_id or "", ""))
            if zone is not None:
                self._targets[book.book_id] = Target(book, zone.currency, zone.minor_digits)
        words = self._visitor.words
        options = {book_id: book_title(target.book, words) for book_id, target in self._targets.items()}
        first = self._wanted if self._wanted in options else next(iter(options), None)
        self._book.set_options(options, value=self._book.value or first)
        self._button.enable()

    async def _preview(self) -> None:
        say = self._visitor.words.say
        self._error.set_text("")
        self._problems.clear()
        target = self._targets.get(str(self._book.value))
        if target is None:
            self._error.set_text(say("Choose a price book."))
            return
        later = self._when.value == "later"
        if later and not self._from.value:
            self._error.set_text(say("Choose the day and time it starts."))
            return
        pasted = read_pasted(self._text.value or "", target.minor_digits)
        if not pasted.lines and not pasted.problems:
            self._error.set_text(say("Paste some lines first."))
            return
        self._button.props("loading")
        start_ms = formats.read_local(self._from.value or "", self._visitor.zone) if later else None
        end_ms = formats.read_local(self._until.value or "", self._visitor.zone)
        await self._ask(target, pasted, (start_ms, end_ms))
        self._button.props(remove="loading")

    async def _ask(self, target: Target, pasted: Pasted, span_ms: tuple[int | None, int | None]) -> None:
        codes = CodesBody(codes=tuple(line.code for line in pasted.lines))
        named = await self._frame.attempt(self._visitor.send("POST", "/items/named", NamedItems, codes))
        if named is None:
            return
        items = {row.code: row for row in named.rows}
        bad = self._bad(pasted, items)
        lines = [line for line in pasted.lines if line.code in items]
        reason = (self._reason.value or "").strip()
        changes = [
            PriceChange(
                item_id=items[line.code].item_id,
                price_minor=line.price_minor,
                effective_from_ms=span_ms[0],
                effective_to_ms=span_ms[1],
                reason=reason,
            )
            for line in lines
        ]
        if bad or not changes:
            self._show_bad(bad)
            return
        body = PriceChanges(changes=tuple(changes), dry_run=True)
        answer = await self._frame.attempt(
            self._visitor.send("POST", f"{target.path}/price-changes", BookChangeAnswer, body),
            on_refused=lambda problem: self._show_bad(self._refused(problem, lines)),
        )
        if answer is None:
            return
        if all(row.unchanged for row in answer.rows):
            self._error.set_text(self._visitor.words.say("These are the prices already: nothing would change."))
            return
        await Preview(self._frame, target, _names(named, self._visitor)).show(changes, answer)

    def _bad(self, pasted: Pasted, items: dict[str, NamedItem]) -> list[_Bad]:
        words = self._visitor.words
        bad = [_Bad(row.line_no, row.text, words.name("pasted", row.what)) for row in pasted.problems]
        bad += [
            _Bad(line.line_no, line.code, words.say("There is no item with this number or barcode."))
            for line in pasted.lines
            if line.code not in items
        ]
        return sorted(bad, key=lambda row: row.line_no)

    def _refused(self, problem: Problem, lines: Sequence[PastedLine]) -> list[_Bad]:
        words = self._visitor.words
        bad = []
        for error in problem.errors:
            parts = error.pointer.strip("/").split("/")
            line = lines[int(parts[1])] if len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(lines) else None
            said = f"{words.api(error.detail)}. {words.api(error.remedy)}"
            bad.append(_Bad(line.line_no if line else 0, line.code if line else "", said))
        return bad or [_Bad(0, "", words.api(problem.detail))]

    def _show_bad(self, bad: Sequence[_Bad]) -> None:
        words = self._visitor.words
        self._problems.clear()
        with self._problems, card(words.say_many("{n} line needs a look", "{n} lines need a look", len(bad))):
            text(words.say("Nothing was changed. Correct these lines above and preview again."), "p", "hint")
            if not bad:
                empty(words.say("No line can be used"))
            table = Table([Column(words.say("Line"), True), Column(words.say("Text")), Column(words.say("What is wrong"))])
            for problem in bad[:BAD_SHOWN]:
                row = table.row()
                row.cell(str(problem.line_no or formats.DASH))
                row.cell(problem.text, "mono")
                row.cell(problem.problem)


def _names(named: NamedItems, visitor: Visitor) -> dict[str, str]:
    chinese = visitor.words.language == "zh"
    return {row.item_id: (row.name_zh if chinese and row.name_zh else row.name) for row in named.rows}
