"""A store in replay mode whose devices can all be pulled out: the real box, the simulators, virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from edge import bootstrap, daemon
from edge.bootstrap import Box
from edge.catalogue.apply import Applied, put_row
from edge.catalogue.seed import apply_seed
from edge.devices import table_store
from edge.seams import Seams
from edge.settings import (
    ClockSettings,
    EscposTcpSettings,
    OeplApSettings,
    SerialScannerSettings,
    Settings,
    StoreSettings,
    TallystickTerminalSettings,
    TelemetrySettings,
    TillSettings,
    Toledo8217Settings,
)
from firmware_bridges.links import ByteLink, LineSetting, TcpLink
from firmware_bridges.supervise import LinkBroken
from firmware_bridges.wires import Wires
from protocols.clock import SeededRandom
from protocols.contract.device_table import DeviceTableRow
from protocols.contract.feed_rows import encode_row, setup_feed
from protocols.scanners.serial_codes import ScanFormat, Suffix, encode_scan
from simulators.oepl_ap.access_point import ApSettings
from simulators.payment_terminal.server import PaymentTerminalSimulator
from simulators.printer.device import EscPosPrinter
from simulators.replay.devices import MemoryAccessPoint, MemoryScale
from simulators.replay.links import Chance, LinkFaults, MemoryLink, MemoryNetwork, serial_line
from simulators.replay.loop import VirtualClock, VirtualLoop
from tests.sim.day.box import ApWeb, BoxClock, ScaleLink
from tests.sim.day.files import Power, opener
from tests.support.goods import STORE_ID, assortment
from tests.support.lossy_disk import Disk, connect_lossy, connect_to

BEGAN_MS = 1_790_000_000_000
TILLS = ("1", "2")
PRINTER_PORT, TERMINAL_PORT = 9100, 7071
HOST = "127.0.0.1"


class MemoryScanner:
    """A scanner on a serial line in memory."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._plugged = True
        self._ends: tuple[MemoryLink, MemoryLink] | None = None

    def plug_in(self) -> None:
        self._plugged = True

    def unplug(self) -> None:
        self._plugged = False
        if self._ends is not None:
            self._ends[1].close_both()
        self._ends = None

    def line_ended(self) -> None:
        """The till's side lost its power."""
        if self._ends is not None:
            self._ends[0].hang_up()

    def open(self) -> MemoryLink:
        """The till's end. Raises FileNotFoundError when it is not there."""
        if not self._plugged:
            raise FileNotFoundError("it is not there")
        self._ends = serial_line(LinkFaults(), self._chance, lambda _data: None)
        return self._ends[0]

    def scan(self, code: str) -> None:
        """A code is read, whether anybody listens or not."""
        if self._ends is not None and self._ends[1].open:
            self._ends[1].put(encode_scan(code, ScanFormat(Suffix.CR)))


class MemoryTerminal(PaymentTerminalSimulator):
    """The terminal on a network in memory."""

    def __init__(self, network: MemoryNetwork, clock: VirtualClock, seed: int) -> None:
        super().__init__("terminal-1", TERMINAL_PORT, clock, SeededRandom(seed))
        self._network = network
        self._calls: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """See `PaymentTerminalSimulator.start`."""
        await self._network.serve(self._accept, HOST, self.port)
        self._deciding = asyncio.create_task(self._decide())

    async def unplug(self) -> None:
        """See `PaymentTerminalSimulator.unplug`."""
        self._network.listening.pop((HOST, self.port), None)
        self.cut()
        self.terminal.power_lost()
        for task in (*self._calls, self._deciding):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.create_task(self._serve(reader, writer))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)


