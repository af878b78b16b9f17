"""A device's traffic recorded over its real wire and played back, the host's side compared."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from protocols.clock import SeededRandom
from protocols.scales.registry import PROTOCOLS
from simulators.cables import SerialCable, TcpCable
from simulators.clock import SystemClock
from simulators.scale import ScaleSimulator
from simulators.traffic.recorder import Recorder, save
from simulators.traffic.replayer import Replayer
from simulators.traffic.trace import Trace, read_trace
from tests.support.waiting import until

ASKED = (b"S\r\n", b"SI\r\n", b"@\r\n")
CARD = b"4111111111111111"


async def ask(port: int, questions: tuple[bytes, ...]) -> list[bytes]:
    """A host that asks one thing after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    for question in questions:
        writer.write(question)
        answers.append(await asyncio.wait_for(reader.readuntil(b"\n"), 5))
    writer.close()
    await writer.wait_closed()
    return answers


async def recorded(tmp_path: Path) -> tuple[Trace, list[bytes]]:
    scale = ScaleSimulator(TcpCable(0), SystemClock(), PROTOCOLS["mt_sics"])
    await scale.start()
    scale.set_weight(1_250, settle_ms=0)
    recorder = Recorder("scale-1", SystemClock(), SeededRandom(1))
    assert isinstance(scale.cable, TcpCable)
    port = await recorder.on_tcp(0, "127.0.0.1", scale.cable.port)
    answers = await ask(port, ASKED)
    await asyncio.sleep(0.05)
    trace = await recorder.stop()
    await scale.stop()
    save(trace, tmp_path / "scale.jsonl")
    return read_trace(tmp_path / "scale.jsonl"), answers


async def test_a_scale_is_played_from_its_trace(tmp_path: Path) -> None:
    trace, answers = await recorded(tmp_path)
    assert trace.said("to_device") == b"".join(ASKED)
    assert trace.said("to_host") == b"".join(answers)
    assert trace.rows[0].way == "open"
    assert (tmp_path / "scale.jsonl").stat().st_mode & 0o077 == 0
    cable = TcpCable(0)
    playing = asyncio.create_task(Replayer(trace, cable, speed=0).play())
    await until(lambda: cable.plugged_in)
    assert await ask(cable.port, ASKED) == answers
    compared = await playing
    assert compared.same
    assert compared.rows == len(trace.rows)


async def test_a_host_that_asks_something_else_is_told_where(tmp_path: Path) -> None:
    trace, _ = await recorded(tmp_path)
    cable = TcpCable(0)
    playing = asyncio.create_task(Replayer(trace, cable, speed=0, wait_seconds=0.5).play())
    await until(lambda: cable.plugged_in)
    _, writer = await asyncio.open_connection("127.0.0.1", cable.port)
    writer.write(b"S\r\nSX\r\n@\r\nmore")
    compared = await playing
    writer.close()
    assert [str(each) for each in compared.differences] == ["at byte 4: expected 49 0d 0a, heard 58 0d 0a"]
    assert compared.left == b"more"


async def test_a_serial_device_is_recorded_without_the_card_it_read(tmp_path: Path) -> None:
    device, port = SerialCable(tmp_path / "device"), tmp_path / "port"
    await device.plug_in(lambda _data: None)
    recorder = Recorder("reader-1", SystemClock(), SeededRandom(1))
    await recorder.on_serial(port, tmp_path / "device")
    await until(port.exists)
    opened = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    for piece in (b"PAN=41111111", b"11111111;\r"):
        device.send(piece)
        await asyncio.sleep(0.05)
    os.close(opened)
    trace = await recorder.stop()
    await device.unplug()
    said = trace.said("to_host")
    assert len(said) == 22
    assert CARD not in said, "a number in two pieces is a number"
    assert said.startswith(b"PAN=9")
    assert said.endswith(b"1111;\r")
    assert trace.head.masked == ("cards", "codes")
