"""A receipt printer with ePOS-Print: a web server that takes XML, prints it, and says at once what became of it."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from protocols.clock import Clock
from protocols.epos import answers, soap
from protocols.epos.answers import EposAnswer
from protocols.epos.document import read_document
from protocols.escpos.operations import Initialize, KickDrawer, Operation
from simulators.printer.body import PrinterBody, PrinterMake
from simulators.web import WebServer

_LINE_BYTES = 40
"""What a slow printer takes for one operation."""


class EposPrinter(PrinterBody):
    """The printer. `lose_answers`: so many of the next answers get lost after it printed."""

    def __init__(self, port: int, clock: Clock, make: PrinterMake | None = None) -> None:
        """Port 0 takes a free one at `start`."""
        self.lose_answers = 0
        self._one_document = asyncio.Lock()
        self._on = False
        app = Starlette(routes=[Route(soap.PATH, self._take, methods=["POST"])])
        self._web = WebServer(app, port)
        super().__init__(clock, make or PrinterMake())

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._web.port

    @property
    def url(self) -> str:
        """Its web address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def place(self) -> str:
        """Where a box finds it."""
        return self.url

    @property
    def plugged_in(self) -> bool:
        """Whether it is on."""
        return self._on

    @property
    def connected(self) -> bool:
        """A web server has no connection that lasts."""
        return self._on

    async def start(self) -> None:
        """Switch on. Raises `simulators.web.CannotListen`."""
        await self._web.start()
        self._on = True

    async def stop(self) -> None:
        """Switch off."""
        self._on = False
        await self._web.stop()
        self._power_on()

    async def unplug(self) -> None:
        """Pull the plug."""
        await self.stop()
        self._changed()

    async def plug_in(self) -> None:
        """Give it power again."""
        if not self._on:
            await self.start()
            self._changed()

    async def _take(self, request: Request) -> Response:
        body = bytearray()
        with contextlib.suppress(ClientDisconnect):
            async for chunk in request.stream():
                body += chunk
                if len(body) > soap.MESSAGE_BYTES_MAX:
                    return Response(status_code=413)
        if request.query_params.get("devid") != soap.DEVICE:
            return self._say(EposAnswer(False, "DeviceNotFound", answers.NO_RESPONSE))
        try:
            operations = read_document(bytes(body))
        except soap.BadXml:
            return self._say(EposAnswer(False, "SchemaError", answers.status_bits(self.condition)))
        async with self._one_document:
            answer = await self._print_document(operations)
        if self.lose_answers:
            self.lose_answers -= 1
            return Response(status_code=503)
        return self._say(answer)

    async def _print_document(self, operations: list[Operation]) -> EposAnswer:
        """Line by line, until something stops it: what is printed by then stays on the paper."""
        for operation in operations:
            if isinstance(operation, Initialize):
                self._paper.put(operation)
                continue
            if isinstance(operation, KickDrawer):
                self._kick()
                continue
            if code := answers.error_code(self.condition):
                return EposAnswer(False, code, answers.status_bits(self.condition))
            self._print(operation)
            if self.bytes_per_second:
                await asyncio.sleep(_LINE_BYTES / self.bytes_per_second)
        return EposAnswer(True, "", answers.status_bits(self.condition, printed=True))

    def _say(self, answer: EposAnswer) -> Response:
        return Response(answers.answer_bytes(answer), media_type=soap.CONTENT_TYPE)
