"""Recorded and computed frames of the protocols that share `frames`: read as they are, written byte for byte."""

from __future__ import annotations

import pytest

from protocols.clock import FakeClock
from protocols.device_events import WeightState
from protocols.scales import cas, dialog06, hid, nci, pinnacle, sma, st_gs, tisa, toledo8217, toledo_continuous, weighbridge
from protocols.scales.checks import negative_sum7, xor
from protocols.scales.frames import Frames
from protocols.scales.registry import PROTOCOLS
from protocols.scales.session import ScaleProtocol
from simulators.load_cell import LoadCell

STABLE, MOTION, ZERO = WeightState.STABLE, WeightState.MOTION, WeightState.ZERO
OVER = WeightState.OVER_CAPACITY
READ = [
    (nci.FRAMES_02, "0A 30 31 2E 32 33 34 4B 47 0D 0A 53 30 30 0D 03", STABLE, 1_234, "kg", False),
    (nci.FRAMES_02, "0A 53 31 30 0D 03", MOTION, None, "kg", False),
    (nci.FRAMES_02, "0A 53 30 31 0D 03", WeightState.UNDER_ZERO, None, "kg", False),
    (nci.FRAMES_02, "0A 53 30 32 0D 03", OVER, None, "kg", False),
    (nci.FRAMES_02, "0A 53 34 30 0D 03", WeightState.FAULT, None, "kg", False),
    (nci.FRAMES_02, "0A 30 31 2E 32 33 34 4B 47 0D 0A 53 30 70 34 0D 03", STABLE, 1_234, "kg", True),
    (nci.FRAMES_01, "0A 30 30 30 32 2E 35 30 4C 42 0D 0A 30 30 0D 03", STABLE, 1_134, "lb", False),
    (sma.FRAMES, "0A 20 31 47 20 20 20 20 20 20 20 31 2E 32 33 6B 67 20 0D", None, None, "", False),
    (sma.FRAMES, "0A 20 31 47 20 20 20 20 20 20 20 31 2E 32 33 34 6B 67 20 0D", STABLE, 1_234, "kg", False),
    (sma.FRAMES, "0A 5A 31 47 20 20 20 20 20 20 20 30 2E 30 30 30 6B 67 20 0D", ZERO, 0, "kg", False),
    (sma.FRAMES, "0A 20 31 4E 4D 20 20 20 20 20 20 31 2E 32 33 34 6B 67 20 0D", MOTION, None, "kg", False),
    (sma.FRAMES, "0A 4F 31 47 20 20 2D 2D 2D 2D 2D 2D 2D 2D 2D 2D 6B 67 20 0D", OVER, None, "kg", False),
    (cas.FRAMES, "01 02 53 20 30 31 2E 32 33 34 6B 67 65 03 04", STABLE, 1_234, "kg", False),
    (cas.FRAMES, "01 02 55 20 30 30 2E 35 30 30 6B 67 62 03 04", MOTION, None, "kg", False),
    (cas.FRAMES, "01 02 53 20 30 31 2E 32 33 34 6B 67 66 03 04", None, None, "", False),
    (pinnacle.FRAMES, "01 02 53 20 30 31 2E 32 33 34 6B 67 66 03 04", STABLE, 1_234, "kg", False),
    (pinnacle.FRAMES, "01 02 53 20 30 31 2E 32 33 34 6B 67 65 03 04", None, None, "", False),
    (tisa.FRAMES, b"9900031600000004\r\n".hex(" "), STABLE, 316, "kg", False),
    (tisa.FRAMES, b"990012340000309>\r\n".hex(" "), STABLE, 1_234, "kg", False),
    (tisa.FRAMES, b"990012340000309=\r\n".hex(" "), None, None, "", False),
    (weighbridge.FRAMES, "02 2B 30 30 32 30 30 30 32 31 42 03", STABLE, 20_000, "kg", False),
    (weighbridge.FRAMES, "02 2B 30 30 32 30 30 30 32 31 43 03", None, None, "", False),
    (toledo_continuous.FRAMES, "02 2B 30 20 20 20 31 32 35 30 20 20 20 20 20 30 0D 1E", STABLE, 125_000, "kg", False),
    (toledo_continuous.FRAMES, "02 2B 30 20 20 20 31 32 35 30 20 20 20 20 20 30 0D 1F", None, None, "", False),
    (hid.FRAMES, "03 04 02 00 14 00", STABLE, 20, "g", False),
    (hid.FRAMES, "03 04 0B FF 34 19", STABLE, 18_291, "oz", False),
    (hid.FRAMES, "03 02 02 00 00 00", ZERO, 0, "g", False),
    (hid.FRAMES, "03 02 02 00 14 00", None, None, "", False),
    (hid.FRAMES, "03 06 02 00 14 00", OVER, None, "kg", False),
    (st_gs.FRAMES, b"ST,GS,+0012.345kg\r\n".hex(" "), STABLE, 12_345, "kg", False),
    (st_gs.FRAMES, b"ST,GS,+ 12.345 kg\r\n".hex(" "), STABLE, 12_345, "kg", False),
    (st_gs.FRAMES, b"ST, NT,-  0.005 kg\n".hex(" "), WeightState.UNDER_ZERO, None, "kg", False),
    (st_gs.FRAMES, b"US,NT,+ 12.345 kg\r\n".hex(" "), MOTION, None, "kg", False),
    (st_gs.FRAMES, b"OL,GS,-------- kg\r\n".hex(" "), OVER, None, "kg", False),
    (st_gs.FRAMES, b"ST,NT,1\xc2,   0.750 kg\r\n".hex(" "), STABLE, 750, "kg", True),
]  # fmt: skip


