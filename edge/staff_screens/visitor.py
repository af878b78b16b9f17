"""Who holds the device: their key (kept on this server, never in the browser), their language and rights."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import msgspec
from nicegui import app, ui
from starlette.responses import RedirectResponse

from edge.staff_screens.answers import LoginBody, Nothing, StaffKey
from edge.staff_screens.box import BoxClient, SessionEnded
from edge.staff_screens.courier import Kept
from edge.staff_screens.formats import zone_of
from edge.staff_screens.news import News
from edge.staff_screens.words import Words, language_for, words_of
from protocols.clock import Clock, IdSource

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Screens:
    """What every page stands on."""

    box: BoxClient
    news: News
    clock: Clock
    ids: IdSource


class Visitor:
    """One person at one device, during one page. Made inside a page function."""

    def __init__(self, screens: Screens) -> None:
        self.screens = screens
        request = ui.context.client.request
        self.kept: Kept = app.storage.user
        language = str(self.kept.get("language") or language_for(request.headers.get("accept-language", "")))
        self.words: Words = words_of(language)
        self.zone: datetime.tzinfo = zone_of(request.cookies.get("time_zone", "UTC").replace("%2F", "/"))

    @property
    def person(self) -> StaffKey | None:
        """Who is logged in."""
        return msgspec.convert(dict(self.kept["person"]), StaffKey) if "person" in self.kept else None

    def may(self, right: str) -> bool:
        """Whether the person has this right; the box decides again at every call."""
        return self.person is not None and right in self.person.rights

    @property
    def now_ms(self) -> int:
        return self.screens.clock.now_ms()

    def _key(self) -> str:
        return "" if self.person is None else self.person.key

    async def get(self, path: str, kind: type[Answer], query: Mapping[str, str] | None = None) -> Answer:
        """Read in this person's name. Raises as `BoxClient`."""
        key = self._key()
        try:
            return await self.screens.box.get(key, path, kind, query)
        except SessionEnded:
            if self._key() == key:
                raise
            return await self.screens.box.get(self._key(), path, kind, query)  # they logged in anew meanwhile

    async def send(self, method: str, path: str, kind: type[Answer], body: msgspec.Struct | None = None) -> Answer:
        """Write in this person's name. Raises as `BoxClient`."""
        key = self._key()
        try:
            return await self.screens.box.send(key, method, path, kind, body)
        except SessionEnded:
            if self._key() == key:
                raise
            return await self.screens.box.send(self._key(), method, path, kind, body)

    async def log_in(self, staff_id: str, pin: str) -> None:
        """Get a key. Raises as `BoxClient`."""
        body = LoginBody(staff_id=staff_id, pin=pin)
        found = await self.screens.box.send("", "POST", "/v1/staff/login", StaffKey, body)
        self.kept["person"] = msgspec.to_builtins(found)

    async def log_out(self) -> None:
        """Give the key back. Raises as `BoxClient`; here it is forgotten anyway."""
        key = self._key()
        self.kept.pop("person", None)
        await self.screens.box.send(key, "POST", "/v1/staff/logout", Nothing)

    def choose_language(self, language: str) -> None:
        """Speak this language on this device from now on."""
        self.kept["language"] = language


def to_login() -> RedirectResponse:
    """The answer of a page to somebody who is not logged in; they come back here afterwards."""
    request = ui.context.client.request
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/login" + ("" if wanted == "/" else f"?after={quote(wanted, safe='')}"))
