"""sllurp against our codec on the same bytes: what we encode it decodes to the same, what it encodes we give back.

sllurp is foreign software (GPL), run as a process of its own and only here.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest

from protocols.llrp import capabilities as c
from protocols.llrp import messages as m
from protocols.llrp import vendors as v
from protocols.llrp.codec import decode_message, encode_message, encode_parameter
from protocols.llrp.event_parameters import (
    AntennaEvent,
    ConnectionAttemptEvent,
    FieldError,
    GpiEvent,
    LlrpStatus,
    ParameterError,
    ReaderEventNotificationData,
    ReportBufferWarning,
    RoSpecEvent,
    UtcTimestamp,
)
from protocols.llrp.messages import HEADER_BYTES
from protocols.llrp.reader import ReaderSession, write_tag
from protocols.llrp.reads import ReportReader, TagRecord
from tests.support.box_process import ROOT, environment

FOREIGN = """
import json, sys
from sllurp.llrp import LLRPMessage
from sllurp.llrp_proto import LLRPROSpec
def plain(value):
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value
asked = json.load(sys.stdin)
decoded = [plain(LLRPMessage(msgbytes=bytes.fromhex(frame)).msgdict) for frame in asked["decode"]]
encoded = [LLRPMessage(msgdict=message).msgbytes.hex() for message in asked["encode"]]
spec = LLRPROSpec({"ModeIdentifier": 0}, 1, priority=0, state="Disabled", antennas=(1, 2),
    tx_power={1: 30, 2: 20}, duration_sec=None, report_every_n_tags=20, report_timeout_ms=0, tag_population=8,
    session=2, impinj_search_mode="2",
    impinj_tag_content_selector={"EnableRFPhaseAngle": True, "EnablePeakRSSI": True, "EnableRFDopplerFrequency": False})
