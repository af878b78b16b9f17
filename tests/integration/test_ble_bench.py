"""Bluetooth labels on the bench: seen, broken and healed over the control API, with a box's driver at the controller."""

from __future__ import annotations

import contextlib
from pathlib import Path

import httpx

from simulators.bench import Bench
from simulators.clock import SystemClock
from simulators.control import Control
from simulators.settings import load
from simulators.web import WebServer
from tests.integration.test_ble_esl_end_to_end import TEA, make_driver, running
from tests.support.waiting import until

PNG = b"\x89PNG"


async def test_a_bench_with_bluetooth_labels(tmp_path: Path) -> None:
    (tmp_path / "bench.toml").write_text('port = 0\n[[ble_points]]\nid = "labels-2"\nport = 0\nlabels = 2\n')
    bench = Bench(load(tmp_path / "bench.toml"), SystemClock())
    web = WebServer(Control(bench).app(), 0)
    await bench.start()
    await web.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(bench.stop)
        stack.push_async_callback(web.stop)
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{web.port}"))
        simulator = bench.ble_points["labels-2"]
        driver = make_driver(tmp_path, simulator.place)
        await stack.enter_async_context(running(driver, lambda _event: None))
        first, second = (tag.label_id for tag in simulator.air.tags.values())
        await until(lambda: driver.network is not None and driver.network.record(first) is not None)

        assert await driver.upload(first, TEA.picture, TEA.image_hash) == "queued"
        await until(lambda: len(simulator.air.tags) == 2 and (tag := simulator.tag(first)) and len(tag.history) > 1)
        labels = (await client.get("/ble_points/labels-2/labels")).json()
        assert [(each["mac"], each["width"], each["silent"]) for each in labels] == [
            (first, 296, False),
            (second, 296, False),
        ]
        assert (await client.get(f"/ble_points/labels-2/labels/{first}.png")).content.startswith(PNG)
        assert (await client.get(f"/ble_points/labels-2/labels/{second}.png")).content.startswith(PNG)
        assert (await client.get("/ble_points/labels-2/labels/0000.png")).status_code == 404

        await client.post("/ble_points/labels-2/faults", json={"packet_lost_percent": 50})
        await client.post(f"/ble_points/labels-2/labels/{second}", json={"silent": True})
        state = (await client.get("/state")).json()
        assert [(each["id"], each["fault"], each["value"]) for each in state["faults"]] == [
            ("labels-2", "packet_lost_percent", "50")
        ]
        assert state["ble_points"][0]["up"] is True
        await client.post("/heal", json={})
        assert (await client.get("/state")).json()["faults"] == []
        assert all(not tag.silent for tag in simulator.air.tags.values())

        await client.post("/ble_points/labels-2/restart", json={"down_ms": 100})
        await until(lambda: not simulator.up)
        await until(lambda: simulator.up)
