"""A hand at a card reader: puts a card on it and takes it away, through a virtual reader (vpcd) of the real pcscd.

vpcd listens and the card connects: while the line stands, the card lies on the reader. vpcd writes a message's length and
its rest apart, so the card acknowledges at once (TCP_QUICKACK), or each command would wait for 44 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

import msgspec

from protocols.cards import vpcd
from simulators.cards.deck import PlayedCard
from simulators.web import CannotListen

READ_MAX_BYTES = 4_096
HAND_SECONDS = 1.0
"""Between taking a card away and putting one on. pcscd looks for cards every 0.4 s; a quicker change it does not notice."""
Connect = Callable[[], Awaitable[socket.socket]]
"""A connected, non-blocking socket to vpcd; raises OSError."""


class CardFaults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with the card, or with the hand that holds it."""

    late_ms: int = 0
    """Every answer comes this much later."""
    torn_after: int = 0
    """After so many commands the card is moved away, once, and comes back; 0: it is held still."""
    stays_away: bool = False
    """A card that is moved away does not come back."""
    cut_answer: int = 0
    """So many times an answer is cut to its last byte."""

    def __post_init__(self) -> None:
        if not 0 <= self.late_ms <= 60_000 or min(self.torn_after, self.cut_answer) < 0:
            raise ValueError("late_ms is 0 to 60000, counts are 0 or more")


def connect_to(port: int) -> Connect:
    """vpcd on this machine."""

    async def connect() -> socket.socket:
        raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        raw.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
        except OSError:
            raw.close()
            raise
        return raw

    return connect


class CardReaderSimulator:
    """One slot of a virtual reader."""

    def __init__(self, connect: Connect) -> None:
        self.faults = CardFaults()
        self.commands = 0
        """Answered since the start."""
        self.powered = 0
        """How often the reader noticed a card and switched it on."""
        self.card: PlayedCard | None = None
        """What lies on the reader."""
        self.connect = connect
        """How vpcd is reached."""
        self._lying: asyncio.Task[None] | None = None
        self._empty_until = 0.0

    async def start(self) -> None:
        """Nothing lies on it."""

    async def stop(self) -> None:
        """Take the card away."""
        await self.take()

    async def put(self, card: PlayedCard) -> None:
        """Put a card on, in place of one that lies there, as quick as a hand is. Raises `CannotListen`: there is no vpcd."""
        await self.take()
        await asyncio.sleep(self._empty_until - asyncio.get_running_loop().time())
        line = await self._line()
        self.card = card
        self._lying = asyncio.get_running_loop().create_task(self._lie(card, line))

    async def take(self) -> None:
        """Take the card away; nothing happens when there is none."""
        lying, self._lying, self.card = self._lying, None, None
        if lying is not None:
            lying.cancel()
            await asyncio.wait({lying})
            self._empty_until = asyncio.get_running_loop().time() + HAND_SECONDS

    async def _line(self) -> socket.socket:
        try:
            line = await self.connect()
        except OSError as error:
            raise CannotListen(f"no virtual reader: {error.strerror}. Start pcscd with vsmartcard-vpcd.") from error
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    async def _lie(self, card: PlayedCard, line: socket.socket) -> None:
        """Until it is taken away, or pcscd is gone."""
        while True:
            card.reset()
            try:
                moved = await self._serve(card, line)
            except OSError:
                moved = False
            finally:
                line.close()
            if not moved or self.faults.stays_away:
                self.card = None
                return
            await asyncio.sleep(HAND_SECONDS)
            with contextlib.suppress(CannotListen):
                line = await self._line()

    async def _serve(self, card: PlayedCard, line: socket.socket) -> bool:
        """Answer what comes; True: a clumsy hand moved the card away, False: the reader is gone."""
        loop, splitter = asyncio.get_running_loop(), vpcd.Splitter()
        while True:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            data = await loop.sock_recv(line, READ_MAX_BYTES)
            if not data:
                return False
            for message in splitter.receive(data):
                match vpcd.control_of(message):
                    case vpcd.Control.ATR:
                        await loop.sock_sendall(line, vpcd.encode(card.atr))
                    case vpcd.Control.OFF | vpcd.Control.RESET:
                        card.reset()
                    case vpcd.Control.ON:
                        self.powered += 1
                    case None:
                        if self._moved():
                            return True
                        await self._answer(card, line, message)

    def _moved(self) -> bool:
        if self.faults.torn_after == 0:
            return False
        self.faults.torn_after -= 1
        return self.faults.torn_after == 0

    async def _answer(self, card: PlayedCard, line: socket.socket, message: bytes) -> None:
        self.commands += 1
        answer = card.answer(message)
        if self.faults.cut_answer > 0:
            self.faults.cut_answer -= 1
            answer = b"\x63\x00" if len(answer) <= 2 else answer[: (len(answer) - 2) // 2] + b"\x90\x00"
        await asyncio.sleep(self.faults.late_ms / 1000)
        await asyncio.get_running_loop().sock_sendall(line, vpcd.encode(answer))