encoded.append(LLRPMessage(msgdict={"ADD_ROSPEC": {"Ver": 1, "Type": 20, "ID": 9, "ROSpec": spec}}).msgbytes.hex())
print(json.dumps({"decoded": decoded, "encoded": encoded}))
"""
TO_ENCODE: list[dict[str, dict[str, int]]] = [
    {"GET_READER_CAPABILITIES": {"Ver": 1, "Type": 1, "ID": 3, "RequestedData": 0}},
    {"GET_READER_CONFIG": {"Ver": 1, "Type": 2, "ID": 4, "RequestedData": 9}},
    {"KEEPALIVE_ACK": {"Ver": 1, "Type": 72, "ID": 5}},
    {"ENABLE_EVENTS_AND_REPORTS": {"Ver": 1, "Type": 64, "ID": 6}},
    {"DELETE_ACCESSSPEC": {"Ver": 1, "Type": 41, "ID": 7, "AccessSpecID": 0}},
    {"DELETE_ROSPEC": {"Ver": 1, "Type": 21, "ID": 8, "ROSpecID": 0}},
]


FREQUENCIES = c.FixedFrequencyTable(frequencies_khz=(865_700, 866_300))
CAPABILITIES = (
    c.GeneralDeviceCapabilities(
        antennas_max=4,
        flags=0x4000,
        manufacturer=161,
        model=7,
        firmware="3.1",
        parts=(
            c.ReceiveSensitivityTableEntry(index=1, db_above_most_sensitive=0),
            c.GpioCapabilities(inputs=4, outputs=3),
            c.PerAntennaAirProtocol(antenna=1, protocols=(1,)),
        ),
    ),
    c.RegulatoryCapabilities(
        country=276,
        standard=2,
        parts=(
            c.UhfBandCapabilities(
                parts=(
                    c.TransmitPowerLevelTableEntry(index=1, power_cdbm=1_000),
                    c.TransmitPowerLevelTableEntry(index=2, power_cdbm=3_150),
                    c.FrequencyInformation(hopping=False, parts=(FREQUENCIES,)),
                    c.C1g2UhfRfModeTable(
                        parts=(
                            c.C1g2UhfRfModeTableEntry(
                                mode_id=1_000, flags=0x80, m=2, forward_modulation=1, spectral_mask=3, bdr=274_000,
                                pie=2_000, tari_min_ns=20_000, tari_max_ns=20_000, tari_step_ns=0,
                            ),
                        )
                    ),
                )
            ),
        ),
    ),
)  # fmt: skip


def records() -> list[TagRecord]:
    chance = random.Random(4)
    found = []
    for number in range(300):
        bits = chance.choice((96, 96, 64, 128, 9))
        epc = number.to_bytes(12, "big") if bits == 96 else bytes(chance.randrange(256) for _ in range((bits + 7) // 8))
        first = chance.randrange(2**50)
        rssi, channel = chance.randint(-90, -20), chance.randint(1, 50)
        found.append(TagRecord(epc, chance.randint(1, 32), rssi, first, first + 9, chance.randint(1, 9), bits, channel))
    return found


def own_of(number: int) -> list[v.OwnParameter]:
    kinds = [
        v.ImpinjPhase(angle=number % 4_096),
        v.ImpinjPeakRssi(cdbm=-6_000 - number),
        v.ImpinjDoppler(sixteenth_hz=number - 150),
        v.ImpinjTid(words=(0xE280, number)),
    ]
    return kinds[: number % 5]


def reports() -> list[bytes]:
    frames = []
    for at, record in enumerate(records()):
        session = ReaderSession()
        more = b"".join(encode_parameter(v.as_custom(own)) for own in own_of(at))
        session.report([write_tag(record, 0xFFFF, rospec_id=7, more=more)])
        frames.append(session.take_output())
    return frames


def others() -> list[bytes]:
    events = (
        ConnectionAttemptEvent(status=2),
        GpiEvent(port=3, high=True),
        RoSpecEvent(event=1, rospec_id=9),
        ReportBufferWarning(percent=90),
        AntennaEvent(event=0, antenna=4),
    )
    fault = ParameterError(parameter=224, code=201, parts=(FieldError(field=2, code=301),))
    status = LlrpStatus(code=100, description="no such power", parts=(fault,))
    told: list[m.Message] = [
        m.ReaderEventNotification(
            message_id=1, parts=(ReaderEventNotificationData(parts=(UtcTimestamp(microseconds=77), event)),)
        )
        for event in events
    ]
    told.append(m.AddRoSpecResponse(message_id=5, parts=(status,)))
    told.append(m.GetReaderCapabilitiesResponse(message_id=6, parts=(LlrpStatus(code=0), *CAPABILITIES)))
    return [encode_message(each) for each in told]


@pytest.fixture(scope="module")
def foreign() -> dict[str, list[object]]:
    asked = {"decode": [frame.hex() for frame in (*reports(), *others())], "encode": TO_ENCODE}
    done = subprocess.run(
        [sys.executable, "-c", FOREIGN], input=json.dumps(asked), capture_output=True, text=True, timeout=120,
        cwd=ROOT, env=environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def leaf(found: object, *path: str) -> object:
    for step in path:
        assert isinstance(found, dict), (step, found)
        found = found.get(step)
    return found


def test_it_reads_our_reports_as_we_do(foreign: dict[str, list[object]]) -> None:
    for at, (frame, record, told) in enumerate(zip(reports(), records(), foreign["decoded"], strict=False)):
        (ours,) = ReportReader(carry_forward=False).read(frame[HEADER_BYTES:])
        (tag,) = leaf(told, "RO_ACCESS_REPORT", "TagReportData")  # type: ignore[misc]
        epc = leaf(tag, "EPC") or leaf(tag, "EPCData", "EPC")
        assert str(epc).lower() == ours.epc.hex() == record.epc.hex()
        assert (ours.epc_bits, ours.channel) == (record.epc_bits, record.channel)
        own = {type(each): each for each in own_of(at)}
        phase, exact, doppler = own.get(v.ImpinjPhase), own.get(v.ImpinjPeakRssi), own.get(v.ImpinjDoppler)
        expected = {
            "AntennaID": ours.antenna,
            "PeakRSSI": ours.rssi_dbm,
            "FirstSeenTimestampUTC": ours.first_seen_us,
            "LastSeenTimestampUTC": ours.last_seen_us,
            "TagSeenCount": ours.count,
            "ChannelIndex": ours.channel,
            "ROSpecID": 7,
            "ImpinjRFPhaseAngle": getattr(phase, "angle", None),
            "ImpinjPeakRSSI": getattr(exact, "cdbm", None),
            "ImpinjRFDopplerFrequency": getattr(doppler, "sixteenth_hz", None),
        }
        assert {key: leaf(tag, key) for key in expected} == expected
        assert (ours.phase, ours.rssi_cdbm, ours.doppler) == (
            expected["ImpinjRFPhaseAngle"],
            expected["ImpinjPeakRSSI"],
            expected["ImpinjRFDopplerFrequency"],
        )


def test_it_reads_our_events_and_answers_as_they_were_meant(foreign: dict[str, list[object]]) -> None:
    *events, refused, capable = foreign["decoded"][-len(others()) :]
    data = [leaf(event, "READER_EVENT_NOTIFICATION", "ReaderEventNotificationData") for event in events]
    assert [leaf(each, "UTCTimestamp", "Microseconds") for each in data] == [77] * 5
    assert "already exists" in str(leaf(data[0], "ConnectionAttemptEvent", "Status"))
    assert leaf(data[1], "GPIEvent") == {"GPIPortNumber": 3, "GPIEvent": True}
    assert leaf(data[2], "ROSpecEvent") == {"ROSpecID": 9, "PreemptingROSpecID": 0, "EventType": "End_of_ROSpec"}
    assert leaf(data[3], "ReportBufferLevelWarning", "ReportBufferPercentageFull") == 90
    assert leaf(data[4], "AntennaEvent") == {"AntennaID": 4, "EventType": "Disconnected"}
    status = leaf(refused, "ADD_ROSPEC_RESPONSE", "LLRPStatus")
    assert leaf(status, "ErrorDescription") == "no such power"
    assert leaf(status, "ParameterError", "ParameterType") == "RFTransmitter"
    assert leaf(status, "ParameterError", "FieldError") == {"FieldNum": 2, "ErrorCode": "A_OutOfRange"}
    general = leaf(capable, "GET_READER_CAPABILITIES_RESPONSE", "GeneralDeviceCapabilities")
    assert leaf(general, "MaxNumberOfAntennaSupported") == 4
    band = leaf(capable, "GET_READER_CAPABILITIES_RESPONSE", "RegulatoryCapabilities", "UHFBandCapabilities")
    assert leaf(band, "FrequencyInformation", "Hopping") is False
    assert leaf(general, "GPIOCapabilities") == {"NumGPIs": 4, "NumGPOs": 3}
    powers = leaf(band, "TransmitPowerLevelTableEntry")
    assert powers == [{"Index": 1, "TransmitPowerValue": 1_000}, {"Index": 2, "TransmitPowerValue": 3_150}]
    (mode,) = leaf(band, "UHFC1G2RFModeTable", "UHFC1G2RFModeTableEntry")  # type: ignore[misc]
    assert (leaf(mode, "ModeIdentifier"), leaf(mode, "BDR"), leaf(mode, "PIE"), leaf(mode, "MaxTari")) == (
        1_000, 274_000, 2_000, 20_000,
    )  # fmt: skip


def test_what_it_sends_is_read_to_the_last_byte(foreign: dict[str, list[object]]) -> None:
    kinds = []
    for wire in foreign["encoded"]:
        frame = bytes.fromhex(str(wire))
        message = decode_message(frame)
        kinds.append(type(message))
        assert encode_message(message) == frame
    assert kinds == [
        m.GetReaderCapabilities, m.GetReaderConfig, m.KeepaliveAck, m.EnableEventsAndReports, m.DeleteAccessSpec,
        m.DeleteRoSpec, m.AddRoSpec,
    ]  # fmt: skip
