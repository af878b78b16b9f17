"""The driver on real sockets: TLS and IPv6, outputs, orders, many readers beside each other, readers that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_bridges.links import open_tcp
from firmware_bridges.llrp_reader import LlrpReaderDriver
from firmware_bridges.reader_tls import reader_tls
from firmware_bridges.supervise import LinkBroken, supervise
from protocols.clock import SeededRandom
from protocols.device_events import (
    DeviceEvent,
    DeviceState,
    DeviceStateEvent,
    InputChanged,
    ReaderHealth,
    TagRead,
    TagsRead,
)
from protocols.llrp import access
from protocols.llrp import messages as m
from protocols.llrp.codec import encode_message
from protocols.llrp.event_parameters import GpiEvent, ReaderEventNotificationData, UtcTimestamp
from protocols.llrp.parameters import GpoWriteData
from protocols.llrp.reader import ReaderSession, write_tag
from protocols.llrp.reader_setup import InventorySetup
from protocols.llrp.reads import TagRecord
from protocols.llrp.wire import BitString
from simulators.clock import SystemClock
from tests.support.certificates import Authority
from tests.support.llrp_on_wire import WireReader
from tests.support.waiting import until

SETUP = InventorySetup(keepalive_ms=60_000, answer_within_ms=5_000, version_max=2, inputs=(1,))
EPC = BitString(96, bytes(12))


def tag(number: int) -> bytes:
    return write_tag(TagRecord(number.to_bytes(12, "big"), 1, -50, number, number + 1), 0xFFFF)


class Box:
    """A supervised driver and what it said."""

    def __init__(self, driver: LlrpReaderDriver) -> None:
        self.driver = driver
        self.events: list[DeviceEvent] = []

    def states(self) -> list[DeviceState]:
        return [event.state for event in self.events if isinstance(event, DeviceStateEvent)]

    def reasons(self) -> str:
        return " | ".join(event.reason for event in self.events if isinstance(event, DeviceStateEvent))

    def reads(self) -> list[TagRead]:
        return [read for event in self.events if isinstance(event, TagsRead) for read in event.reads]


@contextlib.asynccontextmanager
async def driven(driver: LlrpReaderDriver) -> AsyncIterator[Box]:
    box, clock = Box(driver), SystemClock()
    task = asyncio.create_task(supervise(driver, box.events.append, clock, SeededRandom(1)))
    try:
        yield box
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def plain(port: int, host: str = "127.0.0.1", **more: int) -> LlrpReaderDriver:
    return LlrpReaderDriver("door-1", host, port, SETUP, SystemClock(), **more)


async def test_a_reader_with_an_ipv6_address_is_read() -> None:
    async with WireReader().served("::1") as reader, driven(plain(reader.port, "::1")) as box:
        await until(lambda: DeviceState.READY in box.states(), seconds=20)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "readers")


def server_side(authority: Authority, *, ask: bool) -> ssl.SSLContext:
    issued = authority.issue("reader-7")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.cert_file, issued.key_file)
    if ask:
        context.load_verify_locations(authority.ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def over_tls(port: int, ca: Path, *, name: str | None, shown: bool, authority: Authority) -> LlrpReaderDriver:
    mine = authority.issue("box-1") if shown else None

    async def open_link() -> object:
        context = reader_tls(ca, mine.cert_file if mine else None, mine.key_file if mine else None)
        return await open_tcp("127.0.0.1", port, tls=context, server_name=name)

    return LlrpReaderDriver("door-1", "127.0.0.1", port, SETUP, SystemClock(), open_link=open_link)  # type: ignore[arg-type]


async def test_over_tls_with_both_certificates(authority: Authority) -> None:
    async with WireReader().served(tls=server_side(authority, ask=True)) as reader:
        async with driven(over_tls(reader.port, authority.ca_file, name=None, shown=True, authority=authority)) as box:
            await until(lambda: DeviceState.READY in box.states(), seconds=20)
            reader.report([tag(1)])
            await until(lambda: len(box.reads()) == 1, seconds=20)
        assert reader.told(m.CloseConnection), "an orderly end over TLS too"


async def test_a_reader_of_another_name_or_authority_is_not_spoken_to(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "strangers")
    async with WireReader().served(tls=server_side(authority, ask=False)) as reader:
        for ca, name in ((authority.ca_file, "reader-8.example"), (stranger.ca_file, None)):
            async with driven(over_tls(reader.port, ca, name=name, shown=False, authority=authority)) as box:
                await until(lambda box=box: "is not trusted" in box.reasons(), seconds=20)  # type: ignore[misc]
        assert reader.asked == []


async def test_a_missing_certificate_file_is_named(tmp_path: Path, authority: Authority) -> None:
    driver = over_tls(1, tmp_path / "gone.pem", name=None, shown=False, authority=authority)
    with pytest.raises(LinkBroken, match=r"gone\.pem"):
        await driver.run(lambda _event: None)


async def test_outputs_are_switched_at_once_and_told_again_to_a_reader_that_comes_back() -> None:
    async with WireReader().served() as reader:
        driver = plain(reader.port)
        driver.set_output(1, True)
        async with driven(driver) as box:
            wanted = GpoWriteData(port=1, high=True)
            await until(lambda: any(each.parts == (wanted,) for each in reader.told(m.SetReaderConfig)), seconds=20)
            driver.set_output(2, True)
            await until(lambda: reader.asked[-1].parts == (GpoWriteData(port=2, high=True),), seconds=20)
            driver.set_output(1, False)
            reader.drop()
            both = (GpoWriteData(port=1, high=False), GpoWriteData(port=2, high=True))
            await until(lambda: any(each.parts == both for each in reader.told(m.SetReaderConfig)), seconds=20)
            assert DeviceState.FAILED not in box.states()


async def test_an_input_is_told_with_the_boxs_time() -> None:
    async with WireReader().served() as reader, driven(plain(reader.port)) as box:
        await until(lambda: DeviceState.READY in box.states(), seconds=20)
        data = ReaderEventNotificationData(parts=(UtcTimestamp(microseconds=5), GpiEvent(port=1, high=True)))
        reader.send(encode_message(m.ReaderEventNotification(parts=(data,))))
        await until(lambda: any(isinstance(event, InputChanged) for event in box.events), seconds=20)
        (changed,) = [event for event in box.events if isinstance(event, InputChanged)]
        assert (changed.port, changed.high) == (1, True)
        assert 0 <= SystemClock().monotonic_ms() - changed.at_ms < 20_000


async def test_a_tag_is_read_by_order_and_a_lost_reader_leaves_no_order_waiting() -> None:
    async with WireReader().served() as reader, driven(plain(reader.port)) as box:
        await until(lambda: DeviceState.READY in box.states(), seconds=20)
        outcome = await box.driver.carry_out(access.read_tid(EPC))
        assert (outcome.fault, outcome.words) == ("", ((0xE280, 0x1105),))
        reader._carry_out = lambda _session: reader.drop()  # type: ignore[method-assign]
        with pytest.raises(LinkBroken, match="not known"):
            await box.driver.carry_out(access.read_tid(EPC))
    with pytest.raises(LinkBroken, match="not connected"):
        await box.driver.carry_out(access.read_tid(EPC))


async def test_a_reader_that_hangs_up_when_asked_for_its_version_is_not_asked_again() -> None:
    reader = WireReader()
    reader.hang_up_on = m.GetSupportedVersion
    async with reader.served(), driven(plain(reader.port)) as box:
        await until(lambda: DeviceState.READY in box.states(), seconds=20)
        assert len(reader.told(m.GetSupportedVersion)) == 1
        assert reader.connections == 2


async def test_half_a_report_and_the_end_leave_nothing_behind_in_the_next_connection() -> None:
    """sllurp stays disconnected for ever here: the half frame swallows the greeting of the new connection."""
    async with WireReader().served() as reader, driven(plain(reader.port)) as box:
        await until(lambda: DeviceState.READY in box.states(), seconds=20)
        whole = ReaderSession()
        whole.report([tag(number) for number in range(50)])
        reader.send(whole.take_output()[:900])
        await until(lambda: len(reader.sessions) == 1, seconds=5)
        reader.drop()
        await until(lambda: reader.connections == 2 and len(reader.sessions) == 1, seconds=20)
        await until(lambda: len(reader.told(m.StartRoSpec)) == 2, seconds=20)
        reader.report([tag(7)])
        await until(lambda: [read.epc for read in box.reads()] == [(7).to_bytes(12, "big")], seconds=20)


async def test_noise_in_a_message_costs_that_message() -> None:
    async with WireReader().served() as reader, driven(plain(reader.port, health_every_ms=100)) as box:
        await until(lambda: DeviceState.READY in box.states(), seconds=20)
        reader.send(bytes.fromhex("043d0000000d00000001" + "00f000" + "07f40000000a00000009"))
        reader.report([tag(1)])
        await until(lambda: len(box.reads()) == 1, seconds=20)
        await until(lambda: sum(each.bad for each in box.events if isinstance(each, ReaderHealth)) == 1, seconds=20)
        healths = [event for event in box.events if isinstance(event, ReaderHealth)]
        assert (sum(each.reads for each in healths), sum(each.unique for each in healths)) == (1, 1)
        assert reader.connections == 1


async def test_thirty_two_readers_are_served_by_one_loop_beside_one_with_a_very_long_report() -> None:
    """Each reader is one task and no thread; a report of 15,000 tags is read in steps, the others in between."""
    async with contextlib.AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(WireReader().served()) for _ in range(32)]
        boxes = [await stack.enter_async_context(driven(plain(reader.port))) for reader in readers]
        await until(lambda: all(DeviceState.READY in box.states() for box in boxes), seconds=60)
        readers[0].report([tag(number) for number in range(15_000)])
        for reader in readers[1:]:
            reader.report([tag(1)])
        await until(lambda: len(boxes[0].reads()) == 15_000 and all(box.reads() for box in boxes), seconds=60)
        steps = [len(event.reads) for event in boxes[0].events if isinstance(event, TagsRead)]
        assert max(steps) < 500
        assert [read.epc for read in boxes[0].reads()] == [number.to_bytes(12, "big") for number in range(15_000)]
