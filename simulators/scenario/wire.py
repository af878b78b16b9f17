"""Playing a scenario in wire mode: real sockets and serial ports, real time, a real box beside the bench."""

from __future__ import annotations

from pathlib import Path

from protocols.clock import IdSource
from simulators.clock import SystemClock, SystemRandom
from simulators.running import running
from simulators.scenario.chronicle import Chronicle
from simulators.scenario.player import Outcome, Player
from simulators.scenario.stage import WireStage
from simulators.scenario.steps import Scenario
from simulators.store_file import load_store
from simulators.yaml_source import YamlRefused

WATCH_MS = 200


def store_of(scenario: Scenario, path: Path) -> Path:
    """The store file a scenario names. Raises `YamlRefused` when it names none."""
    if scenario.store is None:
        raise YamlRefused(str(path), 1, 1, "names no store. Write store: store.yaml, or name a running bench with --bench.")
    return path.parent / scenario.store


async def play_wire(scenario: Scenario, bench_url: str, box_url: str | None) -> tuple[Outcome, Chronicle]:
    """One run against a bench that is up. Raises `StepRefused` when it does not answer."""
    clock = SystemClock()
    stage = WireStage(bench_url, clock, box_url)
    chronicle = Chronicle(clock.monotonic_ms)
    ids = IdSource(clock, SystemRandom())
    try:
        player = Player(scenario, stage, chronicle, look_every_ms=WATCH_MS, ids=ids.new)
        return await player.run(), chronicle
    finally:
        await stage.close()


async def play_on_own_bench(scenario: Scenario, store: Path, run_folder: Path) -> tuple[Outcome, Chronicle]:
    """One run against a bench that is up for as long as the run, without a box. Raises as its parts do."""
    settings = load_store(store, run_folder)
    async with running(settings) as here:
        return await play_wire(scenario, here.url, None)
