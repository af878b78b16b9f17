"""The frame around every page: where one is, who one is, which language, and whether headquarters can be reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from cloud.console import hq
from cloud.console.answers import Person
from cloud.console.parts import box, text
from cloud.console.visitor import Visitor
from cloud.locale.catalogue import LANGUAGES, Words

Answer = TypeVar("Answer")
PING_SECONDS = 3.0
NOTICE_MS = 8_000


def places(words: Words) -> tuple[tuple[str, str, str, str], ...]:
    """The main places: name, address, icon, title."""
    say = words.say
    return (
        ("stores", "/", "storefront", say("Stores")),
        ("devices", "/devices", "devices_other", say("Devices")),
        ("sales", "/sales", "receipt_long", say("Live sales")),
        ("tills", "/tills", "point_of_sale", say("Tills")),
        ("stock", "/stock", "warehouse", say("Stock")),
        ("reports", "/reports", "query_stats", say("Reports")),
        ("prices", "/prices", "sell", say("Prices")),
        ("campaigns", "/campaigns", "campaign", say("Campaigns")),
        ("promotions", "/promotions", "local_offer", say("Promotions")),
        ("labels", "/label-templates", "style", say("Label templates")),
        ("imports", "/imports", "upload_file", say("Imports")),
        ("products", "/products", "inventory_2", say("Products")),
        ("staff", "/staff", "badge", say("Staff")),
        ("members", "/members", "loyalty", say("Members")),
        ("chain", "/regions", "account_tree", say("Chain")),
    )


def refusal(problem: hq.Problem, words: Words) -> str:
    """What the API said no to and what to do, in the person's language: every field at fault, or the whole."""
    if problem.errors:
        return " ".join(_sentence(error.pointer, error.detail, error.remedy, words) for error in problem.errors)
    name = words.name("problem", problem.code)
    said = name if name != problem.code else words.api(problem.detail)
    return f"{said} {words.api(problem.remedy)}".strip()


def _sentence(pointer: str, detail: str, remedy: str, words: Words) -> str:
    field = words.name("field", pointer.rsplit("/", 1)[-1])
    return f"{field}: {words.api(detail)}. {words.api(remedy)}".strip()


class Frame:
    """The frame of one open page. `attempt` is the way to call the API: it says what went wrong and when it is over."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.client = ui.context.client
        self._on_back: list[Callable[[], Awaitable[None]]] = []
        self._away = False
        self.banner: ui.element
        self.heading: TextElement

    def load(self, work: Callable[[], Awaitable[None]], *, every_seconds: float | None = None) -> None:
        """Fill the page once it stands, again when headquarters is back, and every so often if wanted."""
        self._on_back.append(work)

        async def once() -> None:
            await self.attempt(work())

        ui.timer(0.01, once, once=True)
        if every_seconds is not None:
            ui.timer(every_seconds, once, immediate=False)

    async def attempt(
        self, work: Awaitable[Answer], *, on_refused: Callable[[hq.Problem], None] | None = None
    ) -> Answer | None:
        """Do it; None when it did not happen, and then the person has been told why."""
        try:
            answer = await work
        except hq.ApiAway:
            self._show_away(True)
            return None
        except hq.SessionEnded:
            self.visitor.forget()
            with self.client:
                ui.navigate.to("/login")
            return None
        except hq.Refused as refused:
            (on_refused or self.tell)(refused.problem)
            return None
        await self._back()
        return answer

    def tell(self, problem: hq.Problem) -> None:
        """Show a refusal for a while."""
        self.notice(refusal(problem, self.visitor.words), "negative")

    def notice(self, words: str, tone: str = "positive") -> None:
        """Show a sentence for a moment."""
        with self.client:
            ui.notify(words, type=tone, position="top", timeout=NOTICE_MS, close_button="✕")  # type: ignore[arg-type]

    async def ping(self) -> None:
        """Notice when headquarters is away, back, or has ended the session."""
        await self.attempt(self.visitor.get("/me", Person))

    def _show_away(self, away: bool) -> None:
        self._away = away
        self.banner.set_visibility(away)

    async def _back(self) -> None:
        if self._away:
            self._show_away(False)
            for work in self._on_back:
                await self.attempt(work())


@contextmanager
def page(visitor: Visitor, place: str, title: str, *, back: tuple[str, str] | None = None) -> Iterator[Frame]:
    """Build a page inside the frame. `back` is (title, address) of the page above it."""
    words = visitor.words
    head(words, title)
    frame = Frame(visitor)
    with box("shell"):
        _places(words, place)
        with box("body"):
            with box("top", "header"):
                with box("top-title"):
                    if back is not None:
                        ui.link(f"‹ {back[0]}", back[1]).classes("link back")
                    frame.heading = text(title, "h1")
                language_switch(visitor)
                _person(frame)
            frame.banner = away_banner(words)
            with box("page", "main"):
                yield frame
    ui.timer(PING_SECONDS, frame.ping, immediate=False)


def head(words: Words, title: str) -> None:
    """Title, language, style and script of a page."""
    ui.colors(primary="#0d6b63", positive="#12703f", negative="#a82318", warning="#8a5200", info="#23518f")
    ui.page_title(f"{title} · Tallystick")
    tag = "zh-Hans" if words.language == "zh" else "en"
    ui.add_head_html(
        f'<link rel="stylesheet" href="/look/console.css"><script src="/look/console.js" data-lang="{tag}"></script>'
    )


def away_banner(words: Words) -> ui.element:
    """Hidden until headquarters cannot be reached."""
    banner = box("banner")
    banner.props["role"] = "alert"
    with banner:
        ui.icon("cloud_off")
        text(words.say("The headquarters API cannot be reached. Trying again …"))
    banner.set_visibility(False)
    return banner


def _places(words: Words, place: str) -> None:
    with box("side", "nav"):
        with box("brand"):
            ui.html('<img src="/look/tally.svg" alt="">', sanitize=False)
            text("Tallystick")
        for name, address, icon, title in places(words):
            entry = ui.link("", address).classes("place" + (" here" if name == place else ""))
            if name == place:
                entry.props["aria-current"] = "page"
            with entry:
                ui.icon(icon)
                text(title)


def language_switch(visitor: Visitor) -> None:
    """Each language by its own name; choosing one reloads the page in it."""

    def choose(language: str) -> None:
        visitor.choose_language(language)
        ui.navigate.reload()

    with box("languages"):
        for code, name in LANGUAGES.items():
            button = ui.button(name, on_click=lambda _, code=code: choose(code)).props("flat dense no-caps")
            button.props["aria-pressed"] = "true" if code == visitor.words.language else "false"


def _person(frame: Frame) -> None:
    visitor = frame.visitor
    assert visitor.person is not None
    say = visitor.words.say

    async def leave() -> None:
        with suppress(hq.ApiAway, hq.SessionEnded, hq.Refused):  # forgotten here; there it ends by itself
            await visitor.log_out()
        ui.navigate.to("/login")

    with ui.button(icon="account_circle").props("flat round").classes("person") as button:
        button.props["aria-label"] = say("Your account")
        with ui.menu().props("auto-close"):
            with box("person-card"):
                text(visitor.person.name, "strong")
                text(visitor.words.name("role", visitor.person.role))
            ui.menu_item(say("Log out"), on_click=leave)
