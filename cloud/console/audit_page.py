"""The audit trail: who changed what, newest first, with what was and what is; filtered by person, kind, store and time."""

from __future__ import annotations

import datetime

from nicegui import ui
from starlette.responses import Response

from cloud.console import formats
from cloud.console.answers import Zone
from cloud.console.audit_words import About, Change, Teller
from cloud.console.chain_answers import AuditPage, AuditRow
from cloud.console.chain_tabs import stores_of, tabs
from cloud.console.frame import Frame, page
from cloud.console.parts import Column, Table, box, card, chip, empty, text
from cloud.console.visitor import Console, Visitor, to_login

ROWS = 50
ANY = ""
SUBJECTS = (
    "member",
    "stored_value",
    "price",
    "campaign",
    "promotion",
    "zone",
    "product",
    "style",
    "tax_class",
    "barcode",
    "product_recall",
    "staff",
    "store",
    "certificate",
    "order",
    "alarm",
    "person",
    "template",
    "token",
    "session",
    "region",
    "organisation",
    "import",
    "price_book",
    "item_cost",
    "invoice",
    "acquirer_file",
    "delivery",
    "reservation",
    "stock_rules",
    "stock_minimum",
    "shelf_plan",
    "markdown",
    "epcis_query",
    "epcis_capture",
)
OUTCOMES = ("done", "refused", "login_failed")
TONE = {"done": "good", "refused": "bad", "login_failed": "warn"}


def install(console: Console) -> None:
    """Add the page `/audit`."""

    @ui.page("/audit")
    def audit(store: str = "", login: str = "", object_id: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "chain", visitor.words.say("Audit")) as frame:
            tabs(visitor, "audit")
            _AuditPage(frame, store, login, object_id)
        return None


