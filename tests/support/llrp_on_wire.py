"""A reader on a real socket whose answers a test chooses: greets, answers everything with success, does as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable

from protocols.llrp import access_parameters as a
from protocols.llrp import messages as m
from protocols.llrp.codec import encode_parameter
from protocols.llrp.reader import ReaderSession, write_tag
from protocols.llrp.reads import TagRecord
from protocols.llrp.wire import Message, find


class WireReader:
    """`asked` is every request of every connection; `sessions` the open ones."""

    def __init__(self) -> None:
        self.asked: list[Message] = []
        self.sessions: list[tuple[ReaderSession, asyncio.StreamWriter]] = []
        self.connections = 0
        self.hang_up_on: type[Message] | None = None
        self.before_reading: Callable[[], bytes] = lambda: b""
        """Sent once the inventory runs."""
        self.port = 0

    @contextlib.asynccontextmanager
    async def served(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[WireReader]:
        """Listen on a free port."""
        server = await asyncio.start_server(self._serve, host, 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.drop()
            await server.wait_closed()

    def drop(self) -> None:
        """All connections are gone without a word."""
        for _, writer in self.sessions:
            writer.transport.abort()

    def send(self, data: bytes) -> None:
        """Bytes to every client."""
        for _, writer in self.sessions:
            writer.write(data)

    def report(self, tags: list[bytes]) -> None:
        """A report to every client."""
        for session, writer in self.sessions:
            session.report(tags)
            writer.write(session.take_output())

    def told(self, kind: type[Message]) -> list[Message]:
        """Requests of a kind."""
        return [each for each in self.asked if isinstance(each, kind)]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = ReaderSession()
        self.connections += 1
        self.sessions.append((session, writer))
        session.greet(0, 0)
        try:
            while True:
                writer.write(session.take_output())
                data = await reader.read(65_536)
                if not data:
                    return
                for request in session.receive(data):
                    self.asked.append(request)
                    if self.hang_up_on is not None and isinstance(request, self.hang_up_on):
                        return
                    self._answer(session, request)
        except OSError:
            pass
        finally:
            self.sessions.remove((session, writer))
            writer.transport.abort()

    def _answer(self, session: ReaderSession, request: Message) -> None:
        if isinstance(request, m.GetSupportedVersion):
            session.send(m.GetSupportedVersionResponse(current=1, highest=1, message_id=request.message_id))
        elif type(request) in m.ANSWER_TO:
            session.answer(request)
        if isinstance(request, m.StartRoSpec):
            session.send_raw(self.before_reading())
        if isinstance(request, m.EnableAccessSpec):
            self._carry_out(session)

    def _carry_out(self, session: ReaderSession) -> None:
        spec = find(self.told(m.AddAccessSpec)[-1].parts, a.AccessSpec)
        command = None if spec is None else find(spec.parts, a.AccessCommand)
        read = None if command is None else find(command.parts, a.C1g2Read)
        if read is not None:
            result = encode_parameter(a.C1g2ReadResult(result=0, opspec_id=read.opspec_id, data=(0xE280, 0x1105)))
            session.report([write_tag(TagRecord(bytes(12), 1, -50, 1, 2), 0xFFFF, more=result)])
