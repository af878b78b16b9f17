"""Who may work in a store, with which rights. A PIN goes in and is never shown again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from starlette.responses import Response

from cloud.console.answers import FeedWritten, StaffBody, StaffMember, StaffPage, StorePage, Zone
from cloud.console.frame import Frame, page, refusal
from cloud.console.hq import Problem
from cloud.console.parts import Column, Drawn, Table, box, card, chip, empty, field_error, new_dialog, text
from cloud.console.visitor import Console, Visitor, to_login
from cloud.locale.catalogue import LANGUAGES

RIGHTS = (
    "till", "void", "drawer", "price", "discount", "override", "refund", "refund_without_receipt", "reverse", "cash",
    "variance", "reprint", "report", "gift_card", "labels", "devices", "stock",
)  # fmt: skip
"""In the order the form shows them: `protocols.contract.rights`."""
LIMITED = {
    "price": "percent",
    "discount": "percent",
    "refund": "amount",
    "refund_without_receipt": "amount",
    "cash": "amount",
    "gift_card": "amount",
}
"""Rights with a limit, and what it is said in."""
STORES_MAX = 500
STAFF_MAX = 500


def install(console: Console) -> None:
    """Add the page `/staff`."""

    @ui.page("/staff")
    def staff(store: str = "") -> Response | None:
        visitor = Visitor(console)
        if visitor.person is None:
            return to_login()
        with page(visitor, "staff", visitor.words.say("Staff")) as frame:
            _StaffPage(frame, store)
        return None


class _StaffPage:
    def __init__(self, frame: Frame, store_id: str) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._store_id = store_id
        self._digits_of: dict[str, int] = {}
        self._drawn = Drawn()
        self._add: ui.button | None = None
        say = self._visitor.words.say
        with card():
            with box("actions"):
                self._store = ui.select({}, label=say("Store"), with_input=True, on_change=self._chosen)
                self._store.props("outlined dense").classes("grow select")
                if self._visitor.may("staff.write"):
                    self._add = ui.button(say("Add somebody"), icon="person_add", on_click=self._new)
                    self._add.props("unelevated no-caps").classes("primary")
                    self._add.disable()  # until it is known in which store
            self._rows = box("")
        frame.load(self._fill)

    async def _fill(self) -> None:
        zones = {zone.zone: zone.minor_digits for zone in await self._visitor.get("/zones", list[Zone])}
        stores = (await self._visitor.get("/stores", StorePage, limit=STORES_MAX)).rows
        self._digits_of = {store.store_id: zones.get(store.zone, 2) for store in stores}
        names = {store.store_id: f"{store.name} ({store.store_id})" for store in stores}
        chosen = self._store_id if self._store_id in names else next(iter(names), None)
        self._store_id = chosen or ""
        self._store.set_options(names, value=chosen)
        await self._show()

    async def _chosen(self) -> None:
        if self._store.value and self._store.value != self._store_id:
            self._store_id = str(self._store.value)
            ui.navigate.history.replace(f"/staff?store={self._store_id}")
            await self._frame.attempt(self._show())

    async def _show(self) -> None:
        say = self._visitor.words.say
        if not self._store_id:
            self._rows.clear()
            with self._rows:
                empty(say("There is no store yet"), "", "storefront")
            return
        store_id = self._store_id
        found = await self._visitor.get(f"/stores/{store_id}/staff", StaffPage, limit=STAFF_MAX)
        if self._add is not None:
            self._add.enable()
        if store_id != self._store_id or self._drawn.already(store_id, found):
            return
        self._rows.clear()
        with self._rows:
            if not found.rows:
                empty(
                    say("Nobody works here yet"),
                    say("Add the first cashier; they log in at the till with their PIN."),
                    "badge",
                )
                return
            table = Table(
                [
                    Column(say("Number")),
                    Column(say("Name")),
                    Column(say("May")),
                    Column(say("Language")),
                    Column(say("State")),
                    Column(""),
                ]
            )
            for member in found.rows:
                self._row(table, member)

    def _row(self, table: Table, member: StaffMember) -> None:
        words = self._visitor.words
        row = table.row()
        row.cell(member.staff_id)
        row.cell(member.name, "name-cell")
        with row.cell(classes="chips"):
            for right in member.rights:
                chip(words.name("right", right))
        row.cell(LANGUAGES.get(member.language, member.language))
        with row.cell():
            chip(words.say("may log in"), "good") if member.active else chip(words.say("locked out"))
        with row.cell():
            if self._visitor.may("staff.write"):
                ui.button(words.say("Change"), on_click=lambda: self._edit(member)).props("flat dense no-caps")

    def _digits(self) -> int:
        """Decimals of the store's currency."""
        return self._digits_of.get(self._store_id, 2)

    def _new(self) -> None:
        _StaffDialog(self._frame, self._store_id, None, self._show, self._digits()).open()

    def _edit(self, member: StaffMember) -> None:
        _StaffDialog(self._frame, self._store_id, member, self._show, self._digits()).open()


