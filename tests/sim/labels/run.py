"""One seeded run of the model shelf."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

from simulators.replay.loop import VirtualLoop, run_virtual
from tests.sim.labels.world import Plan, World
from tests.support.memory import MEMORY


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened in a run that kept its promises."""

    events: int
    compared: int
    counts: dict[str, int]


def run(seed: int, plan: Plan) -> Outcome:
    """Raises `Overcharged` or `Unsettled`, with the seed in the message."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY))
    worlds: list[World] = []

    async def go(loop: VirtualLoop) -> None:
        worlds.append(World(loop, seed, folder, plan))
        await worlds[0].run()

    try:
        run_virtual(go)
    except AssertionError as broken:
        broken.add_note(f"seed {seed}, after {worlds[0].events} events")
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Outcome(worlds[0].events, worlds[0].judge.compared, worlds[0].counts)


@contextlib.asynccontextmanager
async def opened(loop: VirtualLoop, folder: Path, plan: Plan, *, heard_by: Collection[str] = ()) -> AsyncIterator[World]:
    """A shop without trouble but what the test makes. `heard_by`: only these access points hear its labels (none: all)."""
    world = World(loop, 1, folder, plan)
    world._background = [asyncio.create_task(point.run()) for point in world.air.points.values()]
    try:
        for mac in world.air.labels if heard_by else ():
            world.air.set_heard(mac, dict.fromkeys(heard_by, -50))
        await world._open_shop()
        yield world
    finally:
        if world.box is not None:
            await world.box.kill()
        for task in world._background:
            task.cancel()
        await asyncio.gather(*world._background, return_exceptions=True)
