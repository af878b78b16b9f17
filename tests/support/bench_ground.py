"""A bench in this process, on free ports, with its page and API; and a box over it, made from the same file."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from deploy.processes import free_port
from simulators.bench import Bench
from simulators.bench_client import BenchClient
from simulators.clock import SystemClock
from simulators.control import Control
from simulators.edge_config import edge_config
from simulators.settings import BenchSettings, load
from simulators.web import WebServer
from tests.support.box_process import BoxProcess
from tests.support.goods import APPLES_CODE, BREAD_CODE, MILK_CODE

GOODS = "".join(
    f'[[goods]]\ncode = "{code}"\nname = "{name}"\nname_zh = "{name_zh}"\nsymbology = "{kind}"\n{more}\n'
    for code, name, name_zh, kind, more in (
        (MILK_CODE, "Milk 1 l", "牛奶 1 升", "ean_upc", ""),
        (BREAD_CODE, "Bread", "面包", "ean_upc", ""),
        (APPLES_CODE, "Apples", "苹果", "code128", "grams = 1235"),
    )
)


@dataclass
class RunningBench:
    """`bench` to look at and drive from inside, `url` and `client` from outside."""

    bench: Bench
    settings: BenchSettings
    url: str
    client: BenchClient


def store_toml(*, bad_lines: bool = False) -> str:
    """One till with everything, a second scale of the other protocol on TCP."""
    bad = {name: f'proxy_port = "run/{name}-bad"\n' if bad_lines else "" for name in ("scale-1", "scanner-1")}
    printer_line = f"proxy_port = {free_port()}\n" if bad_lines else ""
    return (
        "seed = 7\nport = 0\n"
        '[[tills]]\nid = "1"\nscale = "scale-2"\nprinter = "printer-1"\nscanner = "scanner-1"\n'
        f'[[scales]]\nid = "scale-1"\nport = "run/scale-1"\n{bad["scale-1"]}'
        f'[[scales]]\nid = "scale-2"\nkind = "mt_sics"\ntcp_port = {free_port()}\n'
        f'[[scanners]]\nid = "scanner-1"\nport = "run/scanner-1"\n{bad["scanner-1"]}'
        f'[[printers]]\nid = "printer-1"\nport = {free_port()}\n{printer_line}'
        f'[[access_points]]\nid = "labels-1"\nport = {free_port()}\nlabels = 6\ncheck_in_ms = 100\n' + GOODS
    )


@contextlib.asynccontextmanager
async def running_bench(folder: Path, toml: str) -> AsyncIterator[RunningBench]:
    """The bench of this file, with its API; everything ends with the block."""
    (folder / "bench.toml").write_text(toml)
    settings = load(folder / "bench.toml")
    bench = Bench(settings, SystemClock())
    web = WebServer(Control(bench).app(), settings.port)
    await bench.start()
    await web.start()
    url = f"http://127.0.0.1:{web.port}"
    try:
        with BenchClient(url) as client:
            yield RunningBench(bench, settings, url, client)
    finally:
        await web.stop()
        await bench.stop()


def box_on(folder: Path, settings: BenchSettings) -> BoxProcess:
    """A store box whose tills and devices are the bench's."""
    return BoxProcess(folder, tills=(), more_toml=edge_config(settings, "bench.toml"))
