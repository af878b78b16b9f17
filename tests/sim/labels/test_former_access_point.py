"""A label is switched on anew where another access point hears it that served it long ago, and keeps its last file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from firmware_bridges.oepl_last_files import LastFiles
from simulators.replay.loop import VirtualLoop, run_virtual
from tests.sim.labels.judge import Overcharged
from tests.sim.labels.run import opened
from tests.sim.labels.test_price_truth import fast  # noqa: F401
from tests.sim.labels.world import Plan

ITEM = "item-0"


def _back_to_the_former_one(folder: Path) -> None:
    """Cheap at one access point, dear at the other, then a new battery in reach of the first, whose line is cut."""

    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, folder, Plan(items=1, labels=1, points=2), heard_by=["ap-0"]) as world:
            (mac,), former = world.air.labels, world.air.points["ap-0"]
            await asyncio.sleep(120)
            world.air.set_heard(mac, {"ap-1": -50})
            await world._tell_box([world._publish(ITEM, 150)], [])
            await asyncio.sleep(900)
            assert world.disagreements() == []
            assert world.judge.shows(mac) == (ITEM, 150)
            world.air.set_heard(mac, {"ap-0": -50})
            former.reachable = False
            world.air.pull_battery(mac)
            for _ in range(300):
                await asyncio.sleep(1)
                world._look()
            former.reachable = True
            await asyncio.sleep(300)
            assert world.disagreements() == []

    run_virtual(go)


def test_its_last_file_does_not_come_again(tmp_path: Path) -> None:
    _back_to_the_former_one(tmp_path)


def test_it_would_if_its_record_still_named_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LastFiles, "could_come_again", lambda _files, _tag: False)
    with pytest.raises(Overcharged):
        _back_to_the_former_one(tmp_path)
