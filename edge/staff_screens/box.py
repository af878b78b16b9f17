"""The screens' one door to the box: its HTTP API, as any other program uses it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec

from edge.staff_screens.answers import Nothing

TIMEOUT_SECONDS = 5.0
WAIT_SECONDS = 20
"""How long a question for news may stay open."""
CONNECTIONS_MAX = 50
Answer = TypeVar("Answer")


class BoxAway(Exception):
    """Nobody answers, or only that the box cannot work right now: send the very same again later."""


class SessionEnded(Exception):
    """The key opens nothing any more (the box was restarted, or 8 hours are over): ask for the PIN."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an RFC 9457 problem people are shown."""

    code: str
    detail: str = ""


class Refused(Exception):
    """The box said no; nothing changed."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.status = status
        self.problem = problem


class BoxClient:
    """Asks in a person's name: every call carries their key. Raises `BoxAway`, `SessionEnded`, `Refused`."""

    def __init__(self, base_url: str, ca_file: Path | None = None) -> None:
        tls = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        self._http = httpx.AsyncClient(
            base_url=base_url,
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
            verify=tls,
            trust_env=False,
        )

    async def close(self) -> None:
        """End all connections."""
        await self._http.aclose()

    async def get(
        self, key: str, path: str, kind: type[Answer], query: Mapping[str, str] | None = None, *, wait_seconds: float = 0
    ) -> Answer:
        """Read. `wait_seconds`: how long the box may keep the question open."""
        request = self._http.build_request("GET", path, params=dict(query or {}))
        return await self._ask(key, request, kind, wait_seconds)

    async def send(self, key: str, method: str, path: str, kind: type[Answer], body: msgspec.Struct | None = None) -> Answer:
        """Write."""
        content = b"" if body is None else msgspec.json.encode(body)
        headers = {"content-type": "application/json"} if content else {}
        return await self._ask(key, self._http.build_request(method, path, content=content, headers=headers), kind, 0)

    async def _ask(self, key: str, request: httpx.Request, kind: type[Answer], wait_seconds: float) -> Answer:
        if key:
            request.headers["authorization"] = f"Bearer {key}"
        request.extensions["timeout"] = httpx.Timeout(TIMEOUT_SECONDS + wait_seconds).as_dict()
        try:
            response = await self._http.send(request)
        except httpx.TransportError as error:
            raise BoxAway(str(error)) from error
        if not response.is_success:
            _raise(response)
        if kind is Nothing:
            return kind()
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.MsgspecError as error:
            raise BoxAway(f"the box answers in a way these screens do not know: {error}") from error


def _raise(response: httpx.Response) -> None:
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError:
        problem = Problem(code="unreadable", detail=f"HTTP {response.status_code}")
    if problem.code == "login_needed":
        raise SessionEnded
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and problem.code != "no_labels":
        raise BoxAway(problem.detail)
    raise Refused(response.status_code, problem)
