"""The prices of a campaign: one by one, pasted, or from a file; every bad line named, none taken unless all can be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from nicegui import ui
from nicegui.events import UploadEventArguments

from cloud.console import formats
from cloud.console.answers import CodesBody, NamedItems, Zone
from cloud.console.campaign_answers import Campaign, FileRead, Line, LineBody, LinePage, LinesBody
from cloud.console.frame import Frame
from cloud.console.hq import FILE_SECONDS, Problem
from cloud.console.parts import Column, Table, box, card, chip, empty, field_error, text
from cloud.console.pasted import LINES_MAX, read_pasted
from cloud.console.visitor import Visitor

SHOWN = 200
ADDABLE_MAX = 500
"""A longer list is changed by bringing it again."""
BAD_SHOWN = 100
FILE_BYTES_MAX = 2_000_000
Bad = tuple[int, str, str]
"""(line, its text, what is wrong)."""


class LinesPart:
    """The card of the prices. `again`: what fills the page anew after a change."""

    def __init__(
        self,
        frame: Frame,
        path: str,
        campaign: Campaign,
        zones: Mapping[str, Zone],
        again: Callable[[], Awaitable[None]],
        *,
        editable: bool,
    ) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._path = path
        self._campaign = campaign
        self._zones = zones
        self._again = again
        self._editable = editable

    def build(self) -> None:
        """Make the card."""
        words = self._visitor.words
        say = words.say
        with card(say("Prices")):
            if self._editable:
                self._ways()
                self._bad_box = box("stack")
            self._table_box = box("stack")
        ui.timer(0.01, self._fill_lines, once=True)

    def _ways(self) -> None:
        say = self._visitor.words.say
        first = next(iter(self._zones), None)
        with box("fields"):
            options = {"file": say("File"), "paste": say("Paste"), "one": say("One price")}
            way = ui.toggle(options, value="file").props("unelevated no-caps").classes("toggle")
            self._zone = (
                ui.select(list(self._zones), value=first, label=say("Zone")).props("outlined dense").classes("narrow")
            )
        with box("stack") as by_file:
            self._uploader()
        with box("stack") as by_paste:
            self._text = ui.textarea(placeholder="A000001\t1.29\n9520000000028\t2.49").props(
                "outlined input-style='min-height: 9rem'"
            )
            self._text.props["aria-label"] = say("Lines to change")
            self._text.classes("mono")
            with box("actions"):
                take = ui.button(say("Take these prices"), icon="playlist_add", on_click=self._take_pasted)
                take.props("unelevated no-caps").classes("primary")
                text(say("They take the place of the prices below."), "span", "hint")
        with box("stack") as by_one, box("fields"):
            self._code = ui.input(say("Item number or barcode")).props("outlined dense")
            self._price = ui.input(say("New price")).props("outlined dense inputmode=decimal")
            self._price.on("keydown.enter", self._add_one)
            add = ui.button(say("Add"), icon="add", on_click=self._add_one).props("outline no-caps")
            add.classes("second")
        for name, part in (("file", by_file), ("paste", by_paste), ("one", by_one)):
            part.bind_visibility_from(way, "value", value=name)
        self._error = field_error()

    def _uploader(self) -> None:
        say = self._visitor.words.say
        uploader = ui.upload(
            label=say("Drag a CSV or Excel file here, or press +"),
            auto_upload=True,
            max_files=1,
            max_file_size=FILE_BYTES_MAX,
            on_upload=self._bring,
            on_rejected=lambda: self._error.set_text(say("Only CSV or .xlsx, at most 2 MB.")),
        )
        uploader.props("accept='.csv,.txt,.tsv,.xlsx' flat bordered").classes("drop")
        hint = say(
            "Columns: item id or barcode, price; zone and valid to if wanted. Without a zone column the zone above counts."
        )
        text(hint, "p", "hint")

    async def _bring(self, event: UploadEventArguments) -> None:
        words = self._visitor.words
        content = await event.file.read()
        uploader = event.sender
        sending = self._visitor.send_file(
            f"{self._path}/file", FileRead, content, name=event.file.name, zone=str(self._zone.value or "")
        )
        read = await self._frame.attempt(sending)
        uploader.reset()  # type: ignore[attr-defined]
        if read is None:
            return
        if read.taken:
            said = words.say_many(
                "{n} price taken from {file}.", "{n} prices taken from {file}.", read.line_count, file=read.file_name
            )
            self._frame.notice(said)
            await self._frame.attempt(self._again())
            return
        bad = [(row.line_no, row.column, f"{words.api(row.problem)}. {words.api(row.remedy)}".strip())
               for row in read.problems if row.severity == "error"]  # fmt: skip
        if read.refused_code:
            bad.insert(0, (0, "", f"{words.api(read.refused_detail)} {words.api(read.refused_remedy)}".strip()))
        self._show_bad(bad, max(read.error_count, len(bad)), read.file_name)

    async def _take_pasted(self) -> None:
        words = self._visitor.words
        self._error.set_text("")
        zone = self._zones.get(str(self._zone.value))
        if zone is None:
            self._error.set_text(words.say("Choose a zone."))
            return
        pasted = read_pasted(self._text.value or "", zone.minor_digits)
        if not pasted.lines and not pasted.problems:
            self._error.set_text(words.say("Paste some lines first."))
            return
        codes = CodesBody(codes=tuple(line.code for line in pasted.lines))
        named = await self._frame.attempt(self._visitor.send("POST", "/items/named", NamedItems, codes))
        if named is None:
            return
        items = {row.code: row.item_id for row in named.rows}
        bad: list[Bad] = [(row.line_no, row.text, words.name("pasted", row.what)) for row in pasted.problems]
        bad += [
            (line.line_no, line.code, words.say("There is no item with this number or barcode."))
            for line in pasted.lines
            if line.code not in items
        ]
        if bad:
            self._show_bad(sorted(bad), len(bad), "")
            return
        lines = [
            LineBody(zone=zone.zone, item_id=items[line.code], price_minor=line.price_minor, line_no=line.line_no)
            for line in pasted.lines
        ]
        await self._put(lines)

    async def _add_one(self) -> None:
        words = self._visitor.words
        self._error.set_text("")
        zone = self._zones.get(str(self._zone.value))
        if zone is None:
            self._error.set_text(words.say("Choose a zone."))
            return
        try:
            price = formats.read_price(self._price.value or "", zone.minor_digits)
        except formats.NotAPrice:
            self._error.set_text(words.say("Type the price like 1.29."))
            return
        code = (self._code.value or "").strip()
        named = await self._frame.attempt(self._visitor.send("POST", "/items/named", NamedItems, CodesBody(codes=(code,))))
        if named is None:
            return
        if not named.rows:
            self._error.set_text(words.say("There is no item with this number or barcode."))
            return
        item_id = named.rows[0].item_id
        page = await self._frame.attempt(self._visitor.get(f"{self._path}/lines", LinePage, limit=ADDABLE_MAX))
        if page is None:
            return
        if page.next is not None:
            self._error.set_text(words.say("So many prices are changed by bringing the whole list again."))
            return
        kept = [_body(line) for line in page.rows if (line.zone, line.item_id) != (zone.zone, item_id)]
        await self._put([*kept, LineBody(zone=zone.zone, item_id=item_id, price_minor=price)])

    async def _put(self, lines: Sequence[LineBody]) -> None:
        numbered = tuple(lines)
        body = LinesBody(lines=numbered)
        sending = self._visitor.send("PUT", f"{self._path}/lines", Campaign, body, seconds=FILE_SECONDS)

        def refused(problem: Problem) -> None:
            self._show_bad(self._refused(problem, numbered), len(problem.errors) or 1, "")

        if await self._frame.attempt(sending, on_refused=refused) is not None:
            await self._frame.attempt(self._again())

    def _refused(self, problem: Problem, lines: Sequence[LineBody]) -> list[Bad]:
        words = self._visitor.words
        bad: list[Bad] = []
        for error in problem.errors:
            parts = error.pointer.strip("/").split("/")
            place = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else len(lines)
            line = lines[place] if place < len(lines) else None
            said = f"{words.api(error.detail)}. {words.api(error.remedy)}"
            bad.append(((line.line_no or place + 1) if line else 0, line.item_id if line else "", said))
        return bad or [(0, "", words.api(problem.detail))]

    def _show_bad(self, bad: Sequence[Bad], count: int, file_name: str) -> None:
        words = self._visitor.words
        self._bad_box.clear()
        with self._bad_box:
            alert = box("refusal")
            alert.props["role"] = "alert"
            with alert:
                text(words.say_many("{n} line needs a look", "{n} lines need a look", count), "h2")
                hint = words.say("None of {file} was taken. Correct these lines and bring it again.", file=file_name)
                text(hint if file_name else words.say("Nothing was changed. Correct these lines and take them again."), "p")
            table = Table([Column(words.say("Line"), True), Column(words.say("Text")), Column(words.say("What is wrong"))])
            for line_no, said, problem in bad[:BAD_SHOWN]:
                row = table.row()
                row.cell(str(line_no or formats.DASH))
                row.cell(said, "mono")
                row.cell(problem)

    async def _fill_lines(self) -> None:
        page = await self._frame.attempt(self._visitor.get(f"{self._path}/lines", LinePage, limit=SHOWN))
        if page is None:
            return
        say = self._visitor.words.say
        self._table_box.clear()
        with self._table_box:
            if not page.rows:
                empty(
                    say("No prices yet"), say("Bring a file, paste a list of at most {n}, or type one.", n=LINES_MAX), "sell"
                )
                return
            with box("scroll"):
                table = line_table(self._visitor)
                for line in page.rows:
                    line_row(table, line, self._visitor)
            if page.next is not None:
                count = self._campaign.line_count
                text(say("The first {n} of {count} prices are shown.", n=SHOWN, count=count), "p", "hint")


def line_table(visitor: Visitor) -> Table:
    """A table for `line_row`."""
    say = visitor.words.say
    columns = [Column(say("Item")), Column(say("Zone")), Column(say("Before"), True), Column(say("New price"), True)]
    return Table([*columns, Column(say("Until")), Column(say("Look at this"))], "roomy")


def line_row(table: Table, line: Line, visitor: Visitor, details: Sequence[str] = ()) -> None:
    """One price: what it was, what it becomes, what is odd about it."""
    words = visitor.words
    row = table.row("withdrawn" if line.unchanged else "")
    with row.cell(classes="name-cell"):
        text(line.title(words.language))
        text(line.item_id, "div", "hint")
    row.cell(line.zone)
    row.cell(formats.money(line.before_minor, line.currency, line.minor_digits, words) if line.checked else formats.DASH)
    rise = line.before_minor is not None and line.price_minor > line.before_minor
    tone = "" if not line.checked or line.unchanged else "price-up" if rise else "price-down"
    row.cell(formats.money(line.price_minor, line.currency, line.minor_digits, words), tone)
    row.cell(formats.instant(line.to_ms, visitor.zone, words) if line.to_ms else formats.DASH)
    with row.cell():
        if line.unchanged:
            chip(words.say("unchanged"))
        for code in line.findings:
            chip(words.name("price finding", code), "warn")
        for detail in details:
            text(words.api(detail), "div", "hint")


def _body(line: Line) -> LineBody:
    return LineBody(
        zone=line.zone, item_id=line.item_id, price_minor=line.price_minor, to_ms=line.to_ms, line_no=line.line_no
    )
