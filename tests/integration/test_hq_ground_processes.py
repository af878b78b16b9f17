"""HQ's processes as a supervisor sees them: they start, end cleanly when told to, and say plainly why they cannot."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.__main__ import main
from deploy.processes import free_port
from tests.support.hq_ground import GroundDatabase, HqPki, client_context

SECONDS = 30


@pytest.fixture
def environment(embedded_database: GroundDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A headquarters that is set up, on ports of its own."""
    given = {
        "DATABASE_URL": embedded_database.owner_url,
        "TALLYSTICK_HQ_DIR": str(tmp_path / "hq"),
        "TALLYSTICK_API": f"127.0.0.1:{free_port()}",
        "TALLYSTICK_EDGE": f"127.0.0.1:{free_port()}",
        "MQTT_URL": "mqtts://127.0.0.1:1",  # nobody ever listens there
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert main(["init"]) == 0
    return {**os.environ, **given}


def start(environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "cloud", *words], env=environment, stderr=subprocess.PIPE, text=True)


def wait_for(child: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not ready():
        assert child.poll() is None, child.stderr and child.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def status(url: str, context: ssl.SSLContext | None = None) -> int:
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_the_api_serves_people_and_stores_and_ends_when_told(environment: dict[str, str], tmp_path: Path) -> None:
    child = start(environment, "api")
    try:
        wait_for(child, lambda: status(f"http://{environment['TALLYSTICK_API']}/openapi.json") == 200)
        assert status(f"http://{environment['TALLYSTICK_API']}/api/v1/stores") == 401
        stranger = client_context(HqPki(tmp_path / "other").stranger("S001"))
        stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
        wait_for(child, lambda: _listens(environment["TALLYSTICK_EDGE"]))
        assert status(f"https://{environment['TALLYSTICK_EDGE']}/v1/feeds/global/catalogue/head", stranger) == 0
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(SECONDS) == 0


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def test_ingest_waits_for_its_broker_and_ends_when_told(environment: dict[str, str]) -> None:
    """Nobody listens at MQTT_URL: that is no reason to end."""
    child = start(environment, "ingest")
    try:
        assert child.stderr is not None
        words = ""
        while "line" not in words:
            words = child.stderr.readline()
            assert child.poll() is None
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(SECONDS) == 0


def test_a_taken_port_is_one_line(environment: dict[str, str]) -> None:
    host, _, port = environment["TALLYSTICK_API"].rpartition(":")
    with socket.create_server((host, int(port))):
        child = start(environment, "api")
        _, said = child.communicate(timeout=SECONDS)
    assert child.returncode == 2
    lines = [line for line in said.splitlines() if not line.startswith("{")]
    assert len(lines) == 1
    assert lines[0].startswith(f"cloud: the API cannot listen on {host}:{port}")