def settings_for(folder: Path) -> Settings:
    """Two tills with a scale and a scanner each; one printer, one terminal, one access point."""
    return Settings(
        store=StoreSettings(id=STORE_ID, data_dir=folder, edge_id="box"),
        clock=ClockSettings(trust="always"),
        telemetry=TelemetrySettings(every_seconds=0),
        tills=tuple(
            TillSettings(
                id=till, scale=f"scale-{till}", scanner=f"scanner-{till}", printer="printer-1", terminal="terminal-1"
            )
            for till in TILLS
        ),
        devices=(
            *(Toledo8217Settings(id=f"scale-{till}", port=f"/replay/scale-{till}", interval_ms=1_500) for till in TILLS),
            *(SerialScannerSettings(id=f"scanner-{till}", port=f"/replay/scanner-{till}") for till in TILLS),
            EscposTcpSettings(id="printer-1", host=HOST, port=PRINTER_PORT),
            TallystickTerminalSettings(id="terminal-1", host=HOST, port=TERMINAL_PORT),
            OeplApSettings(id="labels-1", url="http://replay"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Plug:
    """One device's cable."""

    device_id: str
    out: Callable[[], Awaitable[None]]
    back: Callable[[], Awaitable[None]]


class UnpluggedShop:
    """The store. `start`, then the box runs until `stop`."""

    def __init__(self, loop: VirtualLoop, folder: Path, seed: int) -> None:
        self.clock = VirtualClock(loop, BEGAN_MS)
        self.chance = Chance(SeededRandom(seed))
        self.network = MemoryNetwork(self.chance)
        self.scales = {f"scale-{till}": MemoryScale(self.clock, self.chance) for till in TILLS}
        self.scanners = {f"scanner-{till}": MemoryScanner(self.chance) for till in TILLS}
        self.printer = EscPosPrinter(PRINTER_PORT, self.clock, serve=self.network.serve, receipts_kept=4)
        self.terminal = MemoryTerminal(self.network, self.clock, seed + 3)
        self.point = MemoryAccessPoint(self.clock, SeededRandom(seed + 1), ApSettings(label_count=4, check_in_ms=20_000))
        self.power = Power(Disk(), random.Random(seed))
        self.box: Box
        self._folder = folder
        self._seed = seed
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Everything is plugged in."""
        for each in (*self.scales.values(), *self.scanners.values()):
            each.plug_in()
        await self.printer.start()
        await self.terminal.start()
        self._tasks = [asyncio.create_task(self.point.run())]
        await self._switch_on()
        await self.box.ground.store.write(lambda tx: apply_seed(tx, STORE_ID, assortment()))

    async def cut_power(self) -> None:
        """At once, in the middle of whatever the box does; and on again with what the disk held."""
        self.power.cut()
        box = self._tasks.pop()
        for each in (*self.scales.values(), *self.scanners.values()):
            each.line_ended()
        box.cancel()
        await asyncio.wait({box})
        assert self.power.came_up is not None
        self.power = Power(self.power.came_up, random.Random(self._seed))
        await self._switch_on()

    async def send(self, row: DeviceTableRow) -> None:
        """Headquarters wants this device table."""
        body = encode_row(row)
        await self.box.ground.store.write(lambda tx: put_row(tx, setup_feed(STORE_ID), row.key(), body, Applied()) and None)

    def table(self) -> table_store.TableState:
        """What the box remembers of it."""
        return table_store.state(self.box.ground.store.reader())

    async def _switch_on(self) -> None:
        connect_to(self.power.disk)
        seams = Seams(
            clock=lambda _settings: BoxClock(self.clock),
            random=SeededRandom(self._seed + 2),
            connect=connect_lossy,
            open_file=opener(self.power),
            wires=Wires(
                port=self._port,
                connect=self.network.connect,
                access_point=lambda _url, _seconds: ApWeb(self.point),
                terminal=self._tcp,
            ),
        )
        ground = bootstrap.lay_ground(settings_for(self._folder), seams)
        self.box = await bootstrap.build(ground)
        self._tasks.append(asyncio.create_task(self._run()))

    async def stop(self) -> None:
        """Switch the box off. Raises what ended it, if it ended by itself."""
        assert not self._tasks[1].done(), self._tasks[1]
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await self.printer.stop()
        await self.terminal.unplug()

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            daemon.start_parts(self.box, tasks)

    async def _port(self, port: str, _baud: int, _line: LineSetting) -> ByteLink:
        name = port.rpartition("/")[2]
        device = self.scales.get(name) or self.scanners.get(name)
        if device is None:
            raise LinkBroken(f"the port {port} cannot be opened (it is not there)")
        try:
            return ScaleLink(device.open())
        except OSError as error:
            raise LinkBroken(f"the port {port} cannot be opened ({error})") from error

    async def _tcp(self, host: str, port: int) -> ByteLink:
        try:
            reader, writer = await self.network.connect(host, port)
        except OSError as error:
            raise LinkBroken(f"no connection to {host}:{port} ({error})") from error
        return TcpLink(reader, writer, f"{host}:{port}")

    def plugs(self) -> list[Plug]:
        """The cable of every device."""
        wires = [
            Plug(name, _async(each.unplug), _async(each.plug_in))
            for name, each in (*self.scales.items(), *self.scanners.items())
        ]
        return [
            *wires,
            Plug("printer-1", self.printer.unplug, self.printer.plug_in),
            Plug("terminal-1", self.terminal.unplug, self.terminal.start),
            Plug("labels-1", _async(lambda: self._reach(reachable=False)), _async(lambda: self._reach(reachable=True))),
        ]

    def _reach(self, *, reachable: bool) -> None:
        self.point.reachable = reachable
        if not reachable:
            self.point.hang_up()


def _async(do: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def done() -> None:
        do()

    return done
