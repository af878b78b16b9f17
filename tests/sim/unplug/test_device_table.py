"""Device tables from headquarters: tried on the running box, kept or rolled back; killed at any moment, it has either."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge.devices.table_change import BEGUN_MAX, READY_SECONDS
from edge.settings.toml_text import devices_text
from protocols.contract.device_table import DeviceTableRow
from simulators.replay.loop import VirtualLoop, run_virtual
from tests.sim.unplug.shop import UnpluggedShop, settings_for

OWN = devices_text(settings_for(Path("/nowhere")).devices)
SCALE_1 = 'id = "scale-1"\nport = "/replay/scale-1"\ninterval_ms = 1500\n'
ONE_SCALE = '[[devices]]\nkind = "toledo8217"\nid = "{0}"\nport = "/replay/{1}"\n'
SLOWER = OWN.replace(SCALE_1, SCALE_1.replace("1500", "3000"))
NOT_THERE = OWN.replace(SCALE_1, SCALE_1.replace("/replay/scale-1", "/replay/nowhere"))
WITH_SPARE = OWN + ONE_SCALE.format("spare", "spare")


def scene(tmp_path: Path, act: Callable[[UnpluggedShop], Awaitable[None]], seed: int = 1) -> None:
    async def whole(loop: VirtualLoop) -> None:
        shop = UnpluggedShop(loop, tmp_path, seed)
        await shop.start()
        await asyncio.sleep(10)
        await act(shop)
        await shop.stop()

    run_virtual(whole)


def states(shop: UnpluggedShop) -> dict[str, str]:
    return {view.device_id: view.state for view in shop.box.shop.devices.views()}


def since(shop: UnpluggedShop) -> dict[str, int]:
    return {view.device_id: view.since_ms for view in shop.box.shop.devices.views()}


async def sent(shop: UnpluggedShop, text: str, revision: int = 1, *, even_if_not_ready: bool = False) -> tuple[str, str]:
    """(outcome, reason) once it is known."""
    await shop.send(DeviceTableRow(revision=revision, text=text, even_if_not_ready=even_if_not_ready))
    await asyncio.sleep(READY_SECONDS + 10)
    table = shop.table()
    assert (table.tried, table.trying) == (revision, 0)
    return table.outcome, table.reason


def test_the_text_of_a_table_reads_as_the_table() -> None:
    assert OWN.startswith('[[devices]]\nkind = "toledo8217"\nid = "scale-1"\n')
    assert "baud" not in OWN, "what is as usual is left out"


def test_what_changed_is_started_anew_and_nothing_else_is_touched(tmp_path: Path) -> None:
    async def act(shop: UnpluggedShop) -> None:
        before = since(shop)
        assert await sent(shop, SLOWER) == ("in_force", "")
        after = since(shop)
        assert {name for name in before if before[name] != after[name]} == {"scale-1"}
        assert set(states(shop).values()) == {"ready"}
        await shop.cut_power()
        assert devices_text(shop.box.ground.settings.devices) == SLOWER
        assert shop.table().in_force == 1
        await asyncio.sleep(10)
        assert await sent(shop, "", revision=2) == ("in_force", "")
        assert shop.table().in_force == 0, "empty: the box's own file again"
        await shop.cut_power()
        assert devices_text(shop.box.ground.settings.devices) == OWN

    scene(tmp_path, act)


def test_a_device_that_does_not_answer_rolls_everything_back_and_says_why(tmp_path: Path) -> None:
    async def act(shop: UnpluggedShop) -> None:
        outcome, reason = await sent(shop, NOT_THERE + ONE_SCALE.format("spare", "scale-1"))
        assert outcome == "rolled_back"
        assert reason.startswith("device 'scale-1' was not ready after 30 seconds but retrying: the port /replay/nowhere")
        await asyncio.sleep(30)
        assert set(states(shop)) == {device.id for device in settings_for(tmp_path).devices}
        assert set(states(shop).values()) == {"ready"}
        assert shop.table().in_force == 0

    scene(tmp_path, act)


def test_a_device_for_tomorrow_is_taken_on_a_persons_word(tmp_path: Path) -> None:
    async def act(shop: UnpluggedShop) -> None:
        assert (await sent(shop, WITH_SPARE))[0] == "rolled_back"
        assert "spare" not in states(shop)
        assert await sent(shop, WITH_SPARE, revision=2, even_if_not_ready=True) == ("in_force", "")
        assert states(shop)["spare"] == "retrying"
        assert await sent(shop, OWN, revision=3) == ("in_force", "")
        assert "spare" not in states(shop), "a device that went is gone"

    scene(tmp_path, act)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[devices]\n", "this is not TOML"),
        ("[store]\nid = 'x'\n", "store: only [[devices]] can be set from headquarters."),
        (OWN.replace("interval_ms = 1500", "intervall_ms = 1500", 1), "unknown key 'devices[0].intervall_ms'. Did you mean"),
        (OWN.replace("interval_ms = 1500", "interval_ms = 0", 1), "device 'scale-1': devices.interval_ms: at least 1."),
        (OWN.replace('"toledo8217"', '"fax"', 1), "wrong value for 'devices[0].kind': invalid value 'fax'."),
        (OWN.replace('id = "printer-1"', 'id = "printer-2"'), "till '1': there is no printer 'printer-1' in [[devices]]."),
        (OWN.replace("http://replay", "http://other"), "device 'labels-1': a oepl_ap cannot be changed while the box runs."),
        ("[[devices]]\nkind = 'escpos_tcp'\n", "devices[0].id: each device needs an id."),
    ],
)
def test_a_wrong_table_is_refused_by_name_and_touches_nothing(tmp_path: Path, text: str, reason: str) -> None:
    async def act(shop: UnpluggedShop) -> None:
        before = since(shop)
        outcome, why = await sent(shop, text)
        assert outcome == "refused"
        assert why.startswith(reason)
        assert since(shop) == before

    scene(tmp_path, act)


@pytest.mark.parametrize("after_ms", [0, 500, 1_900, 2_050, 2_400, 4_000, 9_000])
@pytest.mark.parametrize("text", [SLOWER, NOT_THERE], ids=["good", "bad"])
def test_killed_at_any_moment_it_has_the_old_table_or_the_new_one(tmp_path: Path, text: str, after_ms: int) -> None:
    async def act(shop: UnpluggedShop) -> None:
        await shop.send(DeviceTableRow(revision=1, text=text))
        await asyncio.sleep(after_ms / 1000)
        await shop.cut_power()
        assert devices_text(shop.box.ground.settings.devices) in {OWN, SLOWER}
        await asyncio.sleep(READY_SECONDS + 10)
        table = shop.table()
        assert (table.outcome, table.in_force) == (("in_force", 1) if text is SLOWER else ("rolled_back", 0))
        await asyncio.sleep(30)
        assert set(states(shop).values()) == {"ready"}

    scene(tmp_path, act)


def test_a_table_the_box_dies_of_is_not_tried_for_ever(tmp_path: Path) -> None:
    async def act(shop: UnpluggedShop) -> None:
        await shop.send(DeviceTableRow(revision=1, text=NOT_THERE))
        for _ in range(BEGUN_MAX):
            await asyncio.sleep(5)
            assert shop.table().trying == 1
            await shop.cut_power()
        await asyncio.sleep(10)
        table = shop.table()
        assert (table.outcome, table.trying) == ("refused", 0)
        assert table.reason == f"it was begun {BEGUN_MAX} times, and the box ended before it was known to work."
        assert set(states(shop).values()) == {"ready"}

    scene(tmp_path, act)
