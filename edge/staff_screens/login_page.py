"""The way in: staff number and PIN."""

from __future__ import annotations

from nicegui import ui

from edge.staff_screens.box import BoxAway, Refused, SessionEnded
from edge.staff_screens.frame import away_banner, head, language_switch, refusal
from edge.staff_screens.parts import big_button, box, text
from edge.staff_screens.visitor import Screens, Visitor


def install(screens: Screens) -> None:
    """Add the page `/login`."""

    @ui.page("/login")
    def login(after: str = "/") -> None:
        visitor = Visitor(screens)
        head(visitor.words, visitor.words.say("Log in"))
        _LoginForm(visitor, after if after.startswith("/") and not after.startswith("//") else "/")


class _LoginForm:
    def __init__(self, visitor: Visitor, after: str) -> None:
        self._visitor, self._after = visitor, after
        say = visitor.words.say
        with box("login"):
            language_switch(visitor)
            with box("card login-card"):
                ui.html('<img src="/look/tally.svg" alt="">', sanitize=False).classes("login-logo")
                text(say("Store staff"), "h1")
                self._banner = away_banner(visitor.words, away=False)
                self._number = ui.input(say("Staff number")).props(
                    'outlined autofocus inputmode="numeric" autocomplete="off"'
                )
                self._pin = ui.input(say("PIN"), password=True).props('outlined inputmode="numeric" autocomplete="off"')
                self._error = text("", "p", "form-error")
                self._error.props["role"] = "alert"
                self._button = big_button(say("Log in"), self._try)
            self._number.on("keydown.enter", lambda: self._pin.run_method("focus"))
            self._pin.on("keydown.enter", self._try)

    async def _try(self) -> None:
        say = self._visitor.words.say
        self._error.set_text("")
        if not self._number.value or not self._pin.value:
            self._error.set_text(say("Type your staff number and your PIN."))
            return
        self._button.props("loading")
        try:
            await self._visitor.log_in(str(self._number.value).strip(), str(self._pin.value))
        except (BoxAway, SessionEnded):
            self._banner.set_visibility(True)
        except Refused as refused:
            self._banner.set_visibility(False)
            self._error.set_text(refusal(refused.problem, self._visitor.words))
            self._pin.set_value("")
        else:
            ui.navigate.to(self._after)
        finally:
            self._button.props(remove="loading")
