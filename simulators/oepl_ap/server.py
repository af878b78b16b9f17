"""The access point on the wire: HTTP and WebSocket as the real one, and beside them pages and files about what labels show.

Beside the device's own paths: `/labels` a page for people, `/labels.json`, `/labels/{mac}.png`, `/labels/{mac}.planes`.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from protocols.clock import Clock, RandomSource
from protocols.esl.image import picture_of
from protocols.esl.oepl_events import News, write_news
from protocols.esl.oepl_requests import UPLOAD_BYTES_MAX, HttpRequest, RequestRefused, read_request
from simulators.oepl_ap.access_point import AccessPoint, ApSettings
from simulators.oepl_ap.answers import Answer, answer
from simulators.oepl_ap.tag import Shown, Tag
from simulators.web import WebServer

LABELS_PAGE = Path(__file__).with_name("labels.html")
TICK_SECONDS = 0.02
NEWS_KEPT = 2_000
"""A client that reads nothing for so many messages is dropped, as the device drops it."""
PNG_KEPT = 512


class ShownView(msgspec.Struct, frozen=True):
    """One picture a panel showed, from an instant on."""

    since_ms: int
    hash: str
    planes_hash: str


class LabelView(msgspec.Struct, frozen=True):
    """One label in `/labels.json`. `hash`: of the file as transferred. `planes_hash`: SHA-256 of the `.planes` bytes."""

    mac: str
    hardware_type: int
    width: int
    height: int
    silent: bool
    pending: int
    hash: str
    planes_hash: str
    since_ms: int
    history: tuple[ShownView, ...]


class LabelsView(msgspec.Struct, frozen=True):
    """`/labels.json`."""

    labels: tuple[LabelView, ...]


class OeplApSimulator:
    """One access point with its labels. `point` may be looked at and broken while it runs (`point.faults`)."""

    def __init__(self, port: int, clock: Clock, rng: RandomSource, settings: ApSettings | None = None) -> None:
        """Port 0 takes a free one at `start`; `port` then tells it."""
        self.settings = settings if settings is not None else ApSettings()
        self.point = AccessPoint(self.settings, rng)
        self._clock = clock
        self._clients: set[asyncio.Queue[str | None]] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._pngs: dict[tuple[int, str], bytes] = {}
        self._server = WebServer(self._app(), port)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    @property
    def url(self) -> str:
        """Where it listens, as the box is told."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Power on. Raises `simulators.web.CannotListen`."""
        self.point.power_on(self._clock.monotonic_ms(), self._clock.now_ms())
        await self._server.start()
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick_for_ever(), name=f"labels of {self.settings.ap_id}")

    async def stop(self) -> None:
        """End everything."""
        for task in (self._restarting, self._ticking):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._ticking = self._restarting = None
        self._hang_up()
        await self._server.stop()

    def restart(self, *, down_ms: int = 500, orderly: bool = True) -> None:
        """Go down (`orderly` False: the power is cut, nothing is saved) and come back after `down_ms`. Returns at once."""
        if self._restarting is None or self._restarting.done():
            self._restarting = asyncio.create_task(self._restart(down_ms, orderly=orderly))

    async def restarted(self) -> None:
        """Wait for a `restart` to be over."""
        if self._restarting is not None:
            await self._restarting

    def png(self, mac: str) -> bytes | None:
        """What a label shows, as a picture; None for no such label, or one that never showed anything."""
        tag = self.point.tags.get(mac.upper())
        return None if tag is None or not tag.history else self._png(tag)

    def views(self, *, brief: bool = False) -> LabelsView:
        """What every label shows and (unless `brief`) showed."""
        return LabelsView(tuple(self._view(tag, brief=brief) for tag in self.point.tags.values()))

    async def _restart(self, down_ms: int, *, orderly: bool) -> None:
        if orderly:
            self.point.reboot()
            self._broadcast(self.point.take_news())
            await asyncio.sleep(TICK_SECONDS)
        else:
            self.point.cut_power()
        self._hang_up()
        await self._server.stop()
        await asyncio.sleep(down_ms / 1000)
        self.point.power_on(self._clock.monotonic_ms(), self._clock.now_ms())
        await self._server.start()

    async def _tick_for_ever(self) -> None:
        while True:
            self.point.step(self._clock.monotonic_ms(), self._clock.now_ms())
            self._broadcast(self.point.take_news())
            if self.point.wants_restart:
                self.point.wants_restart = False
                self.restart()
            await asyncio.sleep(TICK_SECONDS)

    def _broadcast(self, news: list[News]) -> None:
        if not self._clients:
            return
        for text in map(write_news, news):
            for client in list(self._clients):
                if client.qsize() >= NEWS_KEPT:
                    self._clients.discard(client)
                    client.put_nowait(None)
                else:
                    client.put_nowait(text)

    def _hang_up(self) -> None:
        for client in self._clients:
            client.put_nowait(None)
        self._clients.clear()
        self.point.state.listeners = 0

    # HTTP and WebSocket.

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/labels", self._page),
                Route("/labels.json", self._labels_json),
                Route("/labels/{name}", self._label_file),
                WebSocketRoute("/ws", self._web_socket),
                Route("/{path:path}", self._device, methods=["GET", "POST"]),
            ]
        )

    async def _page(self, _request: Request) -> Response:
        return FileResponse(LABELS_PAGE)

    async def _labels_json(self, request: Request) -> Response:
        views = self.views(brief="brief" in request.query_params)
        return Response(msgspec.json.encode(views), media_type="application/json")

    async def _label_file(self, request: Request) -> Response:
        mac, _, kind = request.path_params["name"].rpartition(".")
        tag = self.point.tags.get(mac.upper())
        if tag is None or not tag.history:
            return Response(status_code=404)
        if kind == "planes":
            return Response(tag.planes.whole(), media_type="application/octet-stream")
        if kind == "png":
            return Response(self._png(tag), media_type="image/png", headers={"cache-control": "no-cache"})
        return Response(status_code=404)

    async def _device(self, request: Request) -> Response:
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > UPLOAD_BYTES_MAX:
                    return Response(status_code=413)
        except ClientDisconnect:
            return Response(status_code=400)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        http = HttpRequest(request.method, target, request.headers.get("content-type", ""), bytes(body))
        try:
            said = answer(self.point, read_request(http))
        except RequestRefused as error:
            said = Answer(error.status, body=error.text.encode())
        if said.reboot:
            self.restart()
        if said.cut:
            return _Cut()
        return Response(said.body, said.status, media_type=said.content_type, headers={"Access-Control-Allow-Origin": "*"})

    async def _web_socket(self, socket: WebSocket) -> None:
        await socket.accept()
        client: asyncio.Queue[str | None] = asyncio.Queue()
        self._clients.add(client)
        self.point.state.listeners = len(self._clients)
        listening = asyncio.create_task(_drain(socket))
        telling = asyncio.create_task(_tell(socket, client))
        try:
            await asyncio.wait({listening, telling}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._clients.discard(client)
            self.point.state.listeners = len(self._clients)
            listening.cancel()
            telling.cancel()
            with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
                await socket.close()

    # Views.

    def _view(self, tag: Tag, *, brief: bool) -> LabelView:
        known = self.point.known.get(tag.mac)
        now = tag.shown
        return LabelView(
            mac=tag.mac,
            hardware_type=tag.kind.hardware_type,
            width=tag.kind.width,
            height=tag.kind.height,
            silent=tag.silent,
            pending=len(known.queue) + (known.staged is not None) if known is not None else 0,
            hash=now.image_hash,
            planes_hash=now.planes_digest,
            since_ms=now.since_ms,
            history=() if brief else tuple(_shown_view(each) for each in tag.history),
        )

    def _png(self, tag: Tag) -> bytes:
        key = (tag.kind.hardware_type, tag.shown.planes_digest)
        found = self._pngs.get(key)
        if found is None:
            stream = io.BytesIO()
            picture_of(tag.kind, tag.planes).save(stream, "PNG")
            if len(self._pngs) >= PNG_KEPT:
                self._pngs.clear()
            found = self._pngs[key] = stream.getvalue()
        return found


class _Cut(Response):
    """An answer that breaks off: its length is announced, its body never comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - Starlette's signature
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})


def _shown_view(shown: Shown) -> ShownView:
    return ShownView(shown.since_ms, shown.image_hash, shown.planes_digest)


async def _drain(socket: WebSocket) -> None:
    """Clients may say what they like; the device listens to none of it."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return


async def _tell(socket: WebSocket, client: asyncio.Queue[str | None]) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
        while (text := await client.get()) is not None:
            await socket.send_text(text)