@pytest.mark.parametrize(("frames", "data", "state", "grams", "unit", "net"), READ)
def test_golden_frames_are_read(
    frames: Frames, data: str, state: WeightState | None, grams: int | None, unit: str, net: bool
) -> None:
    found, _ = frames.take(bytes.fromhex(data))
    if state is None:
        assert found == []
        return
    (shown,) = found
    assert (shown.state, shown.net, shown.unit) == (state, net, unit)
    assert (None if shown.mass is None else shown.mass.grams) == grams


def test_golden_frames_are_written() -> None:
    assert cas.encode(STABLE, 1_234) == bytes.fromhex("01 02 53 20 30 31 2E 32 33 34 6B 67 65 03 04")
    assert cas.encode(MOTION, 500) == bytes.fromhex("01 02 55 20 30 30 2E 35 30 30 6B 67 62 03 04")
    assert pinnacle.encode(STABLE, 1_234) == bytes.fromhex("01 02 53 20 30 31 2E 32 33 34 6B 67 66 03 04")
    assert tisa.question(0) == b"98000001\r\n"
    assert tisa.encode(316) == b"9900031600000004\r\n"
    assert tisa.encode(1_234, amount=309) == b"990012340000309>\r\n"
    assert weighbridge.encode(2_000, 2) == bytes.fromhex("02 2B 30 30 32 30 30 30 32 31 42 03")
    golden = bytes.fromhex("02 2B 30 20 20 20 31 32 35 30 20 20 20 20 20 30 0D 1E")
    assert toledo_continuous.encode(0x30, 1_250, 0, swa=0x2B) == golden
    assert hid.encode(4, 2, 0, 20) == bytes.fromhex("03 04 02 00 14 00")
    assert hid.encode(4, 11, -1, 6_452) == bytes.fromhex("03 04 0B FF 34 19")
    assert dialog06.price_record(250) == bytes.fromhex("04 02 30 31 1B 30 30 30 32 35 30 1B 03")
    weighed = dialog06.write_result(dialog06.Weighed(1_234, 250, 309))
    assert weighed == bytes.fromhex("02 30 32 1B 33 1B 30 31 32 33 34 1B 30 30 30 32 35 30 1B 30 30 30 33 30 39 03")
    assert dialog06.write_result(dialog06.Refused(dialog06.Why.MOTION)) == bytes.fromhex("02 30 39 1B 32 30 03")


