"""A whole bench in memory: every line is TCP without a network, so that one store file is played in wire and replay mode."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from protocols.clock import Clock, RandomSource
from simulators import kinds
from simulators.bench import Wires
from simulators.cables import Cable, TcpCable
from simulators.device_kind import DeviceKind, Workshop
from simulators.oepl_ap.access_point import ApSettings
from simulators.oepl_ap.server import OeplApSimulator
from simulators.replay.devices import MemoryAccessPoint
from simulators.replay.links import Chance, MemoryNetwork
from simulators.settings import AccessPointSettings, BenchSettings, DeviceTable, LineTable, kinds_of_table

FIRST_PORT = 20_000


class NotInMemory(ValueError):
    """A device of the store cannot be played in replay mode; the text says which."""


class ReplayAccessPoint(OeplApSimulator):
    """An access point whose web is `memory`, without HTTP around the requests."""

    def __init__(self, clock: Clock, rng: RandomSource, settings: ApSettings) -> None:
        super().__init__(0, clock, rng, settings)
        self.memory = MemoryAccessPoint(clock, rng, settings)
        self.memory.point = self.point
        self._living: asyncio.Task[None] | None = None
        self._coming_back: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Power on."""
        self._living = asyncio.get_running_loop().create_task(self.memory.run())

    async def stop(self) -> None:
        """End everything."""
        for task in (self._living, self._coming_back):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})

    def restart(self, *, down_ms: int = 500, orderly: bool = True) -> None:
        """See `OeplApSimulator`."""
        back = self.memory.restart(down_ms=down_ms, orderly=orderly)
        self._coming_back = asyncio.get_running_loop().create_task(back)


def _access_point(given: AccessPointSettings, shop: Workshop) -> ReplayAccessPoint:
    return ReplayAccessPoint(shop.clock, shop.chance(given.id), kinds.ap_settings(given, shop.index))


def _nowhere(_given: DeviceTable, _device: object) -> None:
    return None


REPLAY_KINDS: Mapping[str, DeviceKind[Any, Any]] = {
    "access_points": dataclasses.replace(kinds.ACCESS_POINTS, build=_access_point, reach=_nowhere),
}
"""Kinds that are built in another way in memory."""
NOT_IN_MEMORY = ("ble_points",)


def memory_wires(rng: RandomSource) -> tuple[Wires, MemoryNetwork]:
    """Wires in memory, and the network a box is given."""
    network = MemoryNetwork(Chance(rng))

    def cable(given: LineTable) -> Cable:
        assert given.tcp_port is not None
        return TcpCable(given.tcp_port, serve=network.serve)

    found = tuple(REPLAY_KINDS.get(kind.name, kind) for kind in kinds.KINDS)
    return Wires(cable, network.serve, network.connect, found, mode="replay"), network


def in_memory(settings: BenchSettings, *, without_line: Collection[str] = ()) -> BenchSettings:
    """The same store on ports in memory, a bad line before every device but those of the kinds `without_line`.

    Ports do not depend on the machine. A bad line carries every byte twice: who asks often is better off without.

    Raises `NotInMemory`.
    """
    ports = iter(range(FIRST_PORT, 65_536))
    tables: dict[str, tuple[DeviceTable, ...]] = {}
    for table in kinds_of_table():
        devices = settings.of(table)
        if devices and table in NOT_IN_MEMORY:
            raise NotInMemory(f"{devices[0].id}: replay mode has no {table}. Play it in wire mode, or leave it out.")
        tables[table] = tuple(_moved(each, next(ports), None if table in without_line else next(ports)) for each in devices)
    return msgspec.structs.replace(settings, port=0, fonts=(Path("none"),), **tables)


def _moved(device: DeviceTable, port: int, line: int | None) -> DeviceTable:
    if isinstance(device, LineTable):
        return msgspec.structs.replace(device, port=None, tcp_port=port, proxy_port=None, proxy_tcp_port=line)
    names = {field.name for field in msgspec.structs.fields(device)}
    found = {name: number for name, number in (("port", port), ("proxy_port", line)) if name in names}
    return msgspec.structs.replace(device, **found)
