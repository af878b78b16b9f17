"""One import: what was read and how, every problem by its line, then the button that applies it."""

from __future__ import annotations

from urllib.parse import urlencode

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.frame import Frame, page
from cloud.console.hq import Nothing, Problem
from cloud.console.import_answers import (
    Import,
    ImportKind,
    ImportKinds,
    ImportProblems,
    ImportReport,
    RefusedByStores,
)
from cloud.console.imports_page import reading_fields, state_chip
from cloud.console.parts import Column, Table, box, card, chip, empty, figure, link, text
from cloud.console.visitor import Console, Visitor, to_login

LOOK_SECONDS = 1.0
PROBLEMS_SHOWN = 500
REFUSED_SHOWN = 200
MOVING = {"waiting", "checking"}


def install(console: Console) -> None:
    """Add the page `/imports/{import_id}`."""

    @ui.page("/imports/{import_id}")
    def one_import(import_id: str) -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        say = visitor.words.say
        with page(visitor, "imports", say("Import"), back=(say("Imports"), "/imports")) as frame:
            _ImportPage(frame, import_id)
        return None


class _ImportPage:
    def __init__(self, frame: Frame, import_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._path = f"/imports/{import_id}"
        self._kinds: dict[str, ImportKind] = {}
        self._shown: Import | None = None
        self._key = self._visitor.new_key()
        self._button: ui.button
        self._body = box("stack")
        frame.load(self._fill)
        self._timer = ui.timer(LOOK_SECONDS, self._look, immediate=False)

    async def _look(self) -> None:
        if self._shown is not None and self._moves(self._shown):
            await self._frame.attempt(self._fill())

    def _moves(self, found: Import) -> bool:
        answered = all(row.opened + row.refused >= row.sent for row in found.answers)
        return found.state in MOVING or (found.state == "applied" and not answered)

    async def _fill(self) -> None:
        if not self._kinds:
            self._kinds = {kind.kind: kind for kind in (await self._visitor.get("/import-kinds", ImportKinds)).rows}
        found = await self._visitor.get(self._path, Import)
        if found == self._shown:
            return
        problems = await self._visitor.get(f"{self._path}/problems", ImportProblems, limit=PROBLEMS_SHOWN)
        refused = RefusedByStores(rows=())
        if found.answers:
            refused = await self._visitor.get(f"{self._path}/refused-by-stores", RefusedByStores)
        self._shown = found
        self._frame.heading.set_text(found.file_name)
        self._body.clear()
        with self._body:
            self._head(found)
            if found.answers:
                self._answers(found, refused)
            if problems.rows:
                self._problems(problems)

    def _head(self, found: Import) -> None:
        words = self._visitor.words
        say = words.say
        with card():
            with box("chips"):
                chip(words.name("import kind", found.kind), "plain")
                state_chip(found, words)
                if found.report is not None and not found.report.refused_code:
                    self._read_as(found.report)
            when = formats.instant(found.uploaded_at_ms, self._visitor.zone, words)
            text(say("Brought by {person}, {time}", person=found.uploaded_by, time=when), "p", "hint")
            if found.state in MOVING:
                self._progress(found)
            elif found.report is not None and found.report.refused_code:
                self._refused(found.report)
            elif found.report is not None:
                self._figures(found, found.report)
            self._done(found)
            self._actions(found)

    def _read_as(self, report: ImportReport) -> None:
        words = self._visitor.words
        chip(report.format.upper(), "info")
        for name in (report.encoding, report.delimiter):
            if name:
                chip(words.name("import value", name), "info")
        if report.decimal:
            decimal = words.name("import value", report.decimal)
            chip(f"{words.name('import choice', 'decimal')}: {decimal}", "info")
        if report.sheet:
            chip(f"{words.name('import choice', 'sheet')}: {report.sheet}", "info")
        for name, zone in sorted(report.time_zones.items()):
            chip(f"{name}: {zone}", "info")

    def _progress(self, found: Import) -> None:
        say = self._visitor.words.say
        with box("actions"):
            ui.spinner(size="lg")
            text(say("The whole file is being checked: {n} lines so far …", n=found.lines_read))

    def _refused(self, report: ImportReport) -> None:
        words = self._visitor.words
        alert = box("refusal")
        alert.props["role"] = "alert"
        with alert:
            text(words.say("The file cannot be used as it is"), "h2")
            text(f"{words.api(report.refused_detail)} {words.api(report.refused_remedy)}".strip(), "p")

    def _figures(self, found: Import, report: ImportReport) -> None:
        words = self._visitor.words
        say = words.say
        with box("figures"):
            figure(say("lines"), str(report.lines))
            figure(say("changes"), str(report.changes if found.changed is None else found.changed), "good")
            figure(say("unchanged"), str(report.unchanged))
            figure(say("errors"), str(report.errors), "bad" if report.errors else "")
            figure(say("warnings"), str(report.warnings), "warn" if report.warnings else "")
        for note in report.notes:
            text(words.api(note), "p")
        if report.errors:
            text(say("Nothing of a file with errors is applied. Correct it and bring it again."), "p", "bad-text")

    def _done(self, found: Import) -> None:
        words = self._visitor.words
        say = words.say
        if found.applied_at_ms is not None:
            when = formats.instant(found.applied_at_ms, self._visitor.zone, words)
            text(say("Applied by {person}, {time}", person=found.applied_by, time=when), "p", "strong")
        if found.undone_at_ms is not None:
            when = formats.instant(found.undone_at_ms, self._visitor.zone, words)
            text(say("Taken back by {person}, {time}", person=found.undone_by, time=when), "p", "strong")
        with box("actions"):
            for zone, version in sorted(found.feed_versions.items()):
                if found.kind == "prices":
                    link(say("Watch it land in zone {zone}", zone=zone), f"/landing/{zone}/{version}")
            if found.kind == "sales_history" and found.state == "applied":
                link(say("Sales by day"), "/sales/days")

    def _actions(self, found: Import) -> None:
        words = self._visitor.words
        say = words.say
        kind = self._kinds[found.kind]
        if not self._visitor.may(kind.right):
            return
        report = found.report
        if found.state == "refused" or (found.state == "ready" and report is not None):
            choices = self._choices(found)
            with box("actions"):
                if found.state == "ready" and report is not None and report.changes:
                    label = words.say_many("Apply {n} change", "Apply {n} changes", report.changes)
                    self._button = ui.button(label, icon="check", on_click=self._apply)
                    self._button.props("unelevated no-caps").classes("primary")
                elif found.state == "ready":
                    text(say("Everything is so already: there is nothing to apply."), "p", "strong")
                again = ui.button(say("Check again"), icon="refresh", on_click=lambda: self._check_again(choices))
                again.props("outline no-caps").classes("second")
                discard = ui.button(say("Discard"), icon="delete", on_click=self._discard)
                discard.props("flat no-caps").classes("second")
        elif found.state == "applied" and kind.can_undo:
            with box("actions"):
                undo = ui.button(say("Take the whole import back"), icon="undo", on_click=self._undo)
                undo.props("outline no-caps").classes("second")

    def _choices(self, found: Import) -> dict[str, ui.select | ui.input]:
        """Fields to choose how the file is read when it is checked again; open when a choice is missing."""
        words = self._visitor.words
        wanted = found.report.refused_option if found.report else ""
        with ui.expansion(words.say("How to read the file"), value=bool(wanted)).classes("expansion"), box("fields"):
            fields = reading_fields(words)
            for name in ("zone", "store", "time_zone"):
                if name in self._kinds[found.kind].options:
                    fields[name] = ui.input(words.name("import choice", name)).props("outlined dense")
            for name, field in fields.items():
                field.set_value(str(found.choices.get(name, "")))
            if wanted in fields:
                fields[wanted].classes("wanted")
        self._percent = found.choices.get("warn_percent", 50)
        return fields

    async def _apply(self) -> None:
        button = self._button
        button.props("loading")
        sending = self._visitor.send_slow("POST", f"{self._path}/apply", Import, key=self._key)
        done = await self._frame.attempt(sending, on_refused=self._say_refused)
        button.props(remove="loading")
        if done is not None:
            self._frame.notice(self._visitor.words.say("Applied."))
            await self._frame.attempt(self._fill())

    def _say_refused(self, problem: Problem) -> None:
        words = self._visitor.words
        self._frame.notice(f"{words.api(problem.detail)} {words.api(problem.remedy)}".strip(), "negative")

    async def _check_again(self, fields: dict[str, ui.select | ui.input]) -> None:
        query = {name: str(field.value) for name, field in fields.items() if field.value}
        query["warn_percent"] = str(self._percent)
        self._key = self._visitor.new_key()
        sending = self._visitor.send("POST", f"{self._path}/check?{urlencode(query)}", Import)
        if await self._frame.attempt(sending) is not None:
            self._shown = None
            await self._frame.attempt(self._fill())

    async def _discard(self) -> None:
        if await self._frame.attempt(self._visitor.send("DELETE", self._path, Nothing)) is not None:
            ui.navigate.to("/imports")

    async def _undo(self) -> None:
        done = await self._frame.attempt(self._visitor.send_slow("POST", f"{self._path}/undo", Nothing, key=self._key))
        if done is not None:
            self._frame.notice(self._visitor.words.say("Taken back."))
            await self._frame.attempt(self._fill())

    def _problems(self, problems: ImportProblems) -> None:
        words = self._visitor.words
        say = words.say
        with card(say("What is wrong, line by line")):
            table = Table(
                [
                    Column(say("Line"), True),
                    Column(""),
                    Column(say("Column")),
                    Column(say("What is wrong")),
                    Column(say("Remedy")),
                ]
            )
            for problem in problems.rows:
                row = table.row()
                row.cell(str(problem.line_no))
                with row.cell():
                    error = problem.severity == "error"
                    chip(say("error") if error else say("warning"), "bad" if error else "warn")
                row.cell(problem.column or formats.DASH, "mono")
                row.cell(words.api(problem.problem))
                row.cell(words.api(problem.remedy), "hint")
            if problems.next is not None:
                text(say("The first {n} are shown.", n=PROBLEMS_SHOWN), "p", "hint")

    def _answers(self, found: Import, refused: RefusedByStores) -> None:
        words = self._visitor.words
        say = words.say
        with card(say("What the stores answer")):
            table = Table(
                [Column(say("Store")), Column(say("Sent"), True), Column(say("Taken"), True), Column(say("Refused"), True)]
            )
            for answer in found.answers:
                row = table.row()
                with row.cell(classes="name-cell"):
                    link(answer.store_id, f"/stores/{answer.store_id}")
                for number in (answer.sent, answer.opened, answer.refused):
                    row.cell(str(number))
            if refused.rows:
                lines = Table([Column(say("Line"), True), Column(say("Store")), Column(say("Item")), Column(say("Reason"))])
                for line in refused.rows[:REFUSED_SHOWN]:
                    row = lines.row()
                    row.cell(str(line.line_no))
                    row.cell(line.store_id)
                    row.cell(line.item_id)
                    row.cell(words.name("opening refused", line.reason))
            elif not any(answer.sent for answer in found.answers):
                empty(say("Nothing was sent"), "", "inbox")
