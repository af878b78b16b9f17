"""One connection to a label: attributes one request at a time, indications, and a channel for the bytes of an object."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from protocols.ble_esl import attributes as att
from protocols.ble_esl import l2cap
from protocols.ble_esl.errors import EslRefused
from protocols.ble_esl.h4 import Packet
from protocols.ble_esl.l2cap import Frame, Joiner, Signal
from protocols.ble_esl.pairing import CHANNEL, FAILED, Pairing, PairingFailed, Party

T = TypeVar("T")

ANSWER_SECONDS = 10.0
INDICATIONS_MAX = 16
CHANNEL_CREDITS = 4
UNIT_BYTES_MAX = 2_048


class VisitFailed(Exception):
    """The connection ended, or the label refused or did not answer; in plain words."""


@dataclass(slots=True)
class _Channel:
    to_label: int = 0
    mtu: int = 0
    mps: int = 0


class Connection:
    """See the module. `send` hands a frame to the controller, `hang_up` ends the connection."""

    def __init__(
        self, handle: int, peer: Party, send: Callable[[Frame], Awaitable[None]], hang_up: Callable[[], Awaitable[None]]
    ) -> None:
        self.handle = handle
        self.peer = peer
        self._send = send
        self._hang_up = hang_up
        self._joiner = Joiner()
        self._answers: asyncio.Queue[bytes] = asyncio.Queue(INDICATIONS_MAX)
        self._indications: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(INDICATIONS_MAX)
        self._signals: asyncio.Queue[Signal] = asyncio.Queue(INDICATIONS_MAX)
        self._pairing: asyncio.Queue[bytes] = asyncio.Queue(INDICATIONS_MAX)
        self._credits = asyncio.Semaphore(0)
        self._channel = _Channel()
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._replies: set[asyncio.Task[None]] = set()

    async def request(self, pdu: bytes) -> bytes:
        """An attribute request; its answer. Raises `VisitFailed` for an error answer too."""
        await self._send_within(Frame(l2cap.ATTRIBUTES, pdu))
        answer = await self._within(self._answers.get(), "the label does not answer")
        if answer[0] == att.ERROR:
            _, code = att.read_error(answer)
            raise VisitFailed(_refusal(code))
        if answer[0] != pdu[0] + 1:
            raise VisitFailed(f"the label answers {pdu[0]:02X} with {answer[0]:02X}")
        return answer

    async def find_all(self, first: bytes, following: Callable[[bytes], bytes | None]) -> list[bytes]:
        """Requests that go on until the label knows no more. `following`: from an answer the next request."""
        found: list[bytes] = []
        pdu: bytes | None = first
        while pdu is not None and len(found) < INDICATIONS_MAX * 4:
            await self._send_within(Frame(l2cap.ATTRIBUTES, pdu))
            answer = await self._within(self._answers.get(), "the label does not answer")
            if answer[0] == att.ERROR:
                _, code = att.read_error(answer)
                if code == att.NOT_FOUND:
                    return found
                raise VisitFailed(_refusal(code))
            found.append(answer)
            pdu = following(answer)
        return found

    async def indication(self, handle: int) -> bytes:
        """The next indication of a characteristic. Raises `VisitFailed`."""
        while True:
            of, value = await self._within(self._indications.get(), "the label does not report")
            if of == handle:
                return value

    async def pair(self, own: Party, chance: bytes) -> bytes:
        """Agree on a long-term key (16 bytes). Raises `VisitFailed`."""
        pairing = Pairing(own, self.peer, chance, initiates=True)
        words = pairing.begin()
        try:
            while pairing.long_term_key is None:
                for word in words:
                    await self._send_within(Frame(CHANNEL, word))
                words = pairing.take(await self._within(self._pairing.get(), "the label does not pair"))
        except PairingFailed as error:
            if error.reason is not None:
                await self._send_within(Frame(CHANNEL, bytes((FAILED, error.reason))))
            raise VisitFailed(f"the label could not be paired: {error}") from error
        return pairing.long_term_key

    async def open_channel(self, psm: int) -> None:
        """A credit-based channel to the label. Raises `VisitFailed`."""
        asked = l2cap.channel_request(psm, l2cap.FIRST_CHANNEL, UNIT_BYTES_MAX, 247, CHANNEL_CREDITS)
        await self._send_within(l2cap.write_signal(Signal(l2cap.CHANNEL_REQUEST, 1, asked)))
        signal = await self._within(self._signals.get(), "the label opens no channel")
        if signal.code != l2cap.CHANNEL_ANSWER:
            raise VisitFailed("the label has no channel for objects")
        channel, mtu, mps, credit, result = l2cap.read_five(signal.data)
        if result or mtu < 23 or mps < 23:
            raise VisitFailed(f"the label refuses a channel for objects (result {result})")
        self._channel = _Channel(channel, min(mtu, UNIT_BYTES_MAX), mps)
        for _ in range(credit):
            self._credits.release()

    async def send_object(self, data: bytes) -> None:
        """Bytes on the open channel, as the label gives credit. Raises `VisitFailed`."""
        channel = self._channel
        for at in range(0, len(data), channel.mtu):
            for frame in l2cap.unit_frames(channel.to_label, data[at : at + channel.mtu], channel.mps):
                await self._within(self._credits.acquire(), "the label takes no more bytes")
                await self._send_within(frame)

    async def close(self) -> None:
        """End it; never raises for what the label or the line did."""
        for task in self._replies:
            task.cancel()
        if not self._over.done():
            await self._hang_up()

    def ended(self, why: str) -> None:
        """It is over."""
        if not self._over.done():
            self._over.set_result(why)

    def take(self, packet: Packet) -> None:
        """A piece from the label. Raises `EslRefused`."""
        frame = self._joiner.feed(packet)
        if frame is None:
            return
        if frame.channel == l2cap.ATTRIBUTES and frame.payload:
            self._take_attribute(frame.payload)
        elif frame.channel == CHANNEL and frame.payload:
            _put(self._pairing, frame.payload)
        elif frame.channel == l2cap.SIGNALS:
            self._take_signal(l2cap.read_signal(frame.payload))

    def _take_attribute(self, pdu: bytes) -> None:
        if pdu[0] == att.INDICATION and len(pdu) >= 3:
            _put(self._indications, (int.from_bytes(pdu[1:3], "little"), pdu[3:]))
            self._reply(Frame(l2cap.ATTRIBUTES, bytes((att.CONFIRMATION,))))
        elif pdu[0] == att.MTU_REQUEST:
            self._reply(Frame(l2cap.ATTRIBUTES, bytes((att.MTU_ANSWER,)) + att.MTU.to_bytes(2, "little")))
        elif pdu[0] & 1 and pdu[0] != att.NOTIFICATION:
            _put(self._answers, pdu)
        elif pdu[0] & 1 == 0:
            self._reply(Frame(l2cap.ATTRIBUTES, att.error_answer(pdu[0], 0, att.NOT_SUPPORTED)))

    def _take_signal(self, signal: Signal) -> None:
        if signal.code == l2cap.CREDITS and len(signal.data) == 4:
            for _ in range(min(int.from_bytes(signal.data[2:], "little"), 1_024)):
                self._credits.release()
        elif signal.code in (l2cap.CHANNEL_ANSWER, l2cap.REJECT):
            _put(self._signals, signal)
        elif signal.code == l2cap.PARAMETERS_REQUEST:
            refused = Signal(l2cap.PARAMETERS_ANSWER, signal.number, b"\x01\x00")
            self._reply(l2cap.write_signal(refused))

    def _reply(self, frame: Frame) -> None:
        async def send() -> None:
            await self._send(frame)

        task = asyncio.create_task(send())
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)

    async def _send_within(self, frame: Frame) -> None:
        async def send() -> None:
            await self._send(frame)

        await self._within(send(), "the controller takes no more data")

    async def _within(self, what: Awaitable[T], otherwise: str) -> T:
        """Wait for it, for the end of the connection, or too long."""
        task: asyncio.Future[T] = asyncio.ensure_future(what)
        both: tuple[asyncio.Future[T] | asyncio.Future[str], ...] = (task, self._over)
        try:
            await asyncio.wait(both, timeout=ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise VisitFailed(self._over.result() if self._over.done() else otherwise)
        finally:
            task.cancel()


def _put(queue: asyncio.Queue[T], value: T) -> None:
    if queue.full():
        raise EslRefused("the label says more than was asked")
    queue.put_nowait(value)


def _refusal(code: int) -> str:
    if code in (att.INSUFFICIENT_AUTHENTICATION, att.INSUFFICIENT_ENCRYPTION):
        return "the label wants to be paired first"
    return f"the label refuses (attribute error {code:02X})"
