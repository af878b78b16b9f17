"""A UHF RFID reader over LLRP: sets it up, keeps it reading, hands on its tags in the box's own time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from firmware_bridges.links import ByteLink, open_tcp
from firmware_bridges.supervise import Emit, LinkBroken
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent, TagRead, TagsRead
from protocols.llrp.client import AntennaChanged, ClientSession, ClockTold, Event, ReaderRuns, ReaderSaid, TagsReported
from protocols.llrp.errors import LlrpError
from protocols.llrp.reader_setup import InventorySetup
from protocols.llrp.reads import TagRecord

KIND = "reader"
PORT = 5084
FAREWELL_MS = 500
"""How long an orderly stop waits for the reader's answer, so that it takes the next connection at once."""
CLOCK_WRONG_MS = 60_000
"""A reader whose wall clock is off by more says so in its state; its reads are right all the same."""
UPTIME_BELOW_US = 100_000_000_000_000
"""Smaller numbers are no wall clock but the time since the reader's start."""
CLOCK_STEP_US = 2_000_000
"""A report that seems to be later than this by the reader's clock: the clock was set, or the reader was held up."""

Open = Callable[[], Awaitable[ByteLink]]


class LlrpReaderDriver:
    """One reader. READY once its inventory runs, DEGRADED while an antenna is missing or its buffer overflows."""

    device_kind = KIND

    def __init__(
        self,
        device_id: str,
        host: str,
        port: int,
        setup: InventorySetup,
        clock: Clock,
        *,
        open_link: Open | None = None,
    ) -> None:
        """`open_link` takes the place of the TCP connection (tests, replay)."""
        self.device_id = device_id
        self._place = f"{host}:{port}"
        self._open: Open = open_link or (lambda: open_tcp(host, port))
        self._setup = setup
        self._clock = clock

    async def run(self, emit: Emit) -> None:
        """Connect and read until the reader is gone. Raises LinkBroken; says goodbye when it is cancelled."""
        link = await self._open()
        connection = _Connection(self.device_id, link, self._setup, self._clock, emit)
        try:
            await connection.serve()
        except LlrpError as error:
            raise LinkBroken(f"{self._place}: {error}") from error
        except asyncio.CancelledError:
            await connection.part()
            raise
        finally:
            await link.close()


class _Connection:
    """One connection: its session, its framing, its idea of the reader's clock. Nothing of it outlives it."""

    def __init__(self, device_id: str, link: ByteLink, setup: InventorySetup, clock: Clock, emit: Emit) -> None:
        self._device_id = device_id
        self._link = link
        self._clock = clock
        self._emit = emit
        self._session = ClientSession(setup, clock.monotonic_ms())
        self._reader_clock = ReaderClock()
        self._missing: set[int] = set()
        self._running = False
        self._trouble = ""
        """What the reader complained of; over with its next tags."""
        self._remark = ""

    async def serve(self) -> None:
        """Until the link or the protocol breaks. Raises LinkBroken, LlrpError."""
        while True:
            await self._write()
            left_ms = max(0, self._session.deadline_ms() - self._clock.monotonic_ms())
            try:
                async with asyncio.timeout(left_ms / 1000):
                    data = await self._link.read()
            except TimeoutError:
                self._session.tick(self._clock.monotonic_ms())
                continue
            for event in self._session.receive(data, self._clock.monotonic_ms()):
                self._tell(event)
            self._session.tick(self._clock.monotonic_ms())

    async def part(self) -> None:
        """CLOSE_CONNECTION, as far as the reader still listens."""
        with contextlib.suppress(LinkBroken, LlrpError, TimeoutError):
            async with asyncio.timeout(FAREWELL_MS / 1000):
                self._session.close(self._clock.monotonic_ms())
                await self._write()
                while not self._session.closed:
                    self._session.receive(await self._link.read(), self._clock.monotonic_ms())

    async def _write(self) -> None:
        if data := self._session.take_output():
            await self._link.write(data)

    def _tell(self, event: Event) -> None:
        match event:
            case TagsReported(records=records):
                arrived_ms = self._clock.monotonic_ms()
                reads = self._reader_clock.normalise(records, arrived_ms, live=self._running)
                self._emit(TagsRead(device_id=self._device_id, reads=reads))
                remark = clock_remark(records[-1].last_seen_us, self._clock.now_ms())
                if self._trouble or remark != self._remark:
                    self._trouble, self._remark = "", remark
                    self._tell_state()
            case ClockTold(microseconds=now_us):
                self._reader_clock.set(now_us, self._clock.monotonic_ms())
            case ReaderRuns():
                self._running = True
                self._tell_state()
            case AntennaChanged(antenna=antenna, connected=connected):
                (self._missing.discard if connected else self._missing.add)(antenna)
                self._tell_state()
            case ReaderSaid(kind="overflow" | "exception", text=text):
                self._trouble = text
                self._tell_state()
            case ReaderSaid():
                pass

    def _tell_state(self) -> None:
        if not self._running:
            return
        if self._missing:
            which = ", ".join(str(antenna) for antenna in sorted(self._missing))
            state, reason = DeviceState.DEGRADED, f"antenna {which} is not connected"
        elif self._trouble:
            state, reason = DeviceState.DEGRADED, self._trouble
        else:
            state, reason = DeviceState.READY, self._remark
        self._emit(DeviceStateEvent(device_id=self._device_id, device_kind=KIND, state=state, reason=reason))


