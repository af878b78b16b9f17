"""The way in."""

from __future__ import annotations

from nicegui import ui

from cloud.console import hq
from cloud.console.frame import away_banner, head, language_switch, refusal
from cloud.console.parts import box, field_error, text
from cloud.console.visitor import Console, Visitor


def install(console: Console) -> None:
    """Add the page `/login`."""

    @ui.page("/login")
    def login(after: str = "/") -> None:
        visitor = Visitor(console)
        head(visitor.words, visitor.words.say("Log in"))
        _LoginForm(visitor, after if after.startswith("/") and not after.startswith("//") else "/")


class _LoginForm:
    def __init__(self, visitor: Visitor, after: str) -> None:
        self._visitor = visitor
        self._after = after
        say = visitor.words.say
        with box("login"):
            with box("login-top"):
                language_switch(visitor)
            with box("login-card card"):
                with box("login-brand"):
                    ui.html('<img src="/look/tally.svg" alt="">', sanitize=False)
                    text("Tallystick", "h1")
                    text(say("Headquarters"), "p")
                self._banner = away_banner(visitor.words)
                self._login = ui.input(say("Login")).props('outlined autofocus autocomplete="username" name="login"')
                self._password = ui.input(say("Password"), password=True).props(
                    'outlined autocomplete="current-password" name="password"'
                )
                self._error = field_error()
                self._button = (
                    ui.button(say("Log in"), on_click=self._try).props("unelevated no-caps").classes("primary wide")
                )
            self._login.on("keydown.enter", self._try)
            self._password.on("keydown.enter", self._try)

    async def _try(self) -> None:
        say = self._visitor.words.say
        self._error.set_text("")
        if not self._login.value or not self._password.value:
            self._error.set_text(say("Type your login and your password."))
            return
        self._button.props("loading")
        try:
            await self._visitor.log_in(self._login.value.strip(), self._password.value)
        except hq.ApiAway:
            self._banner.set_visibility(True)
        except hq.Refused as refused:
            self._banner.set_visibility(False)
            self._error.set_text(refusal(refused.problem, self._visitor.words))
            self._password.set_value("")
            self._password.run_method("focus")
        except hq.SessionEnded:
            self._error.set_text(say("Please try again."))
        else:
            ui.navigate.to(self._after)
        finally:
            self._button.props(remove="loading")
