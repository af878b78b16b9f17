"""How many device events a second one box takes, how late its event loop is meanwhile, and what it holds.

The simulated scales (the bench's own, on TCP) run on one core, the box's daemon on another. Two loads: asked as fast as they
answer (events a second of the daemon's processor time, so that a busy machine is no slow box), and as in a large shop, every
200 ms (lateness of the loop, memory).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import structlog

from edge import bootstrap, daemon
from edge.settings import ClockSettings, MtSicsSettings, Settings, StoreSettings
from protocols.scales.mt_sics import PROTOCOL
from simulators.cables import TcpCable
from simulators.clock import SystemClock
from simulators.scale import ScaleSimulator
from tests.bench.box import rss_mb
from tests.bench.report import percentile, report

DEVICES = 100
FAST_MS, USUAL_MS = 1, 200
SETTLE_SECONDS, MEASURE_SECONDS = 4.0, 5.0
PROBE_SECONDS = 0.005
TARGET_EVENTS, TARGET_P99_MS, TARGET_RSS_MB = 2_000, 10.0, 150.0


def stay_on(core: int) -> None:
    """This process runs on one core; on a machine with a single one everybody shares it."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})


async def simulate() -> None:
    """The scales, until standard input ends. Prints their ports."""
    scales = [ScaleSimulator(TcpCable(0), SystemClock(), PROTOCOL) for _ in range(DEVICES)]
    for number, scale in enumerate(scales):
        await scale.start()
        scale.cell.put(100 + number, settle_ms=0)
    print(json.dumps([scale.cable.place for scale in scales]), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for scale in scales:
        await scale.stop()


async def carry(places: list[str], interval_ms: int) -> None:
    """The daemon, all but its doors, with these scales. Prints what it measured of itself."""
    with tempfile.TemporaryDirectory() as folder:
        devices = tuple(
            MtSicsSettings(id=f"scale-{number}", port=place, interval_ms=interval_ms) for number, place in enumerate(places)
        )
        store = StoreSettings(id="bench", data_dir=Path(folder))
        ground = bootstrap.lay_ground(Settings(store=store, clock=ClockSettings(trust="always"), devices=devices))
        box = await bootstrap.build(ground)
        async with asyncio.TaskGroup() as tasks:
            running = daemon.start_parts(box, tasks)
            await asyncio.sleep(SETTLE_SECONDS)
            ready = sum(view.state == "ready" for view in box.shop.devices.views())
            before = sum(life.events for life in ground.figures.lives().values())
            begun = time.process_time()
            late_ms = await _lateness()
            used_seconds = time.process_time() - begun
            events = sum(life.events for life in ground.figures.lives().values()) - before
            told = {
                "ready": ready,
                "events_per_s": events / MEASURE_SECONDS,
                "events_per_core_s": events / used_seconds,
                "p99_ms": percentile(late_ms, 0.99),
                "rss_mb": rss_mb(os.getpid()),
            }
            print(json.dumps(told), flush=True)
            for task in running:
                task.cancel()
        daemon.close(ground)


async def _lateness() -> list[float]:
    """How late a timer fires, again and again while it is measured."""
    loop = asyncio.get_running_loop()
    ends, found = loop.time() + MEASURE_SECONDS, []
    while (now := loop.time()) < ends:
        await asyncio.sleep(PROBE_SECONDS)
        found.append((loop.time() - now - PROBE_SECONDS) * 1000)
    return found


def _measured(places: list[str], interval_ms: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.devices", "carry", str(interval_ms)]
    done = subprocess.run(command, input=json.dumps(places), capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    assert told["ready"] == DEVICES, told
    return told


def main(words: list[str]) -> None:
    """Print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if words[:1] == ["simulate"]:
        stay_on(0)
        asyncio.run(simulate())
        return
    if words[:1] == ["carry"]:
        stay_on(1)
        asyncio.run(carry(json.load(sys.stdin), int(words[1])))
        return
    command = [sys.executable, "-m", "tests.bench.devices", "simulate"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as simulators:
        assert simulators.stdout is not None
        places = json.loads(simulators.stdout.readline())
        fast, usual = _measured(places, FAST_MS), _measured(places, USUAL_MS)
        simulators.communicate()
    report(
        "devices_events_per_s",
        fast["events_per_core_s"],
        "events/s",
        peer=f"to beat: {TARGET_EVENTS}",
        ratio=round(fast["events_per_core_s"] / TARGET_EVENTS, 2),
        devices=DEVICES,
        by_the_wall_clock=round(fast["events_per_s"], 1),
        loop_latency_p99_ms=round(fast["p99_ms"], 2),
    )
    report(
        "loop_latency_p99_ms",
        usual["p99_ms"],
        "ms",
        peer=f"at most {TARGET_P99_MS:.0f} ms",
        ratio=round(usual["p99_ms"] / TARGET_P99_MS, 3),
        devices=DEVICES,
        events_per_s=round(usual["events_per_s"], 1),
    )
    report(
        "devices_rss_mb",
        usual["rss_mb"],
        "MB",
        peer=f"at most {TARGET_RSS_MB:.0f} MB",
        ratio=round(usual["rss_mb"] / TARGET_RSS_MB, 2),
        devices=DEVICES,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
