"""The embedded PostgreSQL as a process: it starts, keeps what was committed through a kill, and ends cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from deploy.embedded_postgres import CannotStart, Place, wait_ready
from deploy.processes import free_port

SECONDS = 30


@contextmanager
def running(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m deploy.embedded_postgres`, ready."""
    place = Place(folder)
    argv = [sys.executable, "-m", "deploy.embedded_postgres", "--data", str(folder), "--port", str(port)]
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + SECONDS
        while not place.url.exists():
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            child.wait(SECONDS)


def server_pid(folder: Path) -> int:
    return int((Place(folder).data / "postmaster.pid").read_text().split("\n", 1)[0])


def wait_gone(pid: int) -> None:
    deadline = time.monotonic() + SECONDS
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_committed_rows_survive_a_killed_starter(tmp_path: Path) -> None:
    folder, port = tmp_path / "pg", free_port()
    with running(folder, port) as child:
        url = Place(folder).url.read_text()
        assert Place(folder).url.stat().st_mode & 0o777 == 0o600
        assert Place(folder).password.stat().st_mode & 0o777 == 0o600
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (7)")
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        pid = server_pid(folder)
        os.kill(child.pid, signal.SIGKILL)
        child.wait(SECONDS)
        wait_gone(pid)
    Place(folder).url.unlink(missing_ok=True)
    with running(folder, port) as child:
        with psycopg.connect(Place(folder).url.read_text()) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
        owner = Path(f"/proc/{server_pid(folder)}").stat().st_uid
        assert owner != 0, "PostgreSQL must not run as root"
        child.send_signal(signal.SIGTERM)
        assert child.wait(SECONDS) == 0
    assert not Place(folder).url.exists()


def test_a_wrong_password_opens_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    with running(folder, free_port()):
        url = Place(folder).url.read_text()
        password = Place(folder).password.read_text()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace(password, "guess"))


def test_a_taken_port_is_said_plainly(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path / "one", port):
        argv = [sys.executable, "-m", "deploy.embedded_postgres", "--data", str(tmp_path / "two"), "--port", str(port)]
        second = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert second.returncode == 1
    assert "embedded PostgreSQL:" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_server_that_ends_at_start_is_not_waited_for(tmp_path: Path) -> None:
    child = subprocess.Popen(["/bin/false"])
    child.wait()
    with pytest.raises(CannotStart, match="ended at start with code 1"):
        wait_ready(child, tmp_path, free_port())
