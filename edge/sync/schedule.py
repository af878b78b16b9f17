"""Which line next, and when: MQTT first, HTTPS alone while the broker stays away, back as soon as it answers again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from edge.sync.line import Line
from protocols.clock import RandomSource
from protocols.sync.backoff import draw

TRIES_BEFORE_HTTPS = 3
FIRST_WAIT_MS = 500
CAP_WAIT_MS = 15_000
LOOK_EVERY_SECONDS = 20.0


class LineChoice:
    """Chooses lines. `reachable` tells whether the preferred one's door opens (a TCP connection is enough)."""

    def __init__(
        self, preferred: Line, fallback: Line | None, reachable: Callable[[], Awaitable[bool]], rng: RandomSource
    ) -> None:
        self._preferred = preferred
        self._fallback = fallback
        self._reachable = reachable
        self._rng = rng
        self._failures = 0

    def next_line(self) -> Line:
        """The line to try now: every other try goes to the fallback once the preferred one failed a few times."""
        odd = self._failures >= TRIES_BEFORE_HTTPS and self._failures % 2 == 1
        return self._fallback if odd and self._fallback is not None else self._preferred

    def wait_seconds(self, *, failed: bool) -> float:
        """How long to wait before the next try; grows with failures, spread by chance."""
        self._failures = self._failures + 1 if failed else 0
        ceiling_ms = min(CAP_WAIT_MS, FIRST_WAIT_MS * 2 ** min(self._failures, 10))
        return draw(self._rng, ceiling_ms // 2, ceiling_ms) / 1000

    def worked(self) -> None:
        """The line came up: the next failure is the first again."""
        self._failures = 0

    async def better_than(self, line: Line) -> None:
        """Return once the preferred line can be had while another is in use."""
        if line is self._preferred:
            await asyncio.Event().wait()
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            if await self._reachable():
                return


async def door_opens(host: str, port: int) -> bool:
    """Whether anybody listens there."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 5.0)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
