"""Who sits at a browser: their token (kept on this server, never in the browser), language, time zone and rights."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import msgspec
from nicegui import app, ui
from starlette.responses import RedirectResponse

from cloud.console.answers import LoginAnswer, LoginBody, Person
from cloud.console.formats import zone_of
from cloud.console.hq import FILE_SECONDS, TIMEOUT_SECONDS, HqClient, Nothing
from cloud.locale.catalogue import Words, language_for, words_of
from protocols.clock import Clock, IdSource

Answer = TypeVar("Answer")
API = "/api/v1"


@dataclass(frozen=True)
class Console:
    """What every page stands on."""

    hq: HqClient
    clock: Clock
    ids: IdSource


class Visitor:
    """One person at one browser, during one page. Made inside a page function."""

    def __init__(self, console: Console) -> None:
        self.console = console
        request = ui.context.client.request
        self._kept = app.storage.user
        self._address = request.client.host if request.client else ""
        language = self._kept.get("language") or language_for(request.headers.get("accept-language", ""))
        self.words: Words = words_of(str(language))
        self.zone: datetime.tzinfo = zone_of(request.cookies.get("time_zone", "UTC").replace("%2F", "/"))
        self.token = str(self._kept.get("token", ""))
        self.person = msgspec.convert(self._kept["person"], Person) if self.token else None

    def may(self, right: str) -> bool:
        """Whether the person's role has this right; the API decides again at every call."""
        return self.person is not None and right in self.person.rights

    @property
    def now_ms(self) -> int:
        return self.console.clock.now_ms()

    async def get(self, path: str, kind: type[Answer], **query: str | int | Sequence[str] | None) -> Answer:
        """Read from the API (path without `/api/v1`) in this person's name. Raises as `HqClient`."""
        return await self.console.hq.get(self.token, API + path, kind, query)

    async def download(self, path: str, **query: str | int | None) -> bytes:
        """A file of the API, as it is. Raises as `HqClient`."""
        return await self.console.hq.download(self.token, API + path, query)

    async def send(
        self,
        method: str,
        path: str,
        kind: type[Answer],
        body: msgspec.Struct | None = None,
        *,
        key: str = "",
        seconds: float = TIMEOUT_SECONDS,
    ) -> Answer:
        """Write to the API in this person's name, waiting at most `seconds`. Raises as `HqClient`."""
        return await self.console.hq.send(self.token, method, API + path, kind, body, key=key, seconds=seconds)

    async def send_slow(
        self, method: str, path: str, kind: type[Answer], body: msgspec.Struct | None = None, *, key: str = ""
    ) -> Answer:
        """The same for what may take a minute."""
        return await self.console.hq.send(self.token, method, API + path, kind, body, key=key, seconds=FILE_SECONDS)

    async def send_file(self, path: str, kind: type[Answer], content: bytes, **query: str | int | None) -> Answer:
        """Upload a file in this person's name. Raises as `HqClient`."""
        return await self.console.hq.send_file(self.token, API + path, kind, content, query)

    def new_key(self) -> str:
        """A key for one intended write, however often its button is pressed."""
        return self.console.ids.new()

    async def log_in(self, login: str, password: str) -> None:
        """Open a session. Raises as `HqClient`."""
        answer = await self.console.hq.send(
            "", "POST", f"{API}/login", LoginAnswer, LoginBody(login=login, password=password)
        )
        self._kept["token"] = answer.token
        self._kept["person"] = msgspec.to_builtins(answer.person)

    async def log_out(self) -> None:
        """End the session here and at the API. Raises as `HqClient`; here it is ended anyway."""
        token = self.token
        self.forget()
        await self.console.hq.send(token, "POST", f"{API}/logout", Nothing)

    def forget(self) -> None:
        """Be nobody."""
        for name in ("token", "person"):
            self._kept.pop(name, None)

    def choose_language(self, language: str) -> None:
        """Speak this language on every page from now on."""
        self._kept["language"] = language


def to_login() -> RedirectResponse:
    """The answer of a page to somebody who is not logged in; they come back here afterwards."""
    request = ui.context.client.request
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/login" + ("" if wanted == "/" else f"?after={quote(wanted, safe='')}"))
