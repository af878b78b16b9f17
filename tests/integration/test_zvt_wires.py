"""ZVT over bad lines: cut at any byte in either direction, and on a serial line that loses and spoils bytes. Afterwards what
the till believes and what the terminal booked is the same, receipt by receipt.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from firmware_bridges.links import open_port
from firmware_bridges.payment_memory import PaymentMemory
from firmware_bridges.zvt_line import SerialZvtLine, ZvtLine
from firmware_bridges.zvt_terminal import ZvtDriver, ZvtOptions
from protocols.clock import SeededRandom
from protocols.payment.zvt import serial_line
from protocols.payment.zvt.apdu import Apdu, ApduReader
from protocols.payment.zvt.ecr import EcrSession
from protocols.payment.zvt.fields import read_fields, read_tags
from protocols.payment.zvt.messages import authorise, read_told
from simulators.cables import SerialCable
from simulators.clock import SystemClock
from simulators.link_proxy import NO_FAULTS, LinkFaults, LinkProxy, Way
from simulators.serial_proxy import SerialProxy
from simulators.zvt_terminal.server import ZvtSimulator
from tests.support.waiting import until
from tests.support.zvt_ground import QUICK, ZvtGround, driver_of, zvt_ground

PAYMENT_BYTES = 420
"""What a terminal says about one payment, slip and all; a little less."""


async def pay_over_cuts(folder: Path, cuts: list[tuple[Way, int]]) -> None:
    """A payment for each cut, which comes after so many bytes of it in that direction."""
    async with zvt_ground(folder) as ground:
        await ground.off()
        proxy = LinkProxy(0, "127.0.0.1", ground.simulator.port, SeededRandom(3))
        await proxy.start()
        ground.port = proxy.port
        ground.driver = driver_of(folder, proxy.port, QUICK)
        ground.on()
        try:
            for way, after_bytes in cuts:
                await until(lambda: not ground.driver.trouble)
                proxy.set_faults(LinkFaults(disconnect_after_bytes=after_bytes), way)
                await ground.pay(500)
                proxy.set_faults(NO_FAULTS)
        finally:
            await ground.off()
            await proxy.stop()
        ground.books_agree()
        assert len(ground.simulator.terminal.ledger.entries) >= len(cuts) // 2


async def test_the_line_is_cut_at_bytes_in_either_direction(tmp_path: Path) -> None:
    rng = random.Random(11)
    to_till = [(Way.TO_CLIENT, rng.randrange(PAYMENT_BYTES)) for _ in range(10)]
    to_terminal = [(Way.TO_TARGET, after) for after in (0, 1, 4, 9, 12, 13, 14, 20)]
    await pay_over_cuts(tmp_path, [*to_till, *to_terminal])


@pytest.mark.soak
async def test_the_line_is_cut_at_every_byte(tmp_path: Path) -> None:
    to_till = [(Way.TO_CLIENT, after) for after in range(PAYMENT_BYTES)]
    to_terminal = [(Way.TO_TARGET, after) for after in range(60)]
    await pay_over_cuts(tmp_path, [*to_till, *to_terminal])


async def test_a_serial_line_that_loses_and_spoils_bytes(tmp_path: Path) -> None:
    simulator = ZvtSimulator("terminal-1", SerialCable(tmp_path / "zvt"), SystemClock(), SeededRandom(7))
    await simulator.start()
    proxy = SerialProxy(tmp_path / "bad", tmp_path / "zvt", SeededRandom(5))
    await proxy.start()

    async def open_line() -> ZvtLine:
        return SerialZvtLine(await open_port(str(tmp_path / "bad"), 9_600, "8N2"))

    def driver() -> ZvtDriver:
        memory = PaymentMemory(tmp_path / "notes.jsonl", SystemClock())
        options = ZvtOptions(answer_seconds=2.0, ack_seconds=0.3, door_seconds=0.1)
        return ZvtDriver("terminal-1", open_line, memory, SystemClock(), options)

    ground = ZvtGround(simulator, tmp_path, QUICK, 0, driver(), {}, {})
    try:
        await until((tmp_path / "bad").exists)
        ground.on()
        await until(lambda: not ground.driver.trouble)
        first = await ground.pay(1_010)  # its amount holds a byte 10, which is doubled on the line
        assert "0001" in repr(ground.outcomes[first])
        for faults in (LinkFaults(split=True), LinkFaults(noise_per_mille=60), LinkFaults(drop_per_mille=20)):
            proxy.set_faults(faults)
            order = asyncio.create_task(ground.pay(700))
            await asyncio.wait({order}, timeout=4)
            proxy.set_faults(NO_FAULTS)
            await order
        await until(lambda: not ground.driver.trouble)
        await ground.pay(-1_010, reverses=first)
        ground.books_agree()
    finally:
        await ground.off()
        await proxy.stop()
        await simulator.stop()


@pytest.mark.soak
def test_a_million_bytes_of_rubbish() -> None:
    rng = random.Random(4)
    readers = (ApduReader(), serial_line.SerialReader())
    session = EcrSession()
    session.begin(authorise(1))
    pool = [b"\x04\x0f", b"\x06\x0f", b"\x06\xd1", b"\x06\xd3", b"\x10\x02", b"\x10\x03", b"\x27\x00", b"\x06\x82", b"\xff"]
    for _ in range(1_000_000 // 16):
        data = b"".join(rng.choice(pool) if rng.random() < 0.3 else rng.randbytes(2) for _ in range(8))
        read_tags(data)
        read_fields(data)
        for reader in readers:
            for heard in reader.receive(data):
                if isinstance(heard, Apdu):
                    read_told(heard)
                    session.hear(heard)
