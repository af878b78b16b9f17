"""Receipt printers: a driver, and the worker that brings it the receipts of its tills."""

from __future__ import annotations

import functools

from edge.devices.fitting import DeviceKind, Family, Fitting
from edge.devices.fonts import RECEIPT_FONTS, font_files
from edge.devices.logo import logo_of
from edge.devices.print_worker import PrintWorker
from edge.devices.receipt_operations import Paper, ReceiptEncoder
from edge.devices.receipt_picture import LinePainter
from edge.devices.shop import DeviceShop
from edge.settings.devices.printers import EscposTcpSettings
from firmware_bridges.printer import PrinterDriver


def _fit_escpos_tcp(shop: DeviceShop, device: EscposTcpSettings) -> Fitting:
    needs = shop.needs
    printer = PrinterDriver(
        device.id, device.host, device.port, needs.clock, proof=device.proof, connect=needs.wires.connect
    )
    till_ids = tuple(till.id for till in shop.settings.tills if till.printer == device.id)
    painter = LinePainter(font_files(shop.settings.labels.fonts, RECEIPT_FONTS))
    encoder = ReceiptEncoder(Paper(device.columns, device.charset, logo_of(device.logo, device.columns)), painter)
    ready = functools.partial(shop.board.is_ready, device.id)
    worker = PrintWorker(needs.prints, printer, till_ids, encoder.encode, ready)
    shop.board.listen(lambda device_id: worker.wake() if device_id == device.id else None)
    return Fitting(printer, tasks=(worker.run,))


FAMILY = Family("printers", (DeviceKind(EscposTcpSettings, "printer", "ESC/POS", _fit_escpos_tcp, ("print",)),))
