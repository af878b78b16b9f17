"""A whole headquarters for the browser: set up by the real command, API and console real processes over a real database."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from deploy.processes import free_port
from tests.support.box_process import environment
from tests.support.hq_ground import EMBEDDED, ROOT, GroundDatabase, PostgresServers
from tests.support.set_up_once import set_up_once
from tests.support.waiting import until

PASSWORD = re.compile(r"password (\S+)")


@dataclass
class HqProcesses:
    """`start` and `stop` API and console at will; their ports stay."""

    ground: GroundDatabase
    folder: Path
    password: str = ""
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    cookies: list[dict[str, object]] = field(default_factory=list)
    """Of a browser that has logged in, so that not every test needs to."""

    def __post_init__(self) -> None:
        self.api_port, self.console_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.console_port}"
        self.environment = {
            **environment(),
            "TALLYSTICK_HQ_DIR": str(self.folder / "hq"),
            "DATABASE_URL": self.ground.owner_url,
            "TALLYSTICK_API": f"127.0.0.1:{self.api_port}",
            "TALLYSTICK_EDGE": f"127.0.0.1:{free_port()}",
            "TALLYSTICK_CONSOLE": f"127.0.0.1:{self.console_port}",
        }

    def set_up(self, *stores: str, items: int = 60) -> None:
        """Tables, keys, the first administrator, goods and stores with staff."""
        found = PASSWORD.search(self._run("init"))
        assert found is not None
        self.password = found[1]
        named = [word for store in stores for word in ("--store", store)]
        self._run("seed-demo", "--items", str(items), *named, "--out", str(self.folder / "stores"))

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "cloud", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *parts: str) -> None:
        """Start `api`, `console`, or both; does not wait."""
        for part in parts:
            with (self.folder / f"{part}.log").open("ab") as log:
                self.children[part] = subprocess.Popen(
                    [sys.executable, "-m", "cloud", part],
                    cwd=ROOT,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )

    async def ready(self) -> None:
        """Wait until both answer."""
        await until(lambda: self.answers(self.api_port, "/health/ready"), seconds=90)
        await until(lambda: self.answers(self.console_port, "/login"), seconds=90)

    def answers(self, port: int, path: str) -> bool:
        for part, child in self.children.items():
            assert child.poll() is None, (self.folder / f"{part}.log").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def stop(self, *parts: str) -> None:
        """SIGTERM, and wait."""
        ending = [self.children.pop(part) for part in parts if part in self.children]
        for child in ending:
            child.terminate()
        for child in ending:
            child.wait(15)

    def owner(self) -> psycopg.Connection[TupleRow]:
        """The owner of the database, all stores in scope."""
        return self.ground.owner()

    def feed_version(self, feed_id: str) -> int:
        """The newest version of a feed."""
        with self.owner() as connection:
            row = connection.execute("SELECT version FROM feed WHERE feed_id = %s", (feed_id,)).fetchone()
        return int(row[0]) if row else 0


@contextlib.contextmanager
def headquarters(servers: PostgresServers, folder: Path) -> Iterator[HqProcesses]:
    """Stores S001 and S002, sixty goods, set up and running (await `ready`); ended at the end."""

    def set_up(ground: GroundDatabase, where: Path) -> str:
        hq = HqProcesses(ground, where)
        hq.set_up("S001", "S002")
        return hq.password

    made = set_up_once(servers.of(EMBEDDED), "headquarters", set_up)
    with made.copy(folder, {}) as ground:
        hq = HqProcesses(ground, folder, made.told)
        hq.start("api", "console")
        try:
            yield hq
        finally:
            hq.stop("console", "api")
