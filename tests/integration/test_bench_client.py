"""The bench driven from Python over its REST API: everything the page does, every refusal as words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import msgspec
import pytest

from protocols.device_events import WeightState
from protocols.escpos.operations import Cut, Text, encode
from simulators import control_shapes as shapes
from simulators.bench_client import BenchRefused
from simulators.mouth import SpeechFaults
from tests.support.bench_ground import RunningBench, running_bench, store_toml
from tests.support.waiting import until

Given = ParamSpec("Given")
Result = TypeVar("Result")


async def call(act: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """The client blocks, as a script wants it; the bench runs in this loop."""
    return await asyncio.to_thread(act, *args, **kwargs)


async def test_everything_the_page_does_from_python(tmp_path: Path) -> None:
    async with running_bench(tmp_path, store_toml(bad_lines=True)) as here:
        await check_looking(here)
        await check_scale_and_scanner(here)
        await check_printer(here)
        await check_labels(here)
        await check_faults_and_healing(here)
        await check_refusals(here)


async def check_looking(here: RunningBench) -> None:
    state = await call(here.client.state)
    assert (state.mode, state.seed, state.faults) == ("wire", 7, ())
    assert state.tills == (shapes.TillView(id="1", scale="scale-2", printer="printer-1", scanner="scanner-1"),)
    assert [(scale.id, scale.kind) for scale in state.scales] == [("scale-1", "toledo8217"), ("scale-2", "mt_sics")]
    assert [line.serial for line in state.proxies] == [True, True, False]
    assert [goods.grams for goods in await call(here.client.goods)] == [None, None, 1235]
    described = await call(here.client.get, "/openapi.json", dict[str, msgspec.Raw])
    paths = msgspec.json.decode(described["paths"], type=dict[str, dict[str, msgspec.Raw]])
    assert {"/scanners/{id}/scans", "/scales/{id}/keys", "/heal"} <= set(paths)


async def check_scale_and_scanner(here: RunningBench) -> None:
    scale = here.bench.scales["scale-1"]
    await call(here.client.weigh, "scale-1", 400, settle_ms=0)
    await call(here.client.press, "scale-1", "tare")
    await call(here.client.weigh, "scale-1", 1_000, settle_ms=0)
    assert (scale.load_grams, scale.cell.tare_grams) == (1_000, 400)
    await call(here.client.press, "scale-1", "clear_tare")
    await call(here.client.hold_scale, "scale-1", "motion")
    assert scale.state() is WeightState.MOTION
    await call(here.client.scan, "scanner-1", "4006381333931", "ean_upc")
    assert (await call(here.client.state)).scanners[0].scans == 1


async def check_printer(here: RunningBench) -> None:
    printer = here.bench.printers["printer-1"]
    _, writer = await asyncio.open_connection("127.0.0.1", printer.port)
    writer.write(encode((Text("Thank you\n"), Cut(), Text("more\n")), charset="cp437"))
    await until(lambda: printer.hanging_out().strip() == "more")
    receipts = await call(here.client.receipts, "printer-1")
    assert "Thank you" in receipts.receipts[0].text
    assert (await call(here.client.receipt_png, "printer-1", 1)).startswith(b"\x89PNG")
    writer.close()
    await call(here.client.switch, "printer-1", shapes.Switches(paper_out=True, bytes_per_second=50))
    await call(here.client.close_drawer, "printer-1")


async def check_labels(here: RunningBench) -> None:
    labels = await call(here.client.labels, "labels-1")
    assert len(labels) == 6
    assert (await call(here.client.label_png, "labels-1", labels[0].mac)).startswith(b"\x89PNG")
    await call(here.client.reach, "labels-1", labels[0].mac, silent=True)
    assert (await call(here.client.labels, "labels-1"))[0].silent
    await call(here.client.spoil_point, "labels-1", shapes.PointFaults(busy=True))
    await call(here.client.restart_point, "labels-1", down_ms=1)
    await here.bench.access_points["labels-1"].restarted()


async def check_faults_and_healing(here: RunningBench) -> None:
    await call(here.client.spoil, "scanners", "scanner-1", SpeechFaults(late_ms=20, split=True))
    await call(here.client.plug, "scales", "scale-2", plugged_in=False)
    await call(here.client.spoil_line, "printer-1", shapes.LineFaults(refuse=True, delay_ms=5, way="to_client"))
    await call(here.client.cut_line, "printer-1")
    told = {(fault.id, fault.fault, fault.value) for fault in (await call(here.client.state)).faults}
    assert told == {
        ("scale-1", "held", "motion"),
        ("scale-2", "unplugged", "true"),
        ("scanner-1", "late_ms", "20"),
        ("scanner-1", "split", "true"),
        ("printer-1", "paper_out", "true"),
        ("printer-1", "bytes_per_second", "50"),
        ("printer-1", "delay_ms", "5"),
        ("printer-1", "refuse", "true"),
        ("labels-1", "busy", "true"),
    }
    await call(here.client.heal)
    state = await call(here.client.state)
    assert state.faults == ()
    assert not (await call(here.client.labels, "labels-1"))[0].silent
    assert all(scale.plugged_in and scale.load_grams == 0 for scale in state.scales)


async def check_refusals(here: RunningBench) -> None:
    client = here.client
    for act, words in (
        (lambda: client.weigh("scale-9", 1), "404: there is no 'scale-9' here; here are: scale-1, scale-2"),
        (lambda: client.scan("scanner-1", "no\nbarcode"), "400: a code has the printable characters"),
        (lambda: client.scan("scanner-1", "1", "wallpaper"), "400: 'wallpaper' is not a valid Symbology"),
        (lambda: client.spoil_line("scale-1", shapes.LineFaults(refuse=True)), "400: a serial line cannot refuse"),
        (lambda: client.receipt_png("printer-1", 99), "404: no such receipt is kept"),
        (lambda: client.label_png("labels-1", "00"), "404: there is no picture"),
    ):
        with pytest.raises(BenchRefused, match=words):
            await call(act)
    faults = SpeechFaults()
    faults.lost_byte_percent = 101
    with pytest.raises(BenchRefused, match="percentages are 0 to 100"):
        await call(client.spoil, "scales", "scale-1", faults)
