"""Receipt printers with their drawers: a driver each, and a worker that brings it the receipts of its tills."""

from __future__ import annotations

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
    line = tcp_line(device.host, device.port, shop.needs.wires.connect)
    return _fitting(shop, device, _escpos(shop, device, line), epos=False)


def _fit_serial(shop: DeviceShop, device: EscposSerialSettings) -> Fitting:
    line = serial_line(device.port, device.baud, "8N1", handshake=device.handshake)
    return _fitting(shop, device, _escpos(shop, device, line), epos=False)


def _fit_file(shop: DeviceShop, device: EscposFileSettings) -> Fitting:
    return _fitting(shop, device, _escpos(shop, device, file_line(device.path)), epos=False)


def _escpos(shop: DeviceShop, device: PrinterTable, open_line: OpenLine) -> PrinterDriver:
    behind = (each.printer for each in shop.settings.devices if isinstance(each, PrinterDisplaySettings))
    traits = traits_of(device, has_display=device.id in behind)
    return PrinterDriver(device.id, open_line, shop.needs.clock, traits)


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
    return Fitting(printer, tasks=(worker.run,), on_state=worker.wake)


_COMMANDS = ("print", "kick")
FAMILY = Family(
    "printers",
    (
        DeviceKind(EscposTcpSettings, "printer", "ESC/POS", _fit_tcp, _COMMANDS, live=True),
        DeviceKind(EscposSerialSettings, "printer", "ESC/POS", _fit_serial, _COMMANDS, live=True),
        DeviceKind(EscposFileSettings, "printer", "ESC/POS", _fit_file, _COMMANDS, live=True),
        DeviceKind(EposSettings, "printer", "ePOS-Print XML", _fit_epos, _COMMANDS, live=True),
    ),
)
