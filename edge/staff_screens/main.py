"""The staff screens' process: NiceGUI pages over the box's HTTP API, and nothing else of the box.

What a device had in hand survives a restart: it is kept in files only their owner may read, named by a cookie signed with a
secret drawn at the first start. The browser never holds a key.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from protocols.clock import Clock, IdSource, RandomSource

SECRET_BYTES = 32
STOP_SECONDS = 3


class CannotStart(Exception):
    """Wrong use; the text says what and the remedy."""


@dataclass(frozen=True, slots=True)
class StaffSettings:
    """Where the box is and where the screens are. `data`: a folder for what devices had in hand."""

    box: str
    host: str
    port: int
    data: Path
    tls_cert: Path | None = None
    tls_key: Path | None = None
    box_ca: Path | None = None

    def check(self) -> None:
        """Raises `CannotStart`."""
        loopback = self.host in {"127.0.0.1", "localhost", "::1"}
        if (self.tls_cert is None) != (self.tls_key is None):
            raise CannotStart("--tls-cert and --tls-key belong together: give both, or none")
        if not loopback and self.tls_cert is None:
            raise CannotStart(f"--host {self.host} can be reached from other machines: give --tls-cert and --tls-key")
        if not self.box.startswith(("http://", "https://")):
            raise CannotStart(f"--box {self.box}: give the box's address, like http://127.0.0.1:8080")


class _Server(uvicorn.Server):
    """Signals belong to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def run(settings: StaffSettings, clock: Clock, random: RandomSource, *, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT, with settings that were checked. Raises `CannotStart`."""
    asyncio.run(_run(settings, clock, random, ready))


async def _run(settings: StaffSettings, clock: Clock, random: RandomSource, ready: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    secret = _secret(settings.data, random)
    os.environ["NICEGUI_STORAGE_PATH"] = str(settings.data)  # read when nicegui is imported, so it is imported below
    from edge.staff_screens.box import BoxClient  # noqa: PLC0415
    from edge.staff_screens.news import News  # noqa: PLC0415
    from edge.staff_screens.pages import staff_app  # noqa: PLC0415
    from edge.staff_screens.visitor import Screens  # noqa: PLC0415

    listening = _listen(settings)
    box = BoxClient(settings.box, settings.box_ca)
    news = News(box)
    app = staff_app(Screens(box, news, clock, IdSource(clock, random)), secret, secure=settings.tls_cert is not None)
    scheme = "http" if settings.tls_cert is None else "https"
    asking = asyncio.create_task(news.run(), name="news")
    try:
        ready(f"{scheme}://{settings.host}:{listening.getsockname()[1]}")
        await _serve(app, settings, listening, stop)
    finally:
        asking.cancel()
        listening.close()
        await box.close()


def _secret(folder: Path, random: RandomSource) -> str:
    """The secret that signs the cookie; drawn once, never a default."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        path = folder / "storage.secret"
        with (
            contextlib.suppress(FileExistsError),
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file,
        ):
            file.write(random.bytes(SECRET_BYTES).hex())
        return path.read_text().strip()
    except OSError as error:
        raise CannotStart(
            f"--data {folder} cannot be used: {error.strerror}. Choose a folder this user may write"
        ) from error


def _listen(settings: StaffSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise CannotStart(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}. Choose another --port"
        ) from error


async def _serve(app: object, settings: StaffSettings, listening: socket.socket, stop: asyncio.Event) -> None:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="websockets-sansio",
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="staff screens")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.should_exit = True
        await asyncio.wait({serving}, timeout=STOP_SECONDS + 2)
    if serving.done():
        serving.result()