class _AuditPage:
    def __init__(self, frame: Frame, store_id: str, login: str, object_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._wanted_store = store_id
        self._next: str | None = None
        self._teller: Teller
        self._stores: dict[str, str] = {}
        with card():
            self._filters(login, object_id)
        with card():
            self._rows = box("")
            say = self._visitor.words.say
            with box("actions"):
                self._more = (
                    ui.button(say("Show earlier"), on_click=self._earlier).props("outline no-caps").classes("second")
                )
            self._more.set_visibility(False)
        frame.load(self._fill)

    def _filters(self, login: str, object_id: str) -> None:
        words = self._visitor.words
        say = words.say
        subjects = {ANY: say("Everything")} | {name: words.name("subject", name) for name in SUBJECTS}
        outcomes = {ANY: say("Any outcome")} | {name: words.name("outcome", name) for name in OUTCOMES}
        with box("fields filters"):
            self._login = ui.input(say("Who (login)"), value=login).props("outlined dense clearable debounce=400")
            self._subject = ui.select(subjects, value=ANY, label=say("What"))
            self._object = ui.input(say("Which one"), value=object_id)
            self._object.props("outlined dense clearable debounce=400")
            self._store = ui.select({ANY: say("All stores")}, value=ANY, label=say("Store"), with_input=True)
            self._outcome = ui.select(outcomes, value=ANY, label=say("Outcome"))
            self._from = ui.input(say("From")).props('outlined dense type="date" stack-label')
            self._to = ui.input(say("Until")).props('outlined dense type="date" stack-label')
            for select in (self._subject, self._store, self._outcome):
                select.props("outlined dense")
        for field in (self._login, self._subject, self._object, self._store, self._outcome, self._from, self._to):
            field.on_value_change(self._changed)

    async def _changed(self) -> None:
        await self._frame.attempt(self._show())

    async def _earlier(self) -> None:
        await self._frame.attempt(self._append(self._next))

    async def _fill(self) -> None:
        zones = await self._visitor.get("/zones", list[Zone])
        self._teller = Teller(self._visitor.words, self._visitor.zone, {zone.zone: zone for zone in zones})
        self._stores = {store.store_id: store.name for store in await stores_of(self._visitor)}
        names = {ANY: self._visitor.words.say("All stores")}
        names |= {store_id: f"{name} ({store_id})" for store_id, name in self._stores.items()}
        chosen = self._wanted_store or self._store.value
        self._wanted_store = ""
        self._store.set_options(names, value=chosen if chosen in names else ANY)
        await self._show()

    async def _show(self) -> None:
        self._table: Table | None = None
        self._rows.clear()
        await self._append(None)

    async def _append(self, after: str | None) -> None:
        found = await self._visitor.get(
            "/audit",
            AuditPage,
            login=(self._login.value or "").strip() or None,
            action=self._subject.value or None,
            object_id=(self._object.value or "").strip() or None,
            store_id=self._store.value or None,
            outcome=self._outcome.value or None,
            from_ms=self._moment(self._from.value),
            to_ms=self._moment(self._to.value, days=1),
            after=after,
            limit=ROWS,
        )
        self._next = found.next
        self._more.set_visibility(found.next is not None)
        say = self._visitor.words.say
        with self._rows:
            if self._table is None and not found.rows:
                empty(say("Nothing of this kind"), say("Choose fewer filters or another time."), "history")
                return
            if self._table is None:
                self._table = Table(
                    [
                        Column(say("When")),
                        Column(say("Who")),
                        Column(say("What")),
                        Column(say("Where")),
                        Column(say("Change")),
                    ],
                    "audit",
                )
        for row in found.rows:
            assert self._table is not None
            self._row(self._table, row)

    def _moment(self, day: str | None, *, days: int = 0) -> int | None:
        """Where a day begins (or the one after it) in the person's time zone."""
        if not day:
            return None
        try:
            start = datetime.date.fromisoformat(day) + datetime.timedelta(days=days)
        except (ValueError, OverflowError):
            return None
        return max(0, formats.read_local(f"{start.isoformat()}T00:00", self._visitor.zone) or 0)

    def _row(self, table: Table, entry: AuditRow) -> None:
        words = self._visitor.words
        row = table.row()
        row.cell(formats.instant(entry.at_ms, self._visitor.zone, words, seconds=True), "when")
        with row.cell(), box("who"):
            text(entry.login or words.say("unknown"), "div")
            text(words.name("via", entry.via), "div", "hint")
        with row.cell(classes="name-cell"):
            text(self._what(entry), "strong")
            text(entry.object_id, "div", "hint")
            if entry.outcome != "done":
                chip(words.name("outcome", entry.outcome), TONE[entry.outcome])
        with row.cell(classes="chips"):
            self._where(entry)
        with row.cell(classes="changes"):
            self._changes(entry)

    def _what(self, entry: AuditRow) -> str:
        words = self._visitor.words
        if entry.outcome == "refused":
            return words.name("problem", entry.action.partition(".")[2])
        return words.name("action", entry.action)

    def _where(self, entry: AuditRow) -> None:
        words = self._visitor.words
        for store_id in entry.stores:
            chip(self._stores.get(store_id, store_id))
        if entry.zone:
            chip(words.say("zone {zone}", zone=entry.zone), "info")
        if not entry.stores and not entry.zone:
            text(words.say("whole chain"), "span", "hint")

    def _changes(self, entry: AuditRow) -> None:
        words = self._visitor.words
        told = self._teller.tell(entry.before, entry.after, About(entry.zone, entry.at_ms))
        for change in told.changes:
            _line(change)
        if told.more:
            text(words.say("and {n} more", n=told.more), "div", "hint")
        if entry.reason:
            text(entry.reason if entry.outcome == "done" else words.api(entry.reason), "div", "hint")


def _line(change: Change) -> None:
    with box("change"):
        text(change.field, "span", "hint")
        if change.before:
            text(change.before, "span", "was")
        if change.before and change.after:
            text("→", "span", "hint")
        if change.after:
            text(change.after, "span", "strong")
