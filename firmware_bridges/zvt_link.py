"""One connection to a ZVT terminal: one command at a time, every message of the terminal acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from firmware_bridges.supervise import LinkBroken
from firmware_bridges.zvt_line import ZvtLine
from protocols.clock import Clock
from protocols.payment.zvt.apdu import Apdu
from protocols.payment.zvt.ecr import EcrSession, Exchange
from protocols.payment.zvt.messages import ABORT


class ZvtLink:
    """Who waits for what on one connection."""

    def __init__(self, line: ZvtLine, ack_seconds: float, clock: Clock) -> None:
        self._clock = clock
        self._line = line
        self._session = EcrSession()
        self._ack_seconds = ack_seconds
        self._heard = asyncio.Event()
        self._since_ms = clock.monotonic_ms()
        self._ended = asyncio.Event()
        self.broken = False
        self.why = "the terminal closed the connection"

    def age_seconds(self) -> float:
        """How long this connection has been there."""
        return (self._clock.monotonic_ms() - self._since_ms) / 1000

    async def read(self) -> None:
        """Take and acknowledge what the terminal says until the connection ends."""
        try:
            while not self.broken:
                for apdu in await self._line.receive():
                    answer = self._session.hear(apdu)
                    if answer is not None:
                        await self._line.send(answer)
                self._heard.set()
        except LinkBroken as broken:
            self.give_up(str(broken))

    async def command(self, apdu: Apdu, seconds: float) -> Exchange | str:
        """One command to its end; why there is none as text. The terminal must answer at once, and end in time; if it does
        not, it is told to stop, and may still say what came of it."""
        if self.broken:
            return self.why
        if self._session.busy:
            return "the terminal is still at the last command"
        exchange = self._session.begin(apdu)
        try:
            await self._line.send(apdu)
            async with asyncio.timeout(self._ack_seconds):
                await self._until(lambda: exchange.phase != "sent")
        except LinkBroken as broken:
            self.give_up(str(broken))
        except TimeoutError:
            self.give_up("the terminal does not answer")
        if await self._over(exchange, seconds):
            return exchange
        if self._ended.is_set():
            return self.why
        await self.wish(Apdu(ABORT))
        return exchange if await self._over(exchange, self._ack_seconds) else "the terminal did not answer in time"

    async def ended(self, seconds: float) -> bool:
        """Wait so long for the end of the connection."""
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            return False
        return True

    async def wish(self, apdu: Apdu) -> None:
        """Say something that has no answer of its own; a broken line is no news."""
        try:
            await self._line.send(apdu)
        except LinkBroken as broken:
            self.give_up(str(broken))

    def give_up(self, why: str) -> None:
        """The connection is of no use any more: everybody who waits hears it, and the driver makes a new one."""
        if not self.broken:
            self.broken, self.why = True, why
        self._ended.set()
        self._heard.set()

    async def close(self) -> None:
        """Let go of it."""
        self.give_up(self.why)
        await self._line.close()

    async def _over(self, exchange: Exchange, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._until(lambda: exchange.over)
        except TimeoutError:
            return False
        return exchange.over

    async def _until(self, happened: Callable[[], bool]) -> None:
        while not happened() and not self.broken:
            self._heard.clear()
            await self._heard.wait()
