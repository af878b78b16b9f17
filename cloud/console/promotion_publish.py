"""The windows that give a promotion to stores and take it back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from cloud.console import formats
from cloud.console.chain_tabs import stores_of
from cloud.console.frame import Frame, refusal
from cloud.console.hq import Problem
from cloud.console.parts import box, field_error, new_dialog, text
from cloud.console.promotion_answers import PublishBody, Published, RecallBody, Whole

Again = Callable[[], Awaitable[None]]


class PublishDialog:
    """Some stores first, or all."""

    def __init__(self, frame: Frame, whole: Whole, again: Again) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._whole = whole
        self._again = again
        self._key = self._visitor.new_key()

    def open(self) -> None:
        """Show the window."""
        words, whole = self._visitor.words, self._whole
        say = words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("Publish {name}", name=whole.title(words.language)), "h2")
            when = formats.instant(whole.starts_ms, self._visitor.zone, words, seconds=True)
            if whole.starts_ms > self._visitor.now_ms:
                text(say("It waits in the stores and starts {time}.", time=when), "p")
            else:
                text(say("It is in force as soon as a store has it."), "p")
            options = {"some": say("Some stores first"), "all": say("All stores of the zone")}
            self._whom = ui.toggle(options, value="some").props("unelevated no-caps").classes("toggle")
            self._box = box("stack")
            self._error = field_error()
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                self._button = ui.button(say("Publish"), icon="publish", on_click=self._publish)
                self._button.props("unelevated no-caps").classes("primary")
        self._stores: ui.select | None = None
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()
        ui.timer(0.01, self._fill, once=True)

    async def _fill(self) -> None:
        found = await self._frame.attempt(stores_of(self._visitor))
        if found is None:
            return
        has = {each for placed in self._whole.placed if placed.revision == self._whole.revision for each in placed.stores}
        names = {
            store.store_id: f"{store.name} ({store.store_id})"
            for store in found
            if store.zone == self._whole.zone and store.store_id not in has
        }
        say = self._visitor.words.say
        with self._box:
            if has:
                text(say("These have it: {stores}.", stores=", ".join(sorted(has))), "p", "hint")
            self._stores = ui.select(names, label=say("Stores"), multiple=True, with_input=True)
            self._stores.props("outlined dense use-chips").classes("publish-stores")
            self._stores.bind_visibility_from(self._whom, "value", value="some")

    async def _publish(self) -> None:
        chosen = tuple(self._stores.value or ()) if self._stores is not None else ()
        if self._whom.value == "some" and not chosen:
            self._error.set_text(self._visitor.words.say("Choose at least one store."))
            return
        body = PublishBody(stores=() if self._whom.value == "all" else chosen)
        path = f"/promotions/{self._whole.promotion_id}/publish"
        self._button.props("loading")
        sending = self._visitor.send_slow("POST", path, Published, body, key=self._key)
        done = await self._frame.attempt(sending, on_refused=self._refused)
        self._button.props(remove="loading")
        if done is not None:
            self._dialog.close()
            await self._frame.attempt(self._again())

    def _refused(self, problem: Problem) -> None:
        self._key = self._visitor.new_key()
        self._error.set_text(refusal(problem, self._visitor.words))


class RecallDialog:
    """Asks why, then takes it from every store."""

    def __init__(self, frame: Frame, whole: Whole, again: Again) -> None:
        self._frame = frame
        self._visitor = frame.visitor
        self._whole = whole
        self._again = again
        self._key = self._visitor.new_key()

    def open(self) -> None:
        """Show the window."""
        words = self._visitor.words
        say = words.say
        with new_dialog() as self._dialog, box("dialog small card form"):
            text(say("Recall {name}?", name=self._whole.title(words.language)), "h2")
            text(say("Tills stop giving it with the next basket. Sales that had it stay as they are."), "p")
            self._reason = ui.input(say("Reason (kept in the history)")).props("outlined dense autofocus maxlength=200")
            with box("actions end"):
                ui.button(say("Back"), on_click=self._dialog.close).props("flat no-caps")
                go = ui.button(say("Recall"), icon="undo", on_click=self._recall).props("unelevated no-caps")
                go.classes("primary")
        self._dialog.on("hide", self._dialog.delete)
        self._dialog.open()

    async def _recall(self) -> None:
        body = RecallBody(reason=str(self._reason.value or "").strip())
        path = f"/promotions/{self._whole.promotion_id}/recall"
        done = await self._frame.attempt(self._visitor.send_slow("POST", path, Published, body, key=self._key))
        if done is not None:
            self._dialog.close()
            await self._frame.attempt(self._again())
