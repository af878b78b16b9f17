"""Tag data and commands of readers that speak JSON: known bytes, the way there and back, and whatever else may come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import zebra_iot as z
from protocols.llrp.reads import TagRecord

ONE = (
    b'{"data":{"antenna":2,"channel":865.7,"eventNum":17,"format":"epc","idHex":"3034257bf7194e4000001a85","peakRssi":-47,'
    b'"phase":90.0,"reads":3,"TID":"e28011052000123456789abc"},"timestamp":"2026-11-28T02:15:00.250+0000","type":"SIMPLE"}'
)
EPC = bytes.fromhex("3034257BF7194E4000001A85")
AT_US = 1_795_832_100_250_000


def test_an_event_as_a_reader_tells_it() -> None:
    (record,) = z.read_tags(ONE).records
    tid = bytes.fromhex("E28011052000123456789ABC")
    assert record == TagRecord(EPC, 2, -47, AT_US, AT_US, 3, 96, phase=1024, tid=tid)


def test_a_list_of_events_and_one_that_makes_no_sense() -> None:
    found = z.read_tags(b"[" + ONE + b',{"data":{"idHex":"zz"}},{"data":{}},7,' + ONE + b"]")
    assert (len(found.records), found.unreadable) == (2, 3)


@pytest.mark.parametrize(
    ("data", "record"),
    [
        ('{"idHex":"0102"}', TagRecord(b"\1\2", 0, None, None, None, 1, 16)),
        ('{"idHex":"0102","peakRssi":-47.25}', TagRecord(b"\1\2", 0, -47, None, None, 1, 16, rssi_cdbm=-4725)),
        ('{"idHex":"0102","phase":-90}', TagRecord(b"\1\2", 0, None, None, None, 1, 16, phase=3072)),
        ('{"idHex":"0102","phase":359.99}', TagRecord(b"\1\2", 0, None, None, None, 1, 16, phase=0)),
        ('{"idHex":"0102","reads":0,"userDefined":{"a":1}}', TagRecord(b"\1\2", 0, None, None, None, 1, 16)),
    ],
)
def test_what_a_reader_may_leave_out_or_add(data: str, record: TagRecord) -> None:
    assert z.read_tags(f'{{"data":{data}}}'.encode()).records == [record]


@pytest.mark.parametrize("timestamp", ["", "yesterday", "1970-01-01T00:00:00Z", "2026-11-28T02:15:00"])
def test_any_clock_is_taken(timestamp: str) -> None:
    (record,) = z.read_tags(f'{{"data":{{"idHex":"01"}},"timestamp":"{timestamp}"}}'.encode()).records
    assert record.last_seen_us is None or record.last_seen_us >= 0


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"null",
        b"[",
        b"\xff",
        b'{"type":"heartbeat"}',
        b'{"data":{"idHex":""}}',
        b'{"data":{"idHex":"1"}}',
        b"[" * 5_000,
        b'{"a":' * 5_000,
    ],
)
def test_what_is_no_tag_event_is_refused(payload: bytes) -> None:
    with pytest.raises(z.IotMalformed):
        z.read_tags(payload)


def test_a_message_has_a_limit() -> None:
    with pytest.raises(z.IotMalformed, match="at most"):
        z.read_tags(b" " * (z.PAYLOAD_BYTES_MAX + 1))
    assert z.read_tags(b"[" + b",".join([b"0"] * (z.TAGS_MAX + 2)) + b"]").unreadable == z.TAGS_MAX + 2


@given(st.binary(max_size=200))
def test_rubbish_is_refused_and_never_more(payload: bytes) -> None:
    for read in (z.read_tags, z.read_command, z.read_answer, z.read_status, z.read_token, z.read_mode):
        try:
            read(payload)
        except z.IotMalformed:
            continue


records = st.builds(
    TagRecord,
    epc=st.binary(min_size=1, max_size=z.EPC_BYTES_MAX),
    antenna=st.integers(0, 255),
    rssi_dbm=st.integers(-120, 0) | st.none(),
    first_seen_us=st.none(),
    last_seen_us=st.integers(0, 4_000_000_000).map(lambda ms: ms * 1000) | st.none(),
    count=st.integers(1, 65_535),
    phase=st.integers(0, 4_095) | st.none(),
    tid=st.binary(min_size=1, max_size=12) | st.none(),
)


@given(st.lists(records, min_size=1, max_size=5))
def test_both_roles_agree(told: list[TagRecord]) -> None:
    for sent, got in zip(told, z.read_tags(z.write_tags(told)).records, strict=True):
        assert (got.epc, got.epc_bits, got.antenna, got.rssi_dbm) == (
            sent.epc,
            8 * len(sent.epc),
            sent.antenna,
            sent.rssi_dbm,
        )
        assert (got.last_seen_us, got.count, got.phase, got.tid) == (sent.last_seen_us, sent.count, sent.phase, sent.tid)


def test_commands_and_their_answers() -> None:
    asked = z.read_command(z.write_command("set_mode", "c-1", z.Mode(antennas=(1, 2), transmit_power=27.5)))
    assert (asked.command, asked.command_id) == ("set_mode", "c-1")
    assert z.read_mode(bytes(asked.payload)) == z.Mode(antennas=(1, 2), transmit_power=27.5)
    assert z.write_command("start", "c-2") == b'{"command":"start","command_id":"c-2","payload":{}}'
    answer = z.read_answer(b'{"command":"start","command_id":"c-2","response":"success","payload":{}}')
    assert (answer.command_id, answer.response) == ("c-2", z.SUCCESS)
