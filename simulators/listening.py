"""Listening for connections: as `asyncio.start_server` does it, or (replay mode) in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol


class Listening(Protocol):
    """What `asyncio.start_server` returns, as far as a printer looks at it."""

    @property
    def sockets(self) -> Sequence[ListeningSocket]:
        """Where it listens."""

    def close(self) -> None:
        """Stop listening."""

    async def wait_closed(self) -> None:
        """Until it stopped."""


class ListeningSocket(Protocol):
    """A socket that knows its place."""

    def getsockname(self) -> tuple[str, int]:
        """Host and port."""


Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
Serve = Callable[[Accept, str, int], Awaitable[Listening]]
"""Listens as `asyncio.start_server` does. Raises OSError."""

Connect = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""Connects as `asyncio.open_connection` does. Raises OSError."""
