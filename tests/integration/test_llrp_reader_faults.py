"""Every fault of the simulated reader over TCP, with our own driver at the other end: what the store notices, what it keeps.

The switches that change nothing on the wire of a running inventory (refused filters, lies in tables) are in the unit tests.
"""

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
from firmware_bridges.supervise import supervise
from protocols.clock import SeededRandom
from protocols.device_events import DeviceEvent, DeviceState, DeviceStateEvent, InputChanged, TagRead, TagsRead
from protocols.llrp.access import read_tid, write_epc
from protocols.llrp.reader_setup import Extra, InventorySetup
from protocols.llrp.wire import BitString
from simulators.clock import SystemClock
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.profiles import IMPINJ_LIKE, PLAIN, ZEBRA_LIKE, Profile
from simulators.llrp_reader.server import LlrpReaderSimulator, server_tls, tags_of_gtin
from tests.support.certificates import Authority
from tests.support.waiting import until

EPCS = tags_of_gtin("9520000000011", range(1, 6))
SETUP = InventorySetup(antennas=(1, 2, 3, 4), keepalive_ms=400, answer_within_ms=4_000)


class Store:
    """A driver at work, and what it told."""

    def __init__(self, port: int, setup: InventorySetup) -> None:
        self.events: list[DeviceEvent] = []
        self.clock = SystemClock()
        self.driver = LlrpReaderDriver("door-1", "127.0.0.1", port, setup, self.clock)

    @property
    def reads(self) -> list[TagRead]:
        return [read for event in self.events if isinstance(event, TagsRead) for read in event.reads]

    @property
    def states(self) -> list[DeviceStateEvent]:
        return [event for event in self.events if isinstance(event, DeviceStateEvent)]

    @property
    def epcs(self) -> set[str]:
        return {read.epc.hex().upper() for read in self.reads}

    @property
    def readies(self) -> int:
        return sum(state.state is DeviceState.READY for state in self.states)

    @property
    def retried(self) -> bool:
        return any(state.state is DeviceState.RETRYING for state in self.states)

    def forget(self) -> None:
        self.events.clear()


@contextlib.asynccontextmanager
async def store_at(
    reader: LlrpReaderSimulator, setup: InventorySetup = SETUP, *, ready: bool = True
) -> AsyncIterator[Store]:
    store = Store(reader.port, setup)
    task = asyncio.create_task(supervise(store.driver, store.events.append, store.clock, SeededRandom(1)))
    try:
        if ready:
            await until(lambda: store.readies == 1, seconds=20)
        yield store
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def running(profile: Profile = PLAIN, **more: ssl.SSLContext) -> AsyncIterator[LlrpReaderSimulator]:
    reader = LlrpReaderSimulator(0, SystemClock(), SeededRandom(3), profile=profile, **more)
    await reader.start()
    reader.stand(EPCS, 600)
    try:
        yield reader
    finally:
        await reader.stop()


