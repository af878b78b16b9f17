"""Modbus profiles and registers: the bytes of the manuals, every order of a float, faults, and frames on a hostile line."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadInputRegistersRequest

from protocols.clock import SeededRandom
from protocols.modbus import device, registers
from protocols.modbus.library import profiles
from protocols.modbus.profile import Point, Profile, ProfileRefused, Sentinel, parse
from protocols.modbus.registers import Decoded, decode, encode, reads_of

SDM630 = profiles()["sdm630"]
TOTAL_POWER = next(point for point in SDM630.points if point.measure == "power_w")
ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")


def test_the_bytes_of_the_energy_meter() -> None:
    """SDM630, total power: question, answer of 1234.5 W, exception 2 (Modbus over serial line; facts of the meter)."""
    line = device.DeviceLine("rtu")
    (asked,) = line.receive(bytes.fromhex("01 04 00 34 00 02 30 05"))
    assert (asked.unit, asked.function, asked.address, asked.count) == (1, 4, 0x34, 2)
    assert asked.address == TOTAL_POWER.address
    held = {("input", 0x34): 0x449A, ("input", 0x35): 0x5000}
    assert line.frame(asked, device.answer(asked, held)) == bytes.fromhex("01 04 04 44 9A 50 00 F3 5B")
    assert line.frame(asked, device.answer(asked, {})) == bytes.fromhex("01 84 02 C2 C1")
    assert decode(TOTAL_POWER, (0x449A, 0x5000)) == Decoded("power_w", 1234.5)
    assert encode(TOTAL_POWER, 1234.5) == (0x449A, 0x5000)


def test_the_foreign_master_asks_and_understands_the_same_bytes() -> None:
    """pymodbus builds the question and reads our answer."""
    framer = FramerRTU(DecodePDU(False))
    question = framer.buildFrame(ReadInputRegistersRequest(address=0x34, count=2, dev_id=1))
    assert question == bytes.fromhex("01 04 00 34 00 02 30 05")
    line = device.DeviceLine("rtu")
    (asked,) = line.receive(question)
    used, answer = framer.handleFrame(line.frame(asked, device.answer(asked, held_by_a_meter())), 1, 0)
    assert used == 9
    assert answer is not None
    assert answer.registers == [0x449A, 0x5000]
    over_tcp = FramerSocket(DecodePDU(False))
    request = ReadInputRegistersRequest(address=0x34, count=2, dev_id=7, transaction_id=0x1234)
    tcp = device.DeviceLine("tcp")
    (asked,) = tcp.receive(over_tcp.buildFrame(request))
    assert (asked.unit, asked.transaction) == (7, 0x1234)
    _, answer = over_tcp.handleFrame(tcp.frame(asked, device.answer(asked, held_by_a_meter())), 7, 0x1234)
    assert answer is not None
    assert answer.registers == [0x449A, 0x5000]


def held_by_a_meter() -> device.Held:
    return registers.registers_of(SDM630, {"power_w": 1234.5})


@pytest.mark.parametrize(
    ("order", "words"),
    [("ABCD", (0x449A, 0x5000)), ("CDAB", (0x5000, 0x449A)), ("BADC", (0x9A44, 0x0050)), ("DCBA", (0x0050, 0x9A44))],
)
def test_the_four_orders_of_a_float(order: str, words: tuple[int, int]) -> None:
    point = Point(measure="power_w", address=0, type="float32")
    assert encode(point, 1234.5, order) == words  # type: ignore[arg-type]
    assert decode(point, words, order).value == 1234.5  # type: ignore[arg-type]


def test_below_zero_and_broken_probes() -> None:
    point = Point(measure="temperature_celsius", address=0, scale=0.1, faults=(Sentinel(raw=0x8000, means="probe_open"),))
    assert decode(point, (0xFF38,)) == Decoded("temperature_celsius", -20.0)
    assert decode(point, (0x8000,)) == Decoded("temperature_celsius", None, "probe_open")
    assert decode(point, (0x7FFF,)).value == 3276.7, "no sentinel of this model, and no limit"
    for nan in (0x7FC0, 0x7F80, 0xFF80):  # not a number, and both infinities
        found = decode(Point(measure="power_w", address=0, type="float32"), (nan, 0))
        assert found == Decoded("power_w", None, "not_a_number")
    limited = Point(measure="temperature_celsius", address=0, scale=0.1, low=-60, high=60)
    assert decode(limited, (0x7FFF,)) == Decoded("temperature_celsius", None, "implausible")


def test_the_refrigeration_controllers() -> None:
    """0601h is printed as register 1538, and the defrost phase is bits 8 to 11 of 0557h."""
    penn = profiles()["penn_tc3"]
    assert {(read.function, read.address, read.count) for read in reads_of(penn)} == {(3, 0x0557, 1), (3, 0x0601, 1)}
    held = registers.registers_of(penn, {"setpoint_celsius": -18.5, "defrost": 1})
    assert held["holding", 0x0601] == 0xFF47
    (phase, setpoint) = reads_of(penn)
    assert registers.decode_read(penn, phase, (0x0300,)) == (Decoded("defrost", 1.0),)
    assert registers.decode_read(penn, phase, (0xF0FF,)) == (Decoded("defrost", 0.0),), "the other bits are not asked"
    assert registers.decode_read(penn, setpoint, (0xFF47,)) == (Decoded("setpoint_celsius", -18.5),)
    carel = {(read.function, read.address) for read in reads_of(profiles()["carel"])}
    assert carel == {(2, 3), (2, 12), (2, 25), (2, 28)}


def test_reads_keep_to_the_limits() -> None:
    for profile in profiles().values():
        reads = reads_of(profile)
        assert [point for read in reads for point in read.points] == sorted(
            profile.points, key=lambda each: (each.table, each.address)
        )
        assert all(read.count <= profile.registers_per_read for read in reads)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('type = "float"', "Invalid enum value"),
        ("adress = 1", "adress"),
        ('table = "coil"', "bit"),
        ("bit_from = 3", "bit_from"),
        ("address = 70000", "address"),
        ("scale = 0", "scale"),
        ("low = 5\nhigh = 5", "low"),
    ],
)
def test_a_wrong_profile_says_where(change: str, words: str) -> None:
    key = change.partition(" ")[0]
    lines = {"measure": 'measure = "x_celsius"', "address": "address = 1", "type": 'type = "int16"'}
    lines[key] = change
    text = 'name = "x"\nmaker = "y"\nmodel = "z"\n[[points]]\n' + "\n".join(lines.values())
    with pytest.raises(ProfileRefused, match=words):
        parse(text)


def test_a_base_of_one_is_taken_off_once() -> None:
    text = 'name = "x"\nmaker = "y"\nmodel = "z"\naddress_base = {}\n[[points]]\nmeasure = "a_v"\naddress = 1\n'
    assert (parse(text.format(0)).points[0].address, parse(text.format(1)).points[0].address) == (1, 0)
    with pytest.raises(ProfileRefused, match="address"):
        parse(text.format(1).replace("address = 1", "address = 0"))


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.sampled_from(ORDERS))
def test_a_float_comes_back_in_every_order(value: float, order: str) -> None:
    point = Point(measure="power_w", address=0, type="float32")
    found = decode(point, encode(point, value, order), order).value  # type: ignore[arg-type]
    assert found is not None
    assert math.isclose(found, value, rel_tol=1e-7, abs_tol=1e-44)


@given(st.sampled_from(["int16", "uint16", "int32", "uint32"]), st.integers(-(2**31), 2**32 - 1), st.sampled_from(ORDERS))
def test_a_whole_number_comes_back_or_is_refused(kind: str, value: int, order: str) -> None:
    bits = int(kind.strip("uint"))
    low, high = (0, 2**bits - 1) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    point = Point(measure="x_w", address=0, type=kind)  # type: ignore[arg-type]
    if low <= value <= high:
        found = decode(point, encode(point, value, order), order).value  # type: ignore[arg-type]
        assert found is not None
        assert math.isclose(found, value, rel_tol=1e-8)
    else:
        with pytest.raises(OverflowError):
            encode(point, value, order)  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 0xFFFF), min_size=2, max_size=2), st.sampled_from(ORDERS))
def test_any_registers_are_a_value_or_a_fault(words: list[int], order: str) -> None:
    for profile in profiles().values():
        for point in profile.points:
            found = decode(point, words[: point.registers], order)  # type: ignore[arg-type]
            assert (found.value is None) is bool(found.fault)


@given(st.data())
def test_an_answer_of_another_length_is_refused(data: st.DataObject) -> None:
    profile: Profile = data.draw(st.sampled_from(list(profiles().values())))
    read = data.draw(st.sampled_from(reads_of(profile)))
    count = data.draw(st.integers(0, read.count - 1))
    with pytest.raises(ValueError, match="were asked for"):
        registers.decode_read(profile, read, [0] * count)


@given(st.binary(max_size=40), st.integers(0, 8), st.sampled_from(["rtu", "tcp"]))
def test_a_line_is_cut_anywhere(junk: bytes, cut: int, framing: device.Framing) -> None:
    """RTU finds its question behind any rubbish; TCP takes it in any pieces."""
    question = bytes.fromhex("01 04 00 34 00 02 30 05")
    if framing == "tcp":
        question, junk = bytes.fromhex("00 05 00 00 00 06 01 04 00 34 00 02"), b""
    line = device.DeviceLine(framing)
    found = [*line.receive(junk), *line.receive(question[:cut]), *line.receive(question[cut:])]
    assert (found[-1].function, found[-1].address, found[-1].count) == (4, 0x34, 2)


def fuzz(total: int, seed: int) -> None:
    chance = SeededRandom(seed)
    for framing in ("rtu", "tcp"):
        line = device.DeviceLine(framing)  # type: ignore[arg-type]
        for _ in range(total // 256):
            for asked in line.receive(chance.bytes(256)):
                pdu = device.answer(asked, held_by_a_meter())
                assert len(line.frame(asked, pdu)) <= 260
    points = [(point, profile.order_of(point)) for profile in profiles().values() for point in profile.points]
    for _ in range(total // 512):
        words = struct.unpack(">2H", chance.bytes(4))
        for point, order in points:
            found = decode(point, words[: point.registers], order)
            assert found.value is None or math.isfinite(found.value)


def test_rubbish_never_raises() -> None:
    fuzz(20_000, 1)


@pytest.mark.soak
def test_a_million_bytes_of_rubbish_never_raise() -> None:
    fuzz(1_000_000, 2)
