"""ZVT messages over a byte link: as they are on TCP, in frames with checksums and repetition on a serial line."""

from __future__ import annotations

from typing import Protocol

from firmware_bridges.links import ByteLink
from firmware_bridges.supervise import LinkBroken
from protocols.payment.zvt import serial_line
from protocols.payment.zvt.apdu import Apdu, ApduReader

REPEATS_MAX = 3


class ZvtLine(Protocol):
    """Messages in, messages out. Raises LinkBroken."""

    async def send(self, apdu: Apdu) -> None:
        """Hand a message to the line."""

    async def receive(self) -> list[Apdu]:
        """The messages that came, maybe none."""

    async def close(self) -> None:
        """Let go of it."""


class TcpZvtLine:
    """Messages one after another."""

    def __init__(self, link: ByteLink) -> None:
        self._link = link
        self._reader = ApduReader()

    async def send(self, apdu: Apdu) -> None:
        await self._link.write(apdu.encode())

    async def receive(self) -> list[Apdu]:
        return self._reader.receive(await self._link.read())

    async def close(self) -> None:
        await self._link.close()


class SerialZvtLine:
    """Frames. What was refused is sent again; a frame that comes twice, because our `06` got lost, is heard once."""

    def __init__(self, link: ByteLink) -> None:
        self._link = link
        self._reader = serial_line.SerialReader()
        self._sent: bytes | None = None
        """The frame that the other side has not confirmed yet."""
        self._repeats = 0
        self._last: Apdu | None = None
        """The last message heard, until we have said something that arrived."""

    async def send(self, apdu: Apdu) -> None:
        self._sent = serial_line.encode(apdu)
        self._repeats = 0
        await self._link.write(self._sent)

    async def receive(self) -> list[Apdu]:
        found = []
        for heard in self._reader.receive(await self._link.read()):
            match heard:
                case serial_line.Received():
                    self._sent = self._last = None
                case serial_line.NotReceived():
                    await self._again()
                case serial_line.Spoilt():
                    await self._link.write(bytes((serial_line.NAK,)))
                case Apdu():
                    await self._link.write(bytes((serial_line.ACK,)))
                    if heard == self._last:
                        await self._again()
                    else:
                        self._last = heard
                        found.append(heard)
        return found

    async def _again(self) -> None:
        if self._sent is None:
            return
        self._repeats += 1
        if self._repeats > REPEATS_MAX:
            raise LinkBroken("the terminal does not understand what arrives: check cable, baud rate and stop bits")
        await self._link.write(self._sent)

    async def close(self) -> None:
        await self._link.close()
