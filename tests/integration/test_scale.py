"""Driver and simulated scale over real lines, in depth: weights, states, faults, the cable out and in again.

`test_every_scale` goes through every protocol."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from firmware_bridges.links import ByteLink, SerialFormat, open_serial
from firmware_bridges.scale import ScaleDriver
from firmware_bridges.supervise import LinkBroken, supervise
from protocols.clock import FakeClock
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, WeightRead, WeightState
from protocols.scales import mt_sics, toledo8217
from protocols.scales.session import ScaleProtocol
from simulators.cables import Cable, SerialCable, TcpCable
from simulators.clock import SystemClock
from simulators.load_cell import OVER_CAPACITY_FROM_GRAMS
from simulators.scale import ScaleSimulator
from tests.support.waiting import until


class Quick:
    """Chance that always draws the shortest wait."""

    def bytes(self, count: int) -> bytes:
        return bytes(count)


class Heard:
    """What the store hears from the scale."""

    def __init__(self) -> None:
        self.events: list[DeviceEvent] = []

    def forget(self) -> None:
        self.events.clear()

    def reads(self) -> list[WeightRead]:
        return [event for event in self.events if isinstance(event, WeightRead)]

    def states(self) -> list[DeviceStateEvent]:
        return [event for event in self.events if isinstance(event, DeviceStateEvent)]

    def weighs(self, grams: int | None, state: WeightState) -> Callable[[], bool]:
        return lambda: bool(self.reads()) and (self.reads()[-1].grams, self.reads()[-1].state) == (grams, state)

    def is_in(self, state: DeviceState) -> Callable[[], bool]:
        return lambda: bool(self.states()) and self.states()[-1].state is state


@pytest.fixture
def scale_clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=[toledo8217.PROTOCOL, mt_sics.PROTOCOL], ids=["toledo8217", "mt_sics"])
def protocol(request: pytest.FixtureRequest) -> ScaleProtocol:
    found: ScaleProtocol = request.param
    return found


@pytest.fixture
def wire(tmp_path: Path) -> Cable:
    return SerialCable(tmp_path / "scale")


@pytest.fixture
async def scale(wire: Cable, scale_clock: FakeClock, protocol: ScaleProtocol) -> AsyncIterator[ScaleSimulator]:
    one = ScaleSimulator(wire, scale_clock, protocol)
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def heard(scale: ScaleSimulator) -> AsyncIterator[Heard]:
    store = Heard()
    clock = SystemClock()
    driver = ScaleDriver("scale-1", scale.protocol, scale.cable.place, clock, interval_ms=10)
    task = asyncio.create_task(supervise(driver, store.events.append, clock, Quick()))
    yield store
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_goods_on_the_platter_become_grams(scale: ScaleSimulator, heard: Heard) -> None:
    await until(heard.weighs(0, WeightState.ZERO))
    assert [event.state for event in heard.states()] == [DeviceState.STARTING, DeviceState.READY]
    scale.set_weight(1_250, settle_ms=0)
    await until(heard.weighs(1_250, WeightState.STABLE))
    assert all(read.device_id == "scale-1" for read in heard.reads())


async def test_no_grams_while_it_moves(scale: ScaleSimulator, scale_clock: FakeClock, heard: Heard) -> None:
    await until(heard.weighs(0, WeightState.ZERO))
    scale.set_weight(400, settle_ms=300)
    scale_clock.advance(299)
    await until(heard.weighs(None, WeightState.MOTION))
    scale_clock.advance(1)
    await until(heard.weighs(400, WeightState.STABLE))
    states = [read.state for read in heard.reads()]
    moving = [read for read in heard.reads() if read.state is WeightState.MOTION]
    assert moving
    assert all(read.grams is None for read in moving)
    assert states == sorted(states, key=[WeightState.ZERO, WeightState.MOTION, WeightState.STABLE].index)


@pytest.mark.parametrize(
    ("grams", "state"), [(-50, WeightState.UNDER_ZERO), (OVER_CAPACITY_FROM_GRAMS, WeightState.OVER_CAPACITY)]
)
async def test_outside_its_range_it_tells_no_grams(
    scale: ScaleSimulator, heard: Heard, grams: int, state: WeightState
) -> None:
    scale.set_weight(grams, settle_ms=0)
    await until(heard.weighs(None, state))
    scale.set_weight(75, settle_ms=0)
    await until(heard.weighs(75, WeightState.STABLE))


@pytest.mark.parametrize("state", [WeightState.MOTION, WeightState.UNDER_ZERO, WeightState.OVER_CAPACITY, WeightState.FAULT])
async def test_a_state_can_be_held(scale: ScaleSimulator, heard: Heard, state: WeightState) -> None:
    scale.set_weight(500, settle_ms=0)
    await until(heard.weighs(500, WeightState.STABLE))
    scale.set_state(state)
    await until(heard.weighs(None, state))
    scale.set_state(WeightState.STABLE)
    await until(heard.weighs(500, WeightState.STABLE))


async def test_the_cable_out_and_in_again(scale: ScaleSimulator, heard: Heard) -> None:
    scale.set_weight(600, settle_ms=0)
    await until(heard.weighs(600, WeightState.STABLE))
    heard.forget()
    await scale.unplug()
    await until(heard.is_in(DeviceState.RETRYING))
    assert "is gone" in heard.states()[-1].reason
    await scale.plug_in()
    await until(heard.is_in(DeviceState.READY))
    await until(heard.weighs(600, WeightState.STABLE))


async def test_a_scale_plugged_in_late_is_found(scale: ScaleSimulator, heard: Heard) -> None:
    await scale.unplug()
    await until(heard.is_in(DeviceState.RETRYING))
    await scale.plug_in()
    await until(heard.is_in(DeviceState.READY))


@pytest.mark.parametrize(("fault", "words"), [("silent", "does not answer"), ("garbage", "cannot be read")])
async def test_no_answer_is_told_and_the_old_weight_ends(
    scale: ScaleSimulator, heard: Heard, fault: str, words: str
) -> None:
    scale.set_weight(600, settle_ms=0)
    await until(heard.weighs(600, WeightState.STABLE))
    setattr(scale.faults, fault, True)
    await until(heard.is_in(DeviceState.DEGRADED))
    await until(heard.weighs(None, WeightState.FAULT))
    assert words in heard.states()[-1].reason
    setattr(scale.faults, fault, False)
    await until(heard.is_in(DeviceState.READY))
    await until(heard.weighs(600, WeightState.STABLE))


async def test_answers_byte_by_byte(scale: ScaleSimulator, heard: Heard) -> None:
    scale.faults.split = True
    scale.set_weight(980, settle_ms=0)
    await until(heard.weighs(980, WeightState.STABLE))


async def ask(link: ByteLink, question: bytes, end: bytes) -> bytes:
    await link.write(question)
    answer = b""
    async with asyncio.timeout(5):
        while not answer.endswith(end):
            answer += await link.read()
    return answer


@pytest.mark.parametrize("protocol", [toledo8217.PROTOCOL], ids=["toledo8217"])
async def test_tare_and_zero_over_a_toledo_wire(scale: ScaleSimulator, tmp_path: Path) -> None:
    link = open_serial(str(tmp_path / "scale"), 9_600, SerialFormat.SEVEN_EVEN_ONE)
    scale.set_weight(50, settle_ms=0)
    assert await ask(link, b"Z", b"\r") == bytes.fromhex("02 3F 50 0D")
    scale.set_weight(250, settle_ms=0)
    assert await ask(link, b"T", b"\r") == bytes.fromhex("02 3F 70 0D")
    scale.set_weight(1_000, settle_ms=0)
    assert await ask(link, b"W", b"\r") == bytes.fromhex("02 30 30 2E 37 35 30 4E 0D")
    assert await ask(link, b"C", b"\r") == bytes.fromhex("02 3F 40 0D")
    assert await ask(link, b"W", b"\r") == b"\x0200.950\r"
    await link.close()


@pytest.mark.parametrize("protocol", [mt_sics.PROTOCOL], ids=["mt_sics"])
async def test_mt_sics_commands_over_the_wire(scale: ScaleSimulator, scale_clock: FakeClock, tmp_path: Path) -> None:
    link = open_serial(str(tmp_path / "scale"), 9_600, SerialFormat.EIGHT_NONE_ONE)

    async def says(question: bytes, *, while_time_passes: bool = False) -> bytes:
        asked = asyncio.create_task(ask(link, question + b"\r\n", b"\r\n"))
        while while_time_passes and not asked.done():
            scale_clock.advance(100)
            await asyncio.sleep(0.01)
        return (await asked).removesuffix(b"\r\n")

    assert await says(b"@") == b'I4 A "0123456789"'
    scale.set_weight(50, settle_ms=0)
    assert await says(b"Z") == b"Z A"
    scale.set_weight(300, settle_ms=1_000)
    assert await says(b"SI") == b"S D      0.250 kg"
    assert await says(b"S", while_time_passes=True) == b"S S      0.250 kg"
    assert await says(b"T") == b"T S      0.250 kg"
    scale.set_weight(1_050, settle_ms=0)
    assert await says(b"S") == b"S S      0.750 kg"
    scale.set_weight(50, settle_ms=0)
    assert await says(b"S") == b"S S     -0.250 kg"
    assert await says(b"TAC") == b"TAC A"
    scale.set_state(WeightState.MOTION)
    assert await says(b"S", while_time_passes=True) == b"S I"
    await link.close()


@pytest.mark.parametrize("wire", [TcpCable(0)], ids=["tcp"])
@pytest.mark.parametrize("protocol", [mt_sics.PROTOCOL], ids=["mt_sics"])
async def test_a_scale_on_the_network(scale: ScaleSimulator, heard: Heard) -> None:
    scale.set_weight(1_250, settle_ms=0)
    await until(heard.weighs(1_250, WeightState.STABLE))
    await scale.unplug()
    await until(heard.is_in(DeviceState.RETRYING))
    assert "closed the connection" in heard.states()[-1].reason or "broke" in heard.states()[-1].reason
    await scale.plug_in()
    await until(heard.is_in(DeviceState.READY))


@pytest.mark.parametrize("protocol", [mt_sics.PROTOCOL], ids=["mt_sics"])
async def test_a_tare_set_at_the_scale_makes_the_weight_net(scale: ScaleSimulator, heard: Heard) -> None:
    scale.set_weight(200, settle_ms=0)
    await until(heard.weighs(200, WeightState.STABLE))
    assert not heard.reads()[-1].net
    scale.cell.tare()
    scale.set_weight(700, settle_ms=0)
    await until(heard.weighs(500, WeightState.STABLE))
    assert all(read.net for read in heard.reads() if read.grams == 500)


@pytest.mark.parametrize("protocol", [toledo8217.PROTOCOL], ids=["toledo8217"])
async def test_a_port_opens_any_number_of_times_and_leaves_nothing_open(scale: ScaleSimulator, tmp_path: Path) -> None:
    open_files = Path("/proc/self/fd")
    before = len(list(open_files.iterdir()))  # noqa: ASYNC240 - a look at our own process
    for _ in range(50):
        link = open_serial(str(tmp_path / "scale"), 9_600, SerialFormat.SEVEN_EVEN_ONE)
        await link.close()
    assert len(list(open_files.iterdir())) == before  # noqa: ASYNC240 - as above


@pytest.mark.parametrize("protocol", [toledo8217.PROTOCOL], ids=["toledo8217"])
async def test_one_port_one_user(scale: ScaleSimulator, tmp_path: Path) -> None:
    link = open_serial(str(tmp_path / "scale"), 9_600, SerialFormat.SEVEN_EVEN_ONE)
    with pytest.raises(LinkBroken, match="another program uses it"):
        open_serial(str(tmp_path / "scale"), 9_600, SerialFormat.SEVEN_EVEN_ONE)
    await link.close()


async def test_a_port_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(LinkBroken, match="it is not there"):
        open_serial(str(tmp_path / "nothing"), 9_600, SerialFormat.SEVEN_EVEN_ONE)
