"""Finds out which scale is on a port the operator named: listens, then asks, and never makes it zero or tare."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from firmware_bridges.links import ByteLink, OpenPort, open_port
from firmware_bridges.supervise import LinkBroken
from protocols.scales.detection import ANSWER_MS, HEARD_BYTES_MAX, LISTEN_MS, Guess, guesses, probes

BAUDS = (9_600,)


@dataclass(frozen=True, slots=True)
class Found:
    """What was heard on a port. No guesses: nobody there (`heard_bytes` 0), or nobody this house knows, or `trouble`."""

    place: str
    baud: int
    guesses: tuple[Guess, ...] = ()
    heard_bytes: int = 0
    by_listening: bool = False
    trouble: str = ""


async def find_scale(
    place: str,
    *,
    bauds: Sequence[int] = BAUDS,
    open_port: OpenPort = open_port,
    listen_ms: int = LISTEN_MS,
    answer_ms: int = ANSWER_MS,
) -> Found:
    """Try the speeds in order until something is recognised. Never raises for a port that cannot be used."""
    found = Found(place, bauds[0], trouble="nothing was tried")
    for baud in bauds:
        try:
            # 8-N-1 hears both line settings: a 7-E-1 line shows its parity in the eighth bit.
            link = await open_port(place, baud, "8N1")
            try:
                found = await _look(link, place, baud, listen_ms, answer_ms)
            finally:
                await link.close()
        except LinkBroken as broken:
            return Found(place, baud, trouble=str(broken))
        if found.guesses:
            return found
    return found


async def _look(link: ByteLink, place: str, baud: int, listen_ms: int, answer_ms: int) -> Found:
    heard = await _hear(link, listen_ms)
    total = len(heard)
    if found := guesses(heard):
        return Found(place, baud, found, total, by_listening=True)
    for probe in probes():
        await link.write(probe)
        heard = await _hear(link, answer_ms)
        total += len(heard)
        if found := guesses(heard):
            return Found(place, baud, found, total)
    return Found(place, baud, heard_bytes=total)


async def _hear(link: ByteLink, for_ms: int) -> bytes:
    heard = b""
    try:
        async with asyncio.timeout(for_ms / 1000):
            while True:
                heard = (heard + await link.read())[-HEARD_BYTES_MAX:]
    except TimeoutError:
        return heard
