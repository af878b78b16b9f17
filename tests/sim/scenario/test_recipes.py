"""The recipes of the docs, each played: in virtual time with a real box, and (those that can) over real wires with one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.store_db.database import Writer
from simulators.edge_config import edge_config
from simulators.running import running
from simulators.scenario.reading import parse_scenario, read_scenario, write_scenario
from simulators.scenario.steps import Scenario
from simulators.scenario.wire import play_wire
from simulators.store_file import load_store
from tests.sim.day.run import quiet
from tests.sim.scenario.run import play_replay
from tests.support.box_process import BoxProcess

RECIPES = Path(__file__).resolve().parents[3] / "docs" / "recipes"
FILES = sorted(each for each in RECIPES.glob("*.yaml") if each.name != "store.yaml")
OVER_WIRES = ("01-paper-out.yaml",)
"""In `make test`; the others that can be played over wires, in `make soak`."""


@pytest.fixture(autouse=True)
def _quiet() -> None:
    quiet()


def recipe(path: Path) -> Scenario:
    return read_scenario(path)


def test_there_are_ten_and_the_page_of_the_docs_names_each() -> None:
    assert len(FILES) >= 10
    told = (RECIPES / "README.md").read_text(encoding="utf-8")
    for path in FILES:
        assert f"({path.name})" in told
        assert recipe(path).scenario in told


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recipe_in_replay_mode(path: Path, tmp_path: Path) -> None:
    scenario = recipe(path)
    played = play_replay(scenario, load_store(RECIPES / str(scenario.store), tmp_path))
    assert [str(failure) for failure in played.outcome.failures] == []
    assert parse_scenario("again", write_scenario(scenario)) == scenario


def test_a_recipe_notices_a_box_that_does_not_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power cut of recipe 7 takes what was only told to be on the disk."""
    right = Writer._set_synchronous
    monkeypatch.setattr(Writer, "_set_synchronous", lambda self, _level: right(self, "OFF"))
    scenario = recipe(RECIPES / "07-power-cut.yaml")
    played = play_replay(scenario, load_store(RECIPES / str(scenario.store), tmp_path))
    assert played.outcome.failures


def needs_replay(scenario: Scenario) -> bool:
    return any(step.fault is not None and step.fault.device in {"clock", "disk"} for step in scenario.steps)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if path.name in OVER_WIRES else pytest.mark.soak, id=path.stem)
        for path in FILES
        if not needs_replay(read_scenario(path))
    ],
)
async def test_the_same_recipe_over_real_wires(path: Path, tmp_path: Path) -> None:
    """The same file, real sockets and serial ports, a real box as a process of its own."""
    scenario = recipe(path)
    settings = load_store(RECIPES / str(scenario.store), tmp_path)
    async with running(settings) as here:
        box = BoxProcess(tmp_path, tills=(), more_toml=edge_config(settings, "store.yaml"))
        box.start()
        await box.ready()
        try:
            outcome, chronicle = await play_wire(scenario, here.url, box.url)
        finally:
            await box.stop()
    assert [str(failure) for failure in outcome.failures] == []
    assert outcome.mode == "wire"
    assert any(re.search("paid|state|value", each.words) for each in chronicle.events)
