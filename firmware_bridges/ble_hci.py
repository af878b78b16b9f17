"""A Bluetooth controller on a byte link: commands with their ends, events, and the data of connections under its credits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import structlog

from firmware_bridges.ble_connection import Connection
from firmware_bridges.links import ByteLink
from firmware_bridges.supervise import LinkBroken
from protocols.ble_esl import hci_commands as hci
from protocols.ble_esl.errors import EslRefused, HciFramingLost
from protocols.ble_esl.h4 import Framer, Packet, PacketType, write_packet
from protocols.ble_esl.hci_events import (
    KEY_MISSING,
    SUCCESS,
    CommandComplete,
    CommandStatus,
    Connected,
    Disconnected,
    EncryptionChanged,
    HciEvent,
    OtherEvent,
    PacketsCompleted,
    read_event,
)
from protocols.ble_esl.l2cap import Frame, acl_packets, handle_of
from protocols.ble_esl.pairing import Party

COMMAND_SECONDS = 3.0
CONNECT_SECONDS = 15.0
"""A label on the train is met within a few of its turns; one that is gone is given up."""
OUT_PACKETS_MAX = 1_024
"""Packets not yet on the link. Policy when reached: the link is dead, it is opened anew."""

log = structlog.get_logger("tallystick.bridges.ble_esl")


class CommandRefused(Exception):
    """The controller did not do it. `status`: its error code."""

    def __init__(self, opcode: int, status: int) -> None:
        super().__init__(f"the controller refuses command {opcode:04X}: error {status:02X}")
        self.status = status


class Controller:
    """The host's end. `serve` reads and writes until the link breaks; everything else may be called meanwhile."""

    def __init__(self, link: ByteLink, heard: Callable[[HciEvent], None], *, silence_seconds: float) -> None:
        """`heard` gets every event that this class has no use for itself; called on the event loop, returns at once.

        `silence_seconds`: a controller whose train runs asks for packets all the time; silent for longer, it is dead.
        """
        self._link = link
        self._silence_seconds = silence_seconds
        self._heard = heard
        self._framer = Framer()
        self._out: asyncio.Queue[bytes] = asyncio.Queue(OUT_PACKETS_MAX)
        self._one_command = asyncio.Lock()
        self._one_dial = asyncio.Lock()
        self._ends: dict[int, asyncio.Future[bytes]] = {}
        self._dialled: asyncio.Future[Connected] | None = None
        self._connections: dict[int, Connection] = {}
        self._meetings: dict[int, int] = {}
        """Which connection has a handle now: controllers use handles again."""
        self._met = 0
        self._encrypted: dict[int, asyncio.Future[int]] = {}
        self.own = Party(bytes(6), 0)
        """The controller's address, once `learn` asked."""
        self._piece_bytes = 27
        self._buffers = asyncio.Semaphore(1)
        self._on_the_way: Counter[int] = Counter()

    async def serve(self) -> None:
        """Until the link or its framing breaks. Raises LinkBroken."""
        reading = asyncio.create_task(self._read())
        writing = asyncio.create_task(self._write())
        try:
            done, _ = await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, writing):
                task.cancel()
            await asyncio.gather(reading, writing, return_exceptions=True)
            self._end_all()
        for task in done:
            task.result()

    async def command(self, command: hci.HciCommand) -> bytes:
        """Do it; what it returns, without the status. Raises `CommandRefused`, LinkBroken when nothing comes."""
        async with self._one_command:
            end: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            self._ends[command.OPCODE] = end
            self.post(command)
            try:
                async with asyncio.timeout(COMMAND_SECONDS):
                    return await end
            except TimeoutError as error:
                raise LinkBroken("the controller does not answer") from error
            finally:
                self._ends.pop(command.OPCODE, None)

    def post(self, command: hci.HciCommand) -> None:
        """Do it, without waiting for its end. Raises LinkBroken when the link takes nothing any more."""
        self._send(hci.command_packet(command))

    async def learn(self) -> None:
        """Ask for its address, and how much data it takes. Raises `CommandRefused`, LinkBroken."""
        self.own = Party(await self.command(hci.ReadAddress()), 0)
        told = await self.command(hci.LeReadBufferSize())
        if len(told) < 3 or not told[2]:
            raise LinkBroken("the controller has no buffers for connections")
        self._piece_bytes = max(27, int.from_bytes(told[:2], "little"))
        self._buffers = asyncio.Semaphore(told[2])

    async def connect(self, order: hci.LeExtendedCreateConnection) -> Connection:
        """A connection to one label. Raises `CommandRefused`, LinkBroken."""
        async with self._one_dial:
            self._dialled = asyncio.get_running_loop().create_future()
            try:
                await self.command(order)
                async with asyncio.timeout(CONNECT_SECONDS):
                    met = await self._dialled
            except TimeoutError as error:
                await self._stop_dialling()
                raise CommandRefused(order.OPCODE, 0x3E) from error
            finally:
                self._dialled = None
        if met.status:
            raise CommandRefused(order.OPCODE, met.status)
        return self._connections[met.connection]

    async def encrypt(self, connection: Connection, long_term_key: bytes) -> bool:
        """Encrypt a connection; False: the label has no such key. Raises `CommandRefused`, LinkBroken."""
        changed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._encrypted[connection.handle] = changed
        try:
            await self.command(hci.LeEnableEncryption(connection.handle, 0, 0, long_term_key))
            async with asyncio.timeout(CONNECT_SECONDS):
                return await changed == SUCCESS
        except TimeoutError:
            return False
        finally:
            self._encrypted.pop(connection.handle, None)

    async def _stop_dialling(self) -> None:
        try:
            await self.command(hci.LeCreateConnectionCancel())
        except CommandRefused:
            return  # it ended by itself just now

    async def _send_frame(self, handle: int, meeting: int, frame: Frame) -> None:
        for packet in acl_packets(handle, frame, self._piece_bytes):
            await self._buffers.acquire()
            if self._meetings.get(handle) != meeting:  # it ended while this waited: nobody would give the buffer back
                self._buffers.release()
                return
            self._on_the_way[handle] += 1
            self._send(packet)

    async def _hang_up(self, connection: int) -> None:
        try:
            await self.command(hci.Disconnect(connection))
        except CommandRefused:
            return  # the other side was quicker

    def _send(self, packet: Packet) -> None:
        try:
            self._out.put_nowait(write_packet(packet))
        except asyncio.QueueFull as error:
            raise LinkBroken("the controller takes nothing any more") from error

    async def _write(self) -> None:
        while True:
            data = bytearray(await self._out.get())
            while not self._out.empty():
                data += self._out.get_nowait()
            await self._link.write(bytes(data))

    async def _read(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._silence_seconds):
                    data = await self._link.read()
            except TimeoutError as error:
                raise LinkBroken(f"the controller has been silent for {self._silence_seconds:.0f} s") from error
            try:
                packets = self._framer.feed(data)
            except HciFramingLost as error:
                raise LinkBroken(f"the controller's bytes are out of step ({error})") from error
            for packet in packets:
                self._take(packet)

    def _take(self, packet: Packet) -> None:
        try:
            if packet.kind is PacketType.EVENT:
                for event in read_event(packet):
                    self._event(event)
            elif packet.kind is PacketType.ACL:
                connection = self._connections.get(handle_of(packet))
                if connection is not None:
                    connection.take(packet)
        except EslRefused as error:
            log.info("packet of the controller dropped", reason=str(error))

    def _event(self, event: HciEvent) -> None:
        match event:
            case CommandComplete():
                self._end(event.opcode, event.status, event.result[1:])
            case CommandStatus():
                self._end(event.opcode, event.status, b"")
            case PacketsCompleted():
                for handle, count in event.counts:
                    self._release(handle, min(count, self._on_the_way[handle]))
            case Connected():
                self._connected(event)
            case EncryptionChanged():
                self._encryption(event.connection, event.status if event.enabled or event.status else KEY_MISSING)
            case Disconnected():
                self._meetings.pop(event.connection, None)
                self._release(event.connection, self._on_the_way[event.connection])
                self._encryption(event.connection, event.reason)
                if (gone := self._connections.pop(event.connection, None)) is not None:
                    gone.ended(f"the connection ended (reason {event.reason:02X})")
            case OtherEvent(code=0x10):
                raise LinkBroken("the controller reports a fault of its own")
            case _:
                self._heard(event)

    def _connected(self, event: Connected) -> None:
        if not event.status:
            handle = event.connection
            self._met += 1
            meeting = self._meetings[handle] = self._met
            self._connections[handle] = Connection(
                handle,
                Party(event.address, event.address_type),
                lambda frame: self._send_frame(handle, meeting, frame),
                lambda: self._hang_up(handle),
            )
        if self._dialled is not None and not self._dialled.done():
            self._dialled.set_result(event)

    def _encryption(self, handle: int, status: int) -> None:
        waiting = self._encrypted.get(handle)
        if waiting is not None and not waiting.done():
            waiting.set_result(status)

    def _end(self, opcode: int, status: int, result: bytes) -> None:
        waiting = self._ends.get(opcode)
        if waiting is None or waiting.done():
            return
        if status:
            waiting.set_exception(CommandRefused(opcode, status))
        else:
            waiting.set_result(result)

    def _release(self, handle: int, count: int) -> None:
        self._on_the_way[handle] -= count
        for _ in range(count):
            self._buffers.release()

    def _end_all(self) -> None:
        for connection in self._connections.values():
            connection.ended("the controller is gone")
        self._connections.clear()
        broken = LinkBroken("the controller is gone")
        for end in self._ends.values():
            if not end.done():
                end.set_exception(broken)
        if self._dialled is not None and not self._dialled.done():
            self._dialled.set_exception(broken)
