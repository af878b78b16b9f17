"""The door's guard: only pages of this box may make a browser do something here, under names this box goes by.

A browser tells where a request comes from (`Origin`) and whom it thinks it talks to (`Host`). A foreign page, or a foreign
name that was pointed at this box, is turned away before anything is read. Programs without a browser send no `Origin`.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from edge.local_api.problems import problem_response

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_CLOSED_BY_POLICY = 1008


def _host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, *, names: Sequence[str]) -> None:
        """`names`: further host names or addresses this box is called by."""
        self._app = app
        self._names = frozenset((*LOOPBACK_NAMES, *(name.lower() for name in names)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or turn away with 403 (a WebSocket is closed)."""
        if scope["type"] in {"http", "websocket"} and (why := self._why_not(scope)):
            if scope["type"] == "websocket":
                await WebSocketClose(_CLOSED_BY_POLICY, why)(scope, receive, send)
            else:
                await problem_response(403, "foreign_page", why)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _why_not(self, scope: Scope) -> str:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if _host_name(host) not in self._names:
            return f"This box is not called {host[:80]!r}. Names it goes by are set in [api] names."
        origin = headers.get(b"origin")
        harmless = scope["type"] == "http" and scope["method"] in _SAFE_METHODS
        if origin is None or harmless:
            return ""
        secure = scope["scheme"] in {"https", "wss"}
        if origin.lower() != f"{'https' if secure else 'http'}://{host.lower()}":
            return f"Pages of {origin[:80]!r} may not use this box."
        return ""
