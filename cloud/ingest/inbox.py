"""What came in and was not taken yet: one bounded queue in front of the committer, and the policy when it is full.

Stores keep every fact until HQ acknowledges it, so a batch that is turned away is only late: batches are refused first, at
the limit, and come again after the store's resend timer. Hellos, reports and births are small and rare; they have as much
room again. A message over HTTPS that finds no room is answered "busy". Nothing here grows with the load.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from protocols.sync.messages import DownMessage
from protocols.sync.topics import UP_CHANNEL, Channel

WAITING_MAX = 2_000
WAITING_BYTES_MAX = 48 * 1024 * 1024
_BATCHES = frozenset(UP_CHANNEL.values())

Answers = asyncio.Future[list[DownMessage]]
"""What an HTTPS request waits for; `MessageError` when it was no message at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """One message as it came. `store_id` is that of the topic or of the certificate, never what the message claims."""

    store_id: str
    channel: Channel
    payload: bytes
    received_ms: int
    answers: Answers | None = None
    """None: over MQTT, answers go to the store's `down` topic."""

    @property
    def over_https(self) -> bool:
        return self.answers is not None


@dataclass
class Inbox:
    """Bounded by count and by bytes."""

    waiting_max: int = WAITING_MAX
    bytes_max: int = WAITING_BYTES_MAX
    turned_away: int = 0
    _waiting: deque[Incoming] = field(default_factory=deque)
    _bytes: int = 0
    _some: asyncio.Event = field(default_factory=asyncio.Event)

    def __len__(self) -> int:
        return len(self._waiting)

    def fill(self) -> int:
        """How full it is, as a count out of `waiting_max`: by messages or by bytes, whichever is fuller."""
        return max(len(self._waiting), self._bytes * self.waiting_max // self.bytes_max)

    def offer(self, message: Incoming) -> bool:
        """Take it in; False when there is no room for it."""
        patience = 1 if message.channel in _BATCHES else 2
        if len(self._waiting) >= self.waiting_max * patience or self._bytes >= self.bytes_max * patience:
            self.turned_away += 1
            return False
        self._waiting.append(message)
        self._bytes += len(message.payload)
        self._some.set()
        return True

    async def take(self) -> Incoming:
        """The oldest message, when there is one."""
        while not self._waiting:
            self._some.clear()
            await self._some.wait()
        message = self._waiting.popleft()
        self._bytes -= len(message.payload)
        return message
