"""Profiles of Modbus indicators: the house's files, every order of bytes, every type, the flags, what is refused."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.clock import FakeClock
from protocols.device_events import WeightState
from protocols.scales.modbus_indicator import Indicator, cells_of, number_of, shown_by, words_of
from protocols.scales.modbus_profile import (
    ProfileRefused,
    Read,
    Write,
    parse,
    reads_of,
    shipped,
    shipped_names,
    states_of,
    writes_of,
)
from protocols.scales.session import ScaleOrder
from simulators.load_cell import CAPACITY_GRAMS, LoadCell

ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"]


def made(kind: str, order: str, *, base: int = 0, decimals: int = 3) -> str:
    return (
        f'name = "test"\nmaker = "test"\nsource = "test"\nbase = {base}\norder = "{order}"\n'
        f'[weight]\naddress = {100 + base}\ntype = "{kind}"\ndecimals = {0 if kind == "float32" else decimals}\n'
        f'[[flags]]\nmeans = "stable"\naddress = {102 + base}\n'
        f'[[flags]]\nmeans = "over"\naddress = {102 + base}\nbit = 3\ninverted = true\n'
        f'[[flags]]\nmeans = "net"\ntable = "discrete"\naddress = {7 + base}\n'
        f'[[commands]]\norder = "tare"\naddress = {103 + base}\nvalue = 2\n'
    )


def test_four_orders_of_one_number() -> None:
    (golden,) = [struct.unpack(">2H", struct.pack(">f", 1.25))]
    assert golden == (0x3FA0, 0x0000)
    assert [words_of(125, 2, "float32", order) for order in ORDERS] == [  # type: ignore[arg-type]
        (0x3FA0, 0x0000),
        (0x0000, 0x3FA0),
        (0xA03F, 0x0000),
        (0x0000, 0xA03F),
    ]
    assert [words_of(0x01020304, 0, "int32", order) for order in ORDERS] == [  # type: ignore[arg-type]
        (0x0102, 0x0304),
        (0x0304, 0x0102),
        (0x0201, 0x0403),
        (0x0403, 0x0201),
    ]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", ["int16", "uint16", "int32", "uint32", "float32"])
@pytest.mark.parametrize("base", [0, 1])
@settings(max_examples=15)
@given(grams=st.integers(0, CAPACITY_GRAMS))
def test_every_weight_comes_back(order: str, kind: str, base: int, grams: int) -> None:
    profile = parse(made(kind, order, base=base))
    cell = LoadCell(FakeClock())
    cell.put(grams, settle_ms=0)
    shown = shown_by(profile, cells_of(profile, cell))
    assert shown.mass is not None
    assert (shown.mass.grams, shown.state) == (grams, WeightState.STABLE if grams else WeightState.ZERO)
    assert reads_of(profile) == (Read("holding", 100, 3), Read("discrete", 7, 1))


def test_flags_and_commands() -> None:
    profile = parse(made("int32", "ABCD"))
    cell = LoadCell(FakeClock())
    cell.put(500, settle_ms=0)
    cell.tare()
    cell.put(700, settle_ms=0)
    assert shown_by(profile, cells_of(profile, cell)).net
    cell.hold(WeightState.MOTION)
    assert shown_by(profile, cells_of(profile, cell)).state is WeightState.MOTION
    cell.hold(WeightState.OVER_CAPACITY)
    assert shown_by(profile, cells_of(profile, cell)).state is WeightState.OVER_CAPACITY
    assert writes_of(profile, ScaleOrder.TARE) == (Write("holding", 103, 2), Write("holding", 103, 0))
    assert writes_of(profile, ScaleOrder.ZERO) is None
    tuna = shipped("tuna_id551pn")
    assert writes_of(tuna, ScaleOrder.ZERO) == (Write("holding", 5, 1 << 11), Write("holding", 5, 0))
    assert reads_of(tuna) == (Read("holding", 0, 5),)


@pytest.mark.parametrize("raw", [0x7FC00000, 0x7F800000, 0xFF800000, 0x7149F2CA])
def test_what_is_no_number_is_a_fault(raw: int) -> None:
    assert number_of((raw >> 16, raw & 0xFFFF), "float32", "ABCD") is None


@pytest.mark.parametrize("name", shipped_names())
def test_the_houses_profiles_tell_every_state_they_claim(name: str) -> None:
    profile = shipped(name)
    assert profile.name == name
    cell = LoadCell(FakeClock())
    cell.put(1_235, settle_ms=0)
    indicator = Indicator(profile)
    for _ in range(profile.alike - 1):
        assert indicator.count(shown_by(profile, cells_of(profile, cell))).state is WeightState.MOTION
    shown = indicator.count(shown_by(profile, cells_of(profile, cell)))
    assert shown.mass is not None
    assert shown.mass.grams == 1_235
    for state in states_of(profile) - {WeightState.STABLE, WeightState.ZERO}:
        cell.hold(state)
        shown = shown_by(profile, cells_of(profile, cell))
        assert (shown.state, shown.mass) == (state, None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("[weight]", '[weight]\nunit = "stone"'), "is no unit"),
        (('type = "int32"', 'type = "float32"'), "none with float32"),
        (('means = "stable"', 'means = "zero"'), "alike: at least 3"),
        (("bit = 3", "bit = 16"), "0 to 15"),
        (("address = 100", "address = 70000"), "0 to 65535"),
        (("[weight]", "registers_max = 1\n[weight]"), "registers_max"),
        (("[weight]", "[wait]"), "is no profile"),
        (("[weight]", "[weight"), "is not valid TOML"),
    ],
)
def test_what_is_wrong_with_a_profile_is_said(change: tuple[str, str], words: str) -> None:
    with pytest.raises(ProfileRefused, match=words):
        parse(made("int32", "ABCD").replace(*change, 1))
    with pytest.raises(ProfileRefused, match="Known: cas_ci600d, eagle_ei"):
        shipped("other")
