"""The form that changes one item's price: now or at a time, until further notice or until another."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from cloud.console import formats
from cloud.console.answers import Item, PriceChange, PriceChanges, ZonePrice
from cloud.console.frame import Frame, refusal
from cloud.console.hq import Problem
from cloud.console.parts import box, card, field_error
from cloud.console.price_answers import BookChangeAnswer
from cloud.console.price_preview import Preview, Target, own_book

REASON_LENGTH_MAX = 200


class FormError(ValueError):
    """A field cannot be read; the text is for the person."""


class PriceForm:
    """Reads the fields, asks the API what would happen, and opens the preview."""

    def __init__(self, frame: Frame, item: Item, zones: Sequence[ZonePrice]) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._item = item
        self._zones = {zone.zone: zone for zone in zones}

    def build(self) -> None:
        """Add the form to where we are."""
        say = self._visitor.words.say
        first = next(iter(self._zones.values()))
        with card(say("Change the price"), "form"):
            with box("fields"):
                self._zone = ui.select(list(self._zones), value=first.zone, label=say("Zone")).props("outlined dense")
                self._zone.set_visibility(len(self._zones) > 1)
                label = say("New price per kg") if self._item.weighed else say("New price")
                self._price = ui.input(label).props(
                    f'outlined dense inputmode="decimal" prefix="{first.currency}" autocomplete="off"'
                )
                self._price.props["data-test"] = "new-price"
                self._price.on("keydown.enter", self._preview)
                self._reason = ui.input(say("Reason (kept in the history)")).props(
                    f"outlined dense maxlength={REASON_LENGTH_MAX}"
                )
            with box("fields"):
                options = {"now": say("At once"), "later": say("At a time")}
                self._when = ui.toggle(options, value="now").props("unelevated no-caps").classes("toggle")
                self._from = ui.input(say("From")).props("outlined dense type=datetime-local stack-label")
                self._from.bind_visibility_from(self._when, "value", value="later")
                self._until = ui.input(say("Until (empty: until further notice)")).props(
                    "outlined dense type=datetime-local stack-label"
                )
            self._error = field_error()
            with box("actions"):
                self._button = ui.button(say("Preview"), icon="visibility", on_click=self._preview)
                self._button.props("unelevated no-caps").classes("primary")

    async def _preview(self) -> None:
        self._error.set_text("")
        zone = self._zones[str(self._zone.value)]
        try:
            change = self._read(zone)
        except FormError as error:
            self._error.set_text(str(error))
            return
        self._button.props("loading")
        body = PriceChanges(changes=(change,), dry_run=True)
        target = Target(own_book(zone.zone), zone.currency, zone.minor_digits)
        path = f"{target.path}/price-changes"
        answer = await self._frame.attempt(
            self._visitor.send("POST", path, BookChangeAnswer, body), on_refused=self._refused
        )
        self._button.props(remove="loading")
        if answer is None:
            return
        if answer.rows[0].unchanged:
            self._error.set_text(self._visitor.words.say("That is the price already: nothing would change."))
            return
        names = {self._item.item_id: self._item.title(self._visitor.words.language)}
        await Preview(self._frame, target, names).show([change], answer)

    def _read(self, zone: ZonePrice) -> PriceChange:
        say = self._visitor.words.say
        try:
            price_minor = formats.read_price(self._price.value or "", zone.minor_digits)
        except formats.NotAPrice:
            example = formats.plain_price(129, zone.minor_digits)
            raise FormError(say("Type the price like {example}.", example=example)) from None
        later = self._when.value == "later"
        if later and not self._from.value:
            raise FormError(say("Choose the day and time it starts."))
        try:
            return PriceChange(
                item_id=self._item.item_id,
                price_minor=price_minor,
                effective_from_ms=formats.read_local(self._from.value, self._visitor.zone) if later else None,
                effective_to_ms=formats.read_local(self._until.value or "", self._visitor.zone),
                reason=(self._reason.value or "").strip(),
            )
        except ValueError:
            raise FormError(say("A date cannot be read. Choose it again.")) from None

    def _refused(self, problem: Problem) -> None:
        self._error.set_text(refusal(problem, self._visitor.words))
