"""All devices of one bench: made from the settings, started together, found by their ids. This is *wire* mode.

Wire mode: real sockets and pseudo-terminals, real time. (*Replay* mode, memory links and a virtual clock, is elsewhere.)
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from protocols.ble_esl.label import LabelKind
from protocols.ble_esl.picture import display_of
from protocols.clock import Clock, SeededRandom
from protocols.esl.tag_types import TAG_TYPES
from protocols.labels.fonts import SYSTEM_FONTS
from protocols.scales.registry import PROTOCOLS
from protocols.scanners.serial_codes import ScanFormat, Suffix
from simulators.ble_esl.air import AirFaults
from simulators.ble_esl.server import BleEslSimulator
from simulators.ble_esl.tag import Tag
from simulators.cables import Cable, SerialCable, TcpCable
from simulators.link_proxy import NO_FAULTS, LinkProxy
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.profiles import PROFILES
from simulators.llrp_reader.server import LlrpReaderSimulator, server_tls
from simulators.mouth import SpeechFaults
from simulators.oepl_ap.access_point import ApFaults, ApSettings
from simulators.oepl_ap.server import OeplApSimulator
from simulators.payment_terminal.ledger import Acquirer
from simulators.payment_terminal.server import PaymentTerminalSimulator
from simulators.printer.device import EscPosPrinter
from simulators.scale import ScaleSimulator
from simulators.scanner import ScannerSimulator
from simulators.serial_proxy import SerialProxy
from simulators.settings import (
    AccessPointSettings,
    BenchSettings,
    BlePointSettings,
    LineTable,
    PaymentTerminalSettings,
    PrinterSettings,
    ReaderSettings,
)
from simulators.web import CannotListen

MODE = "wire"
Proxy = LinkProxy | SerialProxy


class Device(Protocol):
    """What every simulator can do."""

    async def start(self) -> None:
        """Switch on. Raises `CannotListen` or OSError when its port is taken."""

    async def stop(self) -> None:
        """Switch off."""


class Bench:
    """The devices. Each has a stream of chance of its own, by its id, so that adding one changes no other's."""

    def __init__(self, settings: BenchSettings, clock: Clock) -> None:
        self.settings = settings
        self.goods = settings.goods
        """Offered to be scanned on the page; may be replaced while it runs."""
        fonts = settings.fonts or tuple(path for path in SYSTEM_FONTS if path.exists())
        self.scales = {
            each.id: ScaleSimulator(_cable(each), clock, PROTOCOLS[each.kind], self._chance(each.id))
            for each in settings.scales
        }
        self.scanners = {
            each.id: ScannerSimulator(
                _cable(each),
                ScanFormat(Suffix[each.suffix.upper()], each.prefix),
                identifiers=each.identifiers,
                rng=self._chance(each.id),
            )
            for each in settings.scanners
        }
        self.printers = {
            each.id: EscPosPrinter(each.port, clock, columns=each.columns, fonts=fonts) for each in settings.printers
        }
        for each in settings.printers:
            self.printers[each.id].bytes_per_second = each.bytes_per_second
        acquirer = Acquirer()
        self.payment_terminals = {
            each.id: PaymentTerminalSimulator(
                each.id, each.port, clock, self._chance(each.id), slow_ms=each.slow_ms, acquirer=acquirer
            )
            for each in settings.payment_terminals
        }
        self.access_points = {
            each.id: OeplApSimulator(each.port, clock, self._chance(each.id), _ap_settings(each, index))
            for index, each in enumerate(settings.access_points)
        }
        self.ble_points = {
            each.id: BleEslSimulator(each.port, clock, self._chance(each.id), ble_tags(each, index))
            for index, each in enumerate(settings.ble_points)
        }
        self.readers = {each.id: _reader(each, clock, self._chance(each.id)) for each in settings.readers}
        self._devices: dict[str, Device] = {
            **self.scales,
            **self.scanners,
            **self.printers,
            **self.payment_terminals,
            **self.access_points,
            **self.ble_points,
            **self.readers,
        }
        self._proxies: dict[str, Proxy] = {}

    @property
    def proxies(self) -> Mapping[str, Proxy]:
        """Bad lines in front of devices, by the device's id."""
        return self._proxies

    async def start(self) -> None:
        """Switch everything on. Raises `CannotListen`."""
        for name, device in self._devices.items():
            try:
                await device.start()
            except OSError as error:
                raise CannotListen(f"{name} cannot listen: {error.strerror}") from error
        for each in (*self.settings.scales, *self.settings.scanners):
            if each.port is not None and each.proxy_port is not None:
                await self._join_serial(each.id, each.proxy_port, each.port)
            elif each.proxy_tcp_port is not None and isinstance(cable := self._line(each.id), TcpCable):
                await self._join_tcp(each.id, each.proxy_tcp_port, cable.port)
        on_tcp: tuple[
            PrinterSettings | PaymentTerminalSettings | AccessPointSettings | BlePointSettings | ReaderSettings, ...
        ] = (
            *self.settings.printers,
            *self.settings.payment_terminals,
            *self.settings.access_points,
            *self.settings.ble_points,
            *self.settings.readers,
        )
        for place in on_tcp:
            if place.proxy_port is not None:
                points = self.access_points.get(place.id) or self.ble_points.get(place.id)
                paying = self.payment_terminals.get(place.id)
                target = self.printers.get(place.id) or paying or points or self.readers[place.id]
                await self._join_tcp(place.id, place.proxy_port, target.port)

    async def stop(self) -> None:
        """Switch everything off."""
        for device in (*self._proxies.values(), *reversed(self._devices.values())):
            await device.stop()
        self._proxies.clear()

    async def heal(self) -> None:
        """Everything in order: no fault, every plug in, nothing on the scales, covers shut, paper in. Receipts stay."""
        for proxy in self._proxies.values():
            proxy.set_faults(NO_FAULTS)
            if isinstance(proxy, LinkProxy):
                proxy.refuse(False)
        for scale in self.scales.values():
            scale.faults = SpeechFaults()
            scale.set_weight(0, settle_ms=0)
            scale.cell.clear_tare()
            await scale.plug_in()
        for scanner in self.scanners.values():
            scanner.faults = SpeechFaults()
            await scanner.plug_in()
        for name, printer in self.printers.items():
            printer.set_switches(paper_out=False, paper_near_end=False, cover_open=False, offline=False)
            printer.close_drawer()
            printer.bytes_per_second = next(each.bytes_per_second for each in self.settings.printers if each.id == name)
            await printer.plug_in()
        for simulator in self.access_points.values():
            simulator.point.faults = ApFaults()
            for mac in simulator.point.tags:
                simulator.point.set_silent(mac, silent=False)
        for ble in self.ble_points.values():
            ble.air.faults = AirFaults()
            for tag in ble.air.tags.values():
                tag.silent = False
        await self._heal_terminals()
        await self._heal_readers()

    async def _heal_readers(self) -> None:
        for reader in self.readers.values():
            for field in msgspec.structs.fields(ReaderFaults):
                setattr(reader.faults, field.name, field.default)
            for antenna in list(reader.device.air.unplugged):
                reader.connect_antenna(antenna, connected=True)
            if not reader.plugged_in:
                await reader.start()

    async def _heal_terminals(self) -> None:
        for terminal in self.payment_terminals.values():
            terminal.heal()
            await terminal.plug_in()

    def _line(self, device_id: str) -> Cable:
        return (self.scales.get(device_id) or self.scanners[device_id]).cable

    def _chance(self, name: str) -> SeededRandom:
        return SeededRandom(self.settings.seed * 1_000_003 + int.from_bytes(name.encode(), "big"))

    async def _join_tcp(self, device_id: str, port: int, target_port: int) -> None:
        proxy = LinkProxy(port, "127.0.0.1", target_port, self._chance(f"{device_id} line"))
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


