"""What the shell asks of a line to headquarters, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from protocols.sync.effects import Send
from protocols.sync.messages import StoreState

SENDS_WAITING_MAX = 256
"""Policy when reached: the line counts as broken. The session keeps far fewer on the way."""


class Ears(Protocol):
    """Where a line puts what it hears. All calls come on the event loop."""

    def up(self) -> None:
        """The line is usable: connected and subscribed."""

    def message(self, topic: str, payload: bytes) -> None:
        """A message came on a subscribed topic."""

    def answer(self, payload: bytes) -> None:
        """One down message of an HTTPS answer."""


class Line(Protocol):
    """One way to headquarters."""

    name: str

    async def run(self, ears: Ears, will: Callable[[], StoreState], feeds: Iterable[str]) -> None:
        """Connect, call `ears.up`, carry messages until the line breaks. Raises `LineBroken`; never returns otherwise."""

    def send(self, effect: Send) -> None:
        """Hand over a message; it may be lost with the line, the session sends again."""

    async def follow(self, feed_ids: Iterable[str]) -> None:
        """These are all the feeds to hear of from now on."""
