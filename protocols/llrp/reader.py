"""The reader's side of an LLRP connection: hears requests, writes greetings, answers and reports. No I/O, no clock.

What a reader does with a request (its ROSpecs, its radio) is not here: that is the simulated reader's own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from protocols.llrp import messages as m
from protocols.llrp.codec import decode_message, encode_message, message_id_of
from protocols.llrp.errors import Malformed
from protocols.llrp.event_parameters import (
    ConnectionAttemptEvent,
    ConnectionCloseEvent,
    LlrpStatus,
    ReaderEventNotificationData,
    Status,
    UtcTimestamp,
)
from protocols.llrp.framer import Framer
from protocols.llrp.parameters import Tell
from protocols.llrp.reads import TagRecord
from protocols.llrp.wire import Message, Parameter

_TLV = struct.Struct(">HH")
_EPC_DATA_HEAD = struct.Struct(">HHH")


class ReaderSession:
    """`receive(bytes)` -> requests, `take_output()` -> bytes to send. Raises FramingLost when the client talks nonsense."""

    def __init__(self) -> None:
        self._framer = Framer()
        self._output = bytearray()
        self._last_id = 0

    def take_output(self) -> bytes:
        """What is to be sent now."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def receive(self, data: bytes) -> list[Message]:
        """Take bytes in any pieces. What cannot be read or is unknown is answered here and not returned."""
        requests: list[Message] = []
        for frame in self._framer.feed(data):
            try:
                message = decode_message(frame)
            except (Malformed, ValueError) as error:
                self.refuse_message(message_id_of(frame), Status.M_PARAMETER, str(error))
                continue
            if isinstance(message, m.RawMessage):
                self.refuse_message(message.message_id, Status.M_UNSUPPORTED_MESSAGE, f"type {message.kind}")
            else:
                requests.append(message)
        if not requests:
            self._framer.feed(b"")
        return requests

    def greet(self, status: int, now_us: int) -> None:
        """Say how the connection attempt went (ConnectionAttemptEvent)."""
        self.notify((ConnectionAttemptEvent(status=status),), now_us)

    def part(self, now_us: int) -> None:
        """Say that the connection ends now."""
        self.notify((ConnectionCloseEvent(),), now_us)

    def notify(self, events: tuple[Parameter, ...], now_us: int) -> None:
        """Tell events."""
        data = ReaderEventNotificationData(parts=(UtcTimestamp(microseconds=now_us), *events))
        self.send(m.ReaderEventNotification(message_id=self.next_id(), parts=(data,)))

    def answer(self, request: Message, status: LlrpStatus | None = None, parts: tuple[Parameter, ...] = ()) -> None:
        """The response to a request; without a status: success."""
        status = status or LlrpStatus(code=Status.SUCCESS)
        kind = m.ANSWER_TO[type(request)]
        self.send(kind(message_id=request.message_id, parts=(status, *parts)))

    def refuse_message(self, message_id: int, code: Status, words: str) -> None:
        """An ERROR_MESSAGE."""
        status = LlrpStatus(code=code, description=words)
        self.send(m.ErrorMessage(message_id=message_id, parts=(status,)))

    def keepalive(self) -> None:
        """Ask for a sign of life."""
        self.send(m.Keepalive(message_id=self.next_id()))

    def report(self, tags: Iterable[bytes]) -> None:
        """Send tags made by `write_tag`."""
        body = b"".join(tags)
        head = struct.pack(">HII", m.VERSION << 10 | m.RoAccessReport.number, m.HEADER_BYTES + len(body), self.next_id())
        self._output += head + body

    def send(self, message: Message) -> None:
        """Send any message."""
        self._output += encode_message(message)

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are (faults)."""
        self._output += data

    def next_id(self) -> int:
        """An id for a message that answers nothing."""
        self._last_id = self._last_id % 0xFFFFFFFF + 1
        return self._last_id


def write_tag(record: TagRecord, tell: int, rospec_id: int = 0, *, more: bytes = b"") -> bytes:
    """One TagReportData with the fields of `tell` (`Tell` bits); 96 bits as a short EPC, other lengths as EPCData.

    `more`: further parameters as bytes (results of operations, a maker's own).
    """
    if record.epc_bits == 96:
        parts = [b"\x8d" + record.epc]
    else:
        head = _EPC_DATA_HEAD.pack(241, _EPC_DATA_HEAD.size + len(record.epc), record.epc_bits)
        parts = [head + record.epc]
    if tell & Tell.ROSPEC_ID:
        parts.append(struct.pack(">BI", 0x89, rospec_id))
    if tell & Tell.SPEC_INDEX:
        parts.append(struct.pack(">BH", 0x8E, 1))
    if tell & Tell.INVENTORY_PARAMETER_SPEC_ID:
        parts.append(struct.pack(">BH", 0x8A, 1))
    if tell & Tell.ANTENNA:
        parts.append(struct.pack(">BH", 0x81, record.antenna))
    if tell & Tell.CHANNEL:
        parts.append(struct.pack(">BH", 0x87, record.channel or 1))
    if tell & Tell.PEAK_RSSI and record.rssi_dbm is not None:
        parts.append(struct.pack(">Bb", 0x86, record.rssi_dbm))
    if tell & Tell.FIRST_SEEN and record.first_seen_us is not None:
        parts.append(struct.pack(">BQ", 0x82, record.first_seen_us))
    if tell & Tell.LAST_SEEN and record.last_seen_us is not None:
        parts.append(struct.pack(">BQ", 0x84, record.last_seen_us))
    if tell & Tell.SEEN_COUNT:
        parts.append(struct.pack(">BH", 0x88, min(record.count, 0xFFFF)))
    parts.append(more)
    body = b"".join(parts)
    return _TLV.pack(240, _TLV.size + len(body)) + body
