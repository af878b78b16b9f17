"""The Terminal API terminal on an HTTP port."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from protocols.clock import Clock, RandomSource
from protocols.payment.nexo import messages as nexo
from protocols.payment.nexo.sealing import NONCE_BYTES, SharedKey, seal, unseal
from simulators.nexo_terminal.terminal import NexoTerminal, Running, answering
from simulators.payment_plans import Plans
from simulators.payment_terminal.ledger import Acquirer
from simulators.web import WebServer

SILENT_SECONDS = 20.0
LOOK_SECONDS = 0.02


class _Break(Exception):
    """The connection ends without an answer."""


class NexoSimulator:
    """A terminal. `key`: its messages are sealed."""

    def __init__(
        self,
        terminal_id: str,
        port: int,
        clock: Clock,
        rng: RandomSource,
        *,
        slow_ms: int = 0,
        key: SharedKey | None = None,
        acquirer: Acquirer | None = None,
    ) -> None:
        self.terminal = NexoTerminal(terminal_id, rng, slow_ms, Acquirer() if acquirer is None else acquirer)
        self._clock = clock
        self._rng = rng
        self._key = key
        self._web = WebServer(Starlette(routes=[Route("/nexo", self._hear, methods=["POST"])]), port)
        self._coming_back: asyncio.Task[None] | None = None
        self.plugged_in = False

    @property
    def plans(self) -> Plans:
        """What happens to the next payments."""
        return self.terminal.plans

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._web.port

    @property
    def connected(self) -> bool:
        """Connections last for one question."""
        return False

    async def start(self) -> None:
        """Switch on. Raises `CannotListen`."""
        if not self.plugged_in:
            await self._web.start()
            self.plugged_in = True

    async def stop(self) -> None:
        """Switch off for good."""
        if self._coming_back is not None:
            self._coming_back.cancel()
            await asyncio.wait({self._coming_back})
        await self.unplug()

    async def unplug(self) -> None:
        """Pull the plug: a payment under way is not made."""
        if self.plugged_in:
            self.plugged_in = False
            self.terminal.power_lost()
            await self._web.stop()

    async def plug_in(self) -> None:
        """Give it power again."""
        await self.start()

    async def restart(self, down_ms: int) -> None:
        """Off, and on again after a while."""
        await self.unplug()
        self._coming_back = asyncio.create_task(self._come_back(down_ms))

    def heal(self) -> None:
        """Everything as in good order."""
        self.terminal.plans.clear()

    async def _come_back(self, down_ms: int) -> None:
        await asyncio.sleep(down_ms / 1000)
        await self.start()

    async def _reboot(self, down_ms: int) -> None:
        await self.unplug()
        await self._come_back(down_ms)

    async def _hear(self, request: Request) -> Response:
        try:
            data = await request.body()
            asked = nexo.decode_request(data if self._key is None else unseal(data, "SaleToPOIRequest", self._key))
            answer = await self._answer(asked)
        except nexo.NexoError as error:
            return Response(str(error), status_code=400)
        except _Break:
            return Response("", status_code=502)
        if answer is None:
            return Response("ok")
        plain = nexo.encode_response(answer)
        if self._key is not None:
            nonce = self._rng.bytes(NONCE_BYTES)
            plain = seal(plain, answer.MessageHeader, "SaleToPOIResponse", self._key, nonce)
        return Response(plain, media_type="application/json")

    async def _answer(self, asked: nexo.SaleToPOIRequest) -> nexo.SaleToPOIResponse | None:
        terminal = self.terminal
        if asked.AbortRequest is not None:
            terminal.abort(asked.AbortRequest.MessageReference)
            return None
        if asked.TransactionStatusRequest is not None:
            return terminal.status(asked)
        if asked.PaymentRequest is not None or asked.ReversalRequest is not None:
            return await self._carry_out(terminal.begin(asked, self._clock.monotonic_ms()))
        told = nexo.DiagnosisResponse(Response=nexo.Response(Result="Success"))
        return nexo.SaleToPOIResponse(MessageHeader=answering(asked.MessageHeader), DiagnosisResponse=told)

    async def _carry_out(self, begun: Running | nexo.SaleToPOIResponse | None) -> nexo.SaleToPOIResponse:
        if begun is None:
            await asyncio.sleep(SILENT_SECONDS)
            raise _Break
        if not isinstance(begun, Running):
            return begun
        if begun.plan.reboot_ms and begun.answer is None:
            self._coming_back = asyncio.create_task(self._reboot(begun.plan.reboot_ms))
        while not self.terminal.decide(begun, self._clock.monotonic_ms(), self._clock.now_ms()):  # noqa: ASYNC110 - a clock
            await asyncio.sleep(LOOK_SECONDS)
        if begun.plan.reply == "silent":
            await asyncio.sleep(SILENT_SECONDS)
        if begun.plan.reply != "told" or begun.answer is None:
            raise _Break
        return begun.answer
