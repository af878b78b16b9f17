"""All devices of one bench: made from the settings, started together, found by their ids. This is *wire* mode.

Wire mode: real sockets and pseudo-terminals, real time. *Replay* mode (memory, a virtual clock) passes other `Wires`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import msgspec

from protocols.clock import Clock, SeededRandom
from protocols.labels.fonts import SYSTEM_FONTS
from simulators import kinds
from simulators.ble_esl.server import BleEslSimulator
from simulators.cables import Cable, SerialCable, TcpCable
from simulators.cards.reader import CardReaderSimulator
from simulators.control_shapes import ActiveFault
from simulators.device_kind import DeviceKind, Knob, Table, Value, Workshop, struct_knobs
from simulators.device_tables import LineTable
from simulators.display import DisplaySimulator
from simulators.link_proxy import NO_FAULTS, LinkFaults, LinkProxy, Way
from simulators.listening import Connect, Serve
from simulators.llrp_reader.server import LlrpReaderSimulator
from simulators.oepl_ap.server import OeplApSimulator
from simulators.payment_terminal.ledger import Acquirer
from simulators.payment_terminal.server import PaymentTerminalSimulator
from simulators.scale import ScaleSimulator
from simulators.scanner import AnyScannerSimulator
from simulators.serial_proxy import SerialProxy
from simulators.settings import BenchSettings
from simulators.web import CannotListen

MODE = "wire"
Proxy = LinkProxy | SerialProxy


class UnknownFault(LookupError):
    """There is no such device or fault; the text says which there are."""


class Device(Protocol):
    """What every simulator can do."""

    async def start(self) -> None:
        """Switch on. Raises `CannotListen` or OSError when its port is taken."""

    async def stop(self) -> None:
        """Switch off."""


Simulator = TypeVar("Simulator")


@dataclass(frozen=True, slots=True)
class Wires:
    """What devices hang on: real cables and ports, or (replay mode) links in memory."""

    cable: Callable[[LineTable], Cable]
    serve: Serve
    connect: Connect
    kinds: tuple[DeviceKind[Any, Any], ...]
    """The kinds of device as they are built on these wires."""
    mode: str = MODE


def real_cable(given: LineTable) -> Cable:
    """A pseudo-terminal or a TCP port."""
    if given.tcp_port is not None:
        return TcpCable(given.tcp_port)
    assert given.port is not None
    return SerialCable(given.port)


REAL_WIRES = Wires(real_cable, asyncio.start_server, asyncio.open_connection, kinds.KINDS)


@dataclass(frozen=True, slots=True)
class Found:
    """A device of the bench."""

    kind: DeviceKind[Any, Any]
    id: str
    device: Any


class Bench:
    """The devices. Each has a stream of chance of its own, by its id, so that adding one changes no other's."""

    def __init__(self, settings: BenchSettings, clock: Clock, wires: Wires = REAL_WIRES) -> None:
        self.settings = settings
        self.goods = settings.goods
        """Offered to be scanned on the page; may be replaced while it runs."""
        self.kinds = wires.kinds
        self.mode = wires.mode
        self._wires = wires
        acquirer = Acquirer()
        fonts = settings.fonts or tuple(path for path in SYSTEM_FONTS if path.exists())
        self._devices: dict[str, dict[str, Any]] = {}
        for kind in wires.kinds:
            built = self._devices[kind.name] = {}
            for index, given in enumerate(settings.of(kind.name)):
                shop = Workshop(
                    clock=clock,
                    chance=self._chance,
                    cable=wires.cable,
                    serve=wires.serve,
                    fonts=fonts,
                    acquirer=acquirer,
                    index=index,
                )
                built[given.id] = kind.build(given, shop)
        self._proxies: dict[str, Proxy] = {}

    # By kind.

    def of(self, kind: DeviceKind[Table, Simulator]) -> Mapping[str, Simulator]:
        """The devices of a kind by id."""
        return cast(Mapping[str, Simulator], self._devices[kind.name])

    @property
    def scales(self) -> Mapping[str, ScaleSimulator]:
        """Scales."""
        return self.of(kinds.SCALES)

    @property
    def scanners(self) -> Mapping[str, AnyScannerSimulator]:
        """Barcode scanners."""
        return self.of(kinds.SCANNERS)

    @property
    def printers(self) -> Mapping[str, kinds.AnyPrinter]:
        """Receipt printers."""
        return self.of(kinds.PRINTERS)

    @property
    def displays(self) -> Mapping[str, DisplaySimulator]:
        """Customer displays with two lines."""
        return self.of(kinds.DISPLAYS)

    @property
    def payment_terminals(self) -> Mapping[str, PaymentTerminalSimulator]:
        """Payment terminals of Tallystick's own wire."""
        return self.of(kinds.PAYMENT_TERMINALS)

    @property
    def access_points(self) -> Mapping[str, OeplApSimulator]:
        """Access points of shelf labels."""
        return self.of(kinds.ACCESS_POINTS)

    @property
    def ble_points(self) -> Mapping[str, BleEslSimulator]:
        """Bluetooth controllers with shelf labels."""
        return self.of(kinds.BLE_POINTS)

    @property
    def readers(self) -> Mapping[str, LlrpReaderSimulator]:
        """RFID readers."""
        return self.of(kinds.READERS)

    @property
    def card_readers(self) -> Mapping[str, CardReaderSimulator]:
        """Slots for member cards."""
        return self.of(kinds.CARD_READERS)

    def every(self) -> Iterator[Found]:
        """Every device of every kind."""
        for kind in self.kinds:
            for name, device in self._devices[kind.name].items():
                yield Found(kind, name, device)

    def find(self, device_id: str) -> Found | None:
        """A device by its id."""
        return next((each for each in self.every() if each.id == device_id), None)

    @property
    def proxies(self) -> Mapping[str, Proxy]:
        """Bad lines in front of devices, by the device's id."""
        return self._proxies

    # Life.

    async def start(self) -> None:
        """Switch everything on. Raises `CannotListen`."""
        for each in self.every():
            device: Device = each.device
            try:
                await device.start()
            except OSError as error:
                raise CannotListen(f"{each.id} cannot listen: {error.strerror}") from error
        for each in self.every():
            await self._put_bad_line_before(each)

    async def stop(self) -> None:
        """Switch everything off."""
        for proxy in self._proxies.values():
            await proxy.stop()
        for each in reversed(list(self.every())):
            await each.device.stop()
        self._proxies.clear()

    async def heal(self) -> None:
        """Everything in order: no fault, every plug in, nothing on the scales, covers shut, paper in. Receipts stay."""
        for proxy in self._proxies.values():
            proxy.set_faults(NO_FAULTS)
            if isinstance(proxy, LinkProxy):
                proxy.refuse(False)
        for each in self.every():
            for knob in each.kind.knobs:
                if knob.is_on(each.device):
                    await knob.set(each.device, knob.default)
            await each.kind.tidy(self.settings.named(each.kind.name, each.id), each.device)

    def active_faults(self) -> Iterator[ActiveFault]:
        """Everything that is wrong now, switched on by a hand."""
        for each in self.every():
            for knob in each.kind.knobs:
                if knob.is_on(each.device):
                    yield ActiveFault(kind=each.kind.noun, id=each.id, fault=knob.name, value=_told(knob.read(each.device)))
        for name, proxy in self._proxies.items():
            for line_knob in LINE_KNOBS:
                if line_knob.is_on(proxy):
                    yield ActiveFault(kind="line", id=name, fault=line_knob.name, value=_told(line_knob.read(proxy)))

    async def set_fault(self, device_id: str, fault: str, value: Value, *, line: bool = False) -> None:
        """Set one fault; None: good order. Raises `UnknownFault`, `WrongValue`."""
        if line:
            if device_id not in self._proxies:
                known = ", ".join(self._proxies) or "none; give it a proxy_port"
                raise UnknownFault(f"there is no bad line before '{device_id}'. Bad lines: {known}.")
            await _set(LINE_KNOBS, self._proxies[device_id], fault, value)
            return
        found = self.find(device_id)
        if found is None:
            known = ", ".join(each.id for each in self.every()) or "none"
            raise UnknownFault(f"there is no device '{device_id}'. Devices: {known}.")
        await _set(found.kind.knobs, found.device, fault, value)

    # Chance and lines.

    def _chance(self, name: str) -> SeededRandom:
        return SeededRandom(self.settings.seed * 1_000_003 + int.from_bytes(name.encode(), "big"))

    async def _put_bad_line_before(self, each: Found) -> None:
        given = self.settings.named(each.kind.name, each.id)
        target = each.kind.reach(given, each.device)
        serial, tcp = getattr(given, "proxy_port", None), getattr(given, "proxy_tcp_port", None)
        if isinstance(target, Path) and isinstance(serial, Path):
            await self._join_serial(each.id, serial, target)
        elif isinstance(target, int) and isinstance(port := tcp if tcp is not None else serial, int):
            await self._join_tcp(each.id, port, target)

    async def _join_tcp(self, device_id: str, port: int, target_port: int) -> None:
        wires, chance = self._wires, self._chance(f"{device_id} line")
        proxy = LinkProxy(port, "127.0.0.1", target_port, chance, serve=wires.serve, connect=wires.connect)
        try:
            await proxy.start()
        except OSError as error:
            raise CannotListen(f"the proxy of {device_id}: port {port}: {error.strerror}") from error
        self._proxies[device_id] = proxy

    async def _join_serial(self, device_id: str, port: Path, target_port: Path) -> None:
        port.parent.mkdir(parents=True, exist_ok=True)
        proxy = SerialProxy(port, target_port, self._chance(f"{device_id} line"))
        await proxy.start()
        self._proxies[device_id] = proxy


