"""The console's process: NiceGUI pages over the HTTP API, and nothing else of headquarters.

Sessions survive a restart: they are files in the headquarters folder that only its owner may read, named by a cookie that is
signed with a secret drawn at the first start. The browser never holds a token.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import structlog

from cloud.clock import SystemClock, SystemRandom, id_source
from cloud.settings import HqFolder, HqSettings
from cloud.web.server import Tls, listen, serve

log = structlog.get_logger("cloud.console")

SECRET_BYTES = 32
LOOK = Path(__file__).with_name("look")
SESSION_SECONDS = 7 * 24 * 3600
"""How long a browser is remembered; the API's sessions end earlier."""


def run(settings: HqSettings) -> None:
    """Serve the console until SIGTERM or SIGINT. Raises `SettingsError` or `CannotListen`."""
    asyncio.run(_run(settings))


def storage_of(folder: HqFolder) -> Path:
    """Where sessions are kept: a folder only its owner may enter."""
    place = folder.root / "console"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)
    return place


def storage_secret(place: Path) -> str:
    """The secret that signs the cookie; drawn once, never a default."""
    path = place / "storage.secret"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(SystemRandom().bytes(SECRET_BYTES).hex())
    return path.read_text().strip()


async def _run(settings: HqSettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    place = storage_of(settings.folder)
    os.environ["NICEGUI_STORAGE_PATH"] = str(place)  # read when nicegui is imported, so it is imported below
    from cloud.console.hq import HqClient  # noqa: PLC0415
    from cloud.console.pages import console_app  # noqa: PLC0415
    from cloud.console.visitor import Console  # noqa: PLC0415

    tls = Tls.of(settings.tls_cert, settings.tls_key)
    hq = HqClient.of(settings)
    app = console_app(Console(hq, SystemClock(), id_source()), storage_secret(place), secure=tls is not None)
    listening = listen(settings.console.host, settings.console.port, "console")
    log.info("console ready", url=f"{'https' if tls else 'http'}://{settings.console.host}:{settings.console.port}")
    try:
        await serve(app, listening, stop, tls=tls, lifespan=True)
    finally:
        listening.close()
        await hq.close()
