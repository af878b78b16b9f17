"""A small web server inside the simulators' own task tree, on a port that is free again the moment it stops."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

STOP_SECONDS = 1


class CannotListen(Exception):
    """The port is taken or not ours; the text says which."""


class _Server(uvicorn.Server):
    """Signals belong to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


class WebServer:
    """Serves one application on loopback. Port 0 takes a free one at the first `start`, and keeps it."""

    def __init__(self, app: Starlette, port: int, *, host: str = "127.0.0.1") -> None:
        self.port = port
        self._host = host
        self._app = app
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen and serve; returns once connections are taken. Raises `CannotListen`."""
        # Named as TCP, so that asyncio switches Nagle's delay off; `socket.create_server` leaves the protocol open.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self._host, self.port))
            listening.listen(128)
        except OSError as error:
            listening.close()
            raise CannotListen(f"cannot listen on {self._host}:{self.port}: {error.strerror}") from error
        self.port = int(listening.getsockname()[1])
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            timeout_graceful_shutdown=STOP_SECONDS,
            server_header=False,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]), name=f"web {self.port}")
        while not self._server.started and not self._serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Close the port and every connection."""
        server, serving = self._server, self._serving
        self._server = self._serving = None
        if server is None or serving is None:
            return
        server.should_exit = True
        await asyncio.wait({serving}, timeout=STOP_SECONDS + 2)
        serving.cancel()
