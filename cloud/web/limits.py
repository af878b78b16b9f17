"""How large a request may be. Whatever is larger is refused before anything of it is parsed."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.web.problems import too_large

BODY_BYTES_MAX = 2 * 1024 * 1024
"""5,000 price lines are about 700 KB."""


class BodyLimit:
    """ASGI middleware: answers 413 to a body above `bytes_max` (`larger`: by beginning of the path), announced or not."""

    def __init__(self, app: ASGIApp, bytes_max: int = BODY_BYTES_MAX, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._bytes_max = bytes_max
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bytes_max = next((limit for path, limit in self._larger.items() if scope["path"].startswith(path)), self._bytes_max)
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > bytes_max:
            await too_large(bytes_max)(scope, receive, send)
            return
        meter = _Meter(receive, bytes_max)
        try:
            await self._app(scope, meter.receive, send)
        except _TooLarge:
            await too_large(bytes_max)(scope, receive, send)


class _TooLarge(BaseException):
    """Passes through every layer that turns exceptions into answers, up to the middleware."""


class _Meter:
    """Counts what really arrives: a chunked body announces no length."""

    def __init__(self, receive: Receive, bytes_max: int) -> None:
        self._receive = receive
        self._left = bytes_max

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise _TooLarge
        return message
