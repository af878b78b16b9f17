"""The listening socket: uvicorn inside the daemon's own task tree, without its own signal handling."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from edge.local_api.till_socket import MESSAGE_BYTES_MAX
from edge.settings import ApiSettings

STOP_SECONDS = 3
BACKLOG = 128


class CannotListen(Exception):
    """The address is taken or not ours; the text says which."""


class _Server(uvicorn.Server):
    """Signals belong to the daemon."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def _listen(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    """A listening TCP socket. With its protocol named, asyncio sends small answers at once (TCP_NODELAY)."""
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class ApiServer:
    """Listens from `open` on; serves while `run` runs."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._socket: socket.socket | None = None

    def open(self) -> int:
        """Take the port; returns it. Raises `CannotListen`."""
        host, port = self._settings.host, self._settings.port
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = _listen(family, host, port)
        except OSError as error:
            raise CannotListen(
                f"the API cannot listen on {host}:{port}: {error.strerror}. Is another box running? Change [api] port."
            ) from error
        taken: int = self._socket.getsockname()[1]
        return taken

    async def run(self, app: Starlette) -> None:
        """Serve until cancelled; then let requests finish for a moment."""
        assert self._socket is not None
        tls = self._settings
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=2 * MESSAGE_BYTES_MAX,
            timeout_graceful_shutdown=STOP_SECONDS,
            server_header=False,
            ssl_certfile=tls.tls_cert_file,
            ssl_keyfile=tls.tls_key_file,
            ssl_ca_certs=None if tls.client_ca_file is None else str(tls.client_ca_file),
            ssl_cert_reqs=ssl.CERT_NONE if tls.client_ca_file is None else ssl.CERT_REQUIRED,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[self._socket]), name="api server")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            await asyncio.wait({serving}, timeout=STOP_SECONDS + 2)
            raise
        finally:
            serving.cancel()
