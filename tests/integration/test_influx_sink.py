"""Measurements copied to a real VictoriaMetrics and read back; a sink that is dead, slow or refuses never holds the box."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from deploy.processes import free_port
from edge.figures import Figures
from edge.telemetry.influx import InfluxSink, line_of
from edge.telemetry.sink import Sink, SinkAway, SinkQueue, Value
from protocols.contract.telemetry import Measured, Series
from tests.support.needed import missing
from tests.support.waiting import until

TOKEN = "a-token-nobody-may-see"


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("victoria-metrics") or shutil.which("victoria-metrics-prod")
    if program is None:
        missing("victoria-metrics")
    port = free_port()
    argv = [program, f"-storageDataPath={tmp_path / 'vm'}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y",
            "-search.latencyOffset=0s", "-memory.allowedBytes=64MB"]  # fmt: skip
    with (tmp_path / "vm.log").open("wb") as log:
        child = subprocess.Popen(argv, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while True:
        assert child.poll() is None, (tmp_path / "vm.log").read_text()
        assert time.monotonic() < deadline
        try:
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.05)
    yield url
    child.kill()
    child.wait(10)


def queue(sink: Sink, figures: Figures, *, points_max: int = 1_000) -> SinkQueue:
    return SinkQueue(lambda: sink, figures, points_max=points_max)


async def test_a_real_sink_gives_back_what_was_measured(victoria: str) -> None:
    figures = Figures()
    waiting = queue(InfluxSink(victoria, "", "tallystick", TOKEN, "S 001"), figures)
    now_ms = int(time.time() * 1000)
    series = (Series("freezer, 1", "temperature_celsius", (-18.4, -18.2)), Series("", "load", (0.5, None)))
    waiting.take(Measured(at_ms=(now_ms - 60_000, now_ms), series=series))
    task = asyncio.create_task(waiting.run())
    try:
        await until(lambda: figures.counts.get(("", "sink_sent")) == 3)
        async with httpx.AsyncClient(base_url=victoria, trust_env=False) as client:
            for _ in range(100):
                found = await client.get("/api/v1/export", params={"match[]": '{store="S 001"}', "reduce_mem_usage": "1"})
                if found.text.count("-18.") == 2 and "tallystick_load" in found.text:
                    break
                await client.get("/internal/force_flush")
                await asyncio.sleep(0.05)
        text = found.text
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert "tallystick_temperature_celsius" in text
    assert '"device":"freezer, 1"' in text
    assert text.count("-18.4") == text.count("-18.2") == 1, text
    assert f"{now_ms - 60_000}" in text
    assert '"device":"box"' in text


class Fickle:
    """A sink as somebody wants it: away, refusing, slow."""

    def __init__(self) -> None:
        self.away: SinkAway | None = None
        self.slow_seconds = 0.0
        self.got: list[Value] = []

    def write(self, values: Sequence[Value]) -> None:
        time.sleep(self.slow_seconds)
        if self.away is not None:
            raise self.away
        self.got.extend(values)

    def close(self) -> None:
        pass


async def test_an_outage_keeps_the_newest_and_counts_the_rest_and_is_told_once() -> None:
    sink, figures = Fickle(), Figures()
    sink.away = SinkAway(0, "ConnectionRefused")
    waiting = queue(sink, figures, points_max=100)
    with capture_logs() as logs:
        task = asyncio.create_task(waiting.run())
        for at_ms in range(250):
            waiting.put(at_ms, {("", "load"): 1.0})
            await asyncio.sleep(0)
        assert waiting.waiting <= 100
        await until(lambda: any("away" in line["event"] for line in logs))
        sink.away = None
        await until(lambda: waiting.waiting == 0 and len(sink.got) == 100)
        await until(lambda: any("back" in line["event"] for line in logs))
        task.cancel()
        await asyncio.wait({task})
    assert [value.at_ms for value in sink.got] == list(range(150, 250)), "the newest, in their order"
    assert figures.counts["", "sink_dropped"] == 150
    assert len([line for line in logs if "away" in line["event"]]) == 1
    assert TOKEN not in str(logs)


async def test_values_the_sink_takes_offence_at_do_not_stop_the_others() -> None:
    sink, figures = Fickle(), Figures()
    sink.away = SinkAway(400, "it answers with status 400")
    waiting = queue(sink, figures)
    task = asyncio.create_task(waiting.run())
    waiting.put(1, {("", "load"): 1.0})
    await until(lambda: figures.counts.get(("", "sink_dropped")) == 1)
    sink.away = None
    waiting.put(2, {("", "load"): float("nan"), ("", "memory_mb"): 2.0})
    await until(lambda: [value.at_ms for value in sink.got] == [2])
    task.cancel()
    await asyncio.wait({task})


async def test_a_slow_sink_holds_nobody() -> None:
    sink = Fickle()
    sink.slow_seconds = 0.3
    waiting = queue(sink, Figures())
    task = asyncio.create_task(waiting.run())
    waiting.put(1, {("", "load"): 1.0})
    turns = 0
    while not sink.got:
        turns += 1
        await asyncio.sleep(0)
    assert turns > 50, "the loop went on meanwhile"
    task.cancel()
    await asyncio.wait({task})


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", b"rubbish\r\n\r\n"])
async def test_a_dead_sink_is_away_in_words_without_the_token(answer: bytes) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def serve() -> None:
        peer, _ = server.accept()
        peer.recv(65_536)
        peer.sendall(answer)
        peer.close()

    thread = asyncio.create_task(asyncio.to_thread(serve))
    sink = InfluxSink(f"http://127.0.0.1:{port}", "", "b", TOKEN, "S001")
    with pytest.raises(SinkAway) as away:
        await asyncio.to_thread(sink.write, [Value("", "load", 1.0, 1)])
    await thread
    server.close()
    assert TOKEN not in str(away.value)
    with pytest.raises(SinkAway):
        await asyncio.to_thread(sink.write, [Value("", "load", 1.0, 1)])
    sink.close()


def test_lines_are_escaped() -> None:
    line = line_of(Value("a,b =c\n", "x_w", 1.5, 9), "S,1")
    assert line == "tallystick,store=S\\,1,device=a\\,b\\ \\=c\\  x_w=1.5 9"
