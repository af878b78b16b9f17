"""Barcode scanners on their cables: what a till's port or kernel sees when somebody pulls the trigger."""

from __future__ import annotations

import struct

from protocols.clock import RandomSource, SeededRandom
from protocols.device_events import Symbology
from protocols.scanners.evdev import WedgeFormat, encode_event, type_scan
from protocols.scanners.hid_pos import encode_reports
from protocols.scanners.serial_codes import ScanFormat, encode_scan
from simulators.cables import Cable
from simulators.mouth import Mouth, SpeechFaults

LONG_BYTES = struct.calcsize("l")


class AnyScannerSimulator:
    """A scanner on any wire. `identifiers`: it sends AIM identifiers for the kinds of barcode it is told."""

    def __init__(self, cable: Cable, *, identifiers: bool = True, rng: RandomSource | None = None) -> None:
        """`rng`: the chance of its faults."""
        self.cable = cable
        self.scans = 0
        """How often the trigger was pulled since the start."""
        self._identifiers = identifiers
        self._mouth = Mouth(cable.send, rng if rng is not None else SeededRandom(1))

    @property
    def faults(self) -> SpeechFaults:
        """What is wrong with it; change the fields while it runs."""
        return self._mouth.faults

    @faults.setter
    def faults(self, faults: SpeechFaults) -> None:
        self._mouth.faults = faults

    @property
    def plugged_in(self) -> bool:
        """Whether the till can find it."""
        return self.cable.plugged_in

    async def start(self) -> None:
        """Plug it in. Raises `simulators.web.CannotListen`."""
        await self.plug_in()

    async def stop(self) -> None:
        """Unplug it."""
        await self.unplug()

    async def plug_in(self) -> None:
        """Make the port appear; nothing happens if it is there."""
        await self.cable.plug_in(_deaf)

    async def unplug(self) -> None:
        """Pull the cable. Nothing happens if it is out."""
        await self._mouth.hush()
        await self.cable.unplug()

    def scan(self, code: str, symbology: Symbology = Symbology.UNTOLD) -> None:
        """Hold this code before it. Raises ValueError for what no barcode holds."""
        data = self._encoded(code, symbology if self._identifiers else Symbology.UNTOLD)
        self.scans += 1
        self._mouth.say(data)

    def _encoded(self, code: str, symbology: Symbology) -> bytes:
        raise NotImplementedError


class ScannerSimulator(AnyScannerSimulator):
    """On a serial line."""

    def __init__(self, cable: Cable, form: ScanFormat, *, identifiers: bool = True, rng: RandomSource | None = None) -> None:
        super().__init__(cable, identifiers=identifiers, rng=rng)
        self.form = form

    def _encoded(self, code: str, symbology: Symbology) -> bytes:
        return encode_scan(code, self.form, symbology)


class WedgeSimulator(AnyScannerSimulator):
    """A keyboard of its own: the records its kernel would tell. `keypad`: it types digits on the number pad."""

    def __init__(
        self,
        cable: Cable,
        form: WedgeFormat,
        *,
        identifiers: bool = True,
        keypad: bool = False,
        rng: RandomSource | None = None,
    ) -> None:
        super().__init__(cable, identifiers=identifiers, rng=rng)
        self.form = form
        self._keypad = keypad

    def _encoded(self, code: str, symbology: Symbology) -> bytes:
        records = type_scan(code, self.form, symbology, keypad=self._keypad)
        return b"".join(encode_event(each, long_bytes=LONG_BYTES) for each in records)


class HidPosSimulator(AnyScannerSimulator):
    """A HID POS device: the reports its hidraw node would hand on."""

    def _encoded(self, code: str, symbology: Symbology) -> bytes:
        return b"".join(encode_reports(code, symbology))


def _deaf(_data: bytes) -> None:
    """A scanner takes no orders."""
