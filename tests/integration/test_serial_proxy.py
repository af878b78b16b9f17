"""A scale of every protocol behind a bad cable: real driver, real pseudo-terminals, every fault, never a wrong weight."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_bridges.scale import ScaleDriver
from firmware_bridges.supervise import supervise
from protocols.clock import SeededRandom
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, WeightRead
from protocols.scales.registry import PROTOCOLS
from simulators.cables import SerialCable
from simulators.clock import SystemClock
from simulators.link_proxy import NO_FAULTS, LinkFaults, Way
from simulators.scale import ScaleSimulator
from simulators.serial_proxy import SerialProxy
from tests.support.waiting import until

SAYS_A_LOAD_ONCE = {"tisa", "dialog06"}
"""Such a scale has told the weight when the answer is lost on the way: somebody must lift the goods once more."""


@contextlib.asynccontextmanager
async def patient(scale: ScaleSimulator) -> AsyncIterator[None]:
    """Who lifts the goods again and again, where the scale asks for that."""

    async def lift() -> None:
        while scale.protocol.name in SAYS_A_LOAD_ONCE:
            scale.set_weight(0, settle_ms=0)
            await asyncio.sleep(0.1)
            scale.set_weight(1250, settle_ms=0)
            await asyncio.sleep(0.2)

    lifting = asyncio.create_task(lift())
    yield
    lifting.cancel()
    await asyncio.wait({lifting})


class Quick:
    """Chance that always draws the shortest wait."""

    def bytes(self, count: int) -> bytes:
        return bytes(count)


class Till:
    """What the box hears of the scale."""

    def __init__(self) -> None:
        self.events: list[DeviceEvent] = []

    def states(self) -> list[DeviceState]:
        return [event.state for event in self.events if isinstance(event, DeviceStateEvent)]

    def grams(self) -> list[int]:
        return [event.grams for event in self.events if isinstance(event, WeightRead) and event.grams is not None]


OFTEN = {"toledo8217", "mt_sics", "dialog06", "cas_continuous"}
"""Asked in one go, asked by lines, asked in steps, speaking unasked. The others are behind bad cables in memory each time
(`tests/unit/protocols/scales/test_every_protocol.py`), and here under `make soak`."""


@pytest.fixture(
    params=[
        pytest.param(protocol, id=name, marks=[] if name in OFTEN else pytest.mark.soak)
        for name, protocol in PROTOCOLS.items()
    ]
)
async def scale(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ScaleSimulator]:
    one = ScaleSimulator(SerialCable(tmp_path / "scale"), SystemClock(), request.param)
    await one.start()
    one.set_weight(1250, settle_ms=0)
    yield one
    await one.stop()


@pytest.fixture
async def cable(scale: ScaleSimulator, tmp_path: Path) -> AsyncIterator[SerialProxy]:
    one = SerialProxy(tmp_path / "cable", tmp_path / "scale", SeededRandom(11))
    await one.start()
    await until(lambda: one.connections == 1)
    yield one
    await one.stop()
    assert not (tmp_path / "cable").is_symlink()


@pytest.fixture
async def till(cable: SerialProxy, scale: ScaleSimulator, tmp_path: Path) -> AsyncIterator[Till]:
    heard = Till()
    driver = ScaleDriver("scale-1", scale.protocol, str(tmp_path / "cable"), SystemClock(), interval_ms=20)
    running = asyncio.create_task(supervise(driver, heard.events.append, SystemClock(), Quick()))
    await until(heard.grams)
    yield heard
    running.cancel()
    await asyncio.wait({running})


@pytest.mark.parametrize(
    "faults",
    [
        LinkFaults(split=True),
        LinkFaults(delay_ms=5, jitter_ms=30),
        LinkFaults(duplicate_per_mille=500),
        LinkFaults(noise_per_mille=120),
        LinkFaults(split=True, drop_per_mille=60, duplicate_per_mille=200, jitter_ms=10, noise_per_mille=60),
    ],
    ids=["split", "late", "doubled", "noise", "all"],
)
async def test_a_bad_cable_never_makes_a_wrong_weight(
    till: Till, cable: SerialProxy, scale: ScaleSimulator, faults: LinkFaults
) -> None:
    cable.set_faults(faults)
    before = len(till.grams())
    async with patient(scale):
        await until(lambda: len(till.grams()) >= before + 5, seconds=30)
    assert set(till.grams()) - {0} == {1250}


async def test_an_answer_cut_in_the_middle_is_no_weight_and_the_scale_comes_back(
    till: Till, cable: SerialProxy, scale: ScaleSimulator
) -> None:
    before = len(till.grams())
    cable.set_faults(LinkFaults(disconnect_after_bytes=4), Way.TO_CLIENT)
    await until(lambda: DeviceState.RETRYING in till.states())
    cable.set_faults(NO_FAULTS)
    async with patient(scale):
        await until(lambda: till.states()[-1] is DeviceState.READY and len(till.grams()) > before)
    assert set(till.grams()) - {0} == {1250}
    assert cable.connections >= 2


async def test_a_stalled_cable_is_said_and_heals(till: Till, cable: SerialProxy) -> None:
    cable.set_faults(LinkFaults(stall=True))
    await until(lambda: till.states()[-1] in {DeviceState.DEGRADED, DeviceState.RETRYING})
    cable.set_faults(NO_FAULTS)
    await until(lambda: till.states()[-1] is DeviceState.READY)


async def test_a_pulled_cable_takes_the_port_away_until_the_scale_is_back(
    till: Till, cable: SerialProxy, scale: ScaleSimulator, tmp_path: Path
) -> None:
    await scale.unplug()
    await until(lambda: not (tmp_path / "cable").is_symlink())
    await until(lambda: till.states()[-1] is DeviceState.RETRYING)
    scale.set_weight(800, settle_ms=0)
    await scale.plug_in()
    await until(lambda: till.grams()[-1] == 800)
    assert till.states()[-1] is DeviceState.READY


async def test_disconnect_now_makes_the_port_anew(till: Till, cable: SerialProxy, scale: ScaleSimulator) -> None:
    cable.disconnect_now()
    await until(lambda: cable.connections == 2 and till.states()[-1] is DeviceState.READY)
    assert cable.bytes_passed(Way.TO_CLIENT if scale.protocol.speaks_unasked else Way.TO_TARGET) > 0