def clock_remark(last_seen_us: int | None, now_ms: int) -> str:
    """What is to be said of a reader's wall clock; empty when it is right or there is none."""
    if last_seen_us is None or last_seen_us < UPTIME_BELOW_US:
        return ""
    off_ms = last_seen_us // 1000 - now_ms
    if abs(off_ms) <= CLOCK_WRONG_MS:
        return ""
    return f"the reader's clock is {'fast' if off_ms > 0 else 'slow'}; what it reads is timed by this box"


class ReaderClock:
    """From a reader's own microseconds to the box's monotonic milliseconds.

    The greeting tells the reader's clock. After that, a report's newest read happened at the latest when the report arrived:
    the smallest difference seen is the best guess, for it holds the least waiting. In live reports one that grows by
    more than `CLOCK_STEP_US` means that the reader's clock was set; in reports held back for us it means just that.
    """

    def __init__(self) -> None:
        self._shift_us: int | None = None

    def set(self, now_us: int, arrived_ms: int) -> None:
        """The reader said what time it has."""
        self._shift_us = arrived_ms * 1000 - now_us

    def normalise(self, records: list[TagRecord], arrived_ms: int, *, live: bool = True) -> tuple[TagRead, ...]:
        """A report's records in the box's time; a record without a time was seen when it arrived."""
        newest_us = max((record.last_seen_us for record in records if record.last_seen_us is not None), default=None)
        if newest_us is not None:
            shift_us = arrived_ms * 1000 - newest_us
            known_us = self._shift_us
            if known_us is None or shift_us < known_us or (live and shift_us - known_us > CLOCK_STEP_US):
                self._shift_us = shift_us
        return tuple(self._read(record, arrived_ms) for record in records)

    def _read(self, record: TagRecord, arrived_ms: int) -> TagRead:
        last_ms = arrived_ms
        if record.last_seen_us is not None and self._shift_us is not None:
            last_ms = min(arrived_ms, (record.last_seen_us + self._shift_us) // 1000)
        first_ms = last_ms
        if record.first_seen_us is not None and record.last_seen_us is not None:
            first_ms = last_ms - max(0, record.last_seen_us - record.first_seen_us) // 1000
        return TagRead(record.epc, record.epc_bits, record.antenna, record.rssi_dbm, first_ms, last_ms, record.count)
