"""Weighing indicators on a Modbus line, by their profiles: served by pymodbus, so a till's frames meet foreign ones.

On TCP it is Modbus TCP. On a serial line it is RTU: pymodbus holds one end of a pseudo-terminal, the till's port is the end
of another, and what passes between them can be lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import pty
import tty
from pathlib import Path

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from protocols.clock import Clock
from protocols.scales.modbus_indicator import cells_of
from protocols.scales.modbus_profile import Profile, Table
from protocols.scales.session import ScaleOrder
from simulators.load_cell import LoadCell
from simulators.web import CannotListen

_BLOCKS: tuple[Table, ...] = ("coil", "discrete", "holding", "input")
_BITS = {"coil", "discrete"}
_TABLE_OF: dict[int, Table] = {
    1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding", 15: "coil", 16: "holding",
}  # fmt: skip
READ_MAX_BYTES = 4_096


class Unit:
    """One indicator on the line: its platter, and whether it answers."""

    def __init__(self, number: int, profile: Profile, clock: Clock) -> None:
        self.number = number
        self.profile = profile
        self.cell = LoadCell(clock)
        self.silent = False
        self._was_on: dict[tuple[Table, int, int], bool] = {}

    def device(self) -> SimDevice:
        """As pymodbus serves it: from the first to the last address of the profile in each table, and nothing else."""
        cells = cells_of(self.profile, self.cell)
        coils, discretes, holdings, inputs = (
            [_block(table, [address for kind, address in cells if kind == table])] for table in _BLOCKS
        )
        return SimDevice(self.number, simdata=(coils, discretes, holdings, inputs), action=self._asked)

    async def _asked(
        self,
        function: int,
        start: int,
        address: int,
        _count: int,
        registers: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """pymodbus' hook: show the platter as it is now, or carry out what is written."""
        table = _TABLE_OF[function]
        if values is not None:
            for place, value in enumerate(values):
                self._written(table, address + place, int(value))
            return None
        for (kind, at), value in cells_of(self.profile, self.cell).items():
            if kind == table and table not in _BITS:
                registers[at - start] = value
            elif kind == table:
                word, bit = at // 16 - start, 1 << at % 16
                registers[word] = registers[word] | bit if value else registers[word] & ~bit
        return None

    def _written(self, table: Table, address: int, value: int) -> None:
        """Orders act on the edge from 0 to 1."""
        for command in self.profile.commands:
            if (command.table, command.address - self.profile.base) != (table, address):
                continue
            wanted = 1 if table == "coil" else command.value if command.value is not None else 1 << command.bit
            on = value & wanted == wanted
            key = table, address, wanted
            if on and not self._was_on.get(key, False):
                self._do(command.order)
            self._was_on[key] = on

    def _do(self, order: ScaleOrder) -> None:
        {"zero": self.cell.zero, "tare": self.cell.tare, "clear_tare": self.cell.clear_tare}[order.value]()


class ModbusTcpScales:
    """Indicators on one Modbus TCP server."""

    def __init__(self, units: list[Unit], port: int, *, host: str = "127.0.0.1") -> None:
        """Port 0 takes a free one at the first `start`, and keeps it."""
        self.units = {unit.number: unit for unit in units}
        self.port = port
        self._host = host
        self._server: ModbusTcpServer | None = None

    @property
    def plugged_in(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    @property
    def place(self) -> str:
        """As a URL."""
        return f"tcp://{self._host}:{self.port}"

    async def start(self) -> None:
        """Listen. Raises `CannotListen`."""
        if self._server is not None:
            return
        server = ModbusTcpServer(
            [unit.device() for unit in self.units.values()],
            framer=FramerType.SOCKET,
            address=(self._host, self.port),
            ignore_missing_devices=True,
            trace_packet=functools.partial(_pass_on, self.units, 6),
        )
        if not await server.listen():
            raise CannotListen(f"cannot listen on {self._host}:{self.port}")
        listening = server.transport
        assert isinstance(listening, asyncio.Server)
        self.port = listening.sockets[0].getsockname()[1]
        self._server = server

    async def stop(self) -> None:
        """Hang up and listen no more."""
        server, self._server = self._server, None
        if server is not None:
            await server.shutdown()  # type: ignore[no-untyped-call]


class ModbusSerialScales:
    """Indicators on one RS-485 line; `link_path` becomes the till's port."""

    def __init__(self, units: list[Unit], link_path: Path) -> None:
        self.units = {unit.number: unit for unit in units}
        self._link_path = link_path
        self._server: ModbusSerialServer | None = None
        self._ends: tuple[int, int, int, int] | None = None

    @property
    def plugged_in(self) -> bool:
        """Whether the port exists."""
        return self._ends is not None

    @property
    def place(self) -> str:
        """The port's path."""
        return str(self._link_path)

    async def start(self) -> None:
        """Make the port appear. Raises `CannotListen`."""
        if self._ends is not None:
            return
        ours, till = pty.openpty()
        inner, served = pty.openpty()
        self._ends = ours, till, inner, served
        for end in (till, served):
            tty.setraw(end)
        loop = asyncio.get_running_loop()
        for end, other in ((ours, inner), (inner, ours)):
            os.set_blocking(end, False)
            loop.add_reader(end, functools.partial(_carry, end, other))
        self._server = ModbusSerialServer(
            [unit.device() for unit in self.units.values()],
            framer=FramerType.RTU,
            port=os.ttyname(served),
            baudrate=9_600,
            ignore_missing_devices=True,
            trace_packet=functools.partial(_pass_on, self.units, 0),
        )
        if not await self._server.listen():
            raise CannotListen(f"pymodbus cannot open {os.ttyname(served)}")
        self._link_path.parent.mkdir(parents=True, exist_ok=True)
        self._link_path.unlink(missing_ok=True)
        self._link_path.symlink_to(os.ttyname(till))

    async def stop(self) -> None:
        """The port vanishes."""
        if self._ends is None:
            return
        ends, self._ends = self._ends, None
        self._link_path.unlink(missing_ok=True)
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call]
        for end in ends:
            asyncio.get_running_loop().remove_reader(end)
            os.close(end)


def _block(table: Table, addresses: list[int]) -> SimData:
    """One block; pymodbus wants something in each."""
    first, last = min(addresses, default=0), max(addresses, default=0)
    if table in _BITS:
        return SimData(first, values=[False] * (last - first + 1), datatype=DataType.BITS)
    return SimData(first, count=last - first + 1, values=0, datatype=DataType.REGISTERS)


def _carry(end: int, other: int) -> None:
    with contextlib.suppress(OSError):  # nobody at the other end just now
        os.write(other, os.read(end, READ_MAX_BYTES))


def _pass_on(units: dict[int, Unit], place: int, sending: bool, data: bytes) -> bytes:
    """pymodbus' hook on every packet: a silent unit's answers are dropped."""
    unit = units.get(data[place]) if sending and len(data) > place else None
    return b"" if unit is not None and unit.silent else data
