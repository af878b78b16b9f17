"""Stored value: clashes somebody has to look at, coupons, gift cards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from starlette.responses import Response

from cloud.console.answers import Zone
from cloud.console.coupons_panel import CouponsPanel
from cloud.console.formats import instant, money
from cloud.console.frame import Frame, page, refusal
from cloud.console.gift_cards_panel import GiftCardsPanel
from cloud.console.hq import Nothing, Problem
from cloud.console.parts import Column, Drawn, Table, box, card, chip, empty, field_error, link, new_dialog, text
from cloud.console.value_answers import Clash, ClashPage, SeenBody
from cloud.console.value_tabs import tabs
from cloud.console.visitor import Console, Visitor, to_login

SHOWN = 200
EVERY_SECONDS = 5
DIGITS = 2


def install(console: Console) -> None:
    """Add the pages below `/stored-value`."""

    @ui.page("/stored-value")
    def clashes() -> Response | None:
        return _page(console, "clashes", _ClashesPanel)

    @ui.page("/stored-value/coupons")
    def coupons() -> Response | None:
        return _page(console, "coupons", CouponsPanel)

    @ui.page("/stored-value/cards")
    def cards() -> Response | None:
        return _page(console, "cards", GiftCardsPanel)


def _page(console: Console, name: str, panel: Callable[[Frame], object]) -> Response | None:
    visitor = Visitor(console)
    if visitor.person is None:
        return to_login()
    with page(visitor, "members", visitor.words.say("Stored value")) as frame:
        tabs(visitor, name)
        panel(frame)
    return None


class _ClashesPanel:
    """Sales that took what was not there any more."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._digits: dict[str, int] = {}
        self._drawn = Drawn()
        say = self._visitor.words.say
        with card(say("Clashes")):
            text(
                say("Two stores took the same value while one could not ask headquarters. The sales stand; look at each."),
                "p",
                "hint",
            )
            self._all = ui.checkbox(say("Also those that were looked at"), on_change=self._changed)
            self._rows = box("")
        frame.load(self._fill, every_seconds=EVERY_SECONDS)

    async def _changed(self) -> None:
        await self._frame.attempt(self._fill())

    async def _fill(self) -> None:
        say = self._visitor.words.say
        wanted = "true" if self._all.value else "false"
        zones = await self._visitor.get("/zones", list[Zone])
        self._digits = {zone.currency: zone.minor_digits for zone in zones}
        found = await self._visitor.get("/stored-value/clashes", ClashPage, settled=wanted, limit=SHOWN)
        if self._drawn.already(found, self._digits):
            return
        self._rows.clear()
        with self._rows:
            if not found.rows:
                empty(say("No clash"), say("Nothing was taken twice."), "task_alt")
                return
            titles = (say("When"), say("Store"), say("What"), say("Taken"), say("Missing"), say("Why"), say("State"), "")
            table = Table([Column(title, place in {3, 4}) for place, title in enumerate(titles)])
            for clash in found.rows:
                self._row(table, clash)

    def _row(self, table: Table, clash: Clash) -> None:
        words = self._visitor.words
        row = table.row()
        row.cell(instant(clash.at_ms, self._visitor.zone, words))
        with row.cell(classes="name-cell"):
            link(clash.store_name, f"/stores/{clash.store_id}")
            link(words.say("the sale"), f"/sales/{clash.store_id}/{clash.sale_id}", "hint")
        named = f" …{clash.tail}" if clash.tail else f" {clash.member_id}" if clash.member_id else ""
        row.cell(words.name("value_kind", clash.value_kind) + named)
        row.cell(self._told(clash, clash.amount))
        row.cell(self._told(clash, clash.short))
        row.cell(words.name("value_why", clash.why))
        with row.cell():
            if clash.settled_at_ms is None:
                chip(words.say("open"), "warn")
            else:
                chip(words.say("looked at"), "good")
                text(f"{clash.settled_by}: {clash.settled_how}", "div", "hint")
        with row.cell():
            if clash.settled_at_ms is None and self._visitor.may("alarms.write"):
                ui.button(words.say("Looked at"), on_click=lambda: self._settle(clash)).props("flat dense no-caps")

    def _told(self, clash: Clash, amount: int) -> str:
        """Money of a card, else a count."""
        if not clash.currency:
            return str(amount)
        return money(amount, clash.currency, self._digits.get(clash.currency, DIGITS), self._visitor.words)

    def _settle(self, clash: Clash) -> None:
        _SeenDialog(self._frame, clash, self._fill).open()


class _SeenDialog:
    """What was done about a clash."""

    def __init__(self, frame: Frame, clash: Clash, after: Callable[[], Awaitable[None]]) -> None:
        self._frame = frame
        self._clash = clash
        self._after = after

    def open(self) -> None:
        """Show the form."""
        say = self._frame.visitor.words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("What was done about it?"), "h2")
            self._how = ui.input(say("In a few words"), placeholder=say("written off, the customer was called …"))
            self._how.props("outlined dense autofocus maxlength=200")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Save"), on_click=self._save).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _save(self) -> None:
        self._error.set_text("")
        path = f"/stores/{self._clash.store_id}/stored-value-clashes/{self._clash.clash_id}/seen"
        sending = self._frame.visitor.send("POST", path, Nothing, SeenBody(how=(self._how.value or "").strip()))
        if await self._frame.attempt(sending, on_refused=self._refused) is None:
            return
        self._dialog.close()
        self._frame.notice(self._frame.visitor.words.say("Saved."))
        await self._frame.attempt(self._after())

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._frame.visitor.words))
