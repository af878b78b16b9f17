"""hidraw files by vendor, product and serial number, from a sysfs of our own; reports through a socket pair."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from firmware_bridges.hid_files import DeviceFile, is_right, resolve
from firmware_bridges.links import LineSetting, SerialLink
from firmware_bridges.scale import ScaleDriver
from firmware_bridges.supervise import LinkBroken
from protocols.device_events import DeviceEvent, WeightRead, WeightState
from protocols.scales import hid
from simulators.clock import SystemClock
from tests.support.waiting import until


def plug(sysfs: Path, name: str, vendor: int, product: int, serial: str = "") -> None:
    (sysfs / name / "device").mkdir(parents=True)
    told = f"DRIVER=hid-generic\nHID_ID=0003:{vendor:08X}:{product:08X}\nHID_NAME=a scale\nHID_UNIQ={serial}\n"
    (sysfs / name / "device" / "uevent").write_text(told)


def test_a_device_is_found_by_what_it_is(tmp_path: Path) -> None:
    plug(tmp_path, "hidraw0", 0x046D, 0xC31C)
    plug(tmp_path, "hidraw3", 0x0922, 0x8003, "A1")
    assert resolve("hid:0922:8003", tmp_path) == "/dev/hidraw3"
    plug(tmp_path, "hidraw4", 0x0922, 0x8003, "B2")
    assert resolve("hid:0922:8003:B2", tmp_path) == "/dev/hidraw4"
    assert resolve("/dev/hidraw9", tmp_path) == "/dev/hidraw9"
    with pytest.raises(LinkBroken, match="fits 2 devices; add the serial number"):
        resolve("hid:0922:8003", tmp_path)
    with pytest.raises(LinkBroken, match="is not plugged in"):
        resolve("hid:0922:8004", tmp_path)
    assert is_right("hid:0922:8003")
    assert not is_right("hid:scale")


async def test_reports_of_the_kernel_become_weights() -> None:
    ours, kernels = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)

    async def open_socket(_place: str, _baud: int, _line: LineSetting) -> SerialLink:
        return SerialLink(DeviceFile(ours.detach()), "hidraw0")

    events: list[DeviceEvent] = []
    driver = ScaleDriver("s", hid.PROTOCOL, "/dev/hidraw0", SystemClock(), interval_ms=5, open_port=open_socket)
    task = asyncio.create_task(driver.run(events.append))

    def reads() -> list[WeightRead]:
        return [event for event in events if isinstance(event, WeightRead)]

    def last() -> tuple[WeightState, int | None] | None:
        kernels.send(report)
        return (reads()[-1].state, reads()[-1].grams) if reads() else None

    report = hid.encode(4, 2, 0, 20)
    await until(lambda: last() == (WeightState.STABLE, 20))
    report = hid.encode(4, 11, -1, 6_452)
    await until(lambda: last() == (WeightState.STABLE, 18_291))
    report = hid.encode(6, 2, 0, 0)
    await until(lambda: last() == (WeightState.OVER_CAPACITY, None))
    kernels.close()
    with contextlib.suppress(LinkBroken):
        await task
    assert task.done()
