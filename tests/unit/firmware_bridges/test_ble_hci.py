"""A controller's buffers are never lost: the test is the controller, in bytes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from firmware_bridges.ble_connection import Connection, VisitFailed
from firmware_bridges.ble_hci import Controller
from protocols.ble_esl import hci_commands as hci
from protocols.ble_esl import hci_events as ev
from protocols.ble_esl.h4 import Framer, Packet, PacketType, write_packet
from tests.support.waiting import until

HANDLE, BUFFERS = 0x40, 3


class Wire:
    """The link; this end is the controller's."""

    def __init__(self) -> None:
        self._to_host: asyncio.Queue[bytes] = asyncio.Queue()
        self._framer = Framer()
        self.heard: list[Packet] = []

    async def read(self) -> bytes:
        return await self._to_host.get()

    async def write(self, data: bytes) -> None:
        for packet in self._framer.feed(data):
            if packet.kind is PacketType.COMMAND:
                self._obey(packet)
            else:
                self.heard.append(packet)

    async def close(self) -> None:
        """Nothing to close."""

    def tell(self, *events: ev.HciEvent) -> None:
        self._to_host.put_nowait(b"".join(write_packet(ev.event_packet(event)) for event in events))

    def _obey(self, packet: Packet) -> None:
        match hci.read_command(packet):
            case hci.LeReadBufferSize():
                self.tell(ev.CommandComplete(packet.head, b"\0" + (27).to_bytes(2, "little") + bytes((BUFFERS,))))
            case hci.ReadAddress():
                self.tell(ev.CommandComplete(packet.head, bytes(7)))
            case hci.LeExtendedCreateConnection(peer_address=address):
                self.tell(ev.CommandStatus(packet.head, 0), ev.Connected(0, HANDLE, address))
            case _:
                self.tell(ev.CommandComplete(packet.head, b"\0"))


@asynccontextmanager
async def met() -> AsyncIterator[tuple[Wire, Controller]]:
    wire = Wire()
    controller = Controller(wire, lambda _event: None, silence_seconds=30)
    serving = asyncio.create_task(controller.serve())
    try:
        await controller.learn()
        yield wire, controller
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def dial(controller: Controller) -> Connection:
    return await controller.connect(hci.LeExtendedCreateConnection(0xFF, 0xFF, 0, 0, 1, bytes(6)))


async def test_a_connection_that_ends_in_the_middle_gives_every_buffer_back() -> None:
    async with met() as (wire, controller):
        for _ in range(5):  # the same handle each time
            wire.heard.clear()
            connection = await dial(controller)
            sending = asyncio.create_task(connection.request(b"\x12" + bytes(300)))  # more pieces than buffers
            await until(lambda: len(wire.heard) == BUFFERS)
            wire.tell(ev.Disconnected(HANDLE, 8))
            with contextlib.suppress(VisitFailed):
                await sending
            assert sending.done()
            assert len(wire.heard) == BUFFERS, "nothing is said to nobody"


async def test_buffers_are_waited_for() -> None:
    async with met() as (wire, controller):
        connection = await dial(controller)
        sending = asyncio.create_task(connection.request(b"\x12" + bytes(100)))  # 105 bytes with the header: 4 pieces
        await until(lambda: len(wire.heard) == BUFFERS)
        wire.tell(ev.PacketsCompleted(((HANDLE, 2),)))
        await until(lambda: len(wire.heard) == 4)
        wire.tell(ev.PacketsCompleted(((HANDLE, 60_000),)), ev.Disconnected(HANDLE, 8))
        with contextlib.suppress(VisitFailed):
            await sending
        wire.heard.clear()
        again = asyncio.create_task((await dial(controller)).request(b"\x12" + bytes(300)))
        await until(lambda: len(wire.heard) >= BUFFERS)
        wire.tell(ev.Disconnected(HANDLE, 8))
        with contextlib.suppress(VisitFailed):
            await again
        assert len(wire.heard) == BUFFERS, "a controller that counts wrongly makes no buffers"
