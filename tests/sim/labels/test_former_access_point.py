"""An access point that served a label before keeps its last file and may send it again: its price binds until it cannot."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edge.labels.content import ShelfItem
from edge.labels.lane import Lane
from firmware_bridges.oepl_ap import OeplAccessPoint
from firmware_bridges.oepl_last_files import SAVED_WITHIN_MS
from simulators.replay.loop import VirtualLoop, run_virtual
from tests.sim.labels.judge import Overcharged
from tests.sim.labels.run import opened
from tests.sim.labels.test_price_truth import fast  # noqa: F401
from tests.sim.labels.world import Plan, World

ITEM = "item-0"
CLEAN_SECONDS = SAVED_WITHIN_MS // 1000 + 240
"""Until a former access point is believed to have nothing, and the label has proven one more image."""
PLAN = Plan(items=1, labels=1, points=2)
FOREIGN = ShelfItem("item-9", "not ours", 1, 1, "EUR", 2)


def never_named_out(patch: pytest.MonkeyPatch) -> None:
    """The driver does not get to take the file's name out of the record."""

    async def leave_it(_driver: OeplAccessPoint, _label_id: str, _when: object) -> None:
        return

    patch.setattr(OeplAccessPoint, "_take_name_out", leave_it)


async def _dear_at_the_other(world: World) -> str:
    """Cheap at ap-0, then dear at ap-1."""
    (mac,) = world.air.labels
    await asyncio.sleep(120)
    world.air.set_heard(mac, {"ap-1": -50})
    await world._tell_box([world._publish(ITEM, 150)], [])
    await asyncio.sleep(150)
    assert world.judge.shows(mac) == (ITEM, 150)
    return mac


async def _look_for(world: World, seconds: int) -> None:
    for _ in range(seconds):
        await asyncio.sleep(1)
        world._look()


def _back_to_the_former_one(folder: Path, *, box_and_record_set_back: bool = False) -> None:
    """Long after, a new battery in reach of the first one, whose line is cut."""

    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, folder, PLAN, heard_by=["ap-0"]) as world:
            mac, former = await _dear_at_the_other(world), world.air.points["ap-0"]
            if box_and_record_set_back:
                await world.kill()
                await former.restart(down_ms=1_000, orderly=False)
                world._up_at = 0
                await world._keep_box_up()
            await asyncio.sleep(CLEAN_SECONDS)
            world.air.set_heard(mac, {"ap-0": -50})
            former.reachable = False
            world.air.pull_battery(mac)
            await _look_for(world, 300)
            former.reachable = True
            await asyncio.sleep(CLEAN_SECONDS)
            assert world.judge.shows(mac) == (ITEM, 150)
            world._look()

    run_virtual(go)


def test_its_price_leaves_the_set_once_it_can_come_no_more(tmp_path: Path) -> None:
    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, tmp_path, PLAN, heard_by=["ap-0"]) as world:
            mac = await _dear_at_the_other(world)
            assert world.box is not None
            assert world.box.charge(ITEM) == 100, "a power cut of the first one would bring the name back"
            assert world.box.labels.view(mac).reason == "access point ap-0 may still bring an older image"
            await asyncio.sleep(CLEAN_SECONDS)
            assert world.disagreements() == []
            assert world.box.charge(ITEM) == 150

    run_virtual(go)


def test_its_last_file_does_not_come_again(tmp_path: Path) -> None:
    _back_to_the_former_one(tmp_path)


@pytest.mark.parametrize("set_back", [False, True])
def test_while_its_record_names_a_file_the_price_binds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_back: bool
) -> None:
    never_named_out(monkeypatch)
    _back_to_the_former_one(tmp_path, box_and_record_set_back=set_back)


def test_it_would_not_if_what_an_access_point_keeps_were_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never_named_out(monkeypatch)
    monkeypatch.setattr(Lane, "may_send_again", lambda _lane, _label_id: False)
    with pytest.raises(Overcharged):
        _back_to_the_former_one(tmp_path)


