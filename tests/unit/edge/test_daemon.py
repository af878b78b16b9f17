"""The task tree: a vital part's error ends the box, another part's is reported and the part is started again."""

import asyncio
import contextlib

import pytest

from edge import daemon
from edge.bootstrap import Part
from tests.support.waiting import until


class Flaky:
    """Fails on its first starts."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.starts = 0
        self.working = False

    async def run(self) -> None:
        self.starts += 1
        if self.starts <= self.failures:
            raise RuntimeError("the device exploded")
        self.working = True
        await asyncio.Event().wait()


async def test_a_part_that_is_not_vital_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "RESTART_FIRST_SECONDS", 0.001)
    flaky = Flaky(failures=3)
    task = asyncio.create_task(daemon.keep_running(Part("labels", flaky.run, vital=False)))
    await until(lambda: flaky.working)
    assert flaky.starts == 4
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_a_vital_part_ends_with_its_error() -> None:
    with pytest.raises(RuntimeError, match="exploded"):
        await daemon.keep_running(Part("till 1", Flaky(failures=1).run, vital=True))
