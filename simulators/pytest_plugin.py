"""A pytest plug-in for QA in a repository of their own: every device of a store, started for one test.

    # conftest.py
    pytest_plugins = ["simulators.pytest_plugin"]

    # test_checkout.py
    @pytest.mark.tallystick("store.yaml")
    def test_paper_out(tallystick_bench):
        tallystick_bench.client.printer("printer-1").switch(Switches(paper_out=True))
        tallystick_bench.fault("scale-1", "delay_ms", 300, line=True)
        outcome = tallystick_bench.play("paper-out.yaml", box="http://127.0.0.1:8080")
        assert not outcome.failures

Ports are free ones and the serial ports lie in the test's own folder, so that tests run side by side. A test that fails
leaves the timeline of what it played last in that folder and names it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators import control_shapes as shapes
from simulators.bench_client import BenchClient
from simulators.device_kind import Value
from simulators.edge_config import edge_config
from simulators.running import BenchThread
from simulators.scenario.page import timeline
from simulators.scenario.player import Outcome
from simulators.scenario.reading import read_scenario
from simulators.scenario.wire import play_wire
from simulators.settings import BenchSettings
from simulators.store_file import load_store

MARK = "tallystick"
TIMELINE = "timeline.html"


class StoreBench:
    """The devices of a store while a test runs. `client`: hands at every device; `settings`: ports and ids as they are."""

    def __init__(self, settings: BenchSettings, url: str, client: BenchClient, folder: Path, base: Path) -> None:
        self.settings = settings
        self.url = url
        self.client = client
        self.folder = folder
        self._base = base

    def box_toml(self) -> str:
        """The `[[tills]]` and `[[devices]]` of a box's settings that fit."""
        return edge_config(self.settings, "store.yaml")

    def fault(self, device: str, fault: str, value: Value = True, *, line: bool = False) -> None:
        """Set a fault of a device, or of the line before it; None heals it. Raises `BenchRefused`."""
        self.client.post("/faults", shapes.FaultOrder(device=device, fault=fault, value=value, line=line))

    def play(self, scenario: Path | str, *, box: str | None = None) -> Outcome:
        """Play a scenario file (relative to the store file). Raises `YamlRefused`, `StepRefused`."""
        outcome, chronicle = asyncio.run(play_wire(read_scenario(self._base / scenario), self.url, box))
        page = timeline(outcome, chronicle.events, left_off=chronicle.left_off)
        (self.folder / TIMELINE).write_text(page, encoding="utf-8")
        return outcome


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", f"{MARK}(store): the store file of `tallystick_bench`, relative to the test's file")


@pytest.fixture
def tallystick_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreBench]:
    """Every device of the store file that the test is marked with, from switching on to switching off."""
    mark = request.node.get_closest_marker(MARK)
    if mark is None or len(mark.args) != 1:
        pytest.fail(f'say which store: @pytest.mark.{MARK}("store.yaml")', pytrace=False)
    store = request.path.parent / str(mark.args[0])
    settings = load_store(store, tmp_path)
    with BenchThread(settings) as thread, BenchClient(thread.url) as client:
        yield StoreBench(settings, thread.url, client, tmp_path, store.parent)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Name the timeline of a failed test."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    bench = getattr(item, "funcargs", {}).get("tallystick_bench")
    if report.when == "call" and report.failed and isinstance(bench, StoreBench):
        page = bench.folder / TIMELINE
        if page.exists():
            report.sections.append(("timeline", str(page)))
    return report  # type: ignore[return-value]
