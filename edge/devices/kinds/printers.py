"""Receipt printers with their drawers: a driver each, a worker that brings it the receipts of its tills, and one watch over
all drawers."""

from __future__ import annotations

from dataclasses import replace

from edge.devices.drawer_watch import DrawerRule, DrawerWatch
from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.fonts import RECEIPT_FONTS, font_files
from edge.devices.logo import logo_of
from edge.devices.print_worker import PrintWorker
from edge.devices.receipt_operations import Paper, ReceiptEncoder
from edge.devices.receipt_picture import LinePainter
from edge.devices.shop import DeviceShop
from edge.settings.devices.displays import PrinterDisplaySettings
from edge.settings.devices.printers import (
    EposSettings,
    EscposFileSettings,
    EscposSerialSettings,
    EscposTcpSettings,
    PrinterTable,
)
from firmware_bridges.epos_printer import EposDriver
from firmware_bridges.printer import PrinterDriver, PrinterTraits
from firmware_bridges.printer_lines import OpenLine, file_line, serial_line, tcp_line

BITS_A_BYTE = 10
_SENSE = {"open_high": True, "open_low": False, "none": None}


def traits_of(device: PrinterTable, *, has_display: bool = False) -> PrinterTraits:
    """What the driver is told, from profile and settings."""
    profile = device.the_profile
    return PrinterTraits(
        proof=device.proof or profile.proof,
        auto_status=profile.auto_status,
        drawer_open_when_high=_SENSE[device.drawer_sense],
        drawer_pin=device.drawer_pin,
        drawer_on_ms=device.drawer_pulse_ms,
        drawer_off_ms=device.drawer_pulse_ms,
        drawer_now=profile.drawer_now,
        paper_rule=device.paper_out,
        clears_buffer=profile.clears_buffer,
        has_display=has_display,
        bytes_per_second=device.baud // BITS_A_BYTE if isinstance(device, EscposSerialSettings) else 0,
    )


def _fit_tcp(shop: DeviceShop, device: EscposTcpSettings) -> Fitting:
    return _fit_escpos(shop, device, tcp_line(device.host, device.port, shop.needs.wires.connect))


def _fit_serial(shop: DeviceShop, device: EscposSerialSettings) -> Fitting:
    return _fit_escpos(shop, device, serial_line(device.port, device.baud, "8N1", handshake=device.handshake))


def _fit_file(shop: DeviceShop, device: EscposFileSettings) -> Fitting:
    return _fit_escpos(shop, device, file_line(device.path))


def _fit_escpos(shop: DeviceShop, device: PrinterTable, open_line: OpenLine) -> Fitting:
    behind = (each.printer for each in shop.settings.devices if isinstance(each, PrinterDisplaySettings))
    traits = traits_of(device, has_display=device.id in behind)
    return _fitting(shop, device, PrinterDriver(device.id, open_line, shop.needs.clock, traits), epos=False)


def _fit_epos(shop: DeviceShop, device: EposSettings) -> Fitting:
    return _fitting(shop, device, EposDriver(device.id, device.url, traits_of(device)), epos=True)


def _fitting(shop: DeviceShop, device: PrinterTable, printer: PrinterDriver | EposDriver, *, epos: bool) -> Fitting:
    till_ids = tuple(till.id for till in shop.settings.tills if till.printer == device.id)
    painter = LinePainter(font_files(shop.settings.labels.fonts, RECEIPT_FONTS))
    columns = device.the_columns
    paper = Paper(columns, device.the_charset, logo_of(device.logo, columns), device.the_profile, epos)
    encoder = ReceiptEncoder(paper, painter)
    worker = PrintWorker(
        shop.needs.prints,
        printer,
        till_ids,
        encoder.encode,
        ready=lambda: shop.board.is_ready(device.id),
        reachable=lambda: shop.board.is_reachable(device.id),
    )
    shop.board.listen(lambda device_id: worker.wake() if device_id == device.id else None)
    return Fitting(printer, tasks=(worker.run,))


def _watch_drawers(shop: DeviceShop) -> None:
    drawers: dict[str, DrawerRule] = {}
    for device in shop.settings.devices:
        till_ids = tuple(till.id for till in shop.settings.tills if till.printer == device.id)
        if isinstance(device, PrinterTable) and till_ids and device.drawer_sense != "none":
            drawers[device.id] = DrawerRule(till_ids, device.drawer_open_seconds)
    if not drawers:
        return
    needs = shop.needs
    watch = DrawerWatch(drawers, needs.store, needs.journal, needs.alarms, needs.clock)
    shop.router.give_drawers_to(watch.take)
    shop.each_second.append(watch.look)
    first = next(iter(drawers))
    shop.fittings[first] = replace(shop.fittings[first], tasks=(*shop.fittings[first].tasks, watch.run))


_COMMANDS = ("print", "kick")
FAMILY = Family(
    "printers",
    (
        DeviceKind(EscposTcpSettings, "printer", "ESC/POS", _fit_tcp, _COMMANDS),
        DeviceKind(EscposSerialSettings, "printer", "ESC/POS", _fit_serial, _COMMANDS),
        DeviceKind(EscposFileSettings, "printer", "ESC/POS", _fit_file, _COMMANDS),
        DeviceKind(EposSettings, "printer", "ePOS-Print XML", _fit_epos, _COMMANDS),
    ),
    _watch_drawers,
)
