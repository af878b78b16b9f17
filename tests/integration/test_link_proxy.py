"""The bad network, over real sockets: each fault does what it says, and heals."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from firmware_bridges.links import TcpLink, open_tcp
from firmware_bridges.supervise import LinkBroken
from protocols.clock import SeededRandom
from simulators.link_proxy import NO_FAULTS, LinkFaults, LinkProxy, Way
from tests.support.waiting import until


class EchoServer:
    """Sends back what it gets and keeps the pieces it came in."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.open_connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_connections += 1
        try:
            while data := await reader.read(65_536):
                self.pieces.append(data)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self.open_connections -= 1
            writer.close()

    def heard(self) -> bytes:
        return b"".join(self.pieces)


@pytest.fixture
async def echo() -> AsyncIterator[tuple[EchoServer, int]]:
    service = EchoServer()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    yield service, server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


@pytest.fixture
async def proxy(echo: tuple[EchoServer, int]) -> AsyncIterator[LinkProxy]:
    one = LinkProxy(0, "127.0.0.1", echo[1], SeededRandom(7))
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def link(proxy: LinkProxy) -> AsyncIterator[TcpLink]:
    one = await open_tcp("127.0.0.1", proxy.port)
    yield one
    await one.close()


async def exactly(link: TcpLink, count: int) -> bytes:
    got = b""
    async with asyncio.timeout(10):
        while len(got) < count:
            got += await link.read()
    return got


async def test_without_faults_it_is_a_wire(link: TcpLink) -> None:
    data = bytes(range(256)) * 400
    writing = asyncio.create_task(link.write(data))
    assert await exactly(link, len(data)) == data
    await writing


async def test_split_keeps_bytes_and_order(link: TcpLink, proxy: LinkProxy, echo: tuple[EchoServer, int]) -> None:
    proxy.set_faults(LinkFaults(split=True))
    await link.write(b"split me into pieces")
    assert await exactly(link, 20) == b"split me into pieces"
    assert len(echo[0].pieces) > 1


async def test_drop_loses_and_heals(link: TcpLink, proxy: LinkProxy, echo: tuple[EchoServer, int]) -> None:
    proxy.set_faults(LinkFaults(drop_per_mille=1_000), Way.TO_TARGET)
    await link.write(b"lost")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await link.read()
    proxy.set_faults(NO_FAULTS)
    await link.write(b"found")
    assert await exactly(link, 5) == b"found"
    assert echo[0].heard() == b"found"


async def lost_of(seed: int, target_port: int) -> list[int]:
    """Which of 40 numbered messages are lost with this seed."""
    proxy = LinkProxy(0, "127.0.0.1", target_port, SeededRandom(seed))
    await proxy.start()
    proxy.set_faults(LinkFaults(drop_per_mille=500), Way.TO_CLIENT)
    link = await open_tcp("127.0.0.1", proxy.port)
    kept: set[int] = set()
    for number in range(40):
        dropped = proxy.reads_dropped(Way.TO_CLIENT)
        await link.write(bytes([number]))
        reading = asyncio.create_task(link.read())
        await until(lambda before=dropped, answer=reading: proxy.reads_dropped(Way.TO_CLIENT) > before or answer.done())
        if reading.done():
            kept.update(reading.result())
        reading.cancel()
    await link.close()
    await proxy.stop()
    return [number for number in range(40) if number not in kept]


async def test_the_same_seed_loses_the_same(echo: tuple[EchoServer, int]) -> None:
    first = await lost_of(3, echo[1])
    assert 5 < len(first) < 35
    assert await lost_of(3, echo[1]) == first
    assert await lost_of(4, echo[1]) != first


async def test_delay_holds_back_and_keeps_order(link: TcpLink, proxy: LinkProxy) -> None:
    proxy.set_faults(LinkFaults(delay_ms=300), Way.TO_CLIENT)
    loop = asyncio.get_running_loop()
    sent_at = loop.time()
    await link.write(b"first ")
    await link.write(b"second")
    assert await exactly(link, 12) == b"first second"
    assert loop.time() - sent_at >= 0.29  # a lower bound: a slow machine only makes it longer


async def test_jitter_keeps_order(link: TcpLink, proxy: LinkProxy) -> None:
    proxy.set_faults(LinkFaults(jitter_ms=20))
    for number in range(10):
        await link.write(bytes([number]))
    assert await exactly(link, 10) == bytes(range(10))


async def test_duplicate_sends_twice(link: TcpLink, proxy: LinkProxy) -> None:
    proxy.set_faults(LinkFaults(duplicate_per_mille=1_000), Way.TO_CLIENT)
    await link.write(b"twice")
    assert await exactly(link, 10) == b"twicetwice"


async def test_a_cut_in_the_middle_of_a_message(link: TcpLink, proxy: LinkProxy, echo: tuple[EchoServer, int]) -> None:
    proxy.set_faults(LinkFaults(disconnect_after_bytes=3), Way.TO_TARGET)
    await link.write(b"whole message")
    with pytest.raises(LinkBroken):
        await exactly(link, 100)
    assert proxy.bytes_passed(Way.TO_TARGET) == 3
    assert b"whole message".startswith(echo[0].heard())
    assert len(echo[0].heard()) <= 3  # a reset may take what was on its way
    again = await open_tcp("127.0.0.1", proxy.port)
    await again.write(b"later ones are whole")
    assert await exactly(again, 20) == b"later ones are whole"
    await again.close()


async def test_stall_holds_everything_and_then_lets_go(
    link: TcpLink, proxy: LinkProxy, echo: tuple[EchoServer, int]
) -> None:
    proxy.set_faults(LinkFaults(stall=True), Way.TO_CLIENT)
    await link.write(b"held")
    await until(lambda: echo[0].heard() == b"held")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await link.read()
    proxy.set_faults(NO_FAULTS)
    assert await exactly(link, 4) == b"held"


async def test_disconnect_now_ends_both_sides_and_a_new_connection_works(
    link: TcpLink, proxy: LinkProxy, echo: tuple[EchoServer, int]
) -> None:
    await link.write(b"hello")
    await exactly(link, 5)
    proxy.disconnect_now()
    with pytest.raises(LinkBroken):
        await exactly(link, 1)
    await until(lambda: echo[0].open_connections == 0)
    again = await open_tcp("127.0.0.1", proxy.port)
    await again.write(b"back")
    assert await exactly(again, 4) == b"back"
    await again.close()
    assert proxy.connections == 2


async def test_a_stalled_connection_can_be_cut(link: TcpLink, proxy: LinkProxy) -> None:
    proxy.set_faults(LinkFaults(stall=True))
    await link.write(b"held")
    proxy.disconnect_now()
    with pytest.raises(LinkBroken):
        await exactly(link, 1)


async def test_refusing_and_a_target_that_is_not_there(proxy: LinkProxy) -> None:
    proxy.refuse(refusing=True)
    refused = await open_tcp("127.0.0.1", proxy.port)
    with pytest.raises(LinkBroken):
        await exactly(refused, 1)
    await refused.close()
    nowhere = LinkProxy(0, "127.0.0.1", 1, SeededRandom(1))
    await nowhere.start()
    lonely = await open_tcp("127.0.0.1", nowhere.port)
    with pytest.raises(LinkBroken):
        await exactly(lonely, 1)
    await lonely.close()
    await nowhere.stop()


async def test_no_one_listens_says_so(proxy: LinkProxy) -> None:
    with pytest.raises(LinkBroken, match="no connection to"):
        await open_tcp("127.0.0.1", 1)


def test_a_fault_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="no such fault"):
        LinkFaults(drop_per_mille=1_001)