class _StaffDialog:
    """Add or change one person."""

    def __init__(
        self,
        frame: Frame,
        store_id: str,
        member: StaffMember | None,
        after: Callable[[], Awaitable[None]],
        minor_digits: int,
    ) -> None:
        self._digits = minor_digits
        self._limits: dict[str, ui.number] = {}
        self._frame = frame
        self._visitor = frame.visitor
        self._store_id = store_id
        self._member = member
        self._after = after

    def open(self) -> None:
        """Show the form."""
        words, member = self._visitor.words, self._member
        say = words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("Change {name}", name=member.name) if member else say("Add somebody"), "h2")
            with box("fields"):
                self._staff_id = ui.input(say("Number on the badge"), value=member.staff_id if member else "")
                self._staff_id.props(f"outlined dense {'readonly' if member else 'autofocus'}")
                self._name = ui.input(say("Name"), value=member.name if member else "").props("outlined dense")
            with box("fields"):
                hint = say("Empty: it stays as it is") if member else say("4 to 8 digits nobody guesses first")
                self._pin = ui.input("PIN", password=True).props(
                    f'outlined dense inputmode=numeric autocomplete="new-password" hint="{hint}" maxlength=8'
                )
                self._language = ui.select(
                    LANGUAGES, value=member.language if member else words.language, label=say("Language")
                )
                self._language.props("outlined dense")
            text(say("May"), "h3")
            with box("checks"):
                self._rights = {
                    right: ui.checkbox(words.name("right", right), value=right in (member.rights if member else ("till",)))
                    for right in RIGHTS
                }
            with ui.expansion(say("How far these rights go")).classes("expansion"):
                self._limit_fields(member)
            self._active = ui.checkbox(say("May log in"), value=member.active if member else True)
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                self._button = ui.button(say("Save"), on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)  # nothing typed stays behind
        self._dialog.open()

    def _limit_fields(self, member: StaffMember | None) -> None:
        """A number per limited right; empty: without limit. Shares in percent, amounts in the store's currency."""
        words = self._visitor.words
        units = {"percent": words.say("percent"), "amount": words.say("amount")}
        known = member.limits if member else {}
        self._limits.clear()
        with box("fields"):
            for right, unit in LIMITED.items():
                number = ui.number(f"{words.name('right', right)} ({units[unit]})", min=0)
                number.value = known[right] / self._scale(right) if right in known else None
                self._limits[right] = number.props("outlined dense clearable stack-label")
        text(words.say("Empty: without limit. Beyond it a second person must allow it."), "p", "hint")

    def _scale(self, right: str) -> int:
        """Basis points of a percent, or minor units of the store's currency."""
        return 100 if LIMITED[right] == "percent" else 10**self._digits

    async def _save(self) -> None:
        self._error.set_text("")
        body = StaffBody(
            name=(self._name.value or "").strip(),
            rights=tuple(right for right, check in self._rights.items() if check.value),
            language=str(self._language.value),
            active=bool(self._active.value),
            pin=self._pin.value or None,
            limits={
                right: round(float(number.value) * self._scale(right))
                for right, number in self._limits.items()
                if number.value is not None
            },
        )
        staff_id = (self._staff_id.value or "").strip()
        if not staff_id:
            self._error.set_text(self._visitor.words.say("Give the number on the name badge."))
            return
        path = f"/stores/{self._store_id}/staff/{staff_id}"
        done = await self._frame.attempt(self._visitor.send("PUT", path, FeedWritten, body), on_refused=self._refused)
        if done is None:
            return
        self._dialog.close()
        self._frame.notice(self._visitor.words.say("Saved. The store learns of it at once."))
        await self._frame.attempt(self._after())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
