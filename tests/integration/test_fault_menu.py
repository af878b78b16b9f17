"""Every fault of the menu, at every kind of device and line: it can be switched on, is told, and is healed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators import control_shapes as shapes
from simulators.bench_client import BenchClient, BenchRefused
from simulators.fault_menu import FAULTS, Sort
from simulators.kinds import KINDS
from simulators.running import BenchThread
from simulators.store_file import load_store
from tests.support.waiting import until

STORE = """
bad_lines: true
scales: [{id: scale}]
scanners: [{id: scanner}]
printers: [{id: printer}]
payment_terminals: [{id: terminal}]
access_points: [{id: labels, labels: 2}]
ble_points: [{id: bluetooth, labels: 2}]
readers: [{id: door}]
"""
WORDS = {"held": "motion"}
"""What a fault that is told in words is set to."""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[BenchClient]:
    (tmp_path / "store.yaml").write_text(STORE)
    with BenchThread(load_store(tmp_path / "store.yaml", tmp_path)) as thread, BenchClient(thread.url) as client:
        yield client


def test_every_fault_can_be_switched_on_and_healed(client: BenchClient) -> None:
    menus = client.get("/faults/menu", tuple[shapes.FaultMenu, ...])
    assert {menu.kind for menu in menus} == {*(kind.name for kind in KINDS), "line"}
    count = 0
    for menu in menus:
        device = menu.devices[0]
        for fault in menu.faults:
            assert len(fault.about) > 3
            value = True if fault.default is False else WORDS.get(fault.name, 7)
            order = shapes.FaultOrder(device=device, fault=fault.name, value=value, line=menu.kind == "line")
            if menu.kind == "line" and fault.name == "refuse":
                with pytest.raises(BenchRefused, match="a serial line cannot refuse"):
                    client.post("/faults", order)
                continue
            client.post("/faults", order)
            told = client.get("/faults", tuple[shapes.ActiveFault, ...])
            shown = [each for each in told if (each.id, each.fault) == (device, fault.name)]
            assert shown or fault.name in HEAL_THEMSELVES, (menu.kind, fault.name)
            client.post("/faults", shapes.FaultOrder(device=device, fault=fault.name, line=menu.kind == "line"))
            assert client.get("/faults", tuple[shapes.ActiveFault, ...]) == (), (menu.kind, fault.name)
            count += 1
    assert count >= 80


HEAL_THEMSELVES = {"exception_next"}
"""Once they have happened."""


def test_heal_puts_many_in_order(client: BenchClient) -> None:
    for device, fault, value, line in (
        ("scale", "unplugged", True, False),
        ("printer", "paper_out", True, False),
        ("terminal", "decline", True, False),
        ("printer", "stall", True, True),
        ("door", "no_reports", True, False),
    ):
        client.post("/faults", shapes.FaultOrder(device=device, fault=fault, value=value, line=line))
    assert len(client.state().faults) == 5
    client.heal()
    assert client.state().faults == ()


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (shapes.FaultOrder(device="scales", fault="silent", value=True), "there is no device 'scales'. Devices: scale, "),
        (shapes.FaultOrder(device="scale", fault="paper_out", value=True), "there is no fault 'paper_out' here. Faults: "),
        (shapes.FaultOrder(device="scale", fault="silent", value=3), "silent: 3 is no bool"),
        (shapes.FaultOrder(device="scale", fault="late_ms", value=True), "late_ms: True is no int"),
        (shapes.FaultOrder(device="scale", fault="lost_byte_percent", value=101), "lost_byte_percent: percentages are"),
        (shapes.FaultOrder(device="scale", fault="held", value="asleep"), "held: 'asleep' is not a valid WeightState"),
        (shapes.FaultOrder(device="nobody", fault="stall", value=True, line=True), "there is no bad line before 'nobody'"),
        (shapes.FaultOrder(device="disk", fault="full", value=True), "the box's disk is its machine's"),
    ],
    ids=range(8),
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(order: shapes.FaultOrder, words: str, client: BenchClient) -> None:
    with pytest.raises(BenchRefused) as refused:
        client.post("/faults", order)
    assert words in str(refused.value)


def test_the_menu_knows_every_sort_of_fault() -> None:
    assert {fault.sort for faults in FAULTS.values() for fault in faults} == set(Sort)
    assert all(fault.modes == ("replay",) for kind in ("clock", "disk") for fault in FAULTS[kind])


async def test_a_fault_may_heal_itself(client: BenchClient) -> None:
    client.post("/faults", shapes.FaultOrder(device="printer", fault="paper_out", value=True, lasts_ms=300))
    assert [each.fault for each in client.state().faults] == ["paper_out"]
    await until(lambda: client.state().faults == ())


async def test_faults_that_come_and_go_by_themselves_and_one_switch_that_ends_them(client: BenchClient) -> None:
    client.post("/chaos", shapes.ChaosOrder(on=True, every_ms=50, lasts_ms=50))
    seen: set[tuple[str, str]] = set()

    def enough() -> bool:
        seen.update((each.id, each.fault) for each in client.state().faults)
        return len(seen) >= 5

    await until(enough)
    assert client.state().chaos
    client.heal()
    assert not client.state().chaos
    assert client.state().faults == ()
