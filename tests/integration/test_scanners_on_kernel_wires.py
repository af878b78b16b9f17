"""Scanners that are keyboards or HID POS devices: drivers and simulators over a socket that carries the kernel's records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from firmware_bridges.device_files import FileLink, open_records
from firmware_bridges.listening import ListeningDriver
from firmware_bridges.scanner import (
    NOT_HID_POS,
    UNREADABLE_TOLD_MAX,
    WRONG_LAYOUT,
    HidPosScannerDriver,
    WedgeScannerDriver,
)
from firmware_bridges.supervise import LinkBroken, supervise
from protocols.clock import SeededRandom
from protocols.device_events import CodeScanned, CodeUnreadable, DeviceEvent, DeviceState, DeviceStateEvent, Symbology
from protocols.gs1.gtin import with_check_digit
from protocols.scanners.evdev import WedgeFormat, type_scan
from simulators.clock import SystemClock
from simulators.mouth import SpeechFaults
from simulators.scanner import AnyScannerSimulator, HidPosSimulator, WedgeSimulator
from simulators.unix_cable import UnixCable
from tests.support.uinput import UINPUT, KernelKeyboard
from tests.support.waiting import until

CODES = [with_check_digit(f"{4_000_000_000 + number:012}") for number in range(30)]
FORM = WedgeFormat("de")


class Quick:
    """Chance that always draws the shortest wait."""

    def bytes(self, count: int) -> bytes:
        return bytes(count)


class Heard:
    """What the store hears of one driver."""

    def __init__(self, driver: ListeningDriver) -> None:
        self.events: list[DeviceEvent] = []
        self._task = asyncio.create_task(supervise(driver, self.events.append, SystemClock(), Quick()))

    def codes(self) -> list[str]:
        return [event.code for event in self.events if isinstance(event, CodeScanned)]

    def unreadable(self) -> int:
        return sum(isinstance(event, CodeUnreadable) for event in self.events)

    def state(self) -> tuple[DeviceState, str]:
        told = [event for event in self.events if isinstance(event, DeviceStateEvent)]
        return (told[-1].state, told[-1].reason) if told else (DeviceState.STARTING, "")

    async def ready(self) -> None:
        await until(lambda: self.state()[0] is DeviceState.READY)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})


def wedge(place: str, duplicate_ms: int = 0, form: WedgeFormat = FORM) -> ListeningDriver:
    return WedgeScannerDriver("s", place, form, SystemClock(), duplicate_ms=duplicate_ms)


def hid(place: str, duplicate_ms: int = 0) -> ListeningDriver:
    return HidPosScannerDriver("s", place, SystemClock(), duplicate_ms=duplicate_ms)


Pair = tuple[AnyScannerSimulator, Heard]


@pytest.fixture(params=["wedge", "wedge-keypad", "hid"])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    cable = UnixCable(tmp_path / "scanner")
    sim: AnyScannerSimulator
    if request.param == "hid":
        sim, driver = HidPosSimulator(cable, rng=SeededRandom(3)), hid(cable.place)
    else:
        sim = WedgeSimulator(cable, FORM, keypad=request.param == "wedge-keypad", rng=SeededRandom(3))
        driver = wedge(cable.place)
    await sim.start()
    heard = Heard(driver)
    await heard.ready()
    await until(lambda: cable.connected)
    yield sim, heard
    await heard.stop()
    await sim.stop()


async def test_what_is_scanned_is_heard_with_its_kind(pair: Pair) -> None:
    sim, heard = pair
    sim.scan(CODES[0], Symbology.EAN_UPC)
    sim.scan("0112345678901231\x1d10AB-9/z", Symbology.GS1_128)
    sim.scan("M-1001")
    await until(lambda: len(heard.codes()) == 3)
    assert heard.events[-3:] == [
        CodeScanned(device_id="s", code=CODES[0], symbology=Symbology.EAN_UPC),
        CodeScanned(device_id="s", code="0112345678901231\x1d10AB-9/z", symbology=Symbology.GS1_128),
        CodeScanned(device_id="s", code="M-1001"),
    ]


async def test_lost_and_foreign_bytes_are_told_and_never_sell_something_else(pair: Pair) -> None:
    sim, heard = pair
    sim.faults = SpeechFaults(lost_byte_percent=50, noise_byte_percent=30)
    for code in CODES:
        before = len(heard.events)
        sim.scan(code, Symbology.EAN_UPC)
        await until(lambda before=before: len(heard.events) > before or heard.unreadable() >= UNREADABLE_TOLD_MAX)
    assert set(heard.codes()) <= set(CODES)
    assert heard.unreadable() > 0
    sim.faults = SpeechFaults()
    await asyncio.sleep(0.6)  # as long as half a code is kept
    sim.scan("4711")
    await until(lambda: heard.codes()[-1:] == ["4711"])


async def test_the_cable_out_and_in_again(pair: Pair) -> None:
    sim, heard = pair
    await sim.unplug()
    await until(lambda: heard.state()[0] is DeviceState.RETRYING)
    assert heard.state()[1].endswith("(it was unplugged)")
    await sim.plug_in()
    await heard.ready()
    cable = sim.cable
    assert isinstance(cable, UnixCable)
    await until(lambda: cable.connected)
    sim.scan(CODES[0])
    await until(lambda: heard.codes() == [CODES[0]])


@pytest.mark.parametrize(
    ("sim", "driver", "why"),
    [
        (lambda cable: WedgeSimulator(cable, WedgeFormat("us"), identifiers=False), wedge, WRONG_LAYOUT),
        (lambda cable: WedgeSimulator(cable, WedgeFormat("us")), hid, NOT_HID_POS),
    ],
    ids=["layout", "not-hid-pos"],
)
async def test_a_scanner_set_otherwise_is_told_once(
    sim: Callable[[UnixCable], AnyScannerSimulator], driver: Callable[[str], ListeningDriver], why: str, tmp_path: Path
) -> None:
    cable = UnixCable(tmp_path / "scanner")
    scanner = sim(cable)
    await scanner.start()
    heard = Heard(driver(cable.place))
    await heard.ready()
    await until(lambda: cable.connected)
    for number in range(UNREADABLE_TOLD_MAX + 2):
        scanner.scan(f"[{number}[")  # on a German keyboard these keys type ü
        await until(lambda number=number: heard.unreadable() >= min(number + 1, UNREADABLE_TOLD_MAX))
    await until(lambda: heard.state()[0] is DeviceState.DEGRADED)
    assert heard.state() == (DeviceState.DEGRADED, why)
    assert heard.codes() == []
    await heard.stop()
    await scanner.stop()


async def test_places_that_are_no_device_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place, why in (
        (str(tmp_path / "nothing"), "it is not there"),
        (str(tmp_path / "file"), "is no device"),
        (f"unix:{tmp_path}/nothing", "it is not there"),
        ("/dev/null", "it is no input device"),
    ):
        with pytest.raises(LinkBroken, match=why):
            await open_records(place, grab=True)
    link = await open_records("/dev/null", grab=False)
    with pytest.raises(LinkBroken, match="unplugged"):
        await link.read()
    await link.close()
    await link.close()
    assert isinstance(link, FileLink)


@pytest.mark.skipif(not UINPUT.exists(), reason="this machine has no /dev/uinput: the kernel cannot make a keyboard")
async def test_a_real_input_device_is_grabbed_and_read() -> None:
    with KernelKeyboard() as keyboard:
        await until(keyboard.node.exists)
        heard = Heard(wedge(str(keyboard.node)))
        await heard.ready()
        with pytest.raises(LinkBroken, match="another program"):
            await open_records(str(keyboard.node), grab=True)
        keyboard.type(type_scan("Straße-12"[:4] + "-12", FORM, Symbology.CODE128))
        await until(lambda: heard.codes() == ["Stra-12"])
        await heard.stop()