def ble_tags(given: BlePointSettings, index: int) -> list[Tag]:
    """Labels with addresses of their own; one in three keeps time, the others run fast or slow."""
    kind = LabelKind(display=display_of(TAG_TYPES[given.hardware_type]), images=given.images)
    first = 0xC0_1E_5E_00_00_01 + index * 0x10000
    return [
        Tag((first + number).to_bytes(6, "little"), kind, drift_ppm=(number % 3 - 1) * given.drift_ppm)
        for number in range(given.labels)
    ]


def _reader(given: ReaderSettings, clock: Clock, chance: SeededRandom) -> LlrpReaderSimulator:
    tls = None
    if given.tls_certificate is not None and given.tls_key is not None:
        tls = server_tls(str(given.tls_certificate), str(given.tls_key))
    return LlrpReaderSimulator(
        given.port, clock, chance, antennas=given.antennas, read_percent=given.read_percent,
        profile=PROFILES[given.profile], beam_deg=given.beam_deg, tls=tls,
    )  # fmt: skip


def _cable(given: LineTable) -> Cable:
    if given.tcp_port is not None:
        return TcpCable(given.tcp_port)
    assert given.port is not None
    return SerialCable(given.port)


def _ap_settings(given: AccessPointSettings, index: int) -> ApSettings:
    return ApSettings(
        ap_id=given.id,
        label_count=given.labels,
        hardware_type=given.hardware_type,
        tag_version=given.tag_version,
        check_in_ms=given.check_in_ms,
        render_ms=given.render_ms,
        transfer_ms=given.transfer_ms,
        refresh_ms=given.refresh_ms,
        attempts=given.attempts,
        attempt_ms=given.attempt_ms,
        clean=given.clean,
        first_mac=0x0000021A00000001 + index * 0x100000,
    )
