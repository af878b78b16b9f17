"""Bring a file: choose what it is, drag it here, and it is checked at once. Below: what was brought before."""

from __future__ import annotations

from nicegui import ui
from nicegui.events import UploadEventArguments
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import StorePage, Zone
from cloud.console.frame import Frame, page
from cloud.console.import_answers import Import, ImportColumn, ImportKind, ImportKinds, ImportPage
from cloud.console.parts import Column, Table, box, card, chip, empty, field_error, link, text
from cloud.console.visitor import Console, Visitor, to_login
from cloud.locale.catalogue import Words

FILE_BYTES_MAX = 20_000_000
STORES_MAX = 500
LISTED = 30
TONES = {"ready": "info", "applied": "good", "refused": "bad", "undone": "plain"}
WARN_PERCENT = 50


def install(console: Console) -> None:
    """Add the page `/imports`."""

    @ui.page("/imports")
    def imports(kind: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "imports", visitor.words.say("Imports")) as frame:
            _ImportsPage(frame, kind)
        return None


def state_chip(found: Import, words: Words) -> None:
    """How far an import has come."""
    chip(words.name("import state", found.state), TONES.get(found.state, "warn"))


class _ImportsPage:
    def __init__(self, frame: Frame, kind: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._kind = kind
        self._kinds: dict[str, ImportKind] = {}
        self._choices: dict[str, ui.select | ui.input | ui.number] = {}
        self._form = box("stack")
        self._list = box("stack")
        frame.load(self._fill)

    async def _fill(self) -> None:
        kinds = (await self._visitor.get("/import-kinds", ImportKinds)).rows
        zones = await self._visitor.get("/zones", list[Zone])
        stores = (await self._visitor.get("/stores", StorePage, limit=STORES_MAX)).rows
        found = await self._visitor.get("/imports", ImportPage, limit=LISTED)
        self._kinds = {kind.kind: kind for kind in kinds if self._visitor.may(kind.right)}
        self._options = {
            "zone": {zone.zone: zone.zone for zone in zones},
            "store": {store.store_id: f"{store.name} ({store.store_id})" for store in stores},
        }
        if self._kind not in self._kinds:
            self._kind = next(iter(self._kinds), "")
        self._show_form()
        self._show_list(found)

    def _show_form(self) -> None:
        words = self._visitor.words
        say = words.say
        self._form.clear()
        with self._form, card(classes="form"):
            if not self._kinds:
                empty(say("Your role imports nothing"), "", "block")
                return
            names = {name: words.name("import kind", name) for name in self._kinds}
            toggle = ui.toggle(names, value=self._kind, on_change=lambda event: self._choose(str(event.value)))
            toggle.props("unelevated no-caps").classes("toggle")
            kind = self._kinds[self._kind]
            text(words.name("import help", kind.kind), "p")
            needed = {name for group in kind.needed for name in group}
            with box("chips"):
                for column in kind.columns:
                    chip(_title(column, words.language), "info" if column.name in needed else "plain")
            text(say("Headings of the columns; the blue ones are needed (one of item id and barcode)."), "p", "hint")
            self._fields(kind)
            self._error = field_error()
            self._uploader()

    def _choose(self, kind: str) -> None:
        self._kind = kind
        ui.navigate.history.replace(f"/imports?kind={kind}")
        self._show_form()

    def _fields(self, kind: ImportKind) -> None:
        words = self._visitor.words
        say = words.say
        self._choices = {}
        with box("fields"):
            for name in ("zone", "store"):
                if name in kind.options:
                    options = {"": say("as the file says")} | self._options[name]
                    chosen = next(iter(self._options[name]), "") if len(self._options[name]) == 1 else ""
                    select = ui.select(options, value=chosen, label=words.name("import choice", name))
                    self._choices[name] = select.props("outlined dense")
            if "time_zone" in kind.options:
                zone = ui.input(words.name("import choice", "time_zone"), placeholder=say("that of the stores"))
                self._choices["time_zone"] = zone.props("outlined dense stack-label")
            if "warn_percent" in kind.options:
                percent = ui.number(words.name("import choice", "warn_percent"), value=WARN_PERCENT, min=1, max=10_000)
                self._choices["warn_percent"] = percent.props("outlined dense")
        with ui.expansion(say("How to read the file")).classes("expansion"), box("fields"):
            self._choices |= reading_fields(words)

    def _uploader(self) -> None:
        say = self._visitor.words.say
        uploader = ui.upload(
            label=say("Drag a CSV or Excel file here, or press +"),
            auto_upload=True,
            max_files=1,
            max_file_size=FILE_BYTES_MAX,
            on_upload=self._bring,
            on_rejected=lambda: self._error.set_text(say("Only CSV or .xlsx, at most 20 MB.")),
        )
        uploader.props("accept='.csv,.txt,.tsv,.xlsx' flat bordered").classes("drop")

    async def _bring(self, event: UploadEventArguments) -> None:
        content = await event.file.read()
        chosen = {name: self._value(name) for name in self._choices}
        sending = self._visitor.send_file(f"/imports/{self._kind}", Import, content, name=event.file.name, **chosen)
        found = await self._frame.attempt(sending)
        if found is not None:
            ui.navigate.to(f"/imports/{found.import_id}")

    def _value(self, name: str) -> str | int:
        value = self._choices[name].value
        return int(value) if isinstance(value, float) else (value or "")

    def _show_list(self, found: ImportPage) -> None:
        words = self._visitor.words
        say = words.say
        self._list.clear()
        with self._list, card(say("Brought before")):
            if not found.rows:
                empty(say("Nothing was imported so far"), "", "upload_file")
                return
            columns = [
                Column(say("File")),
                Column(say("What")),
                Column(say("State")),
                Column(say("Lines"), True),
                Column(say("Changes"), True),
                Column(say("When")),
                Column(say("Who")),
            ]
            table = Table(columns)
            for row in found.rows:
                self._row(table, row)

    def _row(self, table: Table, found: Import) -> None:
        words = self._visitor.words
        row = table.row()
        with row.cell(classes="name-cell"):
            link(found.file_name, f"/imports/{found.import_id}")
        row.cell(words.name("import kind", found.kind))
        with row.cell():
            state_chip(found, words)
        row.cell(str(found.report.lines if found.report else found.lines_read))
        row.cell(str(found.changed if found.changed is not None else found.report.changes if found.report else 0))
        row.cell(formats.instant(found.uploaded_at_ms, self._visitor.zone, words))
        row.cell(found.uploaded_by)


def _title(column: ImportColumn, language: str) -> str:
    """A heading the column goes by, in the reader's language if there is one."""
    if language == "zh":
        return next((title for title in column.titles if not title.isascii() and title[0] >= "\u4e00"), column.titles[0])
    return column.titles[0]


def reading_fields(words: Words) -> dict[str, ui.select | ui.input]:
    """What may be chosen of how a file is read; empty = detected."""
    detected = {"": words.say("detected")}
    made: dict[str, ui.select | ui.input] = {}
    for name, values in (
        ("encoding", ("utf-8", "utf-16-le", "utf-16-be", "gb18030")),
        ("delimiter", ("comma", "semicolon", "tab")),
        ("decimal", ("point", "comma")),
    ):
        options = detected | {value: words.name("import value", value) for value in values}
        made[name] = ui.select(options, value="", label=words.name("import choice", name)).props("outlined dense")
    made["sheet"] = ui.input(words.name("import choice", "sheet")).props("outlined dense")
    return made
