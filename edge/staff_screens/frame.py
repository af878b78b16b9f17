"""The frame around every page: where one is, who one is, the alerts that ask for attention, whether the box answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from edge.staff_screens.box import BoxAway, Problem, Refused, SessionEnded
from edge.staff_screens.parts import big_button, box, text
from edge.staff_screens.visitor import Visitor
from edge.staff_screens.words import LANGUAGES, TAGS, Words

Answer = TypeVar("Answer")
NOTICE_MS = 6_000
RETRY_SECONDS = 1.5


def refusal(problem: Problem, words: Words, **params: str) -> str:
    """What the box said no to, in the person's language; in its own English words when there are none.

    `params`: values the sentence may name.
    """
    for context in ("problem", "reason"):
        if (found := words.reason(context, problem.code, "", params)) != "":
            return found
    return problem.detail or problem.code


class Frame:
    """The frame of one open page. `attempt` is the way to call the box: it says what went wrong and when it is over."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self._client = ui.context.client
        self._loads: list[Callable[[], Awaitable[None]]] = []
        self._on_login: list[Callable[[], None]] = []
        self._asking = False
        self._was_away = False
        self._retrying = False
        self.banner: ui.element
        self.bell: TextElement
        news = visitor.screens.news
        news.listen(self._on_news)
        self._client.on_delete(lambda: news.leave(self._on_news))

    def load(
        self, work: Callable[[], Awaitable[None]], *, on_news: bool = False, every_seconds: float | None = None
    ) -> None:
        """Fill the page once it stands and when the box is back; with every piece of news or every so often if wanted."""
        self._loads.append(work)

        async def once() -> None:
            await self.attempt(work())

        ui.timer(0.01, once, once=True)
        if every_seconds is not None:
            ui.timer(every_seconds, once, immediate=False)
        if on_news:
            self.on_news(once)

    def on_news(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it with every piece of news, while the page is open."""
        news = self.visitor.screens.news

        def start() -> None:
            with self._client:
                ui.timer(0, work, once=True)

        news.listen(start)
        self._client.on_delete(lambda: news.leave(start))

    def on_login(self, work: Callable[[], None]) -> None:
        """Do it when the person has logged in again."""
        self._on_login.append(work)

    async def attempt(
        self, work: Awaitable[Answer], *, on_refused: Callable[[Problem], None] | None = None
    ) -> Answer | None:
        """Do it; None when it did not happen, and then the person has been told why."""
        try:
            answer = await work
        except BoxAway:
            self._show_away(True)
            self._retry_soon()
            return None
        except SessionEnded:
            self.ask_pin()
            return None
        except Refused as refused:
            (on_refused or self.tell)(refused.problem)
            return None
        return answer

    def tell(self, problem: Problem) -> None:
        """Show a refusal for a while."""
        self.notice(refusal(problem, self.visitor.words), "negative")

    def notice(self, words: str, tone: str = "positive") -> None:
        """Show a sentence for a moment."""
        with self._client:
            ui.notify(words, type=tone, position="top", timeout=NOTICE_MS, close_button="✕")  # type: ignore[arg-type]

    def ask_pin(self) -> None:
        """The box forgot the person (it was restarted): ask for the PIN on top of the page; nothing on it is lost."""
        if self._asking:
            return
        self._asking = True
        with self._client, ui.dialog().props("persistent") as dialog, ui.card().classes("dialog"):
            _PinAgain(self, dialog)
        dialog.open()

    async def logged_in_again(self) -> None:
        """Go on where the person was."""
        self._asking = False
        for go_on in self._on_login:
            go_on()
        for work in self._loads:
            await self.attempt(work())

    def _show_away(self, away: bool) -> None:
        self.banner.set_visibility(away)
        self._was_away = self._was_away or away

    def _on_news(self) -> None:
        news = self.visitor.screens.news
        with self._client:
            self._show_away(news.away)
            _show_count(self.bell, news.unseen)
            if self._was_away and not news.away:
                self._was_away = False
                ui.timer(0, self._reload, once=True)

    def _retry_soon(self) -> None:
        """A box that was away for a blink is no news: look again by ourselves."""
        if not self._retrying:
            self._retrying = True
            with self._client:
                ui.timer(RETRY_SECONDS, self._retry, once=True)

    async def _retry(self) -> None:
        self._retrying = False
        if not self.visitor.screens.news.away:
            self._show_away(False)
            self._was_away = False
            await self._reload()

    async def _reload(self) -> None:
        for work in self._loads:
            await self.attempt(work())


class _PinAgain:
    """The dialog that asks for the PIN."""

    def __init__(self, frame: Frame, dialog: ui.dialog) -> None:
        self._frame, self._dialog = frame, dialog
        person, say = frame.visitor.person, frame.visitor.words.say
        self._staff_id = "" if person is None else person.staff_id
        text(say("Your PIN, please"), "h2")
        text(say("The box was restarted, or you have been logged in for long. Nothing is lost."), "p", "hint")
        self._pin = ui.input(say("PIN of {name}", name="" if person is None else person.name), password=True)
        self._pin.props('outlined autofocus inputmode="numeric" autocomplete="off"').classes("wide")
        self._pin.on("keydown.enter", self._try)
        big_button(say("Go on"), self._try)
        big_button(say("Log in as somebody else"), lambda: ui.navigate.to("/login"), kind="second")

    async def _try(self) -> None:
        words = self._frame.visitor.words
        try:
            await self._frame.visitor.log_in(self._staff_id, str(self._pin.value or ""))
        except BoxAway:
            self._frame.notice(words.say("The box does not answer. Try again."), "warning")
        except Refused as refused:
            self._frame.tell(refused.problem)
            self._pin.set_value("")
        else:
            self._dialog.close()
            await self._frame.logged_in_again()


@contextmanager
def page(visitor: Visitor, title: str, *, back: str | None = "/", scanning: bool = False) -> Iterator[Frame]:
    """Build a page inside the frame. `back`: the address of the page above it; `scanning`: it has a scan field."""
    words = visitor.words
    head(words, title)
    frame = Frame(visitor)
    with box("shell" + (" scanning" if scanning else "")):
        with box("top", "header"):
            if back is not None:
                with ui.link("", back).classes("round") as link:
                    link.props["aria-label"] = words.say("Back")
                    ui.icon("arrow_back")
            text(title, "h1")
            _bell(frame)
            _person(frame)
        frame.banner = away_banner(words, away=visitor.screens.news.away)
        with box("page", "main"):
            yield frame


def head(words: Words, title: str) -> None:
    """Title, language, style and script of a page."""
    ui.colors(primary="#0d6b63", positive="#12703f", negative="#a82318", warning="#8a5200", info="#23518f")
    ui.page_title(f"{title} · Tallystick")
    ui.add_head_html(
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/look/staff.css">'
        f'<script src="/look/staff.js" data-lang="{TAGS[words.language]}"></script>'
    )


def away_banner(words: Words, *, away: bool) -> ui.element:
    """Shown while the box cannot be reached."""
    banner = box("banner")
    banner.props["role"] = "alert"
    with banner:
        ui.icon("wifi_off")
        text(words.say("The store's box does not answer. Trying again; what you enter is kept."))
    banner.set_visibility(away)
    return banner


def language_switch(visitor: Visitor) -> None:
    """Each language by its own name; choosing one reloads the page in it."""

    def choose(language: str) -> None:
        visitor.choose_language(language)
        ui.navigate.reload()

    with box("languages"):
        for code, name in LANGUAGES.items():
            button = ui.button(name, on_click=lambda _, code=code: choose(code), color=None).props("flat no-caps")
            button.props["aria-pressed"] = "true" if code == visitor.words.language else "false"


def _bell(frame: Frame) -> None:
    say = frame.visitor.words.say
    with ui.link("", "/alerts").classes("round") as bell:
        bell.props["aria-label"] = say("Alerts")
        ui.icon("notifications")
        frame.bell = text("", "span", "count")
    _show_count(frame.bell, frame.visitor.screens.news.unseen)


def _show_count(badge: TextElement, count: int) -> None:
    badge.set_text(str(count) if count else "")
    badge.set_visibility(count > 0)


def _person(frame: Frame) -> None:
    visitor = frame.visitor
    say = visitor.words.say

    async def leave() -> None:
        with suppress(BoxAway, SessionEnded, Refused):  # forgotten here; at the box the key ends by itself
            await visitor.log_out()
        ui.navigate.to("/login")

    with ui.button(icon="account_circle", color=None).props("flat").classes("round") as button:
        button.props["aria-label"] = say("Your account")
        with ui.menu(), box("person-card"):
            text("" if visitor.person is None else visitor.person.name, "strong")
            language_switch(visitor)
            big_button(say("Log out"), leave, "logout", "second")
