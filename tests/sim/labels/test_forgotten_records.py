"""A label's record is deleted on the access point's own page, or its power flickers: the line stands, the counts go back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from simulators.oepl_ap.access_point import AccessPoint
from simulators.replay.loop import VirtualLoop, run_virtual
from tests.sim.labels.test_price_truth import fast  # noqa: F401
from tests.sim.labels.world import Plan, World


def deleted(point: AccessPoint, mac: str) -> None:
    point.forget(mac)


def flickered(point: AccessPoint, _mac: str) -> None:
    point.cut_power()
    point.power_on(point.state.mono_ms, point.state.now_ms)


@pytest.mark.parametrize("lose", [deleted, flickered])
def test_labels_follow_as_before(tmp_path: Path, lose: Callable[[AccessPoint, str], None]) -> None:
    async def go(loop: VirtualLoop) -> None:
        world = World(loop, 1, tmp_path, Plan(items=1, labels=1, points=1))
        world._background = [asyncio.create_task(point.run()) for point in world.air.points.values()]
        (mac,), (air,) = world.air.labels, world.air.points.values()
        try:
            await world._open_shop()
            for price in (120, 80, 150):
                await asyncio.sleep(120)
                assert world.disagreements() == []
                await world._tell_box([world._publish("item-0", price)], [])
            await asyncio.sleep(60)
            lose(air.point, mac)
            await world._tell_box([world._publish("item-0", 99)], [])
            # The wait of an access point that dropped an image is far longer.
            await asyncio.sleep(600)
            assert world.disagreements() == []
        finally:
            assert world.box is not None
            await world.box.kill()
            for task in world._background:
                task.cancel()
            await asyncio.gather(*world._background, return_exceptions=True)

    run_virtual(go)
