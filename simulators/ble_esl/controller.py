"""The controller's role: HCI on one side, the air on the other. No sockets and no clock: bytes and instants in, bytes out.

It runs the train (asking the host for each subevent two ahead and telling what came in the slots), advertises for nobody,
scans for labels outside the train, and carries connections, each ACL packet taking its time on the air.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from protocols.ble_esl import hci_commands as hci
from protocols.ble_esl import hci_events as events
from protocols.ble_esl import l2cap
from protocols.ble_esl.advertising import service_data
from protocols.ble_esl.errors import EslRefused, HciFramingLost
from protocols.ble_esl.h4 import Framer, Packet, PacketType, write_packet
from protocols.ble_esl.hci_events import HciEvent, SlotReport
from protocols.ble_esl.l2cap import Joiner
from protocols.ble_esl.label import LabelState
from protocols.ble_esl.pairing import CHANCE_BYTES, Party
from protocols.ble_esl.train import Train
from simulators.ble_esl.air import Air
from simulators.ble_esl.gatt_server import GattServer
from simulators.ble_esl.tag import Tag

ACL_BYTES, ACL_BUFFERS = 251, 8
OWN_ADDRESS = bytes.fromhex("5ec0deb105c0")
PACKET_US = 2_500
"""What one ACL packet takes on the air, its turn-around included."""
INTERVAL_US = 15_000
"""A label answers in the next connection event."""
DIAL_US = 20_000
ADVERTISE_EVERY_US = 500_000
HOURS_EVERY_US = 60_000_000


@dataclass(slots=True)
class _Link:
    handle: int
    server: GattServer
    joiner: Joiner = field(default_factory=Joiner)
    free_us: int = 0
    done: int = 0
    answers: deque[tuple[int, bytes]] = field(default_factory=deque)
    """What the label said, with the instants at which the host hears it."""


@dataclass(slots=True)
class _Turn:
    """Where the train is: the next subevent to send."""

    started_us: int
    event: int = 0
    subevent: int = 0


class SimulatedController:
    """`now_us`: true time in microseconds, never going back. `take_output` has what the host gets."""

    def __init__(self, air: Air) -> None:
        self.air = air
        self.late_packets = 0
        """Subevent data that came after its subevent was sent."""
        self._framer = Framer()
        self._out = bytearray()
        self._reset()

    def _reset(self) -> None:
        self._train: Train | None = None
        self._turn: _Turn | None = None
        self._data: dict[int, hci.LeSetPeriodicAdvertisingSubeventData] = {}
        self._links: dict[int, _Link] = {}
        self._next_handle = 0x40
        self._scanning = False
        self._dial: tuple[int, hci.LeExtendedCreateConnection] | None = None
        self._advertise_us = 0
        self._hours_us = 0

    def take_output(self) -> bytes:
        """Bytes for the host."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def receive(self, data: bytes, now_us: int) -> None:
        """Bytes of the host. Raises `HciFramingLost`."""
        for packet in self._framer.feed(data):
            if packet.kind is PacketType.COMMAND:
                self._command(packet, now_us)
            elif packet.kind is PacketType.ACL:
                self._acl(packet, now_us)
            else:
                raise HciFramingLost("a host sends no events")

    def power_off(self, now_us: int) -> None:
        """Connections and train are gone; labels stay where they are."""
        for link in list(self._links.values()):
            self._drop(link, events.TIMED_OUT, now_us)
        self._framer = Framer()
        self._out.clear()
        self._reset()

    def next_us(self, now_us: int) -> int:
        """When something is to be done."""
        wanted = [now_us + ADVERTISE_EVERY_US]
        if self._train is not None and self._turn is not None:
            wanted.append(self._sent_us())
        if self._dial is not None:
            wanted.append(self._dial[0])
        wanted += [link.free_us for link in self._links.values() if link.done]
        wanted += [link.answers[0][0] for link in self._links.values() if link.answers]
        return max(now_us, min(wanted))

    def step(self, now_us: int) -> None:
        """Do what is due."""
        while self._turn is not None and self._sent_us() <= now_us:
            self._send_subevent()
        self.air.step(now_us // 1_000)
        if self._dial is not None and self._dial[0] <= now_us:
            self._meet(now_us)
        for link in self._links.values():
            if link.done and link.free_us <= now_us:
                self._tell(events.PacketsCompleted(((link.handle, link.done),)))
                link.done = 0
            while link.answers and link.answers[0][0] <= now_us:
                self._out += link.answers.popleft()[1]
        if self._scanning and now_us >= self._advertise_us:
            self._advertise_us = now_us + ADVERTISE_EVERY_US
            self._hear_advertisers()
        if now_us >= self._hours_us:
            self._hours_us = now_us + HOURS_EVERY_US
            self.air.pass_hours(now_us // 1_000)

    # The train.

    def _sent_us(self) -> int:
        """When the slots of the next subevent are over."""
        assert self._train is not None
        assert self._turn is not None
        train, turn = self._train, self._turn
        return turn.started_us + train.slot_us(turn.event, turn.subevent, train.slots)

    def _send_subevent(self) -> None:
        assert self._train is not None
        assert self._turn is not None
        train, turn = self._train, self._turn
        sent_ms = (turn.started_us + train.subevent_us(turn.event, turn.subevent)) // 1_000
        data = self._data.pop(turn.subevent, None)
        if data is not None:
            answers = self.air.carry(turn.subevent, data.data, sent_ms)
            reports = tuple(
                SlotReport(answer.slot, answer.rssi, answer.data) for answer in answers if answer.slot < data.slot_count
            )
            for at in range(0, len(reports), 3):  # an event holds 255 bytes
                self._tell(events.AnswersReported(turn.subevent, reports[at : at + 3]))
        turn.subevent += 1
        if turn.subevent == train.subevents:
            turn.event, turn.subevent = turn.event + 1, 0
        self._tell(events.SubeventDataWanted((turn.subevent + self._lead()) % train.subevents, 1))

    def _lead(self) -> int:
        """How far ahead of the next subevent it asks: never so far that the last answers of the group are not told yet."""
        assert self._train is not None
        return 0 if self._train.subevents < 3 else 1

    # Commands.

    def _command(self, packet: Packet, now_us: int) -> None:
        try:
            command = hci.read_command(packet)
            result = self._do(command, now_us)
        except EslRefused:
            self._tell(events.CommandComplete(packet.head, bytes((events.UNKNOWN_COMMAND,))))
            return
        if isinstance(command, hci.LeExtendedCreateConnection | hci.Disconnect | hci.LeEnableEncryption):
            self._tell(events.CommandStatus(packet.head, result[0]))
            if isinstance(command, hci.LeEnableEncryption) and result == b"\0":
                self._encrypt(self._links[command.connection], command.long_term_key)
            if isinstance(command, hci.Disconnect) and result == b"\0":
                self._drop(self._links[command.connection], hci.HOST_ENDS, now_us)
        else:
            self._tell(events.CommandComplete(packet.head, result))

    def _do(self, command: hci.HciCommand, now_us: int) -> bytes:
        done = bytes((events.SUCCESS,))
        match command:
            case hci.Reset():
                for each in list(self._links.values()):
                    self._drop(each, events.TIMED_OUT, now_us, tell=False)
                self._reset()
            case hci.LeReadBufferSize() | hci.ReadAddress():
                sizes = ACL_BYTES.to_bytes(2, "little") + bytes((ACL_BUFFERS,))
                return done + (sizes if isinstance(command, hci.LeReadBufferSize) else OWN_ADDRESS)
            case hci.LeSetPeriodicAdvertisingParameters():
                self._train = command.train
            case hci.LeSetPeriodicAdvertisingEnable():
                if self._train is None:
                    return bytes((events.DISALLOWED,))
                self._turn = _Turn(now_us + self._train.interval_us)
            case hci.LeSetExtendedScanEnable():
                self._scanning = bool(command.enable)
            case hci.LeSetPeriodicAdvertisingSubeventData():
                return self._take_data(command)
            case hci.LeExtendedCreateConnection() | hci.LeCreateConnectionCancel():
                return self._do_dial(command, now_us)
            case hci.LePeriodicAdvertisingSetInfoTransfer() | hci.LeEnableEncryption() | hci.Disconnect():
                link = self._links.get(command.connection)
                if link is None:
                    return bytes((events.UNKNOWN_CONNECTION,))
                if isinstance(command, hci.LePeriodicAdvertisingSetInfoTransfer):
                    link.server.tag.label.take_train()
        return done

    def _encrypt(self, link: _Link, key: bytes) -> None:
        known = link.server.tag.long_term_key == key
        link.server.encrypted = known
        self._tell(events.EncryptionChanged(link.handle, events.SUCCESS if known else events.KEY_MISSING, known))

    def _do_dial(self, command: hci.LeExtendedCreateConnection | hci.LeCreateConnectionCancel, now_us: int) -> bytes:
        if isinstance(command, hci.LeCreateConnectionCancel):
            self._dial = None
        elif self._dial is not None:
            return bytes((events.DISALLOWED,))
        else:
            self._dial = now_us + self._dial_us(command), command
        return bytes((events.SUCCESS,))

    def _take_data(self, command: hci.LeSetPeriodicAdvertisingSubeventData) -> bytes:
        if self._train is None or command.subevent >= self._train.subevents:
            return bytes((events.DISALLOWED,))
        ahead = (command.subevent - (self._turn.subevent if self._turn is not None else 0)) % self._train.subevents
        if ahead > self._lead():
            self.late_packets += 1
            return bytes((events.TOO_LATE,))
        self._data[command.subevent] = command
        return bytes((events.SUCCESS,))

    # Connections.

    def _dial_us(self, command: hci.LeExtendedCreateConnection) -> int:
        """By the train the label is met in its group's next turn, not before the subevent after the next."""
        train, turn = self._train, self._turn
        if command.subevent == 0xFF or train is None or turn is None:
            return DIAL_US
        ahead = (command.subevent - turn.subevent - 1) % train.subevents + 1
        return DIAL_US + ahead * train.interval_us // train.subevents

    def _meet(self, now_us: int) -> None:
        assert self._dial is not None
        command, self._dial = self._dial[1], None
        tag = self.air.tags.get(command.peer_address)
        by_train = command.subevent != 0xFF
        if (
            tag is None
            or not self._reachable(tag, by_train=by_train)
            or self.air.chance(self.air.faults.connect_fails_percent)
        ):
            self._tell(events.Connected(events.FAILED_TO_CONNECT, 0, command.peer_address))
            return
        handle, self._next_handle = self._next_handle, 0x40 + (self._next_handle - 0x3F) % 0xE00
        server = GattServer(tag, Party(OWN_ADDRESS, 0), self.air.nonce(CHANCE_BYTES))
        tag.label.connected(tag.at(now_us // 1_000))
        self._links[handle] = _Link(handle, server, free_us=now_us)
        self._tell(events.Connected(events.SUCCESS, handle, command.peer_address, command.peer_address_type))

    def _reachable(self, tag: Tag, *, by_train: bool) -> bool:
        connected = any(link.server.tag is tag for link in self._links.values())
        return not tag.silent and not connected and by_train == (tag.label.state is LabelState.SYNCHRONIZED)

    def _acl(self, packet: Packet, now_us: int) -> None:
        link = self._links.get(l2cap.handle_of(packet))
        if link is None:
            return
        link.free_us = max(link.free_us, now_us) + PACKET_US
        link.done += 1
        if link.server.tag.silent or self.air.chance(self.air.faults.cut_percent):
            self._drop(link, events.TIMED_OUT, now_us)
            return
        try:
            frame = link.joiner.feed(packet)
            if frame is not None:
                link.server.take(frame, now_us // 1_000)
        except EslRefused:
            self._drop(link, events.TIMED_OUT, now_us)
            return
        while link.server.out:
            for piece in l2cap.acl_packets(link.handle, link.server.out.popleft(), ACL_BYTES, to_host=True):
                link.answers.append((link.free_us + INTERVAL_US, write_packet(piece)))

    def _drop(self, link: _Link, reason: int, now_us: int, *, tell: bool = True) -> None:
        tag = link.server.tag
        tag.label.disconnected(tag.at(now_us // 1_000))
        tag.watched_at = None
        self.air.watch(tag, now_us // 1_000)
        self.air.regroup_one(tag)
        del self._links[link.handle]
        if tell:
            self._tell(events.Disconnected(link.handle, reason))

    def _hear_advertisers(self) -> None:
        waiting = (LabelState.UNASSOCIATED, LabelState.UNSYNCHRONIZED)
        for tag in self.air.each(lambda tag: tag.label.state in waiting and not tag.silent):
            self._tell(events.Advertised(tag.address, tag.address_type, tag.rssi, service_data()))

    def _tell(self, event: HciEvent) -> None:
        self._out += write_packet(events.event_packet(event))
