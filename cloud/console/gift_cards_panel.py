"""Gift cards: find one by its last four characters, issue one, block one."""

from __future__ import annotations

from nicegui import ui

from cloud.console.answers import Zone
from cloud.console.formats import NotAPrice, instant, money, read_price
from cloud.console.frame import Frame, refusal
from cloud.console.hq import Nothing, Problem
from cloud.console.parts import Column, Drawn, Table, box, card, chip, empty, field_error, new_dialog, text
from cloud.console.value_answers import Account, AccountPage, BlockBody, CardBody, CardIssued

SHOWN = 100
DIGITS = 2


class GiftCardsPanel:
    """The cards, and a form."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._digits: dict[str, int] = {}
        self._drawn = Drawn()
        self._add: ui.button | None = None
        say = self._visitor.words.say
        with card(say("Gift cards")):
            with box("actions"):
                self._tail = ui.input(say("Last four characters"), on_change=self._changed)
                self._tail.props("outlined dense clearable debounce=400 maxlength=4").classes("grow")
                if self._visitor.may("value.write"):
                    self._add = ui.button(say("Issue a gift card"), icon="add_card", on_click=self._new)
                    self._add.props("unelevated no-caps").classes("primary")
                    self._add.disable()  # until the currencies are there to choose from
            self._rows = box("")
        frame.load(self._fill)

    async def _changed(self) -> None:
        await self.refresh()

    async def refresh(self) -> None:
        """Show the cards as they are now."""
        await self._frame.attempt(self._fill())

    async def _fill(self) -> None:
        say = self._visitor.words.say
        zones = await self._visitor.get("/zones", list[Zone])
        self._digits = {zone.currency: zone.minor_digits for zone in zones}
        if self._add is not None:
            self._add.enable()
        tail = self._typed()
        found = await self._visitor.get(
            "/stored-value/accounts", AccountPage, value_kind="gift_card", tail=tail, limit=SHOWN
        )
        if tail != self._typed() or self._drawn.already(found, self._digits):
            return
        self._rows.clear()
        with self._rows:
            if not found.rows:
                empty(
                    say("No gift card here"),
                    say("Cards appear when they are issued here or sold at a till."),
                    "card_giftcard",
                )
                return
            titles = (say("Card"), say("To spend"), say("In open sales"), say("Until"), say("State"), "")
            table = Table([Column(title, place in {1, 2}) for place, title in enumerate(titles)])
            for each in found.rows:
                self._row(table, each)

    def _typed(self) -> str:
        return (self._tail.value or "").strip()

    def _row(self, table: Table, each: Account) -> None:
        words = self._visitor.words
        digits = self._digits.get(each.currency, DIGITS)
        row = table.row()
        row.cell(f"…{each.tail}", "name-cell")
        row.cell(money(each.free, each.currency, digits, words))
        row.cell(money(each.held, each.currency, digits, words))
        row.cell(instant(each.expires_ms, self._visitor.zone, words))
        with row.cell():
            chip(words.say("blocked"), "bad") if each.blocked else chip(words.say("good to use"), "good")
        with row.cell():
            if self._visitor.may("value.write"):
                title = words.say("Unblock") if each.blocked else words.say("Block")
                ui.button(title, on_click=lambda: self._block(each)).props("flat dense no-caps")

    async def _block(self, each: Account) -> None:
        path = f"/stored-value/accounts/{each.account_id}/blocked"
        body = BlockBody(blocked=not each.blocked)
        key = self._visitor.new_key()
        if await self._frame.attempt(self._visitor.send("PUT", path, Nothing, body, key=key)) is not None:
            await self.refresh()

    def _new(self) -> None:
        _IssueDialog(self._frame, self, self._digits).open()


class _IssueDialog:
    def __init__(self, frame: Frame, panel: GiftCardsPanel, digits: dict[str, int]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._panel = panel
        self._digits = digits

    def open(self) -> None:
        """Show the form."""
        say = self._visitor.words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("Issue a gift card"), "h2")
            with box("fields"):
                self._amount = ui.input(say("Amount")).props("outlined dense autofocus inputmode=decimal")
                self._currency = ui.select(sorted(self._digits), label=say("Currency")).props("outlined dense")
                self._currency.value = next(iter(sorted(self._digits)), None)
            hint = say("Empty: headquarters draws one")
            self._number = ui.input(say("Number on the card")).props(f'outlined dense maxlength=64 hint="{hint}"')
            self._reason = ui.input(say("Why")).props("outlined dense maxlength=200")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                ui.button(say("Issue"), on_click=self._issue).props("unelevated no-caps").classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _issue(self) -> None:
        self._error.set_text("")
        currency = str(self._currency.value or "")
        try:
            amount_minor = read_price(self._amount.value or "", self._digits.get(currency, DIGITS))
        except NotAPrice:
            self._error.set_text(self._visitor.words.say("That is no amount."))
            return
        body = CardBody(
            number=(self._number.value or "").strip(),
            amount_minor=amount_minor,
            currency=currency,
            reason=(self._reason.value or "").strip(),
        )
        sending = self._visitor.send("POST", "/stored-value/gift-cards", CardIssued, body)
        made = await self._frame.attempt(sending, on_refused=self._refused)
        if made is None:
            return
        self._dialog.close()
        with self._frame.client:
            self._show_once(made)
        await self._panel.refresh()

    def _show_once(self, made: CardIssued) -> None:
        say = self._visitor.words.say
        with new_dialog().props("persistent") as dialog, box("dialog small card form"):
            text(say("The number is shown only now"), "h2")
            text(made.number, "pre")
            with box("actions end"):
                ui.button(say("Done"), on_click=dialog.close).props("unelevated no-caps").classes("primary")
        dialog.on("hide", dialog.delete)
        dialog.open()

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
