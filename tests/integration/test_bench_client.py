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
    await call(here.client.offer, [shapes.GoodsView(code="1", name="Tea", grams=80)])
    assert [goods.name for goods in await call(here.client.goods)] == ["Tea"]
    described = await call(here.client.get, "/openapi.json", dict[str, msgspec.Raw])
    paths = msgspec.json.decode(described["paths"], type=dict[str, dict[str, msgspec.Raw]])
    assert {"/scanners/{id}/scans", "/scales/{id}/keys", "/heal"} <= set(paths)


async def check_scale_and_scanner(here: RunningBench) -> None:
    scale = here.bench.scales["scale-1"]
    await call(here.client.scale("scale-1").put, 400, settle_ms=0)
    await call(here.client.scale("scale-1").press, "tare")
    await call(here.client.scale("scale-1").put, 1_000, settle_ms=0)
    assert (scale.load_grams, scale.cell.tare_grams) == (1_000, 400)
    await call(here.client.scale("scale-1").press, "clear_tare")
    await call(here.client.scale("scale-1").hold, "motion")
    assert scale.state() is WeightState.MOTION
    await call(here.client.scanner("scanner-1").scan, "4006381333931", "ean_upc")
    assert (await call(here.client.state)).scanners[0].scans == 1


async def check_printer(here: RunningBench) -> None:
    printer = here.bench.printers["printer-1"]
    _, writer = await asyncio.open_connection("127.0.0.1", printer.port)
    writer.write(encode((Text("Thank you\n"), Cut(), Text("more\n")), charset="cp437"))
    await until(lambda: printer.hanging_out().strip() == "more")
    receipts = await call(here.client.printer("printer-1").receipts)
    assert "Thank you" in receipts.receipts[0].text
    assert (await call(here.client.printer("printer-1").png, 1)).startswith(b"\x89PNG")
    writer.close()
    await call(here.client.printer("printer-1").switch, shapes.Switches(paper_out=True, bytes_per_second=50))
    await call(here.client.printer("printer-1").close_drawer)


async def check_labels(here: RunningBench) -> None:
    labels = await call(here.client.access_point("labels-1").labels)
    assert len(labels) == 6
    assert (await call(here.client.access_point("labels-1").png, labels[0].mac)).startswith(b"\x89PNG")
    await call(here.client.access_point("labels-1").reach, labels[0].mac, silent=True)
    assert (await call(here.client.access_point("labels-1").labels))[0].silent
    await call(here.client.access_point("labels-1").spoil, shapes.PointFaults(busy=True))
    await call(here.client.access_point("labels-1").restart, down_ms=1)
    await here.bench.access_points["labels-1"].restarted()


async def check_faults_and_healing(here: RunningBench) -> None:
    await call(here.client.scanner("scanner-1").spoil, SpeechFaults(late_ms=20, split=True))
    await call(here.client.scale("scale-2").plug, plugged_in=False)
    await call(here.client.line("printer-1").spoil, shapes.LineFaults(refuse=True, delay_ms=5, way="to_client"))
    await call(here.client.line("printer-1").cut)
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
    assert not (await call(here.client.access_point("labels-1").labels))[0].silent
    assert all(scale.plugged_in and scale.load_grams == 0 for scale in state.scales)


async def check_refusals(here: RunningBench) -> None:
    client = here.client
    for act, words in (
        (lambda: client.scale("scale-9").put(1), "404: there is no 'scale-9' here; here are: scale-1, scale-2"),
        (lambda: client.scanner("scanner-1").scan("no\nbarcode"), "400: a code has the printable characters"),
        (lambda: client.scanner("scanner-1").scan("1", "wallpaper"), "400: 'wallpaper' is not a valid Symbology"),
        (lambda: client.offer([shapes.GoodsView(code="1", name="Tea", symbology="ean")]), "400: 'ean' is none of"),
        (lambda: client.reader("dock").push(["30" * 12], "in"), "404"),
        (lambda: client.line("scale-1").spoil(shapes.LineFaults(refuse=True)), "400: a serial line cannot refuse"),
        (lambda: client.printer("printer-1").png(99), "404: no such receipt is kept"),
        (lambda: client.access_point("labels-1").png("00"), "404: there is no picture"),
    ):
        with pytest.raises(BenchRefused, match=words):
            await call(act)
    faults = SpeechFaults()
    faults.lost_byte_percent = 101
    with pytest.raises(BenchRefused, match="percentages are 0 to 100"):
        await call(client.scale("scale-1").spoil, faults)
