"""What is broken when: each event waits for a number of sales, so that a seed breaks the same things at the same point.

Another room's event (a delivery through the portal) joins through `Smoke.more_events`:
`Event(60, "a delivery arrives", act)`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Event:
    """`act` begins when `at_sale` sales are paid. `mid_sale`: it waits for a till with an open basket."""

    at_sale: int
    name: str
    act: Act
    mid_sale: bool = False


@dataclass(slots=True)
class Plan:
    """The events of a run. They run beside the selling; `finish` waits for all of them."""

    events: list[Event]
    say: Callable[[str], None]
    begun: list[str] = field(default_factory=list)
    _running: list[asyncio.Task[None]] = field(default_factory=list)

    async def sold(self, count: int) -> None:
        """A sale was paid."""
        self._begin([event for event in self.events if event.at_sale <= count and not event.mid_sale])

    async def basket_open(self, count: int) -> None:
        """A till has lines in its basket now: what waits for that happens before the next scan."""
        due = [event for event in self.events if event.at_sale <= count and event.mid_sale]
        self._begin(due)
        if due:
            await asyncio.sleep(0)

    async def finish(self) -> None:
        """Every event has come to its end. Raises what went wrong in one."""
        self._begin(list(self.events))
        for task in self._running:
            await task

    def _begin(self, due: list[Event]) -> None:
        for event in due:
            self.events.remove(event)
            self.say(f"breaking: {event.name}")
            self.begun.append(event.name)
            self._running.append(asyncio.create_task(event.act(), name=event.name))
