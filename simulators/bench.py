"""All devices of one bench: made from the settings, started together, found by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from protocols.clock import Clock, SeededRandom
from protocols.labels.fonts import SYSTEM_FONTS
from simulators.link_proxy import LinkProxy
from simulators.llrp_reader.server import LlrpReaderSimulator
from simulators.oepl_ap.access_point import ApSettings
from simulators.oepl_ap.server import OeplApSimulator
from simulators.printer.device import EscPosPrinter
from simulators.scale import ToledoScale
from simulators.serial_proxy import SerialProxy
from simulators.settings import AccessPointSettings, BenchSettings
from simulators.web import CannotListen


class Bench:
    """The devices. Each has a stream of chance of its own, by its id, so that adding one changes no other's."""

    def __init__(self, settings: BenchSettings, clock: Clock) -> None:
        self.settings = settings
        fonts = settings.fonts or tuple(path for path in SYSTEM_FONTS if path.exists())
        self.scales = {each.id: ToledoScale(each.port, clock) for each in settings.scales}
        self.printers = {
            each.id: EscPosPrinter(each.port, clock, columns=each.columns, fonts=fonts) for each in settings.printers
        }
        for each in settings.printers:
            self.printers[each.id].bytes_per_second = each.bytes_per_second
        self.access_points = {
            each.id: OeplApSimulator(each.port, clock, self._chance(each.id), _ap_settings(each, index))
            for index, each in enumerate(settings.access_points)
        }
        self.readers = {
            each.id: LlrpReaderSimulator(
                each.port, clock, self._chance(each.id), antennas=each.antennas, read_percent=each.read_percent
            )
            for each in settings.readers
        }
        self._proxies: dict[str, LinkProxy | SerialProxy] = {}

    @property
    def proxies(self) -> Mapping[str, LinkProxy | SerialProxy]:
        """Bad lines in front of devices, by the device's id."""
        return self._proxies

    async def start(self) -> None:
        """Switch everything on. Raises `CannotListen`."""
        for scale_settings in self.settings.scales:
            scale_settings.port.parent.mkdir(parents=True, exist_ok=True)
            await self.scales[scale_settings.id].start()
            if scale_settings.proxy_port is not None:
                await self._join_serial(scale_settings.id, scale_settings.proxy_port, scale_settings.port)
        for printer_settings in self.settings.printers:
            printer = self.printers[printer_settings.id]
            try:
                await printer.start()
            except OSError as error:
                raise CannotListen(f"{printer_settings.id}: port {printer_settings.port}: {error.strerror}") from error
            if printer_settings.proxy_port is not None:
                await self._join_tcp(printer_settings.id, printer_settings.proxy_port, printer.port)
        for point_settings in self.settings.access_points:
            point = self.access_points[point_settings.id]
            await point.start()
            if point_settings.proxy_port is not None:
                await self._join_tcp(point_settings.id, point_settings.proxy_port, point.port)
        for reader_settings in self.settings.readers:
            reader = self.readers[reader_settings.id]
            try:
                await reader.start()
            except OSError as error:
                raise CannotListen(f"{reader_settings.id}: port {reader_settings.port}: {error.strerror}") from error
            if reader_settings.proxy_port is not None:
                await self._join_tcp(reader_settings.id, reader_settings.proxy_port, reader.port)

    async def stop(self) -> None:
        """Switch everything off."""
        for device in (
            *self._proxies.values(),
            *self.readers.values(),
            *self.access_points.values(),
            *self.printers.values(),
            *self.scales.values(),
        ):
            await device.stop()
        self._proxies.clear()

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
