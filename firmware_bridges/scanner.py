"""Barcode scanners: on a serial port, as a keyboard of its own (evdev), as a HID POS device (hidraw)."""

from __future__ import annotations

import functools
import struct

from firmware_bridges.device_files import OpenRecords, open_records
from firmware_bridges.links import OpenPort, open_port
from firmware_bridges.listening import KIND, UNREADABLE_TOLD_MAX, ListeningDriver
from protocols.clock import Clock
from protocols.scanners.evdev import WedgeFormat, WedgeSession
from protocols.scanners.hid_pos import HidPosSession
from protocols.scanners.serial_codes import ReceivingSession, ScanFormat

__all__ = ["KIND", "UNREADABLE", "UNREADABLE_TOLD_MAX", "HidPosScannerDriver", "ScannerDriver", "WedgeScannerDriver"]

BAUD = 9_600
UNREADABLE = "what the scanner sends cannot be read: check its speed, prefix and suffix"
WRONG_LAYOUT = "what the scanner types cannot be read: check its keyboard layout, prefix and suffix"
NOT_HID_POS = "what the scanner sends cannot be read: set it to HID POS"
LONG_BYTES = struct.calcsize("l")
"""Of this machine: a kernel's input record holds two of them."""


class ScannerDriver(ListeningDriver):
    """A scanner on a serial line."""

    def __init__(
        self,
        device_id: str,
        place: str,
        form: ScanFormat,
        clock: Clock,
        *,
        duplicate_ms: int,
        baud: int = BAUD,
        open_port: OpenPort = open_port,
    ) -> None:
        """`place` is a device path or `tcp://host:port`."""
        super().__init__(
            device_id,
            functools.partial(open_port, place, baud, "8N1"),
            functools.partial(ReceivingSession, device_id, form, duplicate_ms),
            clock,
            UNREADABLE,
        )


class WedgeScannerDriver(ListeningDriver):
    """A scanner that is a keyboard: its keys are taken for this process alone, so that they type nothing anywhere else."""

    def __init__(
        self,
        device_id: str,
        place: str,
        form: WedgeFormat,
        clock: Clock,
        *,
        duplicate_ms: int,
        open_records: OpenRecords = open_records,
    ) -> None:
        """`place` is `/dev/input/by-id/…` or `unix:/path` (a simulator)."""
        super().__init__(
            device_id,
            functools.partial(open_records, place, grab=True),
            functools.partial(WedgeSession, device_id, form, duplicate_ms, long_bytes=LONG_BYTES),
            clock,
            WRONG_LAYOUT,
        )


class HidPosScannerDriver(ListeningDriver):
    """A scanner that sends HID POS reports."""

    def __init__(
        self, device_id: str, place: str, clock: Clock, *, duplicate_ms: int, open_records: OpenRecords = open_records
    ) -> None:
        """`place` is `/dev/hidraw0` (better a name udev gives it) or `unix:/path` (a simulator)."""
        super().__init__(
            device_id,
            functools.partial(open_records, place, grab=False),
            functools.partial(HidPosSession, device_id, duplicate_ms),
            clock,
            NOT_HID_POS,
        )
