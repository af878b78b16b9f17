"""The stage of replay mode: the whole bench and the real box in one event loop with virtual time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from edge.settings import Settings, load
from edge.store_db.errors import StoreDbError
from protocols.clock import IdSource, SeededRandom
from protocols.contract import till as contract
from protocols.contract.feed_rows import FeedRow, encode_row
from protocols.contract.till import LastSale, TillRequest
from simulators.bench import Bench
from simulators.control import Control
from simulators.edge_config import edge_config
from simulators.endpoints import Refused
from simulators.replay.links import MemoryNetwork
from simulators.replay.loop import VirtualClock, VirtualLoop
from simulators.replay.wires import in_memory, memory_wires
from simulators.scenario.chronicle import Chronicle
from simulators.scenario.stage import StepRefused
from simulators.settings import BenchSettings
from tests.sim.scenario import checks
from tests.sim.scenario.box import Boot, HandClock, HandDisk
from tests.support.goods import STORE_ID
from tests.support.lossy_disk import Disk

OFF_SECONDS = 5.0
"""How long a box that lost its power is off."""
LABELS_SETTLE_MS = 900_000
SHELF_STAFF = "7"
LONG_WITHOUT_LINE = ("scales", "scanners", "payment_terminals", "access_points")
LEAP_SECONDS, AFTER_LEAP_SECONDS = 5.0, 0.2
AWAKE_MS = 3_000
"""Before somebody does something, the store lives through every moment of so much time."""
SCALE_MS, LONG_SCALE_MS = 200, 900
"""Between two questions to a scale."""
ANSWER_SECONDS = 20.0
"""Of virtual time: a till that answers no sooner is told of as one that does not answer."""


class ReplayStage:
    """See `simulators.scenario.stage.Stage`."""

    mode = "replay"

    def __init__(
        self,
        bench: Bench,
        network: MemoryNetwork,
        settings: Settings,
        clock: VirtualClock,
        chronicle: Chronicle,
        seed: int,
        *,
        long: bool = False,
    ) -> None:
        self._bench = bench
        self._control = Control(bench)
        self._network = network
        self._settings = settings
        self._clock = clock
        self._chronicle = chronicle
        self._seed = seed
        self._long = long
        self._hand_clock = HandClock(clock)
        self._hand_disk = HandDisk()
        self._boots = itertools.count(1)
        self._boot: Boot | None = None
        self._asking: asyncio.Task[None] | None = None
        self._papers = checks.Papers(bench)
        self.ids = IdSource(clock, SeededRandom(seed * 31 + 5))

    @property
    def boot(self) -> Boot:
        """The box as it runs now."""
        assert self._boot is not None
        return self._boot

    async def open(self) -> None:
        """Switch everything on and bind the labels: every label to an item of the assortment, in turn."""
        await self._bench.start()
        await self._switch_on(Disk())
        await asyncio.sleep(5)
        await self._bind_labels()

    async def close(self) -> None:
        """Switch everything off."""
        if self._boot is not None:
            self._boot.power.on = False
            await self._boot.end()
        await self._bench.stop()

    # See `Stage`.

    def now_ms(self) -> int:
        return self._clock.monotonic_ms()

    async def sleep_ms(self, wait_ms: int) -> None:
        """In a long run, time in which nobody does anything is passed over in leaps: what was due is due once."""
        until_ms = self.now_ms() + wait_ms
        loop = asyncio.get_running_loop()
        while self._long and isinstance(loop, VirtualLoop) and until_ms - self.now_ms() > AWAKE_MS:
            loop.leap(LEAP_SECONDS)
            await asyncio.sleep(AFTER_LEAP_SECONDS)
        await asyncio.sleep(max(0, until_ms - self.now_ms()) / 1000)

    async def bench(self, method: str, path: str, body: bytes | None = None) -> bytes:
        try:
            return await self._control.ask(method, path, body)
        except Refused as refused:
            raise StepRefused(f"the bench refused {method} {path}: {refused}") from refused

    async def box(self, method: str, path: str, body: bytes | None = None) -> bytes:
        parts = path.split("/")
        till = self.boot.box.tills.get(parts[3]) if len(parts) == 5 else None
        if till is None:
            raise StepRefused(f"the box of this run has no {path}; its tills: {', '.join(self.boot.box.tills)}")
        if method == "GET":
            return contract.encoder.encode(till.state())
        request = msgspec.json.decode(body or b"", type=TillRequest)
        while True:
            boot = self.boot
            asking = asyncio.ensure_future(boot.box.tills[parts[3]].ask(request))
            gone = asyncio.ensure_future(boot.gone.wait())
            await asyncio.wait({asking, gone}, return_when=asyncio.FIRST_COMPLETED, timeout=ANSWER_SECONDS)
            gone.cancel()
            if boot.gone.is_set():  # the screen asks again once the box is back
                asking.cancel()
                await self._until_up(boot)
                continue
            if not asking.done():
                asking.cancel()
                raise StepRefused(f"till {parts[3]} did not answer within {ANSWER_SECONDS:.0f} s")
            try:
                return contract.encoder.encode(asking.result())
            except StoreDbError as error:
                raise StepRefused(f"till {parts[3]}: {error}") from error

    async def spoil_box(self, part: str, fault: str, value: bool | int | str | None) -> None:
        number = value if isinstance(value, int) and not isinstance(value, bool) else 0
        match part, fault:
            case "clock", "step_ms":
                self._hand_clock.step(number) if value is not None else self._hand_clock.right()
            case "clock", "drift_ppm":
                self._hand_clock.drift(number) if value is not None else self._hand_clock.right()
            case "disk", "full":
                self._hand_disk.full = value is True
            case "disk", "slow_ms":
                self._hand_disk.slow_ms = number
            case "disk", "power_cut" | "cut_in_write":
                if value is True:
                    self._cut_power(in_write=fault == "cut_in_write")
            case _:
                raise StepRefused(f"the box's {part} has no fault '{fault}': see tallystick sim faults")
        self._chronicle.note(part, "fault" if value is not None else "ok", f"fault_{fault}", value=value)

    async def broken(self, sales: Mapping[str, LastSale]) -> list[str]:
        until_ms = self.now_ms() + LABELS_SETTLE_MS
        while self.boot.failed is None and not checks.labels_settled(self.boot.box) and self.now_ms() < until_ms:
            await self.sleep_ms(1_000)
        if (why := self.boot.failed or self._kept_down()) is not None:
            return [f"box: it ended by itself: {why!r}"]
        return checks.broken(self.boot.box, self._bench, self._papers, sales)

    # Power.

    def _cut_power(self, *, in_write: bool) -> None:
        boot = self.boot
        if in_write:
            boot.power.armed = True
        else:
            boot.power.cut()
        self._asking = asyncio.get_running_loop().create_task(self._come_back(boot))

    async def _come_back(self, boot: Boot) -> None:
        await boot.gone.wait()
        self._chronicle.note("box", "box", "off", boot=boot.number)
        await boot.end()
        await asyncio.sleep(OFF_SECONDS)
        assert boot.power.came_up is not None
        await self._switch_on(boot.power.came_up)

    async def _until_up(self, before: Boot) -> None:
        while self.boot is before:
            if (why := self._kept_down()) is not None:
                raise StepRefused(f"the box did not come up again: {why!r}")
            await self.sleep_ms(100)

    def _kept_down(self) -> BaseException | None:
        """Why the box did not start again after it lost its power."""
        back = self._asking
        return back.exception() if back is not None and back.done() and not back.cancelled() else None

    async def _switch_on(self, disk: Disk) -> None:
        boot = Boot(
            next(self._boots), disk, self._seed, self._settings, self._hand_clock, self._hand_disk, self._bench,
            self._network, self._chronicle,
        )  # fmt: skip
        self._chronicle.note("box", "box", "on", boot=boot.number)
        await boot.start()
        self._boot = boot

    async def _bind_labels(self) -> None:
        labels = self.boot.box.shop.labels
        items = checks.items_of(self.boot.box)
        for name, point in self._bench.access_points.items():
            given = next(each for each in self._bench.settings.access_points if each.id == name)
            for label_id, item in zip(sorted(point.point.tags), itertools.cycle(items), strict=False):
                assert labels is not None
                await labels.bind(label_id, item, staff_id=SHELF_STAFF, hardware_type=given.hardware_type)


def box_settings(folder: Path, bench: BenchSettings, rows: list[FeedRow], scale_ms: int) -> Settings:
    """The settings of the box over this bench, with a catalogue of its own."""
    (folder / "seed.jsonl").write_bytes(b"\n".join(encode_row(row) for row in rows))
    path = folder / "store.toml"
    path.write_text(
        f'[store]\nid = "{STORE_ID}"\ndata_dir = "."\nseed_feed = "seed.jsonl"\nedge_id = "box"\n'
        f'[clock]\ntrust = "always"\n[telemetry]\nevery_seconds = 0\n{edge_config(bench, "scenario")}'
    )
    settings = load(path)
    asked = {each.id for each in bench.scales}
    devices = tuple(
        msgspec.structs.replace(each, interval_ms=scale_ms) if each.id in asked else each for each in settings.devices
    )
    return msgspec.structs.replace(settings, devices=devices)


@asynccontextmanager
async def replay_stage(
    folder: Path, store: BenchSettings, rows: list[FeedRow], clock: VirtualClock, chronicle: Chronicle, *, long: bool = False
) -> AsyncIterator[ReplayStage]:
    """A stage that is open for as long as the block. `long`: scales are asked less often, over lines that are never bad."""
    settings = in_memory(store, without_line=LONG_WITHOUT_LINE if long else ())
    wires, network = memory_wires(SeededRandom(settings.seed * 31 + 1))
    stage = ReplayStage(
        Bench(settings, clock, wires),
        network,
        box_settings(folder, settings, rows, LONG_SCALE_MS if long else SCALE_MS),
        clock,
        chronicle,
        settings.seed,
        long=long,
    )
    try:
        await stage.open()
        yield stage
    finally:
        await stage.close()
