"""The box of a scenario in replay mode: the real composition root, its disk, clock and wires in the scenario's hand."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

from edge import bootstrap, daemon
from edge.bootstrap import Box
from edge.clock import SystemClock
from edge.seams import Seams
from edge.settings import Settings
from edge.store_db.connection import Connect
from edge.store_db.database import Database, _Job
from edge.store_db.errors import StoreFull
from firmware_bridges.links import ByteLink, LineSetting, TcpLink
from firmware_bridges.oepl_web import ApLink
from firmware_bridges.supervise import LinkBroken
from firmware_bridges.wires import Wires
from protocols.clock import SeededRandom
from simulators.bench import Bench
from simulators.replay.links import MemoryNetwork
from simulators.replay.loop import VirtualClock
from simulators.replay.wires import ReplayAccessPoint
from simulators.scenario.chronicle import Chronicle
from tests.sim.day.box import ApWeb
from tests.sim.day.files import InlineDatabase, Power, T
from tests.support.lossy_disk import Disk, connect_lossy, connect_to

CONNECT_SECONDS = 5.0


class HandClock(SystemClock):
    """The box's clock over virtual time: it may jump, and run too fast."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(trust_always=True)
        self._clock = clock
        self._off_ms = 0
        self._drift_ppm = 0
        self._drifts_from_ms = 0

    def now_ms(self) -> int:
        """Wall clock, as wrong as it is."""
        return self._clock.now_ms() + self._off_ms + self._drifted_ms()

    def monotonic_ms(self) -> int:
        """Counts on, whatever the wall clock does."""
        return self._clock.monotonic_ms()

    def _drifted_ms(self) -> int:
        return (self._clock.monotonic_ms() - self._drifts_from_ms) * self._drift_ppm // 1_000_000

    def step(self, by_ms: int) -> None:
        """Jump once."""
        self._off_ms += by_ms

    def drift(self, ppm: int) -> None:
        """From now on."""
        self._off_ms += self._drifted_ms()
        self._drift_ppm, self._drifts_from_ms = ppm, self._clock.monotonic_ms()

    def right(self) -> None:
        """Set to the true time."""
        self.drift(0)
        self._off_ms = 0


class HandDisk:
    """What is wrong with the box's disk."""

    def __init__(self) -> None:
        self.full = False
        self.slow_ms = 0


class SpoiltDatabase(InlineDatabase):
    """See `tests.sim.day.files.InlineDatabase`; it may be full, or late."""

    def __init__(self, path: Path, *, kind: str, connect: Connect, power: Power, disk: HandDisk) -> None:
        super().__init__(path, kind=kind, connect=connect, power=power)
        self._disk = disk

    def _enqueue(self, job: _Job[T]) -> None:
        if self._disk.full:
            job.over(StoreFull("no space left on the disk (a fault of the scenario)"))
            return
        if self._disk.slow_ms and job.durable:
            asyncio.get_running_loop().call_later(self._disk.slow_ms / 1000, super()._enqueue, job)
            return
        super()._enqueue(job)


class Boot:
    """The box from switching on to losing power, or to the end of the run."""

    def __init__(
        self, number: int, disk: Disk, seed: int, settings: Settings, clock: HandClock, hand: HandDisk,
        bench: Bench, network: MemoryNetwork, chronicle: Chronicle,
    ) -> None:  # fmt: skip
        self.number = number
        self.gone = asyncio.Event()
        self.power = Power(disk, random.Random(seed * 1_000 + number))
        self.power.when_cut = self._cut
        self.box: Box
        self._rng = SeededRandom(seed * 1_000 + number)
        self._settings, self._clock, self._hand = settings, clock, hand
        self._bench, self._network, self._chronicle = bench, network, chronicle
        self._running: asyncio.Task[None] | None = None
        self._links: list[TcpLink] = []

    async def start(self) -> None:
        """Come up as the daemon does."""
        connect_to(self.power.disk)
        ground = bootstrap.lay_ground(self._settings, self._seams())
        ground.journal.listen(self._journalled)
        self.box = await bootstrap.build(ground)
        self._running = asyncio.create_task(self._run(), name=f"boot {self.number}")

    @property
    def failed(self) -> BaseException | None:
        """What ended the box, when it ended by itself."""
        running = self._running
        return running.exception() if running is not None and running.done() and not running.cancelled() else None

    async def end(self) -> None:
        """Every task of it ends."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            daemon.start_parts(self.box, tasks)

    def _cut(self) -> None:
        self._network.sever()
        self.gone.set()

    def _journalled(self, row: object) -> None:
        if self.power.on:
            self._chronicle.note("box", "box", "journal", stream=row.stream.value, seq=row.seq, hash=row.hash.hex()[:16])  # type: ignore[attr-defined]

    def _seams(self) -> Seams:
        return Seams(
            clock=lambda _settings: self._clock,
            random=self._rng,
            connect=connect_lossy,
            open_file=self._opener(),
            wires=Wires(port=self._port, connect=self._network.connect, access_point=self._access_point, terminal=self._tcp),
        )

    def _opener(self) -> Callable[..., Database]:
        def open_file(
            path: Path, *, kind: str, connect: Connect, commit_delay: Callable[[], None] | None = None
        ) -> Database:
            return SpoiltDatabase(path, kind=kind, connect=connect, power=self.power, disk=self._hand)

        return open_file

    async def _port(self, port: str, _baud: int, _line: LineSetting) -> ByteLink:
        return await self._tcp("127.0.0.1", int(port.rpartition(":")[2]))

    async def _tcp(self, host: str, port: int) -> ByteLink:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await self._network.connect(host, port)
        except (OSError, TimeoutError) as error:
            raise LinkBroken(f"no connection to {host}:{port} ({error})") from error
        return TcpLink(reader, writer, f"{host}:{port}")

    def _access_point(self, url: str, _answer_seconds: float) -> ApLink:
        wanted = int(url.rpartition(":")[2])
        for given in self._bench.settings.access_points:
            if wanted in (given.port, given.proxy_port):
                point = self._bench.access_points[given.id]
                assert isinstance(point, ReplayAccessPoint)
                return ApWeb(point.memory)
        raise LinkBroken(f"{url} is not of this store")
