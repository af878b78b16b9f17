"""`python -m simulators`: devices that speak the real wire, on this machine, with a page to touch and break them."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from simulators.bench import MODE, Bench
from simulators.commands import WrongPlace, add_commands
from simulators.edge_config import edge_config
from simulators.fault_menu import FAULTS
from simulators.running import Running, running
from simulators.scenario.stage import StepRefused
from simulators.settings import BenchSettings, SettingsRefused, load
from simulators.store_file import load_store
from simulators.traffic.trace import TraceRefused
from simulators.up import NotUp, answering, bring_down, bring_up, folder_of, known, note_down, note_up
from simulators.web import CannotListen
from simulators.world import CatalogueRefused
from simulators.yaml_source import YamlRefused

EXAMPLE = Path(__file__).with_name("example-bench.toml")

HELP = """A whole store's devices as its box sees them, without any hardware: scales, barcode scanners, receipt printers,
shelf labels, on one page to touch, load and break.

  tallystick sim up store.yaml                         every device of a store, in the background; prints the box's settings
  tallystick sim status store.yaml                     what is up, and what is wrong
  tallystick sim down store.yaml                       end it
  tallystick sim faults                                every fault there is, by kind of device
  tallystick sim play scenario.yaml                    play a scenario in real time; --timeline: what happened
  tallystick sim day store.yaml --goods goods.csv ...  a store day of one seed, as a scenario
  tallystick sim record --device ... --listen ...      write down what a real device and its host say
  tallystick sim trace trace.jsonl --listen ...        play the device from it, and compare what the host says

The same in the foreground, from a TOML file (python -m simulators is the same command):

  python -m simulators example > bench.toml            a settings file with every key explained
  python -m simulators check --config bench.toml       what is wrong with it, if anything
  python -m simulators run --config bench.toml         start; Ctrl-C ends everything
  python -m simulators edge-config --config bench.toml the [[tills]] and [[devices]] of a box's store.toml that fit it

Then open http://127.0.0.1:8090/ (English and Chinese). The same by program: http://127.0.0.1:8090/openapi.json, and from
Python simulators.bench_client. Everything listens on 127.0.0.1 only.

This is *wire* mode: real sockets and pseudo-terminals, real time. *Replay* mode (memory links, a virtual clock, the same
seed gives the same event log byte for byte) runs whole store days inside one process: see tests/sim."""


def main(words: list[str] | None = None) -> int:
    """The command line. Exit code 2 for settings that cannot be used, 1 when a port is taken or nothing is up."""
    given = _parser().parse_args(words)
    try:
        done: int = given.act(given)
    except (SettingsRefused, YamlRefused, TraceRefused, CatalogueRefused, WrongPlace) as error:
        print(f"simulators: {error}", file=sys.stderr)
        return 2
    except CannotListen as error:
        print(f"simulators: {error}. Is another bench running?", file=sys.stderr)
        return 1
    except (NotUp, StepRefused, OSError) as error:
        print(f"simulators: {error}", file=sys.stderr)
        return 1
    return done


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, about, act in (
        ("run", "start the bench", _run),
        ("check", "read the settings and say what is wrong", _check),
        ("edge-config", "print the part of a box's settings that fits", _edge_config),
    ):
        command = commands.add_parser(name, help=about)
        command.add_argument("--config", type=Path, required=True, metavar="FILE", help="the bench's TOML file")
        command.set_defaults(act=act)
        if name == "run":
            command.add_argument("--seed", type=int, help="takes the place of the file's seed")
    for name, about, act in (
        ("up", "every device of a store, in the background", _up),
        ("status", "what is up, and what is wrong", _status),
        ("down", "end what is up", _down),
    ):
        command = commands.add_parser(name, help=about)
        command.add_argument("store", type=Path, metavar="STORE", help="the store's YAML file")
        command.set_defaults(act=act)
        if name == "up":
            command.add_argument("--seed", type=int, help="takes the place of the file's seed")
            command.add_argument("--foreground", action="store_true", help="stay here; Ctrl-C ends everything")
    commands.add_parser("example", help="print a settings file with every key explained").set_defaults(act=_example)
    commands.add_parser("faults", help="every fault there is").set_defaults(act=_faults)
    add_commands(commands)
    return parser


def _example(_given: argparse.Namespace) -> int:
    print(EXAMPLE.read_text(), end="")
    return 0


def _check(given: argparse.Namespace) -> int:
    load(given.config)
    print(f"{given.config}: fine.")
    return 0


def _edge_config(given: argparse.Namespace) -> int:
    print(edge_config(load(given.config), given.config.name), end="")
    return 0


def _faults(_given: argparse.Namespace) -> int:
    for kind, faults in FAULTS.items():
        print(kind)
        for each in faults:
            print(f"  {each.name:28} {each.sort.value:15} {each.about}")
    return 0


def _run(given: argparse.Namespace) -> int:
    settings = _seeded(load(given.config), given.seed)
    asyncio.run(_serve(settings, lambda _here: None))
    return 0


def _up(given: argparse.Namespace) -> int:
    settings = _seeded(load_store(given.store, folder_of(given.store)), given.seed)  # complains here, not in a log
    if given.foreground:
        try:
            asyncio.run(_serve(settings, lambda here: print(f"box settings  {note_up(given.store, settings, here.url)}")))
        finally:
            note_down(given.store)
        return 0
    state = bring_up(given.store, given.seed)
    box = folder_of(given.store) / "box.toml"
    print(f"up: {state.url}/   (end it with: tallystick sim down {given.store})\n# {box}\n{box.read_text()}", end="")
    return 0


def _status(given: argparse.Namespace) -> int:
    state = known(given.store)
    told = answering(state) if state is not None else None
    if state is None or told is None:
        raise NotUp(f"it is not up. Start it with: tallystick sim up {given.store}")
    print(f"up: {state.url}/   seed {told.seed}   box settings: {folder_of(given.store) / 'box.toml'}")
    for fault in told.faults:
        print(f"  fault   {fault.id}: {fault.fault} = {fault.value}")
    print("  no fault is switched on" if not told.faults else "", end="\n" if not told.faults else "")
    return 0


def _down(given: argparse.Namespace) -> int:
    bring_down(given.store)
    print("down")
    return 0


def _seeded(settings: BenchSettings, seed: int | None) -> BenchSettings:
    return settings if seed is None else msgspec.structs.replace(settings, seed=seed)


async def _serve(settings: BenchSettings, when_up: Callable[[Running], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(settings, stop=stop.set) as here:
        _greet(here.bench, here.url)
        when_up(here)
        print("ready", flush=True)
        await stop.wait()


def _greet(bench: Bench, url: str) -> None:
    print(f"bench         {url}/   {MODE} mode, seed {bench.settings.seed}")
    for name, scale in bench.scales.items():
        print(f"scale         {name}: {scale.protocol.name} at {scale.cable.place}")
    for name, scanner in bench.scanners.items():
        print(f"scanner       {name}: {scanner.cable.place}")
    for name, printer in bench.printers.items():
        print(f"printer       {name}: {printer.place}")
    for name, point in bench.access_points.items():
        print(f"labels        {name}: {point.url}   pictures {point.url}/labels")
    for name, ble in bench.ble_points.items():
        print(f"labels        {name}: {ble.place} (Bluetooth controller, HCI)")
    for name, reader in bench.readers.items():
        print(f"reader        {name}: 127.0.0.1:{reader.port} (LLRP)")


if __name__ == "__main__":
    sys.exit(main())
