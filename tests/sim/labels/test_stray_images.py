"""An image queued at an access point that lost its label may have come before: nothing pending proves nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simulators.replay.loop import VirtualLoop, run_virtual
from tests.sim.labels.judge import Overcharged
from tests.sim.labels.run import opened
from tests.sim.labels.test_checks_bite import nothing_pending_is_taken_for_never_delivered
from tests.sim.labels.test_price_truth import fast  # noqa: F401
from tests.sim.labels.world import Plan

ITEM = "item-0"


def _shown_unheard_of_and_carried_away(folder: Path) -> None:
    """The label takes a low price, the word of it is lost, and it hangs where another access point's images fail."""

    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, folder, Plan(items=1, labels=1, points=2), heard_by=["ap-0"]) as world:
            (mac,), former, present = world.air.labels, world.air.points["ap-0"], world.air.points["ap-1"]
            await asyncio.sleep(120)
            assert world.judge.shows(mac) == (ITEM, 100)
            former.point.faults.lost_complete_percent = 100
            await world._tell_box([world._publish(ITEM, 80)], [])
            for _ in range(80):
                await asyncio.sleep(0.5)
                if world.judge.shows(mac) == (ITEM, 80):
                    break
            world.air.set_heard(mac, {"ap-1": -50})
            present.point.faults.failed_transfer_percent = 100
            await world._tell_box([world._publish(ITEM, 150)], [])
            for _ in range(600):
                await asyncio.sleep(1)
                world._look()
            assert not former.point.known[mac].queue, "the box had it emptied"
            assert world.judge.shows(mac) == (ITEM, 80)
            await world.settle()

    run_virtual(go)


def test_the_price_binds_the_till_until_a_later_image_is_proven(tmp_path: Path) -> None:
    _shown_unheard_of_and_carried_away(tmp_path)


def test_it_would_not_if_nothing_pending_meant_never_delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing_pending_is_taken_for_never_delivered(monkeypatch)
    with pytest.raises(Overcharged):
        _shown_unheard_of_and_carried_away(tmp_path)
