"""The reader's side of a connection with its protocol version, and answers a maker may add to. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from protocols.llrp import messages as m
from protocols.llrp.codec import decode_message, encode_message, message_id_of, number_of
from protocols.llrp.errors import Malformed
from protocols.llrp.event_parameters import LlrpStatus, ReaderEventNotificationData, Status, Uptime, UtcTimestamp
from protocols.llrp.framer import Framer
from protocols.llrp.parameters import CustomParameter
from protocols.llrp.reader import ReaderSession
from protocols.llrp.wire import Message, Parameter
from simulators.llrp_reader.profiles import VERSION_1_0_1, VERSION_1_1
from simulators.llrp_reader.reports import Times

SOMEBODYS_OWN = CustomParameter(vendor=99_999, subtype=1, data=b"whatever")
_VERSION_SHIFT = 2
_NEGOTIATION = (m.GetSupportedVersion.number, m.SetProtocolVersion.number)


class VersionedSession(ReaderSession):
    """Begins with LLRP 1.0.1; another version is refused until SET_PROTOCOL_VERSION."""

    def __init__(self, highest_version: int, times: Times) -> None:
        super().__init__()
        self.version = VERSION_1_0_1
        self.highest_version = highest_version
        self.custom_everywhere = False
        self._times = times
        self._frames = Framer()

    def receive(self, data: bytes) -> list[Message]:
        """Requests; what cannot be read, is unknown or of another version is answered here. Raises FramingLost."""
        requests: list[Message] = []
        for frame in self._frames.feed(data):
            request = self._read(frame)
            if request is not None:
                requests.append(request)
        if not requests:
            self._frames.feed(b"")
        return requests

    def _read(self, frame: bytes) -> Message | None:
        version, message_id = frame[0] >> _VERSION_SHIFT & 7, message_id_of(frame)
        negotiates = self.highest_version >= VERSION_1_1 and number_of(frame) in _NEGOTIATION
        if version != self.version and not (negotiates and version <= self.highest_version):
            self.refuse_message(message_id, Status.M_UNSUPPORTED_VERSION, f"this connection speaks version {self.version}")
            return None
        try:
            message = decode_message(frame)
        except (Malformed, ValueError) as error:
            self.refuse_message(message_id, Status.M_PARAMETER, str(error))
            return None
        if isinstance(message, m.RawMessage):
            self.refuse_message(message_id, Status.M_UNSUPPORTED_MESSAGE, f"type {message.kind}")
            return None
        return message

    def send(self, message: Message) -> None:
        """Send any message in the version of the connection."""
        self._output += encode_message(message, version=self.version)

    def answer(self, request: Message, status: LlrpStatus | None = None, parts: tuple[Parameter, ...] = ()) -> None:
        """The response to a request; without a status: success."""
        super().answer(request, status, (*parts, SOMEBODYS_OWN) if self.custom_everywhere else parts)

    def notify(self, events: tuple[Parameter, ...], now_us: int) -> None:
        """Tell events, in the reader's time."""
        stamp: Parameter = UtcTimestamp(microseconds=now_us)
        if self._times.uptime:
            stamp = Uptime(microseconds=now_us)
        own = (SOMEBODYS_OWN,) if self.custom_everywhere else ()
        data = ReaderEventNotificationData(parts=(stamp, *events, *own))
        self.send(m.ReaderEventNotification(message_id=self.next_id(), parts=(data,)))

    def report(self, tags: Iterable[bytes]) -> None:
        """Send tags as bytes."""
        self._output += self.report_frame(tags)

    def report_frame(self, tags: Iterable[bytes]) -> bytes:
        """An RO_ACCESS_REPORT."""
        body = b"".join(tags)
        kind = self.version << 10 | m.RoAccessReport.number
        return struct.pack(">HII", kind, m.HEADER_BYTES + len(body), self.next_id()) + body
