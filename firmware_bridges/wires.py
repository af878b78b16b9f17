"""How devices are reached: over real wires, or in replay mode over links in memory. One bundle, passed in once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from firmware_bridges.links import open_serial
from firmware_bridges.oepl_ap import OpenApLink
from firmware_bridges.oepl_web import open_web
from firmware_bridges.printer import Connect
from firmware_bridges.scale import OpenPort


@dataclass(frozen=True, slots=True)
class Wires:
    """Openers by kind of link. The defaults are the real ones (wire mode)."""

    port: OpenPort = open_serial
    connect: Connect = asyncio.open_connection
    access_point: OpenApLink = open_web
