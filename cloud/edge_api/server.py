"""The edge API as a server: TLS with required client certificates, and a committer of its own behind the POSTs.

It takes the same locks of the same rows as the ingest workers, so a store may use both doors at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator, Sequence

import uvicorn

from cloud.clock import SystemClock, SystemRandom
from cloud.db.pool import Database
from cloud.edge_api.app import EdgeParts, create_app
from cloud.edge_api.peer import StoreProtocol
from cloud.feeds.snapshots import SnapshotShelf
from cloud.ingest.committer import Committer
from cloud.ingest.inbox import Inbox, Incoming
from cloud.ingest.worker import run_until
from cloud.settings import HqSettings
from cloud.web.server import STOP_SECONDS, listen
from protocols.sync.messages import DownMessage

GROUP_SECONDS = 0.005
"""Someone waits for each answer; under load groups form by themselves."""
KEEP_ALIVE_SECONDS = 30
CONNECTIONS_MAX = 4_096


class _Server(uvicorn.Server):
    """Signals belong to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


async def run(settings: HqSettings, stop: asyncio.Event) -> None:
    """Serve stores until `stop` is set.

    Raises `SettingsError` and OSError before `init`, `CannotListen`, `psycopg_pool.PoolTimeout` without a database.
    """
    conninfo = settings.ingest_conninfo()
    listening = listen(settings.edge.host, settings.edge.port, "edge API")
    shelf = SnapshotShelf(conninfo)
    try:
        async with Database(conninfo, application="tallystick-edge-api", size_max=12) as database:
            clock, inbox = SystemClock(), Inbox()
            committer = Committer(
                database,
                inbox,
                _nobody,
                clock=clock,
                rng=SystemRandom(),
                durable=settings.durable,
                group_seconds=GROUP_SECONDS,
            )
            server = _Server(_config(settings, EdgeParts(database, inbox, shelf, clock)))
            await run_until(stop, [_serve(server, listening), committer.run()])
    finally:
        listening.close()
        shelf.close()


def _nobody(_incoming: Incoming, _answers: Sequence[DownMessage]) -> None:
    """Every message here has someone waiting."""


def _config(settings: HqSettings, parts: EdgeParts) -> uvicorn.Config:
    folder = settings.folder
    return uvicorn.Config(
        create_app(parts),
        http=StoreProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        limit_concurrency=CONNECTIONS_MAX,
        server_header=False,
        ssl_certfile=folder.edge_cert,
        ssl_keyfile=folder.edge_key,
        ssl_ca_certs=str(folder.ca_cert),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    )


async def _serve(server: _Server, listening: socket.socket) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.wait({serving}, timeout=STOP_SECONDS + 2)
