"""Children of a running system: started, ready, killed, replaced and stopped; none is left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.processes import ProcessFailed, ProcessGroup, file_probe, free_port, port_is_free, python, run_to_end, tcp_probe

SLEEPER = python("-c", "import time; time.sleep(600)")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_started_under_a_name_in_use_takes_its_place(tmp_path: Path) -> None:
    group = ProcessGroup(tmp_path)
    first = group.add("worker", SLEEPER, ready=lambda: True)
    second = group.add("worker", SLEEPER, ready=lambda: True)
    assert not first.running
    assert second.running
    assert group["worker"] is second
    group.stop()
    assert not _lives(first.pid)
    assert not _lives(second.pid)


def test_stop_ends_every_child_and_dead_ones_are_named(tmp_path: Path) -> None:
    group = ProcessGroup(tmp_path)
    pids = [group.add(name, SLEEPER, ready=lambda: True).pid for name in ("one", "two")]
    group["one"].kill()
    assert [child.name for child in group.dead()] == ["one"]
    group.stop()
    assert not any(map(_lives, pids))


def test_a_child_that_ends_at_once_says_why(tmp_path: Path) -> None:
    group = ProcessGroup(tmp_path)
    group.add("broken", python("-c", "raise SystemExit('no room')"), ready=file_probe(tmp_path / "never"))
    with pytest.raises(ProcessFailed, match="no room"):
        group.wait_ready("broken")


def test_ready_is_what_the_probe_says(tmp_path: Path) -> None:
    port = free_port()
    assert port_is_free(port)
    assert port < 32_768, "no outgoing connection may take it while the server is away"
    assert free_port() != port
    serve = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(600)"
    group = ProcessGroup(tmp_path)
    group.add("server", python("-c", serve), ready=tcp_probe(port))
    group.wait_ready("server")
    assert not port_is_free(port)
    group.stop()


def test_a_command_that_fails_carries_its_last_words_and_a_secret_one_leaves_no_log(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match="wrong key"):
        run_to_end("check", python("-c", "raise SystemExit('wrong key')"), env={}, log_dir=tmp_path)
    assert "wrong key" in (tmp_path / "check.log").read_text()
    said = run_to_end("init", python("-c", "print('password 123')"), env={}, log_dir=None)
    assert said == "password 123\n"
    assert not (tmp_path / "init.log").exists()
