"""The listening socket of an HQ process: uvicorn inside the process's own task tree, without its own signal handling."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

STOP_SECONDS = 3
BACKLOG = 128


class CannotListen(Exception):
    """The address is taken or not ours; the text says which."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate and key of a server, as PEM files."""

    cert: Path
    key: Path

    @classmethod
    def of(cls, cert: Path | None, key: Path | None) -> Tls | None:
        """Both, or no TLS."""
        return cls(cert, key) if cert is not None and key is not None else None


class _Server(uvicorn.Server):
    """Signals belong to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def listen(host: str, port: int, what: str) -> socket.socket:
    """Take a port (0 = any free one). Raises `CannotListen`, naming `what` wanted it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListen(f"the {what} cannot listen on {host}:{port}: {error.strerror}") from error


async def serve(
    app: ASGIApp, listening: socket.socket, stop: asyncio.Event, *, tls: Tls | None = None, lifespan: bool = False
) -> None:
    """Serve until `stop` is set, then let requests finish for a moment. `lifespan`: the app has start-up work of its own."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on" if lifespan else "off",
        ws="websockets-sansio",
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
        ssl_certfile=None if tls is None else tls.cert,
        ssl_keyfile=None if tls is None else tls.key,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="http server")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.should_exit = True
        await asyncio.wait({serving}, timeout=STOP_SECONDS + 2)
    if serving.done():
        serving.result()
