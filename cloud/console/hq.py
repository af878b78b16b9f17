"""The console's one door to headquarters: its HTTP API, as any other program uses it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from typing import TypeVar

import httpx
import msgspec

from cloud.settings import HqSettings

TIMEOUT_SECONDS = 10.0
FILE_SECONDS = 120.0
"""For what takes longer: a file up or down, and a large import applied."""
CONNECTIONS_MAX = 50
Answer = TypeVar("Answer")
Query = Mapping[str, str | int | Sequence[str] | None]
"""A sequence becomes a parameter that is repeated."""


class ApiAway(Exception):
    """Nobody answers, or only that they cannot work right now: ask again later. Nothing is known to have changed."""


class SessionEnded(Exception):
    """The token opens nothing any more: log in again."""


class FieldAtFault(msgspec.Struct, frozen=True, kw_only=True):
    """One bad input, as the API names it."""

    pointer: str
    detail: str
    remedy: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an RFC 9457 problem people are shown."""

    code: str
    detail: str = ""
    remedy: str = ""
    errors: tuple[FieldAtFault, ...] = ()


class Refused(Exception):
    """The API said no; nothing changed."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.status = status
        self.problem = problem


class Nothing(msgspec.Struct, frozen=True):
    """An answer nobody reads."""


class HqClient:
    """Asks in a person's name: every call carries their token. Raises `ApiAway`, `SessionEnded`, `Refused`."""

    def __init__(self, base_url: str, tls: ssl.SSLContext | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
            verify=tls or False,
            trust_env=False,
        )

    @classmethod
    def of(cls, settings: HqSettings) -> HqClient:
        """The API of these settings. Its own certificate is pinned: console and API are one installation."""
        host = f"[{settings.api.host}]" if ":" in settings.api.host else settings.api.host
        if settings.tls_cert is None:
            return cls(f"http://{host}:{settings.api.port}")
        tls = ssl.create_default_context(cafile=str(settings.tls_cert))
        tls.check_hostname = False
        tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the certificate itself is what is trusted, whoever signed it
        return cls(f"https://{host}:{settings.api.port}", tls)

    async def close(self) -> None:
        """End all connections."""
        await self._http.aclose()

    async def get(self, token: str, path: str, kind: type[Answer], query: Query | None = None) -> Answer:
        """Read; parameters of value None are left out."""
        params = {name: value for name, value in (query or {}).items() if value is not None}
        return await self._ask(token, httpx.Request("GET", self._url(path), params=params), kind)

    async def download(self, token: str, path: str, query: Query | None = None) -> bytes:
        """A file, as it is."""
        params = {name: value for name, value in (query or {}).items() if value is not None}
        request = httpx.Request("GET", self._url(path), params=params)
        return (await self._response(token, request, FILE_SECONDS)).content

    async def send(
        self,
        token: str,
        method: str,
        path: str,
        kind: type[Answer],
        body: msgspec.Struct | None = None,
        *,
        key: str = "",
        asked_from: str = "",
        seconds: float = TIMEOUT_SECONDS,
    ) -> Answer:
        """Write. With a `key` it may be sent again after an `ApiAway` without being done twice.

        `asked_from` is the person's own address, for what is counted by address; `seconds` is how long to wait.
        """
        headers = {"Idempotency-Key": key} if key else {}
        if asked_from:
            headers["X-Forwarded-For"] = asked_from
        content = b"" if body is None else msgspec.json.encode(body)
        if content:
            headers["Content-Type"] = "application/json"
        request = httpx.Request(method, self._url(path), headers=headers, content=content)
        return await self._ask(token, request, kind, seconds)

    async def send_file(self, token: str, path: str, kind: type[Answer], content: bytes, query: Query) -> Answer:
        """Upload a file as the raw body; parameters of value None or "" are left out."""
        params = {name: value for name, value in query.items() if value not in {None, ""}}
        headers = {"Content-Type": "application/octet-stream"}
        request = httpx.Request("POST", self._url(path), headers=headers, params=params, content=content)
        return await self._ask(token, request, kind, FILE_SECONDS)

    def _url(self, path: str) -> httpx.URL:
        return self._http.base_url.join(path)

    @staticmethod
    def _sign(request: httpx.Request, token: str) -> None:
        if token:
            request.headers["Authorization"] = f"Bearer {token}"

    async def _response(self, token: str, request: httpx.Request, seconds: float) -> httpx.Response:
        self._sign(request, token)
        request.extensions["timeout"] = httpx.Timeout(seconds).as_dict()
        try:
            response = await self._http.send(request)
        except httpx.TransportError as error:
            raise ApiAway(str(error)) from error
        if not response.is_success:
            _raise(response)
        return response

    async def _ask(self, token: str, request: httpx.Request, kind: type[Answer], seconds: float = TIMEOUT_SECONDS) -> Answer:
        response = await self._response(token, request, seconds)
        if kind is Nothing:
            return Nothing()  # type: ignore[return-value]
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.MsgspecError as error:
            raise ApiAway(f"the API answers in a way this console does not know: {error}") from error


def _raise(response: httpx.Response) -> None:
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError:
        problem = Problem(code="unreadable", detail=f"HTTP {response.status_code}")
    if response.status_code == httpx.codes.UNAUTHORIZED and problem.code in {"bad_token", "no_token"}:
        raise SessionEnded
    if response.status_code in {httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT}:
        raise ApiAway(problem.detail)
    raise Refused(response.status_code, problem)