async def _set(knobs: Sequence[Knob[Simulator]], device: Simulator, fault: str, value: Value) -> None:
    knob = next((each for each in knobs if each.name == fault), None)
    if knob is None:
        raise UnknownFault(f"there is no fault '{fault}' here. Faults: {', '.join(each.name for each in knobs)}.")
    await knob.set(device, knob.default if value is None else value)


def _told(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# What can be wrong with a line.


def _line_faults(proxy: Proxy) -> LinkFaults:
    """Of both directions; where they differ, what is wrong in either."""
    there, back = proxy.faults(Way.TO_TARGET), proxy.faults(Way.TO_CLIENT)
    if there == back:
        return there
    differing = {
        name: getattr(back, name)
        for name in LinkFaults.__struct_fields__
        if getattr(there, name) == getattr(NO_FAULTS, name)
    }
    return msgspec.structs.replace(there, **differing)


def _refuse(proxy: Proxy, on: bool) -> None:
    if isinstance(proxy, LinkProxy):
        proxy.refuse(on)
    elif on:
        raise ValueError("a serial line cannot refuse: nobody connects to it")


LINE_KNOBS: tuple[Knob[Proxy], ...] = (
    *struct_knobs(LinkFaults, _line_faults, lambda proxy, faults: proxy.set_faults(faults)),
    Knob(
        name="refuse",
        default=False,
        read=lambda proxy: isinstance(proxy, LinkProxy) and proxy.refusing,
        write=_refuse,
        about="New connections are closed at once: the device is there, its service is not.",
    ),
)
