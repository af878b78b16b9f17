"""A real box as a child process: `python -m edge run` on a settings file of its own, killed and started at will."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from deploy.processes import free_port
from protocols.contract.feed_rows import FeedRow, encode_row
from tests.support.goods import STORE_ID, assortment
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """Ours, with compiled modules kept, so that the next start is quicker."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT)}


class BoxProcess:
    """One store box. Its port stays the same over restarts."""

    def __init__(
        self, folder: Path, *, tills: tuple[str, ...] = ("1",), rows: list[FeedRow] | None = None, more_toml: str = ""
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = folder / "store.toml"
        self.child: subprocess.Popen[bytes] | None = None
        (folder / "seed.jsonl").write_bytes(b"\n".join(encode_row(row) for row in (rows or assortment())))
        tables = "".join(f'[[tills]]\nid = "{till}"\n' for till in tills)
        self.config.write_text(
            f'[store]\nid = "{STORE_ID}"\ndata_dir = "data"\nseed_feed = "seed.jsonl"\n'
            f"[api]\nport = {self.port}\n{more_toml}\n{tables}"
        )

    def start(self) -> None:
        """Start the process; does not wait."""
        with (self.folder / "box.log").open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "edge", "run", "--config", str(self.config)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
            )

    async def ready(self, *, seconds: float = 90.0) -> None:
        """Wait until it answers."""
        await until(lambda: self.health() is not None or not self.running, seconds=seconds)
        assert self.running, self.log()

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.child is not None and self.child.poll() is None

    def health(self) -> dict[str, object] | None:
        """What /v1/health says; None while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/v1/health", timeout=2) as answer:
                found: dict[str, object] = json.load(answer)
                return found
        except OSError:
            return None

    def kill(self) -> None:
        """kill -9."""
        assert self.child is not None
        self.child.kill()
        self.child.wait()

    async def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self.child is not None
        self.child.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.child.wait, 20)

    def log(self) -> str:
        """Everything it wrote."""
        return (self.folder / "box.log").read_text(errors="replace")
