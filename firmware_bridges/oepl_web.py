"""The web of an OpenEPaperLink access point: requests by HTTP, news by WebSocket. It moves bytes and knows no label."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Protocol

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from firmware_bridges.supervise import LinkBroken
from protocols.esl.oepl_events import MESSAGE_BYTES_MAX
from protocols.esl.oepl_requests import HttpRequest

CONNECT_SECONDS = 5.0
ANSWER_BYTES_MAX = 16 * 1024 * 1024


class NoAnswer(Exception):
    """The request or its answer got lost, or made no sense; in plain words."""


@dataclass(frozen=True, slots=True)
class ApAnswer:
    """An HTTP answer."""

    status: int
    body: bytes


class ApLink(Protocol):
    """One connection to an access point: questions at any time, news once `listen` returned."""

    async def listen(self) -> None:
        """Open the way of the news. Raises LinkBroken."""

    async def ask(self, http: HttpRequest) -> ApAnswer:
        """One request. Raises `NoAnswer`; the caller sets the deadline."""

    async def hear(self) -> str | bytes:
        """The next piece of news. Raises LinkBroken when the way of the news ends."""

    async def close(self) -> None:
        """Let go of it; never raises, may be called twice."""


class WebApLink:
    """The real one."""

    def __init__(self, url: str, *, answer_seconds: float) -> None:
        """`url` as `http://host[:port]`."""
        self._url = url
        limits = httpx.Timeout(answer_seconds, connect=CONNECT_SECONDS)
        self._client = httpx.AsyncClient(base_url=url, timeout=limits, trust_env=False)
        self._socket: ClientConnection | None = None

    async def listen(self) -> None:
        """See `ApLink`."""
        try:
            self._socket = await connect(
                f"ws{self._url.removeprefix('http')}/ws",
                open_timeout=CONNECT_SECONDS,
                close_timeout=1,
                max_size=MESSAGE_BYTES_MAX,
                proxy=None,
            )
        except (OSError, TimeoutError, WebSocketException) as error:
            raise LinkBroken(f"the access point at {self._url} does not answer ({error})") from error

    async def ask(self, http: HttpRequest) -> ApAnswer:
        """See `ApLink`; with a limit on the answer."""
        headers = {"content-type": http.content_type} if http.content_type else {}
        try:
            async with self._client.stream(http.method, http.target, content=http.body or None, headers=headers) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_BYTES_MAX:
                        raise NoAnswer(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
                return ApAnswer(response.status_code, bytes(body))
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise NoAnswer(str(error)) from error

    async def hear(self) -> str | bytes:
        """See `ApLink`."""
        if self._socket is None:
            raise LinkBroken(f"the access point at {self._url} is not connected")
        try:
            return await self._socket.recv()
        except (OSError, WebSocketException) as error:
            raise LinkBroken(f"the access point at {self._url} closed the connection") from error

    async def close(self) -> None:
        """See `ApLink`."""
        if self._socket is not None:
            with contextlib.suppress(OSError, WebSocketException):
                await self._socket.close()
        await self._client.aclose()


def open_web(url: str, answer_seconds: float) -> ApLink:
    """The access point's web; nothing is sent yet."""
    return WebApLink(url, answer_seconds=answer_seconds)
