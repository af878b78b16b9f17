"""Records whose counts go back: deleted on the access point's own page, or lost with its power, line standing or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from simulators.oepl_ap.access_point import AccessPoint
from simulators.replay.loop import VirtualLoop, run_virtual
from tests.sim.labels.run import opened
from tests.sim.labels.test_price_truth import fast  # noqa: F401
from tests.sim.labels.world import Plan

ITEM = "item-0"
SAVED_EVERY_SECONDS = 300


def deleted(point: AccessPoint, mac: str) -> None:
    point.forget(mac)


def flickered(point: AccessPoint, _mac: str) -> None:
    point.cut_power()
    point.power_on(point.state.mono_ms, point.state.now_ms)


@pytest.mark.parametrize("lose", [deleted, flickered])
def test_labels_follow_as_before(tmp_path: Path, lose: Callable[[AccessPoint, str], None]) -> None:
    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, tmp_path, Plan(items=1, labels=1, points=1)) as world:
            (mac,), (air,) = world.air.labels, world.air.points.values()
            for price in (120, 80, 150):
                await asyncio.sleep(120)
                assert world.disagreements() == []
                await world._tell_box([world._publish(ITEM, price)], [])
            await asyncio.sleep(60)
            lose(air.point, mac)
            await world._tell_box([world._publish(ITEM, 99)], [])
            # The wait of an access point that dropped an image is far longer.
            await asyncio.sleep(600)
            assert world.disagreements() == []

    run_virtual(go)


def test_old_news_told_at_every_look_leaves_no_label_open(tmp_path: Path) -> None:
    """After a power cut an access point tells the count and picture it saved last, a restarted box heard no later ones."""

    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, tmp_path, Plan(items=1, labels=1, points=2), heard_by=["ap-0"]) as world:
            (mac,) = world.air.labels
            await world._tell_box([world._publish(ITEM, 80)], [])
            await asyncio.sleep(SAVED_EVERY_SECONDS)
            await world._tell_box([world._publish(ITEM, 150)], [])
            await asyncio.sleep(60)
            world.air.set_heard(mac, {"ap-1": -50})
            await world._tell_box([world._publish(ITEM, 99)], [])
            await asyncio.sleep(120)
            assert world.judge.shows(mac) == (ITEM, 99)
            await world.kill()
            await world.air.points["ap-0"].restart(down_ms=1_000, orderly=False)
            world._up_at = 0
            await world._keep_box_up()
            await asyncio.sleep(600)
            assert world.disagreements() == []

    run_virtual(go)
