"""`python -m simulators`: devices that speak the real wire, on this machine, with a page to touch and break them."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import msgspec

from simulators.bench import MODE, Bench
from simulators.clock import SystemClock
from simulators.control import Control
from simulators.edge_config import edge_config
from simulators.settings import BenchSettings, SettingsRefused, load
from simulators.web import CannotListen, WebServer

EXAMPLE = Path(__file__).with_name("example-bench.toml")

HELP = """A whole store's devices as its box sees them, without any hardware: scales, barcode scanners, receipt printers,
shelf labels, on one page to touch, load and break.

  python -m simulators example > bench.toml            a settings file with every key explained
  python -m simulators check --config bench.toml       what is wrong with it, if anything
  python -m simulators run --config bench.toml         start; Ctrl-C ends everything
  python -m simulators edge-config --config bench.toml the [[tills]] and [[devices]] of a box's store.toml that fit it

Then open http://127.0.0.1:8090/ (English and Chinese). The same by program: http://127.0.0.1:8090/openapi.json, and from
Python simulators.bench_client. Everything listens on 127.0.0.1 only.

This is *wire* mode: real sockets and pseudo-terminals, real time. *Replay* mode (memory links, a virtual clock, the same
seed gives the same event log byte for byte) runs whole store days inside one process: see tests/sim."""


def main(words: list[str] | None = None) -> int:
    """The command line. Exit code 2 for settings that cannot be used, 1 when a port is taken."""
    parser = argparse.ArgumentParser(
        prog="python -m simulators", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words_about in (
        ("run", "start the bench"),
        ("check", "read the settings and say what is wrong"),
        ("edge-config", "print the part of a box's settings that fits"),
    ):
        command = commands.add_parser(name, help=words_about)
        command.add_argument("--config", type=Path, required=True, metavar="FILE", help="the bench's TOML file")
        if name == "run":
            command.add_argument("--seed", type=int, help="takes the place of the file's seed")
    commands.add_parser("example", help="print a settings file with every key explained")
    given = parser.parse_args(words)
    if given.command == "example":
        print(EXAMPLE.read_text(), end="")
        return 0
    try:
        settings = load(given.config)
        if given.command == "check":
            print(f"{given.config}: fine.")
            return 0
        if given.command == "edge-config":
            print(edge_config(settings, given.config.name), end="")
            return 0
        asyncio.run(_run(settings, given.seed))
    except SettingsRefused as error:
        print(f"simulators: {error}", file=sys.stderr)
        return 2
    except CannotListen as error:
        print(f"simulators: {error}. Is another bench running?", file=sys.stderr)
        return 1
    return 0


async def _run(settings: BenchSettings, seed: int | None) -> None:
    if seed is not None:
        settings = msgspec.structs.replace(settings, seed=seed)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    bench = Bench(settings, SystemClock())
    web = WebServer(Control(bench).app(), settings.port)
    try:
        await bench.start()
        await web.start()
        _greet(bench, web.port)
        await stop.wait()
    finally:
        await web.stop()
        await bench.stop()


def _greet(bench: Bench, port: int) -> None:
    print(f"bench         http://127.0.0.1:{port}/   {MODE} mode, seed {bench.settings.seed}")
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
    print("ready", flush=True)


if __name__ == "__main__":
    sys.exit(main())
