"""Looking for readers: what answers as one is told, what does not is left out, and a reader is free again afterwards."""

from __future__ import annotations

import asyncio
import ipaddress

import pytest

from edge import __main__ as box
from edge.find_readers import lines, network_of
from firmware_bridges import reader_discovery
from firmware_bridges.reader_discovery import FoundReader, find_readers, visit
from protocols.clock import SeededRandom
from protocols.llrp.reader_setup import Capabilities
from protocols.llrp.visit import Visit, Visited
from simulators.clock import SystemClock
from simulators.llrp_reader.server import LlrpReaderSimulator
from tests.support.waiting import until


async def test_a_reader_says_who_it_is_and_is_free_again() -> None:
    reader = LlrpReaderSimulator(0, SystemClock(), SeededRandom(3))
    await reader.start()
    found = await find_readers(ipaddress.ip_network("127.0.0.1/32"), reader.port)
    (one,) = found
    assert one.told.capabilities.antennas_max == 4
    assert one.told.reader_id
    await until(lambda: not reader.connected, seconds=10)
    reader.faults.refuse = True
    told = await visit("127.0.0.1", reader.port)
    assert told == Visited(taken=True)
    await reader.stop()
    assert await visit("127.0.0.1", reader.port) is None


async def test_a_web_server_is_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(0)
        writer.close()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr(reader_discovery, "WITHIN_MS", 100)
    for handler in (talk, say_nothing):
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        assert await visit("127.0.0.1", server.sockets[0].getsockname()[1]) is None
        server.close()


def test_a_network_too_large_is_refused_with_the_limit(capsys: pytest.CaptureFixture[str]) -> None:
    assert box.main(["find-readers", "10.0.0.0/16"]) == 2
    assert "at most 1024" in capsys.readouterr().err
    assert box.main(["find-readers", "store"]) == 2
    assert box.main(["find-readers", "127.0.0.1/32", "--port", "1"]) == 0
    assert "no reader answered" in capsys.readouterr().out


def test_what_was_found_can_be_copied_into_the_settings() -> None:
    able = Capabilities(manufacturer=25_882, model=7, firmware="8.1", antennas_max=4, inputs=4, outputs=4)
    told = lines(
        [
            FoundReader("192.0.2.40", 5_084, Visited(capabilities=able)),
            FoundReader("2001:db8::7", 5_085, Visited(taken=True)),
        ]
    )
    assert "# 192.0.2.40: Impinj, model 7, firmware 8.1, 4 antennas, 4 inputs, 4 outputs" in told
    assert 'host = "2001:db8::7"' in told
    assert "port = 5085" in told
    assert network_of("192.0.2.7/24") == ipaddress.ip_network("192.0.2.0/24")


def test_noise_ends_a_visit() -> None:
    conversation = Visit()
    conversation.receive(b"\xff" * 40)
    assert conversation.done
    assert conversation.found is None
