"""A UHF RFID reader over LLRP: sets it up, keeps it reading, hands on its tags in the box's own time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import msgspec

from firmware_bridges.links import ByteLink, open_tcp
from firmware_bridges.reader_clock import ReaderClock, clock_off, clock_remark
from firmware_bridges.reader_health import HealthTally
from firmware_bridges.supervise import Emit, LinkBroken
from protocols.clock import Clock
from protocols.device_events import DeviceState, DeviceStateEvent, InputChanged, TagsRead
from protocols.llrp import client as c
from protocols.llrp.access import AccessOrder, AccessOutcome
from protocols.llrp.errors import LlrpError
from protocols.llrp.reader_setup import InventorySetup

__all__ = ["LlrpReaderDriver", "ReaderClock", "clock_remark"]

KIND = "reader"
PORT, TLS_PORT = 5084, 5085
FAREWELL_MS = 500
"""How long an orderly stop waits for the reader's answer, so that it takes the next connection at once."""
HEALTH_EVERY_MS = 10_000
READ_MAX_BYTES = 65_536

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
        health_every_ms: int = HEALTH_EVERY_MS,
    ) -> None:
        """`open_link` takes the place of the TCP connection (TLS, tests, replay)."""
        self.device_id = device_id
        self._place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._open: Open = open_link or (lambda: open_tcp(host, port, read_max_bytes=READ_MAX_BYTES))
        self._setup = setup
        self._clock = clock
        self._health_every_ms = health_every_ms
        self._outputs: dict[int, bool] = {}
        self._connection: _Connection | None = None

    async def run(self, emit: Emit) -> None:
        """Connect and read until the reader is gone. Raises LinkBroken; says goodbye when it is cancelled."""
        link = await self._open()
        connection = _Connection(self, link, self._setup, self._clock, emit, self._health_every_ms)
        self._connection = connection
        try:
            await connection.serve()
        except LlrpError as error:
            raise LinkBroken(f"{self._place}: {error}") from error
        except asyncio.CancelledError:
            await connection.part()
            raise
        finally:
            self._connection = None
            if connection.session.negotiating:  # some old readers only hang up when they are asked for their version
                self._setup = msgspec.structs.replace(self._setup, version_max=1)
            connection.give_up_orders()
            await link.close()

    @property
    def outputs(self) -> dict[int, bool]:
        """What the outputs should be; a reader that comes back is told again."""
        return dict(self._outputs)

    def set_output(self, port: int, high: bool) -> None:
        """Switch an output (a siren, a light): at once when the reader is there, else when it comes back. Never waits."""
        self._outputs[port] = high
        if self._connection is not None:
            self._connection.set_outputs({port: high})

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection an order can be given on."""
        return self._connection is not None

    async def carry_out(self, order: AccessOrder) -> AccessOutcome:
        """Read, write, lock or kill a tag. Raises LinkBroken when the reader is away or goes away meanwhile, ValueError when
        too many orders wait."""
        if self._connection is None:
            raise LinkBroken(f"{self._place} is not connected")
        return await self._connection.carry_out(order)


class _Connection:
    """One connection: its session, its framing, its idea of the reader's clock. Nothing of it outlives it."""

    def __init__(
        self,
        driver: LlrpReaderDriver,
        link: ByteLink,
        setup: InventorySetup,
        clock: Clock,
        emit: Emit,
        health_every_ms: int,
    ) -> None:
        self._driver = driver
        self._device_id = driver.device_id
        self._link = link
        self._clock = clock
        self._emit = emit
        now_ms = clock.monotonic_ms()
        self.session = c.ClientSession(setup, now_ms)
        self._reader_clock = ReaderClock()
        self._health = HealthTally(self._device_id, now_ms)
        self._health_every_ms = health_every_ms
        self._health_at_ms = now_ms + health_every_ms
        self._missing: set[int] = set()
        self._running = False
        self._trouble = ""
        """What the reader complained of; over with its next tags."""
        self._remark = ""
        self._orders: dict[int, asyncio.Future[AccessOutcome]] = {}
        self._waiting: asyncio.Timeout | None = None

    async def serve(self) -> None:
        """Until the link or the protocol breaks. Raises LinkBroken, LlrpError."""
        while True:
            await self._write()
            data = await self._read()
            now_ms = self._clock.monotonic_ms()
            if data:
                self._tell_all(self.session.receive(data, now_ms, at_once=False))
            while self.session.has_more:
                await asyncio.sleep(0)  # a long report never holds up the other readers
                self._tell_all(self.session.more(now_ms))
            now_ms = self._clock.monotonic_ms()
            self._tell_all(self.session.tick(now_ms))
            if now_ms >= self._health_at_ms:
                self._health_at_ms = now_ms + self._health_every_ms
                self._emit(self._health.tell(self.session, len(self._missing), now_ms))

    async def part(self) -> None:
        """CLOSE_CONNECTION, as far as the reader still listens."""
        with contextlib.suppress(LinkBroken, LlrpError, TimeoutError):
            async with asyncio.timeout(FAREWELL_MS / 1000):
                self.session.close(self._clock.monotonic_ms())
                await self._write()
                while not self.session.closed:
                    self.session.receive(await self._link.read(), self._clock.monotonic_ms())

    def set_outputs(self, levels: dict[int, bool]) -> None:
        """Now, when the reader runs; else all of them once it does."""
        if self._running:
            self.session.set_outputs(levels, self._clock.monotonic_ms())
            self._wake()

    async def carry_out(self, order: AccessOrder) -> AccessOutcome:
        """One order. Raises LinkBroken, ValueError."""
        future: asyncio.Future[AccessOutcome] = asyncio.get_running_loop().create_future()
        order_id = self.session.order(order, self._clock.monotonic_ms())
        self._orders[order_id] = future
        self._wake()
        try:
            return await future
        finally:
            self._orders.pop(order_id, None)

    def give_up_orders(self) -> None:
        """The connection is gone: whether an order was carried out is not known."""
        for future in self._orders.values():
            if not future.done():
                future.set_exception(LinkBroken("the reader went away; whether the tag was changed is not known"))

    async def _write(self) -> None:
        while data := self.session.take_output():
            await self._link.write(data)

    async def _read(self) -> bytes:
        """The next bytes; none when there is something else to do first."""
        until_ms = min(self.session.deadline_ms(), self._health_at_ms)
        left_ms = max(0, until_ms - self._clock.monotonic_ms())
        try:
            async with asyncio.timeout(left_ms / 1000) as self._waiting:
                return await self._link.read()
        except TimeoutError:
            return b""
        finally:
            self._waiting = None

    def _wake(self) -> None:
        """Something is to be sent: do not wait for the reader."""
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())

    def _tell_all(self, events: list[c.Event]) -> None:
        for event in events:
            self._tell(event)

    def _tell(self, event: c.Event) -> None:
        match event:
            case c.TagsReported(records=records):
                arrived_ms = self._clock.monotonic_ms()
                reads = self._reader_clock.normalise(records, arrived_ms, live=self._running)
                self._health.read(reads)
                self._emit(TagsRead(device_id=self._device_id, reads=reads))
                self._look_at_clock(records[-1].last_seen_us)
            case c.ClockTold(microseconds=now_us):
                self._reader_clock.set(now_us, self._clock.monotonic_ms())
            case c.ReaderRuns():
                self._running = True
                self._tell_state()
                self.set_outputs(self._driver.outputs)
            case c.AntennaChanged(antenna=antenna, connected=connected):
                (self._missing.discard if connected else self._missing.add)(antenna)
                self._tell_state()
            case c.InputChanged(port=port, high=high):
                at_ms = self._clock.monotonic_ms()
                self._emit(InputChanged(device_id=self._device_id, port=port, high=high, at_ms=at_ms))
            case c.AccessDone(outcome=outcome):
                future = self._orders.get(outcome.order_id)
                if future is not None and not future.done():
                    future.set_result(outcome)
            case c.ReaderSaid(kind="buffer"):
                self._health.warned()
            case c.ReaderSaid(kind="overflow" | "exception" | "output" as kind, text=text):
                if kind == "overflow":
                    self._health.warned()
                self._trouble = text
                self._tell_state()
            case c.ReaderSaid():
                pass

    def _look_at_clock(self, last_seen_us: int | None) -> None:
        now_ms = self._clock.now_ms()
        self._health.clock_off_ms = clock_off(last_seen_us, now_ms)
        remark = clock_remark(last_seen_us, now_ms)
        if self._trouble or remark != self._remark:
            self._trouble, self._remark = "", remark
            self._tell_state()

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
