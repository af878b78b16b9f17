"""Poll with a deadline: a test waits for what must happen, never for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

POLL_SECONDS = 0.01


async def until(happened: Callable[[], object], *, seconds: float = 10.0) -> None:
    """Return once `happened()` is true. Raises TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 - what is waited for may be in another process
            await asyncio.sleep(POLL_SECONDS)
