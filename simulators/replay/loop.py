"""An event loop whose time is virtual: when nothing is left to do now, the next timer is due at once.

Nothing sleeps and nothing runs beside it: what the code hands to a thread runs in place, so the order of everything follows
from the code alone. It opens no sockets and waits for none; devices are reached over `simulators.replay.links`. Work that
must really be waited for (a database) is called like a function: while it runs, virtual time stands still.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from asyncio import base_events
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import TypeVar, TypeVarTuple, Unpack

from protocols.contract.values import ClockQuality

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

TURNS_MAX = 200_000
"""Turns of the loop without a moment passing; more is a task that never waits."""


class NothingToDo(RuntimeError):
    """Every task waits for another and no timer runs: the run can never end."""


class TimeStandsStill(RuntimeError):
    """Something keeps the loop busy without ever waiting."""


class _NoSelector:
    """What the loop asks for I/O: there is none. Waiting for it means that time passes."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None or timeout > 0:
            self._loop.pass_time()
        else:
            self._loop.turn()
        return []


class VirtualLoop(base_events.BaseEventLoop):
    """Use as `with asyncio.Runner(loop_factory=VirtualLoop)`, or through `run_virtual`."""

    def __init__(self) -> None:
        super().__init__()
        self._now_seconds = 0.0
        self._turns = 0
        self._selector = _NoSelector(self)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now_seconds

    def pass_time(self) -> None:
        """Go to the moment of the next timer. Raises `NothingToDo`."""
        scheduled = self._scheduled  # type: ignore[attr-defined]
        if not scheduled:
            raise NothingToDo("every task waits and no timer runs")
        self._now_seconds = max(self._now_seconds, scheduled[0].when())
        self._turns = 0

    def leap(self, seconds: float) -> None:
        """Let much time pass at once, as on a machine that was suspended: what was due meanwhile is due now, once."""
        self._now_seconds += seconds

    def turn(self) -> None:
        """One more turn at this moment. Raises `TimeStandsStill`."""
        self._turns += 1
        if self._turns > TURNS_MAX:
            raise TimeStandsStill(f"{TURNS_MAX} turns at {self._now_seconds:.3f} s")

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """There is one thread."""
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(
        self,
        executor: concurrent.futures.Executor | None,  # noqa: ARG002 - there is one thread
        func: Callable[[Unpack[Ts]], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """Run it in place: it takes no virtual time. Raises at once what it raises."""
        done: asyncio.Future[T] = self.create_future()
        done.set_result(func(*args))
        return done

    def _process_events(self, event_list: list[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""


class VirtualClock:
    """`protocols.clock.Clock` over a virtual loop: both clocks move with it."""

    def __init__(self, loop: VirtualLoop, began_ms: int) -> None:
        """`began_ms`: the wall clock when the loop was made."""
        self._loop = loop
        self._began_ms = began_ms

    def now_ms(self) -> int:
        """Wall clock, milliseconds since 1970 UTC."""
        return self._began_ms + self.monotonic_ms()

    def monotonic_ms(self) -> int:
        """Milliseconds since the loop was made."""
        # Timers are sums of floats: a microsecond early is on time.
        return int(self._loop.time() * 1_000 + 0.001)

    def quality(self) -> ClockQuality:
        """A virtual clock is right by definition."""
        return ClockQuality.SYNCED


def run_virtual(make: Callable[[VirtualLoop], Coroutine[object, object, T]]) -> T:
    """Run `make(loop)` to its end on a new loop, whatever it leaves is cancelled."""
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(make(loop))
