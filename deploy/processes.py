"""Real processes with log files and readiness: start, wait until ready, kill, restart, stop in reverse order.

Used by the demo and by the smoke run. Every child runs in its own session, so Ctrl-C in the terminal reaches only the
launcher, which then ends each child in order; a child that ignores SIGTERM for `STOP_SECONDS` is killed.
"""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 8.0
POLL_SECONDS = 0.05
LOG_TAIL_LINES = 15

Probe = Callable[[], bool]


class ProcessFailed(RuntimeError):
    """A process ended or did not become ready; the message carries the tail of its log."""


PORTS_FROM, PORTS_UPTO = 10_000, 30_000
"""Below the range from which the system takes ports for outgoing connections: none of those may take a port that a server
of ours leaves for a moment while it is started anew."""
_next_port = itertools.count(os.getpid() * 61)


def free_port() -> int:
    """A loopback TCP port nobody listens on at this moment; another one at each call. Raises `ProcessFailed`."""
    for number in itertools.islice(_next_port, PORTS_UPTO - PORTS_FROM):
        port = PORTS_FROM + number % (PORTS_UPTO - PORTS_FROM)
        if port_is_free(port):
            return port
    raise ProcessFailed(f"no port from {PORTS_FROM} to {PORTS_UPTO} is free")


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def tcp_probe(port: int) -> Probe:
    """Ready when the loopback port accepts a connection."""

    def probe() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    return probe


def http_probe(url: str) -> Probe:
    """Ready when the URL answers with any status below 500."""

    def probe() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as response:
                return bool(response.status < 500)
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False

    return probe


def file_probe(path: Path) -> Probe:
    """Ready when the file exists."""
    return path.exists


def run_to_end(
    name: str, argv: Sequence[str], *, env: Mapping[str, str], log_dir: Path | None, timeout_seconds: float = 300
) -> str:
    """Run a command to its end and return what it printed. Raises `ProcessFailed` with its last words.

    `log_dir` None: nothing it says is kept (it may carry a password).
    """
    finished = subprocess.run(
        argv,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if log_dir is not None:
        log_dir.mkdir(parents=True, exist_ok=True)
        with (log_dir / f"{name}.log").open("a") as log:
            log.write(finished.stdout + finished.stderr)
    if finished.returncode != 0:
        words = (finished.stdout + finished.stderr).splitlines()[-LOG_TAIL_LINES:]
        raise ProcessFailed(f"{name} ended with code {finished.returncode}:\n  " + "\n  ".join(words))
    return finished.stdout


@dataclass
class Process:
    """One long-running child."""

    name: str
    argv: Sequence[str]
    ready: Probe
    log_dir: Path
    env: Mapping[str, str] = field(default_factory=dict)
    ready_seconds: float = 60.0
    _child: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        if self._child is None:
            raise ProcessFailed(f"{self.name} was never started")
        return self._child.pid

    def start(self) -> None:
        """Start the child; does not wait."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        with (self.log_dir / f"{self.name}.log").open("ab") as log:
            self._child = subprocess.Popen(
                list(self.argv),
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Return when the probe says ready. Raises `ProcessFailed` when the child ends first or the time is over."""
        deadline = time.monotonic() + self.ready_seconds
        while time.monotonic() < deadline:
            if not self.running:
                raise ProcessFailed(f"{self.name} ended at start:\n{self.log_tail()}")
            if self.ready():
                return
            time.sleep(POLL_SECONDS)
        raise ProcessFailed(f"{self.name} was not ready after {self.ready_seconds:.0f} s:\n{self.log_tail()}")

    def kill(self) -> None:
        """SIGKILL: what a power cut looks like to the process."""
        if self._child is not None and self.running:
            self._child.kill()
            self._child.wait()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after a grace time."""
        if self._child is None or not self.running:
            return
        self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill_session()

    def _kill_session(self) -> None:
        if self._child is None:
            return
        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self._child.wait()

    def log_tail(self) -> str:
        """The last lines of the child's log, indented."""
        path = self.log_dir / f"{self.name}.log"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return "\n".join(f"  {line}" for line in lines[-LOG_TAIL_LINES:])


class ProcessGroup:
    """The children of one running system, stopped in reverse order of their start."""

    def __init__(self, log_dir: Path) -> None:
        self.log_dir = log_dir
        self._children: dict[str, Process] = {}

    def __getitem__(self, name: str) -> Process:
        return self._children[name]

    def add(
        self,
        name: str,
        argv: Sequence[str],
        *,
        ready: Probe,
        env: Mapping[str, str] | None = None,
        ready_seconds: float = 60.0,
    ) -> Process:
        """Start a child under this name; wait with `wait_ready`. One that runs under the name is stopped first."""
        if name in self._children:
            self._children.pop(name).stop()
        process = Process(
            name=name, argv=argv, ready=ready, log_dir=self.log_dir, env=env or {}, ready_seconds=ready_seconds
        )
        self._children[name] = process
        process.start()
        return process

    def wait_ready(self, *names: str) -> None:
        """Return when all of these children are ready. Raises `ProcessFailed`."""
        for name in names:
            self._children[name].wait_ready()

    def dead(self) -> list[Process]:
        """Children that ended by themselves."""
        return [child for child in self._children.values() if not child.running]

    def stop(self) -> None:
        """Stop every child, the last started first."""
        for child in reversed(self._children.values()):
            child.stop()


def python(*arguments: str) -> list[str]:
    """The argument list of this Python running a module: `python("-m", "edge")`."""
    return [sys.executable, *arguments]
