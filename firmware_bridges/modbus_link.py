"""One Modbus line through pymodbus: RTU on a serial port, TCP, or RTU behind a converter from serial to network.

pymodbus gives up a TCP connection after a few unanswered questions, which would punish every unit of a bus for a dead one:
its count is put back after each silence. Its own reconnecting is off; the supervisor of drivers does that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import urllib.parse
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException, ModbusIOException
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU

from firmware_bridges.modbus_line import cancellable
from firmware_bridges.supervise import LinkBroken
from protocols.modbus.registers import Read

CONNECT_SECONDS = 3.0
TCP, RTU_OVER_TCP = "tcp", "rtu+tcp"
_PARITY = {"none": "N", "even": "E", "odd": "O"}

logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # it writes a line per unanswered question


class Silent(Exception):
    """The unit did not answer in time, or what came could not be read."""


class Refused(Exception):
    """The unit answered with an exception; `code` is Modbus' own (2: no such register)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class ModbusLink(Protocol):
    """An open line. One question at a time."""

    async def read(self, unit: int, read: Read) -> Sequence[int]:
        """The registers (or bits) of one question. Raises `Silent`, `Refused`, LinkBroken."""

    async def close(self) -> None:
        """Let go of the line; never raises."""


OpenModbus = Callable[[str, int, str, int], Awaitable[ModbusLink]]
"""(place, baud, parity, answer_ms) to an open line. Raises LinkBroken."""


class PymodbusLink:
    """The real one."""

    def __init__(self, client: AsyncModbusSerialClient | AsyncModbusTcpClient, place: str, answer_ms: int) -> None:
        self._client = client
        self._place = place
        self._answer_seconds = answer_ms / 1000
        self._ask = {
            "coil": client.read_coils,
            "discrete": client.read_discrete_inputs,
            "holding": client.read_holding_registers,
            "input": client.read_input_registers,
        }

    async def read(self, unit: int, read: Read) -> Sequence[int]:
        """See `ModbusLink`."""
        if not self._client.connected:
            raise LinkBroken(f"the connection to {self._place} broke")
        try:
            async with asyncio.timeout(self._answer_seconds + 1):
                answer = await cancellable(self._ask[read.table](read.address, count=read.count, device_id=unit))
        except (TimeoutError, ModbusIOException) as error:
            self._client.ctx.count_until_disconnect = self._client.ctx.max_until_disconnect
            raise Silent(str(error)) from error
        except ConnectionException as error:
            raise LinkBroken(f"the connection to {self._place} broke") from error
        except (ModbusException, OSError) as error:
            raise LinkBroken(f"the connection to {self._place} broke ({error})") from error
        return _values(answer, read)

    async def close(self) -> None:
        """See `ModbusLink`."""
        with contextlib.suppress(OSError):
            self._client.close()


def _values(answer: ModbusPDU, read: Read) -> Sequence[int]:
    if answer.isError():
        raise Refused(answer.exception_code)
    if read.table in {"coil", "discrete"}:
        return [int(bit) for bit in answer.bits]
    return answer.registers


async def open_modbus(place: str, baud: int, parity: str, answer_ms: int) -> PymodbusLink:
    """Open a line. `place`: a device path, `tcp://host:port` (Modbus TCP) or `rtu+tcp://host:port`. Raises LinkBroken."""
    client = _client(place, baud, parity, answer_ms / 1000)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            connected = await client.connect()
    except (TimeoutError, OSError, ModbusException) as error:
        client.close()
        raise LinkBroken(f"no connection to {place}") from error
    if not connected:
        client.close()
        raise LinkBroken(f"no connection to {place}")
    return PymodbusLink(client, place, answer_ms)


def _client(place: str, baud: int, parity: str, answer_seconds: float) -> AsyncModbusSerialClient | AsyncModbusTcpClient:
    url = urllib.parse.urlsplit(place)
    if url.scheme in {TCP, RTU_OVER_TCP}:
        framer = FramerType.SOCKET if url.scheme == TCP else FramerType.RTU
        return AsyncModbusTcpClient(
            url.hostname or "", port=url.port or 502, framer=framer, timeout=answer_seconds, retries=0, reconnect_delay=0
        )
    return AsyncModbusSerialClient(
        place, baudrate=baud, parity=_PARITY[parity], timeout=answer_seconds, retries=0, reconnect_delay=0
    )
