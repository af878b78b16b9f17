"""The staff screens as a child process: `python -m edge staff` over a box, for tests in a real browser."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from deploy.processes import free_port
from tests.support.box_process import ROOT, environment
from tests.support.waiting import until


class StaffProcess:
    """One process of staff screens over the box at `box_url`."""

    def __init__(self, folder: Path, box_url: str) -> None:
        self.folder = folder
        self.box_url = box_url
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; does not wait."""
        words = ["--box", self.box_url, "--port", str(self.port), "--data", str(self.folder / "staff")]
        with (self.folder / "staff.log").open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "edge", "staff", *words],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
            )

    async def ready(self) -> None:
        """Wait until it answers."""
        await until(lambda: self.answers() or not self.running, seconds=60)
        assert self.running, self.log()

    @property
    def running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/login", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self.child is not None
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(20)

    def log(self) -> str:
        """Everything it wrote."""
        return (self.folder / "staff.log").read_text(errors="replace")