HARMLESS = {
    "split": True, "gather_ms": 120, "slow_ms": 15, "huge_reports": True, "no_keepalive": True, "omit_repeated": True,
    "uptime_only": True, "last_before_first": True, "full_seen_count": True, "odd_epcs": True, "foreign_epcs": True,
    "empty_reports": True, "unknown_messages": True, "unknown_parameters": True, "custom_everywhere": True, "wrong_pc": True,
    "singulation_events": True, "mode_table_lies": True, "radio_busy_percent": 60, "clock_off_ms": -800_000_000_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
async def test_reads_go_on_whatever_the_reader_does_to_them(name: str) -> None:
    async with running() as reader:
        setattr(reader.faults, name, HARMLESS[name])
        async with store_at(reader) as store:
            await until(lambda: store.epcs >= set(EPCS) and len(store.reads) > 60, seconds=30)
            assert not store.retried
            assert reader.connections == 1
            assert all(read.first_seen_ms <= store.clock.monotonic_ms() for read in store.reads)
            strangers = store.epcs - set(EPCS)
            assert bool(strangers) is (name in {"odd_epcs", "foreign_epcs"})


@pytest.mark.parametrize("name", ["cut_next_report", "reset_next_report"])
async def test_a_report_that_breaks_off_costs_a_connection_and_heals_itself(name: str) -> None:
    async with running() as reader, store_at(reader) as store:
        setattr(reader.faults, name, True)
        await until(lambda: store.readies == 2, seconds=30)
        assert not getattr(reader.faults, name)
        store.forget()
        await until(lambda: store.epcs == set(EPCS), seconds=30)


@pytest.mark.parametrize("name", ["silent", "stalled"])
async def test_a_reader_that_says_nothing_is_left_and_found_again(name: str) -> None:
    async with running() as reader, store_at(reader) as store:
        setattr(reader.faults, name, True)
        await until(lambda: store.retried, seconds=20)
        setattr(reader.faults, name, False)
        await until(lambda: store.readies >= 2, seconds=40)


async def test_without_reports_the_buffer_fills_and_nothing_is_lost() -> None:
    async with running() as reader, store_at(reader) as store:
        reader.faults.no_reports = True
        await until(lambda: len(reader.device.running.buffer.rows) > 100, seconds=20)
        store.forget()
        reader.faults.no_reports = False
        await until(lambda: len(store.reads) > 100, seconds=20)
        assert reader.device.running.buffer.lost == 0
        assert not store.retried


async def test_a_buffer_that_runs_over_is_told() -> None:
    async with running() as reader, store_at(reader) as store:
        reader.faults.buffer_tags = 20
        reader.faults.no_reports = True
        await until(lambda: store.states[-1].state is DeviceState.DEGRADED, seconds=20)
        assert "buffer" in store.states[-1].reason
        assert reader.device.running.buffer.lost > 0


async def test_requests_that_stay_unanswered_are_asked_again() -> None:
    async with running() as reader:
        reader.faults.no_answers = True
        quick = InventorySetup(antennas=(1, 2), keepalive_ms=400, answer_within_ms=500)
        async with store_at(reader, quick, ready=False) as store:
            await until(lambda: store.retried, seconds=20)
            assert "does not answer" in next(state.reason for state in store.states if state.reason)
            reader.faults.no_answers = False
            await until(lambda: store.readies == 1, seconds=30)


async def test_a_dead_client_is_kept_until_its_keepalives_stay_unanswered() -> None:
    async with running(IMPINJ_LIKE) as reader, store_at(reader) as store:
        reader.faults.keeps_dead_client = True
        reader.drop()
        await until(lambda: any("another client" in state.reason for state in store.states), seconds=20)
        await until(lambda: store.readies == 2, seconds=40)
        assert reader.faults.keeps_dead_client, "freed by the link monitor, not by healing"


async def test_a_reader_without_link_monitor_keeps_a_dead_client_for_ever() -> None:
    async with running() as reader, store_at(reader) as store:
        reader.faults.keeps_dead_client = True
        reader.drop()
        await until(lambda: any("another client" in state.reason for state in store.states), seconds=20)
        refused = reader.connections
        await until(lambda: reader.connections > refused + 1, seconds=30)
        assert store.readies == 1
        reader.faults.keeps_dead_client = False
        await until(lambda: store.readies == 2, seconds=30)


async def test_a_power_level_it_does_not_take_is_named() -> None:
    async with running() as reader:
        reader.faults.refuse_power = True
        weak = InventorySetup(antennas=(1,), keepalive_ms=400, power_cdbm=2_000)
        async with store_at(reader, weak, ready=False) as store:
            await until(lambda: any("parameter 224 / field 2" in state.reason for state in store.states), seconds=20)
            reader.faults.refuse_power = False
            await until(lambda: store.readies == 1, seconds=30)


async def test_a_fault_of_its_own_is_told() -> None:
    async with running() as reader, store_at(reader) as store:
        reader.faults.no_reports = True
        reader.faults.exception_next = True
        await until(lambda: "a fault of the radio" in store.states[-1].reason, seconds=20)


async def test_a_bouncing_input_is_one_change() -> None:
    setup = InventorySetup(antennas=(1,), keepalive_ms=400, inputs=(2,), debounce_ms=40)
    async with running() as reader, store_at(reader, setup) as store:
        reader.faults.gpi_bounce = True
        reader.set_input(2, high=True)
        await until(lambda: any(isinstance(event, InputChanged) and event.high for event in store.events), seconds=20)
        changes = [event.high for event in store.events if isinstance(event, InputChanged) and event.port == 2]
        assert changes in ([True], [False, True]), "perhaps as it was at first, then one change"


async def test_a_reboot_loses_everything_and_the_driver_sets_it_up_again() -> None:
    async with running() as reader, store_at(reader) as store:
        reader.reboot()
        assert reader.device.book.active is None
        await until(lambda: store.readies == 2 and reader.device.book.active is not None, seconds=30)
        reader.say_goodbye()
        await until(lambda: store.readies == 3, seconds=30)


async def test_siren_and_lights_follow_the_driver() -> None:
    async with running() as reader, store_at(reader) as store:
        store.driver.set_output(1, True)
        await until(lambda: reader.outputs[1], seconds=20)
        reader.reboot()
        assert not reader.outputs[1]
        await until(lambda: reader.outputs[1], seconds=30)


@pytest.mark.parametrize("profile", [IMPINJ_LIKE, ZEBRA_LIKE], ids=lambda profile: profile.name)
async def test_what_makers_tell_more_arrives(profile: Profile) -> None:
    extras = Extra.PHASE | Extra.EXACT_RSSI | Extra.DOPPLER | Extra.TID
    setup = InventorySetup(antennas=(1, 2, 3, 4), keepalive_ms=400, extras=extras)
    async with running(profile) as reader, store_at(reader, setup) as store:
        await until(lambda: store.epcs == set(EPCS), seconds=20)
        assert all(read.phase is not None for read in store.reads)
        if profile is IMPINJ_LIKE:
            assert all(read.rssi_cdbm is not None and read.tid is not None for read in store.reads)


async def test_orders_to_single_tags_are_carried_out() -> None:
    epc = BitString(96, bytes.fromhex(EPCS[0]))
    async with running() as reader, store_at(reader) as store:
        tid = await store.driver.carry_out(read_tid(epc))
        assert (tid.fault, tid.words[0][0]) == ("", 0xE280)
        fresh = bytes.fromhex(tags_of_gtin("9520000000011", [77])[0])
        assert (await store.driver.carry_out(write_epc(epc, BitString(96, fresh)))).fault == ""
        store.forget()
        await until(lambda: fresh.hex().upper() in store.epcs, seconds=20)
        assert reader.device.access.specs == {}


async def test_tls_is_spoken_with_whoever_trusts_its_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "makers")
    issued = authority.issue("reader")
    tls = server_tls(str(issued.cert_file), str(issued.key_file))
    trusting = reader_tls(authority.ca_file, None, None)
    async with running(tls=tls) as reader:
        store = Store(reader.port, SETUP)
        store.driver = LlrpReaderDriver(
            "door-1", "127.0.0.1", reader.port, SETUP, store.clock,
            open_link=lambda: open_tcp("127.0.0.1", reader.port, tls=trusting),
        )  # fmt: skip
        task = asyncio.create_task(supervise(store.driver, store.events.append, store.clock, SeededRandom(1)))
        try:
            await until(lambda: store.epcs == set(EPCS), seconds=30)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def test_every_fault_is_tried_here_or_beside_the_wire() -> None:
    beside_the_wire = {"refuse", "refuse_filters"}
    alone = {
        "cut_next_report", "reset_next_report", "silent", "stalled", "no_reports", "buffer_tags", "no_answers",
        "keeps_dead_client", "refuse_power", "exception_next", "gpi_bounce",
    }  # fmt: skip
    assert set(ReaderFaults.__struct_fields__) == set(HARMLESS) | alone | beside_the_wire
