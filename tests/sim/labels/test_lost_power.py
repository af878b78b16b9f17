"""A label loses its power after it has said that it holds a new image and before it has drawn it: the former price binds
until the box has heard that it did draw, however long the box or its access point is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edge.labels import holds
from simulators.replay.loop import VirtualLoop, run_virtual
from tests.sim.labels.judge import Overcharged
from tests.sim.labels.run import opened
from tests.sim.labels.test_price_truth import fast  # noqa: F401
from tests.sim.labels.world import SETTINGS, Plan, World

ITEM = "item-0"
PLAN = Plan(items=1, labels=1, points=1)
LONG_SECONDS = 3 * SETTINGS.hold_ms // 1000


async def _held_and_not_drawn(world: World) -> str:
    """It holds the dear image, and shows the cheap one."""
    (mac,) = world.air.labels
    await asyncio.sleep(120)
    assert world.judge.shows(mac) == (ITEM, 100)
    assert world.box is not None
    await world._tell_box([world._publish(ITEM, 150)], [])
    for _ in range(2_000):
        await asyncio.sleep(0.1)
        if world.box.labels.view(mac).shown_price_minor == 150:
            break
    world.air.pull_battery(mac)
    return mac


def _while_nobody_hears(folder: Path, *, checks_in_twice: bool) -> None:
    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, folder, PLAN) as world:
            mac, point = await _held_and_not_drawn(world), world.air.points["ap-0"]
            await world.kill()
            point.reachable = False
            world._up_at = 0
            await world._keep_box_up()
            for _ in range(LONG_SECONDS if checks_in_twice else 20):
                await asyncio.sleep(1)
                world._look()
            for _ in range(LONG_SECONDS):
                await asyncio.sleep(1)
                world._look()
            assert world.judge.shows(mac) == (ITEM, 100)
            point.reachable = True
            await asyncio.sleep(60)
            await world.settle()
            assert world.judge.shows(mac) == (ITEM, 150)

    run_virtual(go)


@pytest.mark.parametrize("checks_in_twice", [False, True])
def test_a_line_cut_for_longer_than_the_hold_frees_nothing(tmp_path: Path, checks_in_twice: bool) -> None:
    _while_nobody_hears(tmp_path, checks_in_twice=checks_in_twice)


def test_it_would_if_time_alone_ended_a_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds.Holds, "_is_told", lambda *_: True)
    with pytest.raises(Overcharged):
        _while_nobody_hears(tmp_path, checks_in_twice=False)
