"""Where a scenario is played: a bench and a box behind two doors, and a clock. Wire mode; replay mode passes another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

import httpx

from protocols.clock import Clock
from protocols.contract.till import LastSale

HTTP_SECONDS = 10.0


class StepRefused(Exception):
    """The bench or the box said no; the text says why."""


class NoBox(Exception):
    """There is no box in this run, and the step needs one."""


class Stage(Protocol):
    """What a player needs. Times are milliseconds of the stage's own clock."""

    mode: str
    """`wire` or `replay`."""

    def now_ms(self) -> int:
        """Since an arbitrary moment; never goes back."""

    async def sleep_ms(self, wait_ms: int) -> None:
        """Let time pass."""

    async def bench(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The bench's API. Raises `StepRefused`."""

    async def box(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The box's API. Raises `StepRefused`, `NoBox`."""

    async def spoil_box(self, part: str, fault: str, value: bool | int | str | None) -> None:
        """A fault of the box's `clock` or `disk`. Raises `StepRefused` where it cannot be had."""

    async def broken(self, sales: Mapping[str, LastSale]) -> list[str]:
        """What is not true at the end that must be, beyond what the player saw itself (`sales`, by id)."""


class WireStage:
    """A running bench and a running box, each by its address; a run without a box has no `box_url`."""

    mode = "wire"

    def __init__(self, bench_url: str, clock: Clock, box_url: str | None = None) -> None:
        self._clock = clock
        self._bench = httpx.AsyncClient(base_url=bench_url, timeout=HTTP_SECONDS, trust_env=False)
        self._box = (
            httpx.AsyncClient(base_url=box_url, timeout=HTTP_SECONDS, trust_env=False) if box_url is not None else None
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._bench.aclose()
        if self._box is not None:
            await self._box.aclose()

    def now_ms(self) -> int:
        """See `Stage`."""
        return self._clock.monotonic_ms()

    async def sleep_ms(self, wait_ms: int) -> None:
        """See `Stage`."""
        await asyncio.sleep(wait_ms / 1000)

    async def bench(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """See `Stage`."""
        return await _asked(self._bench, "the bench", method, path, body)

    async def box(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """See `Stage`."""
        if self._box is None:
            raise NoBox("this step needs a box. Name it: --box http://127.0.0.1:8080")
        return await _asked(self._box, "the box", method, path, body)

    async def spoil_box(self, part: str, fault: str, value: bool | int | str | None) -> None:
        """Not in wire mode: clock and disk belong to the box's machine."""
        raise StepRefused(f"the box's {part} is its machine's ({fault} = {value}): play this step in replay mode")

    async def broken(self, sales: Mapping[str, LastSale]) -> list[str]:  # noqa: ARG002 - as in `Stage`
        """The player's own looks are all there is over the wire."""
        return []


async def _asked(client: httpx.AsyncClient, who: str, method: str, path: str, body: bytes | None) -> bytes:
    headers = {} if body is None else {"content-type": "application/json"}
    try:
        answer = await client.request(method, path, content=body, headers=headers)
    except httpx.HTTPError as error:
        raise StepRefused(f"{who} does not answer at {client.base_url}: {error!r}") from error
    if answer.is_error:
        raise StepRefused(f"{who} refused {method} {path}: {answer.status_code}: {answer.text}")
    return answer.content
