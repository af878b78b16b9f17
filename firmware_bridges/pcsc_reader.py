"""A card reader of the PC/SC service: starts the card process, hands on what it tells, and kills it when it hangs."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process

import msgspec

from firmware_bridges.pcsc_wire import LINE_BYTES_MAX, Beat, Card, Hopeless, Ready, Told, Trouble, Unread, WorkerOrder
from firmware_bridges.supervise import Emit, LinkBroken
from protocols.clock import Clock
from protocols.device_events import CardSeen, CardUnread, DeviceState, DeviceStateEvent

KIND = "card_reader"
HUNG_SECONDS = 20.0
"""The process says something twice a second, but not while a card is read; the slowest card takes seconds."""
_TOLD = msgspec.json.Decoder(Told)


class PcscReaderDriver:
    """One reader. Emits CardSeen and CardUnread.

    READY while the reader is there; DEGRADED, with what to do, while the service or the reader is not. The process watches
    for both to come back, so that no waiting of the supervisor comes in between.
    """

    device_kind = KIND

    def __init__(
        self,
        device_id: str,
        order: WorkerOrder,
        clock: Clock,
        *,
        duplicate_ms: int = 1_000,
        command: tuple[str, ...] = (sys.executable, "-m", "firmware_bridges.pcsc_worker"),
        hung_seconds: float = HUNG_SECONDS,
    ) -> None:
        """`duplicate_ms`: the same card put on again within this is the same tap."""
        self.device_id = device_id
        self._order = order
        self._clock = clock
        self._duplicate_ms = duplicate_ms
        self._command = command
        self._hung_seconds = hung_seconds
        self._last: tuple[str, int] | None = None

    async def run(self, emit: Emit) -> None:
        """Hand on what the process tells, until it ends. Raises LinkBroken."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, limit=LINE_BYTES_MAX, start_new_session=True
            )
        except OSError as error:
            raise LinkBroken(f"the card process cannot be started ({error.strerror})") from error
        try:
            await self._begin(process)
            await self._listen(process, emit)
        finally:
            await _end(process)

    async def _begin(self, process: Process) -> None:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(self._order) + b"\n")
        with contextlib.suppress(ConnectionError):  # it has ended already: what it said last is read
            await process.stdin.drain()

    async def _listen(self, process: Process, emit: Emit) -> None:
        assert process.stdout is not None
        while True:
            try:
                async with asyncio.timeout(self._hung_seconds):
                    line = await process.stdout.readline()
            except TimeoutError as error:
                raise LinkBroken("the card reader hangs: pull it out and plug it in again") from error
            except ValueError as error:  # longer than any line of the process
                raise LinkBroken("the card process speaks nonsense") from error
            if not line:
                raise LinkBroken("the card process ended by itself")
            try:
                told = _TOLD.decode(line)
            except msgspec.DecodeError as error:
                raise LinkBroken("the card process speaks nonsense") from error
            self._hand_on(told, emit)

    def _hand_on(self, told: Told, emit: Emit) -> None:
        match told:
            case Ready():
                self._tell(emit, DeviceState.READY)
            case Trouble(text=text):
                self._tell(emit, DeviceState.DEGRADED, text)
            case Hopeless(text=text):
                raise LinkBroken(text)
            case Card(number=number):
                if not self._repeated(number):
                    emit(CardSeen(device_id=self.device_id, code=number))
            case Unread(why=why):
                emit(CardUnread(device_id=self.device_id, why=why))
            case Beat():
                pass

    def _repeated(self, number: str) -> bool:
        now_ms, last = self._clock.monotonic_ms(), self._last
        self._last = number, now_ms
        return last is not None and last[0] == number and now_ms - last[1] < self._duplicate_ms

    def _tell(self, emit: Emit, state: DeviceState, reason: str = "") -> None:
        emit(DeviceStateEvent(device_id=self.device_id, device_kind=KIND, state=state, reason=reason))


async def _end(process: Process) -> None:
    """It has nothing to lose: pcscd lets go of the card of a process that is gone."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()
