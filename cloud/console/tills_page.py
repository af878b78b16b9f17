"""Tills of a store on a day: shifts and their differences, payments held against the acquirer's file, the day as files."""

from __future__ import annotations

import datetime

from nicegui import ui
from nicegui.events import UploadEventArguments
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import StorePage, Zone
from cloud.console.frame import Frame, page
from cloud.console.hq import Nothing
from cloud.console.parts import Column, Table, box, card, chip, empty, field_error, figure, link, text
from cloud.console.till_answers import AcquirerFile, Pair, Reconciliation, ShiftRow, Shifts
from cloud.console.till_rules import TillRulesDialog
from cloud.console.till_tabs import tabs
from cloud.console.visitor import Console, Visitor, to_login

STORES_MAX = 500
FILE_BYTES_MAX = 2_000_000
AGREES = "agrees"
PROBLEMS_SHOWN = 200
REPORTS = ("tenders", "tax-by-rate", "till-events", "staff-figures")
TONE = {"not_booked": "bad", "only_till": "warn", "only_acquirer": "warn", "amount_differs": "bad", AGREES: "good"}


def install(console: Console) -> None:
    """Add the page `/tills`."""

    @ui.page("/tills")
    def tills(store: str = "", day: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "tills", visitor.words.say("Tills")) as frame:
            tabs(visitor, "tills")
            _TillsPage(frame, store, day)
        return None


