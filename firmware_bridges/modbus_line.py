"""Modbus lines shared by the devices on them: RTU on a serial port or behind a converter, and TCP. Through pymodbus.

One question at a time; a unit that does not answer costs the others on its line its own time-out, once for each time it is
asked, and whoever asks it waits longer and longer (`modbus_scale`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException, ModbusIOException
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU

from firmware_bridges import usb_ports
from firmware_bridges.supervise import LinkBroken
from protocols.scales.modbus_profile import Write

ANSWER_MS = 500
CONNECT_SECONDS = 3.0
_RTU_OVER_TCP = "rtu+tcp://"
_TCP = "tcp://"
Client = AsyncModbusSerialClient | AsyncModbusTcpClient


logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # it writes a line for every unanswered question


class UnitSilent(Exception):
    """The unit did not answer in time, or what came was damaged. The line itself is well."""


class UnitRefused(Exception):
    """The unit answered with an exception: the profile does not fit it. `code` is Modbus' own (2: no such register)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class Question(Protocol):
    """What a unit is asked for: `count` registers or bits of a table, from `address` as on the wire."""

    @property
    def table(self) -> Literal["coil", "discrete", "holding", "input"]:
        """Which of its four."""

    @property
    def address(self) -> int:
        """From 0."""

    @property
    def count(self) -> int:
        """At least 1."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """`place`: a device path, `usb:...`, `tcp://host:port` (Modbus TCP) or `rtu+tcp://host:port` (a converter)."""

    place: str
    baud: int = 9_600
    parity: str = "N"


class ModbusLine:
    """An open line. Not for use by two at once without `lock`; `ask` and `tell` take it."""

    def __init__(self, client: Client, place: str) -> None:
        self._client = client
        self._place = place
        self._lock = asyncio.Lock()

    async def ask(self, unit: int, read: Question) -> list[int]:
        """Registers, or bits as 0 and 1. Raises UnitSilent, UnitRefused, LinkBroken."""
        client = self._client
        asks = {
            "coil": client.read_coils,
            "discrete": client.read_discrete_inputs,
            "holding": client.read_holding_registers,
            "input": client.read_input_registers,
        }
        answer = await self._exchange(lambda: asks[read.table](read.address, count=read.count, device_id=unit))
        if read.table in {"coil", "discrete"}:
            return [int(bit) for bit in answer.bits[: read.count]]
        if len(answer.registers) != read.count:
            raise UnitSilent
        return list(answer.registers)

    async def tell(self, unit: int, write: Write) -> None:
        """Write a register or a coil. Raises UnitSilent, UnitRefused, LinkBroken."""
        client = self._client
        if write.table == "coil":
            await self._exchange(lambda: client.write_coil(write.address, bool(write.value), device_id=unit))
        else:
            await self._exchange(lambda: client.write_register(write.address, write.value, device_id=unit))

    def close(self) -> None:
        """Let go of the line."""
        self._client.close()

    async def _exchange(self, send: Callable[[], Awaitable[ModbusPDU]]) -> ModbusPDU:
        async with self._lock:
            if not self._client.connected:
                raise LinkBroken(f"the connection to {self._place} broke")
            try:
                answer = await _cancellable(send())
            except ModbusIOException as silent:
                # pymodbus hangs up after a few silences, which would punish the other units of the line.
                self._client.ctx.count_until_disconnect = self._client.ctx.max_until_disconnect
                raise UnitSilent from silent
            except (ConnectionException, ModbusException, OSError) as error:
                raise LinkBroken(f"the connection to {self._place} broke") from error
        if answer.isError():
            raise UnitRefused(answer.exception_code)
        return answer


async def _cancellable(sent: Awaitable[ModbusPDU]) -> ModbusPDU:
    """pymodbus makes a cancellation an ordinary error; a driver that is told to stop would go on for ever."""
    exchange = asyncio.ensure_future(sent)
    try:
        await asyncio.wait({exchange})
    finally:
        if not exchange.done():
            exchange.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            exchange.cancel()
    return exchange.result()


@dataclass(slots=True)
class _Shared:
    line: ModbusLine
    users: int = 0


class ModbusLines:
    """Every line of the box, opened by the first who wants it and closed by the last who lets go."""

    def __init__(self, answer_ms: int = ANSWER_MS) -> None:
        self._answer_ms = answer_ms
        self._open: dict[str, _Shared] = {}
        self._opening: dict[str, asyncio.Lock] = {}

    @contextlib.asynccontextmanager
    async def line(self, settings: LineSettings) -> AsyncIterator[ModbusLine]:
        """The line, for as long as it is used. Raises LinkBroken when it cannot be opened."""
        async with self._opening.setdefault(settings.place, asyncio.Lock()):
            shared = self._open.get(settings.place)
            if shared is None:
                shared = self._open[settings.place] = _Shared(await self._connect(settings))
            shared.users += 1
        try:
            yield shared.line
        except LinkBroken:
            self._end(settings.place, shared)  # the others on it notice at their next question
            raise
        finally:
            shared.users -= 1
            if not shared.users:
                self._end(settings.place, shared)

    def _end(self, place: str, shared: _Shared) -> None:
        if self._open.get(place) is shared:
            del self._open[place]
        shared.line.close()

    async def _connect(self, settings: LineSettings) -> ModbusLine:
        client = self._client(settings)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                connected = await client.connect()
        except (TimeoutError, OSError, ModbusException):
            connected = False
        if not connected:
            client.close()
            raise LinkBroken(f"no connection to {settings.place}")
        return ModbusLine(client, settings.place)

    def _client(self, settings: LineSettings) -> Client:
        seconds = self._answer_ms / 1000
        for prefix, framer in ((_TCP, FramerType.SOCKET), (_RTU_OVER_TCP, FramerType.RTU)):
            if settings.place.startswith(prefix):
                host, _, port = settings.place.removeprefix(prefix).rpartition(":")
                return AsyncModbusTcpClient(
                    host.strip("[]"), port=int(port), framer=framer, timeout=seconds, retries=0, reconnect_delay=0
                )
        place = settings.place
        device = usb_ports.resolve(place) if place.startswith(usb_ports.PREFIX) else place
        return AsyncModbusSerialClient(
            device, baudrate=settings.baud, parity=settings.parity, timeout=seconds, retries=0, reconnect_delay=0
        )