def test_one_that_is_dead_keeps_the_price_down_and_the_label_says_why(tmp_path: Path) -> None:
    """Only a person ends that: the label is a task, and an access point that is taken out of the settings keeps nothing."""

    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, tmp_path, PLAN, heard_by=["ap-0"]) as world:
            mac, box = await _dear_at_the_other(world), world.box
            assert box is not None
            world.air.points["ap-0"].reachable = False
            await asyncio.sleep(4_000)
            assert box.charge(ITEM) == 100
            assert (box.labels.view(mac).state, list(box.labels.late())) == ("unreachable", [mac])
            assert box.labels.view(mac).reason == "access point ap-0 may still bring an older image"
            await world.kill()
            del world.air.points["ap-0"]
            world._up_at = 0
            await world._keep_box_up()
            await asyncio.sleep(300)
            assert world.disagreements() == []

    run_virtual(go)


def test_a_label_that_is_gone_takes_it_and_comes_back_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is removed nobody looks at what the former access point does."""
    never_named_out(monkeypatch)

    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, tmp_path, PLAN, heard_by=["ap-0"]) as world:
            mac, box, former = await _dear_at_the_other(world), world.box, world.air.points["ap-0"]
            assert box is not None
            await asyncio.sleep(CLEAN_SECONDS)
            world.air.set_heard(mac, {})
            world.judge.took_away(mac)
            await box.labels.remove(mac, staff_id="anna")
            assert box.charge(ITEM) == 150
            former.point.faults.failed_transfer_percent, former.reachable = 100, False
            world.air.pull_battery(mac)
            world.air.set_heard(mac, {"ap-0": -50})
            await asyncio.sleep(20)
            assert former.point.known[mac].queue, "it wants to send its last file"
            world.air.set_heard(mac, {"ap-0": -50, "ap-1": -50})
            await box.labels.bind(mac, ITEM, access_point="ap-1")
            world.judge.hung_up(mac, world.true.now_ms())
            former.point.faults.failed_transfer_percent = 0
            await _look_for(world, 120)
            former.reachable = True
            await _look_for(world, 300)
            assert world.judge.shows(mac) == (ITEM, 150)

    run_virtual(go)


def test_what_nobody_here_knows_is_drawn_over(tmp_path: Path) -> None:
    """Somebody puts a picture of his own on a label, on the page of an access point that is not the label's own."""

    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, tmp_path, PLAN, heard_by=["ap-0"]) as world:
            mac = await _dear_at_the_other(world)
            world.air.set_heard(mac, {"ap-0": -50, "ap-1": -50})
            await asyncio.sleep(CLEAN_SECONDS)
            assert world.disagreements() == []
            foreign = world.pictures.render(FOREIGN, mac, world.air.labels[mac].hardware_type)
            assert world.air.points["ap-0"].point.upload(mac, foreign.picture)
            for _ in range(120):
                await asyncio.sleep(1)
                if world.judge.shows(mac) == ("item-9", 1):
                    break
            assert world.judge.shows(mac) == ("item-9", 1)
            await asyncio.sleep(120)
            assert world.judge.shows(mac) == (ITEM, 150)
            assert world.disagreements() == []

    run_virtual(go)


def test_what_was_in_the_set_when_a_label_was_removed_comes_back_with_it(tmp_path: Path) -> None:
    """It said that it holds the dear image, and its battery was pulled before the panel had drawn it."""

    async def go(loop: VirtualLoop) -> None:
        async with opened(loop, tmp_path, PLAN, heard_by=["ap-0"]) as world:
            (mac,), box = world.air.labels, world.box
            assert box is not None
            await asyncio.sleep(120)
            await world._tell_box([world._publish(ITEM, 150)], [])
            for _ in range(2_000):
                await asyncio.sleep(0.05)
                if box.labels.view(mac).shown_price_minor == 150:
                    break
            assert world.judge.shows(mac) == (ITEM, 100), "the panel is still drawing"
            world.air.pull_battery(mac)
            world.air.set_heard(mac, {})
            await asyncio.sleep(1)
            world.judge.took_away(mac)
            await box.labels.remove(mac, staff_id="anna")
            assert box.charge(ITEM) == 150
            await asyncio.sleep(600)
            await box.labels.bind(mac, ITEM)
            world.judge.hung_up(mac, world.true.now_ms())
            assert world.judge.shows(mac) == (ITEM, 100)
            await _look_for(world, 60)
            assert box.charge(ITEM) == 100
            world.air.set_heard(mac, {"ap-0": -50})
            await _look_for(world, 300)
            assert world.disagreements() == []

    run_virtual(go)
