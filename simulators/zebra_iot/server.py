"""The simulated reader on the wire: a client of a broker, and its REST interface."""

from __future__ import annotations

import asyncio
import base64
import contextlib

import aiomqtt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from protocols import zebra_iot as z
from protocols.clock import Clock, RandomSource
from simulators.web import WebServer
from simulators.zebra_iot.reader import IotReader

TICK_SECONDS = 0.05
_COMMANDS = {z.START: "start", z.STOP: "stop", z.MODE: "set_mode", z.STATUS: "get_status"}
_JSON = "application/json"


class ZebraIotSimulator:
    """Start it beside a broker. `rest_password` opens its REST interface to the user `admin`."""

    def __init__(
        self,
        broker_port: int,
        topic: str,
        clock: Clock,
        rng: RandomSource,
        *,
        antennas: int = 4,
        read_percent: int = 60,
        rest_password: str = "",
    ) -> None:
        self.reader = IotReader(rng, clock.now_ms(), antennas=antennas, read_percent=read_percent)
        self._broker_port = broker_port
        self._topic = topic
        self._clock = clock
        self._password = rest_password
        self._token = rng.bytes(12).hex()
        self._tasks: list[asyncio.Task[None]] = []
        routes = [Route(z.LOGIN, self._log_in), Route("/{path:path}", self._rest, methods=["GET", "PUT"])]
        self._web = WebServer(Starlette(routes=routes), 0)

    @property
    def rest_url(self) -> str:
        """Where its REST interface is."""
        return f"http://127.0.0.1:{self._web.port}"

    async def start(self) -> None:
        """Connect and serve."""
        await self._web.start()
        self._tasks = [asyncio.create_task(self._run())]

    async def stop(self) -> None:
        """As if it lost its power."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError, aiomqtt.MqttError):
                await task
        self.reader.reading = False
        await self._web.stop()

    async def _run(self) -> None:
        async with aiomqtt.Client("127.0.0.1", self._broker_port, identifier=f"reader-{self._topic}") as client:
            await client.subscribe(f"{self._topic}/{z.COMMANDS}", qos=1)
            hearing = asyncio.create_task(self._hear(client))
            try:
                while True:
                    await asyncio.sleep(TICK_SECONDS)
                    if message := self.reader.listen(self._clock.now_ms()):
                        await client.publish(f"{self._topic}/{z.DATA}", message)
            finally:
                hearing.cancel()

    async def _hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            if self.reader.faults.silent or not isinstance(message.payload, bytes):
                continue
            try:
                asked = z.read_command(message.payload)
            except z.IotMalformed:
                continue
            word, payload = self.reader.command(asked.command, bytes(asked.payload))
            answer = z.Answer(command=asked.command, command_id=asked.command_id, response=word, payload=z.raw(payload))
            await client.publish(f"{self._topic}/{z.ANSWERS}", z.write_answer(answer))

    async def _log_in(self, request: Request) -> Response:
        wanted = "Basic " + base64.b64encode(f"admin:{self._password}".encode()).decode()
        if request.headers.get("authorization") != wanted:
            return Response(status_code=401)
        return Response(z.write_struct(z.Token(message=self._token)), media_type=_JSON)

    async def _rest(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return Response(status_code=401)
        command = _COMMANDS.get(request.url.path)
        if command is None:
            return Response(status_code=404)
        if self.reader.faults.silent:
            await asyncio.sleep(3600)
        word, payload = self.reader.command(command, await request.body())
        return Response(payload, status_code=200 if word == z.SUCCESS else 422, media_type=_JSON)
