"""`python -m simulators run` as people and tests use it: a real process, its page, its API, its devices' real wires."""

# ruff: noqa: ASYNC110 - what is waited for is in another process
from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from protocols.escpos.operations import Cut, Text, encode
from protocols.esl.oepl_requests import ImageUpload, write_request
from protocols.labels.content import LabelContent
from protocols.labels.renderer import LabelRenderer
from simulators.bench_client import BenchClient, BenchRefused
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.walks import Walk

MAC = "0000021A00000001"


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        taken = [held.enter_context(contextlib.closing(socket.create_server(("127.0.0.1", 0)))) for _ in range(count)]
        return [each.getsockname()[1] for each in taken]


@dataclass
class Running:
    """The bench process."""

    folder: Path
    url: str
    printer: int
    printer_line: int
    labels_url: str
    process: asyncio.subprocess.Process
    client: httpx.AsyncClient

    async def state(self, kind: str) -> dict[str, object]:
        answer = (await self.client.get(f"{self.url}/state")).json()
        return dict(answer[kind][0])

    async def post(self, path: str, body: dict[str, object]) -> int:
        return (await self.client.post(self.url + path, json=body)).status_code

    async def until(self, kind: str, key: str, value: object) -> None:
        async with asyncio.timeout(10):
            while (await self.state(kind))[key] != value:
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Running]:
    page, printer, printer_line, labels, door = free_ports(5)
    (folder / "bench.toml").write_text(
        f'port = {page}\n[[scales]]\nid = "scale-1"\nport = "run/scale-1"\n'
        f'[[printers]]\nid = "printer-1"\nport = {printer}\nproxy_port = {printer_line}\n'
        f'[[access_points]]\nid = "labels-1"\nport = {labels}\nlabels = 2\ncheck_in_ms = 100\nrefresh_ms = 20\n'
        f'[[readers]]\nid = "door-1"\nport = {door}\n'
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", "run", "--config", str(folder / "bench.toml"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            while await process.stdout.readline() != b"ready\n":
                assert process.returncode is None
        async with httpx.AsyncClient(trust_env=False) as client:
            url, labels_url = f"http://127.0.0.1:{page}", f"http://127.0.0.1:{labels}"
            yield Running(folder, url, printer, printer_line, labels_url, process, client)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_the_whole_bench(tmp_path: Path) -> None:
    async with bench(tmp_path) as here:
        await check_scale(here)
        await check_printer(here)
        await check_labels(here)
        await check_reader(here)
        await check_refusals(here)
    assert not (tmp_path / "run/scale-1").exists()


async def check_scale(here: Running) -> None:
    assert await here.post("/scales/scale-1/weight", {"grams": 1_250, "settle_ms": 0}) == 204
    port = os.open(here.folder / "run/scale-1", os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(port, b"W")
        async with asyncio.timeout(5):
            answer = b""
            while not answer.endswith(b"\r"):
                answer += await asyncio.to_thread(os.read, port, 64)
    finally:
        os.close(port)
    assert b"1.250" in answer
    assert (await here.state("scales"))["load_grams"] == 1_250
    assert await here.post("/scales/scale-1/plug", {"plugged_in": False}) == 204
    assert (await here.state("scales"))["plugged_in"] is False
    assert not (here.folder / "run/scale-1").exists()
    assert await here.post("/scales/scale-1/plug", {"plugged_in": True}) == 204
    assert await here.post("/scales/scale-1/state", {"state": "over_capacity"}) == 204
    assert (await here.state("scales"))["state"] == "over_capacity"
    assert await here.post("/scales/scale-1/state", {"state": "stable"}) == 204


async def check_printer(here: Running) -> None:
    receipts = f"{here.url}/printers/printer-1/receipts"
    _, writer = await asyncio.open_connection("127.0.0.1", here.printer_line)
    writer.write(encode((Text("Thank you\n"), Cut()), charset="cp437"))
    await here.until("printers", "receipts", 1)
    assert "Thank you" in (await here.client.get(f"{receipts}/1.txt")).text
    assert (await here.client.get(f"{receipts}/1.png")).content.startswith(b"\x89PNG")
    assert (await here.client.get(f"{receipts}/2.png")).status_code == 404
    assert (await here.client.get(receipts)).json()["receipts"][0]["number"] == 1
    assert await here.post("/proxies/printer-1/cut", {}) == 204
    await here.until("printers", "connected", False)
    writer.close()
    assert await here.post("/printers/printer-1/switches", {"paper_out": True, "cover_open": True}) == 204
    state = await here.state("printers")
    assert (state["paper_out"], state["cover_open"]) == (True, True)
    assert await here.post("/printers/printer-1/plug", {"plugged_in": False}) == 204
    assert (await here.state("printers"))["plugged_in"] is False
    assert await here.post("/proxies/printer-1/faults", {"delay_ms": 5, "way": "to_target"}) == 204


def handle_reader(url: str) -> None:
    """Everything hands can do at a reader, by the Python client."""
    with BenchClient(url) as client:
        door = client.reader("door-1")
        view = door.view()
        assert (view.profile, view.tls, view.reading, view.rows_waiting) == ("plain", False, False, 0)
        assert [each.high for each in (*view.outputs, *view.inputs)] == [False] * 8
        assert set(view.walks) == {each.value for each in Walk}
        epcs = ["3036450E0000004000000001", "3036450E0000004000000002"]
        door.walk(Walk.TAIL_GATE, epcs, speed_mm_per_s=1_000)
        door.push(epcs[:1], "in")
        door.stand(epcs[:1], 700)
        assert door.view().tags_near == 4
        door.take_away(epcs[:1])
        assert door.view().tags_near == 3
        door.clear()
        assert door.view().tags_near == 0
        assert door.reads() == (), "nobody reads"
        door.read_percent(35)
        assert door.view().read_percent == 35
        door.set_input(2, high=True)
        door.antenna(3, connected=False)
        view = door.view()
        assert [each.port for each in view.inputs if each.high] == [2]
        assert [each.antenna for each in view.antennas if not each.connected] == [3]
        door.spoil(ReaderFaults(uptime_only=True, radio_busy_percent=40))
        assert door.view().faults == ReaderFaults(uptime_only=True, radio_busy_percent=40)
        door.cut()
        door.reboot()
        door.plug(plugged_in=False)
        assert not door.view().plugged_in
        client.heal()
        view = door.view()
        assert (view.plugged_in, view.faults) == (True, ReaderFaults())
        assert all(each.connected for each in view.antennas)
        for wrong in (lambda: door.set_input(9, high=True), lambda: door.antenna(9, connected=True)):
            with pytest.raises(BenchRefused, match="there is no"):
                wrong()
        with pytest.raises(BenchRefused, match="1 to 100"):
            door.read_percent(0)
        with pytest.raises(BenchRefused, match="speed"):
            door.walk(Walk.IN, epcs, speed_mm_per_s=0)


async def check_reader(here: Running) -> None:
    await asyncio.to_thread(handle_reader, here.url)
    (before,) = (await here.client.get(f"{here.url}/readers")).json()
    assert (before["id"], before["plugged_in"], before["connected"], before["tags_near"]) == ("door-1", True, False, 0)
    door = f"{here.url}/readers/door-1"
    order = {"gtin": "9520000000011", "serials": [1, 2], "epcs": ["E2003411B802011383258566"], "direction": "in"}
    passed = (await here.client.post(f"{door}/passes", json=order)).json()
    assert passed == {
        "epcs": ["E2003411B802011383258566", "3036450E0000004000000001", "3036450E0000004000000002"],
        "takes_ms": 4_000,
    }
    standing = {"epcs": ["urn:epc:id:sgtin:0614141.812345.6789"], "x_mm": 500}
    assert (await here.client.post(f"{door}/standing", json=standing)).json()["tags_near"] >= 1
    assert (await here.client.post(f"{door}/faults", json={"silent": True})).json()["faults"]["silent"] is True
    for path, body, status in (
        ("passes", {"direction": "in"}, 400),
        ("passes", {**order, "direction": "up"}, 400),
        ("passes", {**order, "gtin": "9520000000012"}, 400),
        ("passes", {**order, "epcs": ["xyz"]}, 400),
        ("faults", {"slient": True}, 400),
        ("walks", {"epcs": order["epcs"], "walk": "sideways"}, 400),
        ("antennas", {"antenna": 1, "connected": False}, 200),
        ("plug", {"plugged_in": False}, 200),
    ):
        assert (await here.client.post(f"{door}/{path}", json=body)).status_code == status, path
    assert (await here.client.post(f"{here.url}/readers/door-9/plug", json={"plugged_in": True})).status_code == 404
    assert (await here.client.post(f"{door}/plug", content=b"{}")).status_code == 415
    (after,) = (await here.client.get(f"{here.url}/readers")).json()
    assert after["plugged_in"] is False


async def check_labels(here: Running) -> None:
    rendered = LabelRenderer().render(LabelContent(name="Tea", price_minor=250, currency="EUR"), 1)
    http = write_request(ImageUpload(MAC, rendered.picture))
    async with asyncio.timeout(10):
        while (
            await here.client.post(
                here.labels_url + http.target, content=http.body, headers={"content-type": http.content_type}
            )
        ).status_code != 200:
            await asyncio.sleep(0.02)
        while (await here.client.get(f"{here.labels_url}/labels/{MAC}.planes")).content != rendered.planes.whole():
            await asyncio.sleep(0.02)
    page = await here.client.get(f"{here.labels_url}/labels")
    assert "text/html" in page.headers["content-type"]
    assert await here.post(f"/access_points/labels-1/labels/{MAC}", {"silent": True}) == 204
    listed = (await here.client.get(f"{here.labels_url}/labels.json")).json()["labels"]
    assert [label["silent"] for label in listed] == [True, False]
    assert listed[0]["hash"] == rendered.image_hash
    assert len(listed[0]["history"]) == 2
    assert await here.post("/access_points/labels-1/faults", {"busy": True}) == 204
    assert (await here.state("access_points"))["faults"]["busy"] is True  # type: ignore[index]
    assert await here.post("/access_points/labels-1/restart", {"down_ms": 300, "orderly": False}) == 204
    await here.until("access_points", "up", False)
    await here.until("access_points", "up", True)


async def check_refusals(here: Running) -> None:
    assert await here.post("/scales/none/weight", {"grams": 1}) == 404
    assert await here.post("/scales/scale-1/weight", {"gram": 1}) == 400
    assert await here.post("/scales/scale-1/state", {"state": "floating"}) == 400
    assert await here.post("/proxies/printer-1/faults", {"drop_per_mille": 2_000}) == 400
    assert await here.post("/proxies/printer-1/faults", {"way": "up"}) == 400
    form = await here.client.post(f"{here.url}/scales/scale-1/weight", data={"grams": "5"})
    assert form.status_code == 415
    page = await here.client.get(here.url)
    assert "Simulator bench" in page.text
    assert (await here.client.get(f"{here.url}/locale/zh_CN")).json()["messages"]["Scales"] == "电子秤"
    assert (await here.client.get(f"{here.url}/locale/tlh")).status_code == 404
    described = (await here.client.get(f"{here.url}/openapi.json")).json()
    assert described["openapi"] == "3.1.0"
    assert "/scales/{id}/weight" in described["paths"]
    assert (await here.client.get(here.url, headers={"accept": "application/json"})).json() == described


async def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        (tmp_path / "bench.toml").write_text(f"port = {taken.getsockname()[1]}\n")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "simulators",
            "run",
            "--config",
            str(tmp_path / "bench.toml"),
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(20):
            _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().startswith("simulators: cannot listen on 127.0.0.1:")
    assert said.count(b"\n") == 1
