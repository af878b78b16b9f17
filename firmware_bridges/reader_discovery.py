"""Looks for LLRP readers in a network, when somebody asks for it: every address is tried, what answers is asked who it is.

It is never done by itself. A reader that another client has tells that client that somebody tried to connect; it goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from dataclasses import dataclass

from firmware_bridges.links import open_tcp
from firmware_bridges.supervise import LinkBroken
from protocols.llrp.visit import WITHIN_MS, Visit, Visited

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
HOSTS_MAX = 1_024
"""Addresses in one search (an IPv4 /22). More are refused: a search is for one shop's network."""
AT_ONCE = 64
CONNECT_WITHIN_MS = 800


@dataclass(frozen=True, slots=True)
class FoundReader:
    """A reader and where it is."""

    host: str
    port: int
    told: Visited


async def find_readers(network: Network, port: int) -> list[FoundReader]:
    """All readers in a network, by address: about 0.8 s for every 64 addresses. Raises ValueError for too large a one."""
    if network.num_addresses > HOSTS_MAX:
        raise ValueError(f"{network} has {network.num_addresses} addresses; at most {HOSTS_MAX} are searched (a /22)")
    hosts = [str(host) for host in network.hosts()] or [str(network.network_address)]
    gate = asyncio.Semaphore(AT_ONCE)

    async def look(host: str) -> FoundReader | None:
        async with gate:
            told = await visit(host, port)
        return None if told is None else FoundReader(host, port, told)

    found = await asyncio.gather(*(look(host) for host in hosts))
    return [each for each in found if each is not None]


async def visit(host: str, port: int) -> Visited | None:
    """Ask one address who it is; None: nobody, or no LLRP reader."""
    conversation = Visit()
    with contextlib.suppress(LinkBroken):
        link = await open_tcp(host, port, connect_within_ms=CONNECT_WITHIN_MS)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WITHIN_MS / 1000):
                    while not conversation.done:
                        conversation.receive(await link.read())
                        if data := conversation.take_output():
                            await link.write(data)
        finally:
            await link.close()
    return conversation.found
