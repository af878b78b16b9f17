"""How devices are reached: over real wires, or in replay mode over links in memory. One bundle, passed in once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from firmware_bridges.device_files import OpenRecords, open_records
from firmware_bridges.links import OpenPort, open_port, open_tcp
from firmware_bridges.modbus_line import ModbusLines
from firmware_bridges.oepl_ap import OpenApLink
from firmware_bridges.oepl_web import open_web
from firmware_bridges.payment_terminal import Open as OpenTerminal
from firmware_bridges.printer_lines import Connect


@dataclass(frozen=True, slots=True)
class Wires:
    """Openers by kind of link. The defaults are the real ones (wire mode)."""

    port: OpenPort = open_port
    records: OpenRecords = open_records
    connect: Connect = asyncio.open_connection
    access_point: OpenApLink = open_web
    terminal: OpenTerminal = open_tcp
    modbus: ModbusLines = field(default_factory=ModbusLines)
    """The lines that scales share."""
