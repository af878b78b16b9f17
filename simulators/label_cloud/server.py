"""The fake cloud on a real port: what its machine answers, over HTTP on this computer."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from protocols.clock import Clock, RandomSource
from protocols.esl.aims import CloudRequest
from simulators.label_cloud.cloud import Cloud, CloudSettings
from simulators.web import WebServer

TICK_SECONDS = 0.02
REQUEST_BYTES_MAX = 1024 * 1024


class LabelCloudSimulator:
    """One cloud with its labels. `cloud` may be looked at and broken while it runs (`cloud.faults`)."""

    def __init__(self, port: int, clock: Clock, rng: RandomSource, settings: CloudSettings | None = None) -> None:
        """Port 0 takes a free one at `start`."""
        self.cloud = Cloud(settings if settings is not None else CloudSettings(), rng)
        self._clock = clock
        self._ticking: asyncio.Task[None] | None = None
        methods = ["GET", "POST", "PUT", "DELETE"]
        self._server = WebServer(Starlette(routes=[Route("/{path:path}", self._take, methods=methods)]), port)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    async def start(self) -> None:
        """Open the port. Raises `simulators.web.CannotListen`."""
        await self._server.start()
        self._ticking = asyncio.create_task(self._tick_for_ever(), name="label cloud")

    async def stop(self) -> None:
        """End everything."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        await self._server.stop()

    async def _tick_for_ever(self) -> None:
        while True:
            self.cloud.step(self._clock.now_ms())
            await asyncio.sleep(TICK_SECONDS)

    async def _take(self, request: Request) -> Response:
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > REQUEST_BYTES_MAX:
                    return Response(status_code=413)
        except ClientDisconnect:
            return Response(status_code=400)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        reply = self.cloud.answer(CloudRequest(request.method, target, bytes(body), token))
        return _Cut() if reply.cut else Response(reply.body, reply.status, media_type="application/json")


class _Cut(Response):
    """An answer that breaks off: its length is announced, its body never comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - Starlette's signature
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