@pytest.mark.parametrize(
    ("name", "sent", "said"),
    [
        ("nci_scp02", b"W\r", b"\n01.235KG\r\nS00\r\x03"),
        ("nci_scp01", b"W\r", b"\n001.235KG\r\n00\r\x03"),
        ("nci_scp02", b"X\r", b"\n?\r\x03"),
        ("sma", b"\nW\r", b"\n 1G       1.235kg \r"),
        ("sma", b"\nX\r", b"\n?\r"),
        ("toledo8213", b"W", b"\x0201.235\r"),
        ("toledo8213", b"H", b"\x02001.2350\r"),
        ("toledo8217", b"H", b""),
    ],
)
def test_the_scales_side_writes_its_answers(name: str, sent: bytes, said: bytes) -> None:
    cell = LoadCell(FakeClock())
    cell.put(1_235, settle_ms=0)
    answers = PROTOCOLS[name].answering(cell).receive(sent, 0)
    assert b"".join(answer.data for answer in answers) == said


def test_the_indicators_frames_have_the_length_of_their_makers() -> None:
    cell = LoadCell(FakeClock())
    cell.put(1_235, settle_ms=0)
    assert st_gs.CasIndicator(cell).frame() == b"ST,GS,1\xc4,   1.235 kg\r\n"
    assert len(st_gs.CasIndicator(cell).frame()) == 22
    assert st_gs.StGsScale(cell).frame() == b"ST,GS,+001.235kg\r\n"
    assert len(st_gs.StGsScale(cell).frame()) == 18


@pytest.mark.parametrize("name", ["toledo8217", "toledo8213"])
@pytest.mark.parametrize("byte", range(256))
def test_no_status_byte_of_any_dialect_is_a_weight_and_bits_5_and_6_are_no_error(name: str, byte: int) -> None:
    session = PROTOCOLS[name].asking("s")
    session.ask(0)
    kept = session.receive(b"\x0200.500\r")
    session.ask(1)
    heard = session.receive(b"\x02?" + bytes([byte]) + b"\r")
    if byte >= 0x80 and byte.bit_count() % 2:
        assert heard is None, "its parity is wrong"
        return
    if byte & 0x1F == 0:  # nothing wrong, whatever b5 and b6 say: the weight told before still holds
        assert heard == kept
        return
    assert heard is not None
    assert getattr(heard, "grams", None) is None
    twin = PROTOCOLS[name].asking("s")
    twin.ask(0)
    assert twin.receive(b"\x02?" + bytes([byte & 0x1F]) + b"\r") == heard
    assert toledo8217.state_of(byte & 0x7F) is toledo8217.state_of((byte & 0x7F) ^ 0x60)


def test_the_proof_of_dialog_06_can_be_checked_and_depends_on_everything() -> None:
    code, word = dialog06.proof(0x1234, "A7", dialog06.OWN_POLYNOMIAL)
    assert (code, word) == (0xD048, dialog06.proof(0x1234, "A7", dialog06.OWN_POLYNOMIAL)[1])
    assert dialog06.is_proof(code, word, "A7", dialog06.OWN_POLYNOMIAL)
    assert not dialog06.is_proof(code, word, "A8", dialog06.OWN_POLYNOMIAL)
    assert not dialog06.is_proof(code ^ 1, word, "A7", dialog06.OWN_POLYNOMIAL)
    assert not dialog06.is_proof(code, word, "A7", dialog06.OWN_POLYNOMIAL ^ 2)


def test_checks() -> None:
    assert xor(b"98" + b"0" * 5) == ord("1")
    assert negative_sum7(bytes.fromhex("02 2B 30 20 20 20 31 32 35 30 20 20 20 20 20 30 0D")) == 0x1E


def test_a_toledo_that_sends_no_checksum_counts_when_two_frames_are_alike() -> None:
    session = toledo_continuous.without_checksum().asking("s")
    session.ask(0)
    frame = toledo_continuous.encode(0x30, 1_250, 0)[:-1]
    assert session.receive(frame) is None
    heard = session.receive(frame)
    assert getattr(heard, "grams", None) == 1_250


@pytest.mark.parametrize("protocol", [toledo8217.PROTOCOL, toledo8217.PROTOCOL_8213])
def test_a_scale_set_to_pounds_is_read_as_pounds(protocol: ScaleProtocol) -> None:
    pounds = toledo8217.in_pounds(protocol)
    cell = LoadCell(FakeClock())
    cell.put(567, settle_ms=0)
    session = pounds.asking("s")
    (answer,) = pounds.answering(cell).receive(session.ask(0), 0)
    heard = session.receive(answer.data)
    assert (getattr(heard, "grams", None), getattr(heard, "unit", "")) == (567, "lb")
