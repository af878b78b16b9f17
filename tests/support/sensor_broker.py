"""A Mosquitto as a store has it for its sensors: plain, on loopback, with one user."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection

from deploy.processes import free_port
from tests.support.hq_ground import mosquitto_program

START_SECONDS = 20


@dataclass
class StoreBroker:
    """The broker; `kill` and `start` as often as one likes."""

    folder: Path
    port: int
    _child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        settings = self.folder / "mosquitto.conf"
        self.folder.mkdir(parents=True, exist_ok=True)
        settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\nlog_type error\n")
        self._child = subprocess.Popen([mosquitto_program(), "-c", str(settings)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError), create_connection(("127.0.0.1", self.port), timeout=1):
                return
            assert self._child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait(10)
            self._child = None


@contextmanager
def store_broker(folder: Path) -> Iterator[StoreBroker]:
    running = StoreBroker(folder, free_port())
    running.start()
    try:
        yield running
    finally:
        running.kill()
