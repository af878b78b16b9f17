"""`tallystick sim up`, `status`, `down` as people use them, and the pytest plug-in in a repository of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from simulators import pytest_plugin
from tests.support.hq_ground import ROOT

STORE = """
seed: 7
bad_lines: true
tills: [{id: "1", scale: scale-1, printer: printer-1, scanner: scanner-1}]
scales: [{id: scale-1}]
scanners: [{id: scanner-1}]
printers: [{id: printer-1}]
"""
SCENARIO = """
scenario: hands at devices
steps:
  - weigh: {scale: scale-1, grams: 1250}
  - expect: {device: scale-1, path: load_grams, is: 1250}
  - fault: {line: printer-1, fault: stall}
  - do: {device: scale-1, act: keys, with: {key: tare}}
    lenient: true
"""
QA_TEST = """
import pytest


@pytest.mark.tallystick("store.yaml")
def test_a_store(tallystick_bench):
    tallystick_bench.client.scale("scale-1").put(500, settle_ms=0)
    assert tallystick_bench.client.state().scales[0].load_grams == 500
    tallystick_bench.fault("scale-1", "delay_ms", 40, line=True)
    assert [each.fault for each in tallystick_bench.client.state().faults] == ["delay_ms"]
    assert 'kind = "escpos_tcp"' in tallystick_bench.box_toml()
    assert not tallystick_bench.play("scenario.yaml").failures


@pytest.mark.tallystick("store.yaml")
def test_every_test_has_a_bench_of_its_own(tallystick_bench):
    assert tallystick_bench.client.state().scales[0].load_grams == 0


@pytest.mark.tallystick("store.yaml")
def test_one_that_fails(tallystick_bench):
    assert tallystick_bench.play("wrong.yaml").failures == ()


def test_one_that_names_no_store(tallystick_bench):
    pass
"""


def sim(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy", "sim", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_up_status_and_down(tmp_path: Path) -> None:
    store = tmp_path / "store.yaml"
    store.write_text(STORE)
    assert "it is not up. Start it with: tallystick sim up" in sim("status", str(store)).stderr
    up = sim("up", str(store))
    try:
        assert up.returncode == 0, up.stderr
        box = tomllib.loads((tmp_path / ".tallystick-sim" / "store" / "box.toml").read_text())
        assert [each["id"] for each in box["devices"]] == ["scale-1", "scanner-1", "printer-1"]
        assert Path(box["devices"][0]["port"]).exists()
        assert f"port = {box['devices'][2]['port']}" in up.stdout
        assert "it is up already at http://127.0.0.1:" in sim("up", str(store)).stderr
        status = sim("status", str(store))
        assert status.returncode == 0
        assert "no fault is switched on" in status.stdout
    finally:
        down = sim("down", str(store))
    assert (down.returncode, down.stdout) == (0, "down\n")
    assert not (tmp_path / ".tallystick-sim" / "store" / "state.json").exists()
    assert not Path(box["devices"][0]["port"]).exists()


def test_a_wrong_store_is_refused_without_a_traceback(tmp_path: Path) -> None:
    store = tmp_path / "store.yaml"
    store.write_text("scales:\n  - {id: scale-1, kin: mt_sics}\n")
    told = sim("up", str(store))
    assert told.returncode == 2
    assert told.stderr == f"simulators: {store}:2:19: unknown key 'kin'. Did you mean 'kind'?\n"


def test_the_plug_in_in_a_repository_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(f'pytest_plugins = ["{pytest_plugin.__name__}"]\n')
    (tmp_path / "store.yaml").write_text(STORE)
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    (tmp_path / "wrong.yaml").write_text(SCENARIO.replace("is: 1250", "is: 7, within: 0 s"))
    (tmp_path / "test_qa.py").write_text(QA_TEST)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--basetemp",
        str(tmp_path / "out"),
        str(tmp_path),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert "1 failed, 2 passed, 1 error" in told.stdout, told.stdout
    assert 'say which store: @pytest.mark.tallystick("store.yaml")' in told.stdout
    assert "expected 7, it is 1250" in told.stdout
    page = next((tmp_path / "out").glob("test_one_that_fails0/timeline.html"))
    assert str(page) in told.stdout
    assert "expected 7" in page.read_text()
