"""The session against the simulated readers of all makers, and each of their faults, in virtual time.

A fault is said or survived, and what is read afterwards is right; nothing but LlrpError is ever raised.
"""

from __future__ import annotations

import msgspec
import pytest

from protocols.clock import SeededRandom
from protocols.llrp import access
from protocols.llrp.client import AccessDone, InputChanged, ReaderSaid
from protocols.llrp.errors import LlrpError
from protocols.llrp.reader_setup import Extra, InventorySetup
from protocols.llrp.wire import BitString
from simulators.llrp_reader.air import Air, door_antennas
from simulators.llrp_reader.device import LlrpReader
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.profiles import PROFILES
from tests.support.llrp_pair import Pair

EVERYTHING = Extra.PHASE | Extra.EXACT_RSSI | Extra.DOPPLER | Extra.TID
SETUP = InventorySetup(
    antennas=(1, 2, 3, 4), keepalive_ms=400, answer_within_ms=1_000, version_max=2, inputs=(1, 2), extras=EVERYTHING,
    power_cdbm=2_500,
)  # fmt: skip
SWITCHES = {field.name: field.default for field in msgspec.structs.fields(ReaderFaults)}
AMOUNTS = {"gather_ms": 200, "slow_ms": 100, "clock_off_ms": -10_000_000, "radio_busy_percent": 80, "buffer_tags": 5}


def against(profile: str) -> Pair:
    """A session and a reader of this kind with three tags at its door, reading."""
    pair = Pair(SETUP)
    pair.break_off()
    pair.reader = LlrpReader(Air(door_antennas(4), SeededRandom(1), pair.now_ms), PROFILES[profile], pair.now_ms)
    pair.stand(3)
    assert live(pair, 1_000) == []
    assert pair.client.running
    return pair


def live(pair: Pair, milliseconds: int) -> list[str]:
    """Let time pass as a driver would: an error ends the connection, and the next one begins."""
    until_ms = pair.now_ms + milliseconds
    errors: list[str] = []
    while pair.now_ms < until_ms:
        try:
            if pair.session is None:
                pair.connect()
            pair.run(min(100, until_ms - pair.now_ms))
        except LlrpError as error:
            errors.append(str(error))
            pair.break_off()
    return errors


@pytest.mark.parametrize("fault", SWITCHES)
def test_a_fault_is_survived_and_reading_goes_on(fault: str) -> None:
    pair = against("impinj")
    setattr(pair.reader.faults, fault, AMOUNTS.get(fault, True))
    live(pair, 2_500)
    setattr(pair.reader.faults, fault, SWITCHES[fault])
    live(pair, 3_000)
    before = len(pair.records())
    assert live(pair, 500) == []
    assert len(pair.records()) > before
    assert pair.client.running


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_each_makers_reader_tells_what_it_can_and_no_more_is_asked(profile: str) -> None:
    pair = against(profile)
    reader, record = PROFILES[profile], pair.records()[-1]
    assert pair.client.version == min(2, reader.highest_version)
    told = {name for name in ("phase", "rssi_cdbm", "doppler", "tid") if getattr(record, name) is not None}
    assert (
        told
        == {
            "none": set(),
            "impinj": {"phase", "rssi_cdbm", "doppler", "tid"},
            "zebra": {"phase"},
        }[reader.extensions.value]
    )
    assert record.rssi_cdbm is None or abs(record.rssi_cdbm - 100 * (record.rssi_dbm or 0)) <= 100
    assert {event.kind for event in pair.events if isinstance(event, ReaderSaid)} <= {"version"}


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_inputs_outputs_and_orders(profile: str) -> None:
    pair = against(profile)
    pair.reader.faults.gpi_bounce = True
    pair.reader.input(1, high=True, now_ms=pair.now_ms)
    live(pair, 200)
    assert [event for event in pair.events if isinstance(event, InputChanged) and event.high] == [InputChanged(1, True)]
    pair.client.set_outputs({2: True}, pair.now_ms)
    live(pair, 100)
    assert pair.reader.config.outputs[2]
    epc = BitString(96, pair.records()[-1].epc)
    new = BitString(96, bytes(11) + b"\x77")
    for order in (access.read_tid(epc), access.write_epc(epc, new), access.kill(new, 5)):
        pair.client.order(order, pair.now_ms)
    live(pair, 3_000)
    read, written, tried = [event.outcome for event in pair.events if isinstance(event, AccessDone)]
    assert read.fault == written.fault == tried.fault == ""
    assert len(read.words[0]) == access.TID_WORDS
    assert tried.dry_run
    pair.events.clear()
    live(pair, 1_000)
    assert new.data in {record.epc for record in pair.records()}, "written, and still alive"
    assert epc.data not in {record.epc for record in pair.records()}
