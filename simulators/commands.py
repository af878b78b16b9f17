"""`play`, `day`, `record` and `trace` of the simulators' command line."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path

import msgspec

from simulators.cables import Cable, SerialCable, TcpCable
from simulators.clock import SystemClock, SystemRandom
from simulators.scenario.chronicle import Chronicle
from simulators.scenario.day import DayPlan, day_scenario
from simulators.scenario.page import timeline
from simulators.scenario.player import Outcome
from simulators.scenario.reading import read_scenario, write_scenario
from simulators.scenario.steps import Scenario
from simulators.scenario.wire import play_on_own_bench, play_wire, store_of
from simulators.store_file import load_store
from simulators.traffic.masking import KINDS
from simulators.traffic.recorder import Recorder, save
from simulators.traffic.replayer import Replayer
from simulators.traffic.trace import read_trace
from simulators.world import read_catalogue


def say(words: str) -> None:
    """A line for whoever started the command."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


class WrongPlace(ValueError):
    """An address that is none; the text says how one is written."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Their words."""
    play = commands.add_parser("play", help="play a scenario in wire mode")
    play.add_argument("scenario", type=Path, metavar="SCENARIO", help="the scenario's YAML file")
    play.add_argument(
        "--bench", metavar="URL", help="a bench that is up; default: the scenario's store, for as long as the run"
    )
    play.add_argument("--box", metavar="URL", help="the box beside it, for steps at a till")
    play.add_argument("--seed", type=int, help="takes the place of the file's seed")
    play.add_argument("--timeline", type=Path, metavar="FILE", help="write the run's timeline there (one HTML file)")
    play.set_defaults(act=_play)
    day = commands.add_parser("day", help="print a store day of one seed as a scenario")
    day.add_argument("store", type=Path, metavar="STORE", help="the store's YAML file")
    day.add_argument("--goods", type=Path, required=True, metavar="CSV", help="lines of code,piece|weighed,popularity")
    day.add_argument("--seed", type=int, default=1)
    day.add_argument("--hours", type=int, default=14)
    day.add_argument("--shoppers", type=int, default=300)
    day.add_argument("--staff", required=True, help="who opens the tills")
    day.add_argument("--pin", required=True)
    day.set_defaults(act=_day)
    record = commands.add_parser("record", help="stand before a device and write down what both sides say")
    record.add_argument("--device", required=True, metavar="PLACE", help="HOST:PORT, or the path of a serial port")
    record.add_argument("--listen", required=True, metavar="PLACE", help="where the box connects: a port, or a path to make")
    record.add_argument("--out", type=Path, required=True, metavar="FILE", help="the trace")
    record.add_argument(
        "--mask", action="append", choices=KINDS, default=[], help="further secrets to hide, beside cards and codes"
    )
    record.set_defaults(act=_record)
    trace = commands.add_parser("trace", help="play a device from a trace, and compare what the box says")
    trace.add_argument("trace", type=Path, metavar="TRACE")
    trace.add_argument("--listen", required=True, metavar="PLACE", help="a port, or the path of a serial port to make")
    trace.add_argument(
        "--speed", type=float, default=1.0, help="1 as recorded, 100 a hundred times as fast, 0 without waiting"
    )
    trace.set_defaults(act=_trace)


def _play(given: argparse.Namespace) -> int:
    scenario = read_scenario(given.scenario)
    if given.seed is not None:
        scenario = msgspec.structs.replace(scenario, seed=given.seed)
    outcome, chronicle = asyncio.run(_played(scenario, given))
    again = f"tallystick sim play {given.scenario} --seed {outcome.seed}"
    if given.timeline is not None:
        given.timeline.write_text(timeline(outcome, chronicle.events, left_off=chronicle.left_off, again=again), "utf-8")
    for failure in outcome.failures:
        say(f"{given.scenario}: {failure}")
    say(
        json.dumps(
            {
                "scenario": scenario.scenario,
                "seed": outcome.seed,
                "steps": outcome.steps,
                "took_ms": outcome.took_ms,
                "broken": len(outcome.failures),
                "again": again,
            },
            ensure_ascii=False,
        )
    )
    return 1 if outcome.failures else 0


async def _played(scenario: Scenario, given: argparse.Namespace) -> tuple[Outcome, Chronicle]:
    if given.bench is not None:
        return await play_wire(scenario, given.bench, given.box)
    with tempfile.TemporaryDirectory(prefix="sim-play-") as folder:
        return await play_on_own_bench(scenario, store_of(scenario, given.scenario), Path(folder))


def _day(given: argparse.Namespace) -> int:
    goods = read_catalogue(given.goods.read_text(encoding="utf-8"))
    plan = DayPlan(given.seed, given.staff, given.pin, minutes=60 * given.hours, shoppers=given.shoppers)
    with tempfile.TemporaryDirectory(prefix="sim-day-") as folder:
        scenario = day_scenario(plan, load_store(given.store, Path(folder)), goods)
    say(write_scenario(msgspec.structs.replace(scenario, store=given.store.name)).rstrip())
    return 0


def _record(given: argparse.Namespace) -> int:
    asyncio.run(_recorded(given))
    return 0


async def _recorded(given: argparse.Namespace) -> None:
    recorder = Recorder(given.device, SystemClock(), SystemRandom(), given.mask)
    host, _, port = given.device.rpartition(":")
    if port.isdigit() and host:
        taken = await recorder.on_tcp(port_of(given.listen), host, int(port))
        say(f"recording {given.device}: connect the box to 127.0.0.1:{taken}; Ctrl-C ends it")
    else:
        await recorder.on_serial(Path(given.listen), Path(given.device))
        say(f"recording {given.device}: give the box the port {given.listen}; Ctrl-C ends it")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    trace = await recorder.stop()
    save(trace, given.out)
    say(f"{given.out}: {len(trace.rows)} rows" + (", cut: the file is full" if trace.head.cut else ""))


def port_of(text: str) -> int:
    """A port, or the port of `127.0.0.1:9100`. Raises `WrongPlace`."""
    number = text.rpartition(":")[2]
    if not number.isdigit() or int(number) > 65_535:
        raise WrongPlace(f"--listen: '{text}' is no port. Write 9100, or 0 for a free one.")
    return int(number)


def _trace(given: argparse.Namespace) -> int:
    trace = read_trace(given.trace)
    cable: Cable = TcpCable(int(given.listen)) if given.listen.isdigit() else SerialCable(Path(given.listen))
    compared = asyncio.run(Replayer(trace, cable, speed=given.speed).play())
    for difference in compared.differences:
        say(f"{given.trace}: {difference}")
    if compared.left:
        say(f"{given.trace}: the box said {len(compared.left)} bytes more than was recorded")
    say("the box said what was recorded" if compared.same else "the box said something else")
    return 0 if compared.same else 1