class _TillsPage:
    def __init__(self, frame: Frame, store_id: str, day: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._wanted = store_id
        self._digits: dict[str, int] = {}
        self._currency = ""
        self._asked: tuple[str, str] | None = None
        say = self._visitor.words.say
        today = datetime.datetime.fromtimestamp(self._visitor.now_ms / 1000, self._visitor.zone).date().isoformat()
        with card(), box("actions"):
            self._store = ui.select({}, label=say("Store"), on_change=self._again)
            self._store.props("outlined dense").classes("select store-select")
            self._day = ui.input(say("Day"), value=day or today, on_change=self._again)
            self._day.props('outlined dense type="date" stack-label')
            if self._visitor.may("stores.write"):
                ui.button(say("Rules of the tills"), icon="tune", on_click=self._rules).props("flat no-caps")
        self._shifts = card(say("Shifts"))
        self._payments = card(say("Card and mobile payments"))
        self._files = card(say("The day as files"))
        frame.load(self._fill)

    async def _fill(self) -> None:
        zones = await self._visitor.get("/zones", list[Zone])
        stores = (await self._visitor.get("/stores", StorePage, limit=STORES_MAX)).rows
        self._digits = {zone.currency: zone.minor_digits for zone in zones}
        options = {store.store_id: f"{store.name} ({store.store_id})" for store in stores}
        first = self._wanted if self._wanted in options else next(iter(options), None)
        self._store.set_options(options, value=self._store.value or first)
        await self._show()

    async def _rules(self) -> None:
        if self._store.value:
            digits = self._digits.get(self._currency, 2)
            dialog = TillRulesDialog(self._frame, str(self._store.value), digits, self._show)
            await self._frame.attempt(dialog.open())

    async def _again(self) -> None:
        if self._digits and self._choice() != self._asked:  # the first choice is shown by what made it
            await self._frame.attempt(self._show())

    def _choice(self) -> tuple[str, str]:
        return str(self._store.value or ""), str(self._day.value or "")

    async def _show(self) -> None:
        store_id, day = mine = self._choice()
        if not store_id or not day:
            return
        self._asked = mine
        ui.navigate.history.replace(f"/tills?store={store_id}&day={day}")
        shifts = await self._visitor.get("/shifts", Shifts, **{"store_id": store_id, "from": day, "to": day})
        found = await self._visitor.get(f"/stores/{store_id}/reconciliation/{day}", Reconciliation)
        if mine != self._asked:  # somebody has asked for another store or day meanwhile
            return
        self._currency = found.currency
        self._show_shifts(shifts)
        self._show_payments(found)
        self._show_files(store_id, day)

    def _money(self, minor: int | None, currency: str) -> str:
        return formats.money(minor, currency, self._digits.get(currency, 2), self._visitor.words)

    def _heading(self, where: ui.element, title: str) -> None:
        where.clear()
        with where:
            text(title, "h2")

    def _show_shifts(self, found: Shifts) -> None:
        say = self._visitor.words.say
        self._heading(self._shifts, say("Shifts"))
        with self._shifts:
            if not found.rows and not found.open:
                empty(say("No shift was closed on this day"), say("Another day or store?"), "point_of_sale")
                return
            titles = [say("Till"), say("Cashier"), say("Opened"), say("Closed")]
            numbers = [say("Sales"), say("Expected"), say("Counted"), say("Difference")]
            table = Table([*map(Column, titles), *(Column(title, True) for title in numbers), Column(say("Approved by"))])
            for row in found.rows:
                self._shift(table, row)
            for running in found.open:
                row_ = table.row()
                with row_.cell():
                    link(f"{running.till_id}", f"/tills/{running.store_id}/{running.shift_id}")
                row_.cell(running.cashier_id)
                row_.cell(self._instant(running.opened_at_ms))
                with row_.cell():
                    chip(say("runs"), "info")
                for _ in range(5):
                    row_.cell("")

    def _shift(self, table: Table, shift: ShiftRow) -> None:
        row = table.row()
        with row.cell():
            link(f"{shift.till_id} · Z {shift.z_number}", f"/tills/{shift.store_id}/{shift.shift_id}")
        row.cell(shift.cashier_id)
        row.cell(self._instant(shift.opened_at_ms))
        row.cell(self._instant(shift.closed_at_ms))
        row.cell(str(shift.sale_count))
        row.cell(self._money(shift.expected_minor, shift.currency))
        row.cell(self._money(shift.counted_minor, shift.currency))
        with row.cell():
            tone = "good" if shift.difference_minor == 0 else "bad" if shift.approver_id else "warn"
            chip(self._money(shift.difference_minor, shift.currency), tone)
        row.cell(f"{shift.approver_id} {shift.why}".strip())

    def _instant(self, at_ms: int | None) -> str:
        return formats.instant(at_ms, self._visitor.zone, self._visitor.words)

    def _show_payments(self, found: Reconciliation) -> None:
        say = self._visitor.words.say
        self._heading(self._payments, say("Card and mobile payments"))
        problems = [pair for pair in found.pairs if pair.finding != AGREES]
        with self._payments:
            with box("figures"):
                figure(say("tills and terminals"), self._money(found.ours_minor, found.currency))
                figure(say("acquirer"), self._money(found.theirs_minor, found.currency) if found.files else "–")
                figure(say("lines agree"), str(found.counts.get(AGREES, 0)))
                figure(say("to look at"), str(len(problems)), "bad-text" if problems else "")
            if not found.pairs:
                empty(say("No card or mobile payment on this day"), "", "credit_card")
            elif problems:
                self._problems(problems, found.currency)
            elif found.files:
                text(say("Every line agrees: nothing to do."), "p", "good-text")
            else:
                text(say("Every payment has its sale. Bring the acquirer's file to compare line by line."), "p")
            for file in found.files:
                self._file(file)
            if self._visitor.may("staff.write"):
                self._uploader()

    def _problems(self, problems: list[Pair], currency: str) -> None:
        words = self._visitor.words
        say = words.say
        titles = [Column(say("What is wrong")), Column(say("Time")), Column(say("Till")), Column(say("Reference"))]
        table = Table(
            [*titles, Column(say("Till says"), True), Column(say("Acquirer says"), True), Column(say("Difference"), True)]
        )
        for pair in problems[:PROBLEMS_SHOWN]:
            row = table.row()
            with row.cell():
                chip(words.name("reconciliation", pair.finding), TONE.get(pair.finding, "plain"))
            line = pair.ours or pair.theirs
            row.cell("" if line is None else formats.time_of_day(line.at_ms, self._visitor.zone))
            row.cell("" if pair.ours is None else pair.ours.till_id)
            row.cell("" if line is None else f"{line.reference} {'•• ' + line.card_tail if line.card_tail else ''}".strip())
            row.cell(self._money(None if pair.ours is None else pair.ours.amount_minor, currency))
            row.cell(self._money(None if pair.theirs is None else pair.theirs.amount_minor, currency))
            row.cell(self._money(pair.difference_minor, currency), "strong")
        if len(problems) > PROBLEMS_SHOWN:
            text(say("The first {n} are shown.", n=PROBLEMS_SHOWN), "p", "hint")

    def _file(self, file: AcquirerFile) -> None:
        say = self._visitor.words.say
        with box("actions"):
            when = self._instant(file.added_at_ms)
            said = say(
                "{name}: {n} lines, brought by {person}, {time}",
                name=file.name or "–",
                n=file.line_count,
                person=file.added_by,
                time=when,
            )
            text(said, "span", "hint")
            if self._visitor.may("staff.write"):
                ui.button(say("Take out"), on_click=lambda: self._drop(file)).props("flat dense no-caps")

    def _uploader(self) -> None:
        say = self._visitor.words.say
        self._error = field_error()
        uploader = ui.upload(
            label=say("The acquirer's file: drag CSV or Excel here, or press +"),
            auto_upload=True,
            max_files=1,
            max_file_size=FILE_BYTES_MAX,
            on_upload=self._bring,
            on_rejected=lambda: self._error.set_text(say("Only CSV or .xlsx, at most 2 MB.")),
        )
        uploader.props("accept='.csv,.txt,.xlsx' flat bordered").classes("drop")

    async def _bring(self, event: UploadEventArguments) -> None:
        content = await event.file.read()
        path = f"/stores/{self._store.value}/acquirer-files"
        sent = await self._frame.attempt(self._visitor.send_file(path, AcquirerFile, content, name=event.file.name))
        if sent is not None:
            self._frame.notice(self._visitor.words.say("{n} lines were read.", n=sent.line_count))
            await self._frame.attempt(self._show())

    async def _drop(self, file: AcquirerFile) -> None:
        path = f"/stores/{self._store.value}/acquirer-files/{file.file_id}"
        if await self._frame.attempt(self._visitor.send("DELETE", path, Nothing)) is not None:
            await self._frame.attempt(self._show())

    def _show_files(self, store_id: str, day: str) -> None:
        words = self._visitor.words
        say = words.say
        self._heading(self._files, say("The day as files"))

        async def poslog() -> None:
            found = await self._frame.attempt(self._visitor.download(f"/stores/{store_id}/days/{day}/poslog"))
            if found is not None:
                ui.download(found, f"poslog-{store_id}-{day}.json")

        async def report(name: str) -> None:
            query = {"from_date": day, "upto_date": day, "store_id": store_id}
            found = await self._frame.attempt(self._visitor.download(f"/reports/{name}/csv", **query))
            if found is not None:
                ui.download(found, f"{name}-{store_id}-{day}.csv")

        titles = {
            "tenders": "Ways to pay",
            "tax-by-rate": "Tax by rate",
            "till-events": "Event log",
            "staff-figures": "Staff figures",
        }
        with self._files, box("actions"):
            ui.button(say("Every transaction (POSLog, JSON)"), icon="download", on_click=poslog).props("outline no-caps")
            for name in REPORTS:
                title = words.name("report", titles[name])
                ui.button(f"{title} (CSV)", icon="download", on_click=lambda name=name: report(name)).props(
                    "outline no-caps"
                )
