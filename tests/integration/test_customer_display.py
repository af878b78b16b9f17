"""A two-line display on a real pseudo-terminal: what it shows, also after a power cut or a pulled cable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_bridges.customer_display import DisplayDriver, PrinterDisplayDriver
from firmware_bridges.supervise import LinkBroken
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent
from protocols.displays.cd5220 import COLUMNS
from protocols.escpos.charsets import CHINESE
from simulators.cables import SerialCable
from simulators.display import DisplaySimulator
from tests.support.waiting import until


@pytest.fixture
async def display(tmp_path: Path) -> AsyncIterator[DisplaySimulator]:
    display = DisplaySimulator(SerialCable(tmp_path / "display"), CHINESE)
    await display.start()
    yield display
    await display.stop()


async def kept(driver: DisplayDriver, events: list[DeviceEvent], broken: list[str]) -> None:
    while True:
        try:
            await driver.run(events.append)
        except LinkBroken as gone:
            broken.append(str(gone))
        await asyncio.sleep(0.02)


async def test_it_shows_the_newest_lines_whatever_happens_to_it(display: DisplaySimulator, tmp_path: Path) -> None:
    events: list[DeviceEvent] = []
    broken: list[str] = []
    driver = DisplayDriver("d", str(tmp_path / "display"), charset=CHINESE, again_seconds=0.2)
    driver.show("欢迎光临", "")
    running = asyncio.create_task(kept(driver, events, broken))
    await until(lambda: display.lines()[0].startswith("欢迎光临"))
    assert isinstance(events[0], DeviceStateEvent)
    assert events[0].state is DeviceState.READY
    for number in range(30):
        driver.show("牛奶一升", f"合计 {number}.00")
    await until(lambda: display.lines() == ("牛奶一升".ljust(COLUMNS - 4), "合计 29.00".ljust(COLUMNS - 2)))
    display.power_cut()
    assert display.lines()[0].strip() == ""
    await until(lambda: display.lines()[1].startswith("合计 29.00"))
    await display.unplug()
    await until(lambda: broken)
    driver.show("后来", "的")
    await display.plug_in()
    await until(lambda: display.lines()[0].startswith("后来"))
    assert "gone" in broken[0] or "opened" in broken[0]
    assert display.screen.strange == 0
    running.cancel()
    await asyncio.wait({running})


class BusyPrinter:
    """A printer that passes lines on when it is free."""

    def __init__(self) -> None:
        self.free = False
        self.passed: list[bytes] = []

    async def show(self, data: bytes) -> bool:
        if self.free:
            self.passed.append(data)
        return self.free


async def test_behind_a_busy_printer_the_newest_lines_wait() -> None:
    events: list[DeviceEvent] = []
    printer = BusyPrinter()
    driver = PrinterDisplayDriver("d", lambda: printer, again_seconds=5)
    running = asyncio.create_task(driver.run(events.append))
    await until(lambda: len(events) == 1)
    driver.show("old", "1")
    driver.show("TOTAL", "2.00")
    printer.free = True
    await until(lambda: bool(printer.passed))
    assert b"TOTAL" in printer.passed[0]
    assert b"2.00" in printer.passed[0]
    states = [event.state for event in events if isinstance(event, DeviceStateEvent)]
    assert states == [DeviceState.DEGRADED, DeviceState.READY]
    running.cancel()
    await asyncio.wait({running})
