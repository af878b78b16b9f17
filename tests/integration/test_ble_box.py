"""A real box process with `kind = "ble_esl"` in its settings: bound, shown, killed in the middle, right again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from protocols.clock import SeededRandom
from simulators.ble_esl.server import BleEslSimulator
from simulators.ble_esl.tag import Tag
from simulators.clock import SystemClock
from tests.support.box_process import BoxProcess
from tests.support.goods import ANN, PIN, assortment
from tests.support.waiting import POLL_SECONDS

GROUPS = 2


async def test_a_killed_box_knows_its_bluetooth_labels_again(tmp_path: Path) -> None:
    tags = [Tag((0xC01E5E000001 + number).to_bytes(6, "little")) for number in range(2)]
    simulator = BleEslSimulator(0, SystemClock(), SeededRandom(3), tags)
    await simulator.start()
    device = (
        f'[[devices]]\nkind = "ble_esl"\nid = "labels-2"\nport = "{simulator.place}"\n'
        f'memory = "labels-2.jsonl"\nadmit = true\ngroups = {GROUPS}\n'
    )
    box = BoxProcess(tmp_path, more_toml=device)
    item_id = next(row.item_id for row in assortment() if type(row).__name__ == "ItemRow")
    first, second = (tag.label_id for tag in tags)
    async with httpx.AsyncClient(base_url=box.url, timeout=10) as http:

        async def labels() -> dict[str, str]:
            listed = (await http.get("/v1/labels")).json()
            return {each["label_id"]: each["state"] for each in listed["labels"]} | dict.fromkeys(
                listed["unbound_seen"], "unbound"
            )

        async def state_of(label_id: str, wanted: str) -> None:
            """Wait until a label is in a state, as the box tells it."""
            async with asyncio.timeout(40):
                while (await labels()).get(label_id) != wanted:  # noqa: ASYNC110 - it happens in another process
                    await asyncio.sleep(POLL_SECONDS * 10)

        async def bind(label_id: str) -> None:
            key = (await http.post("/v1/staff/login", json={"staff_id": ANN, "pin": PIN})).json()["key"]
            answer = await http.put(
                f"/v1/labels/{label_id}", json={"item_id": item_id}, headers={"authorization": f"Bearer {key}"}
            )
            assert answer.status_code == 200, answer.text

        try:
            box.start()
            await box.ready()
            await state_of(first, "unbound")
            await bind(first)
            await state_of(first, "shown")
            assert any(tags[0].shown.image)
            await bind(second)
            box.kill()  # the second label's picture is somewhere on its way
            box.start()
            await box.ready()
            await state_of(first, "shown")
            await state_of(second, "shown")
            assert tags[1].shown.image == tags[0].shown.image
            assert len(tags[0].history) == 2, "nothing that was proven is sent again"
        finally:
            if box.running:
                await box.stop()
            await simulator.stop()
