"""Many prices at once: paste two columns from a spreadsheet, see every line, publish all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import (
    ChangeAnswer,
    CodesBody,
    NamedItem,
    NamedItems,
    PriceChange,
    PriceChanges,
    Zone,
    ZonePrice,
)
from cloud.console.frame import Frame, page
from cloud.console.hq import Problem
from cloud.console.parts import Column, Table, box, card, empty, field_error, link, text
from cloud.console.pasted import LINES_MAX, Pasted, PastedLine, read_pasted
from cloud.console.price_preview import Preview
from cloud.console.visitor import Console, Visitor, to_login

BAD_SHOWN = 100


def install(console: Console) -> None:
    """Add the page `/prices/many`."""

    @ui.page("/prices/many")
    def many() -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "prices", say("Change many prices"), back=(say("Prices"), "/prices")) as frame:
            _ManyPage(frame)
        return None


@dataclass(frozen=True)
class _Bad:
    line_no: int
    text: str
    problem: str


class _ManyPage:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._zones: dict[str, Zone] = {}
        say = self._visitor.words.say
        with card(classes="form"):
            text(
                say(
                    "Paste two columns: item number or barcode, and the new price. One line each, at most {n}.", n=LINES_MAX
                ),
                "p",
            )
            with box("fields"):
                self._zone = ui.select([], label=say("Zone")).props("outlined dense").classes("narrow")
                options = {"now": say("At once"), "later": say("At a time")}
                self._when = ui.toggle(options, value="now").props("unelevated no-caps").classes("toggle")
                self._from = ui.input(say("From")).props("outlined dense type=datetime-local stack-label")
                self._from.bind_visibility_from(self._when, "value", value="later")
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
        self._problems = box("problems")
        frame.load(self._fill)

    async def _fill(self) -> None:
        zones = await self._visitor.get("/zones", list[Zone])
        self._zones = {zone.zone: zone for zone in zones}
        self._zone.set_options(list(self._zones), value=self._zone.value or next(iter(self._zones), None))

    async def _preview(self) -> None:
        say = self._visitor.words.say
        self._error.set_text("")
        self._problems.clear()
        zone = self._zones.get(str(self._zone.value))
        if zone is None:
            self._error.set_text(say("Choose a zone."))
            return
        later = self._when.value == "later"
        if later and not self._from.value:
            self._error.set_text(say("Choose the day and time it starts."))
            return
        pasted = read_pasted(self._text.value or "", zone.minor_digits)
        if not pasted.lines and not pasted.problems:
            self._error.set_text(say("Paste some lines first."))
            return
        self._button.props("loading")
        start_ms = formats.read_local(self._from.value or "", self._visitor.zone) if later else None
        await self._ask(zone, pasted, start_ms)
        self._button.props(remove="loading")

    async def _ask(self, zone: Zone, pasted: Pasted, start_ms: int | None) -> None:
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
                item_id=items[line.code].item_id, price_minor=line.price_minor, effective_from_ms=start_ms, reason=reason
            )
            for line in lines
        ]
        if bad or not changes:
            self._show_bad(bad)
            return
        body = PriceChanges(changes=tuple(changes), dry_run=True)
        answer = await self._frame.attempt(
            self._visitor.send("POST", f"/zones/{zone.zone}/price-changes", ChangeAnswer, body),
            on_refused=lambda problem: self._show_bad(self._refused(problem, lines)),
        )
        if answer is None:
            return
        if all(row.unchanged for row in answer.rows):
            self._error.set_text(self._visitor.words.say("These are the prices already: nothing would change."))
            return
        shown = ZonePrice(zone=zone.zone, currency=zone.currency, minor_digits=zone.minor_digits)
        await Preview(self._frame, shown, _names(named, self._visitor)).show(changes, answer)

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
