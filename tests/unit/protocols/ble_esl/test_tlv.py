"""Commands and responses of the ESL service, byte by byte."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ble_esl import commands as c
from protocols.ble_esl import responses as r
from protocols.ble_esl.errors import EslRefused

FLASH = c.Flash(red=3, blue=1, brightness=2, pattern=0x0102030405, off_2ms=10, on_2ms=20, in_seconds=True, repeats=60)
FLASH_HEX = "9305040302010a147900"

COMMANDS = [
    ("0007", c.Ping(7)),
    ("0107", c.Unassociate(7)),
    ("0207", c.ServiceReset(7)),
    ("0307", c.FactoryReset(7)),
    ("0407", c.UpdateComplete(7)),
    ("100702", c.ReadSensor(7, 2)),
    ("110700", c.RefreshDisplay(7, 0)),
    ("20ff0001", c.DisplayImage(c.EVERY_LABEL, 0, 1)),
    ("6007000178563412", c.DisplayTimedImage(7, 0, 1, 0x12345678)),
    ("6007000100000000", c.DisplayTimedImage(7, 0, 1, c.CANCEL_AT)),
    ("b00701" + FLASH_HEX, c.LedControl(7, 1, FLASH)),
    ("f00701" + FLASH_HEX + "78563412", c.LedTimedControl(7, 1, FLASH, 0x12345678)),
    ("2f07aabb", c.OtherCommand(0x2F, 7, b"\xaa\xbb")),
]

RESPONSES = [
    ("000a", r.Failed(r.EslError.RETRY)),
    ("0101", r.LedState(1)),
    ("101300", r.BasicState(service_needed=True, synchronised=True, pending_display=True)),
    ("110001", r.DisplayState(0, 1)),
    ("2e01bc00", r.SensorValue(1, b"\xbc\x00")),
    ("0f2a", r.OtherResponse(0x0F, b"\x2a")),
]


@pytest.mark.parametrize(("wire", "command"), COMMANDS)
def test_a_command_has_these_bytes(wire: str, command: c.Command) -> None:
    assert c.write_command(command).hex() == wire
    assert list(c.read_commands(bytes.fromhex(wire))) == [command]
    assert len(wire) // 2 == c.tlv_bytes(bytes.fromhex(wire)[0])


@pytest.mark.parametrize(("wire", "response"), RESPONSES)
def test_a_response_has_these_bytes(wire: str, response: r.Response) -> None:
    assert r.write_response(response).hex() == wire
    assert list(r.read_responses(bytes.fromhex(wire))) == [response]


def test_one_payload_carries_several_and_a_strange_one_is_stepped_over() -> None:
    wire = "0001" + "3502aabbcc" + "20030001"
    assert list(c.read_commands(bytes.fromhex(wire))) == [
        c.Ping(1),
        c.OtherCommand(0x35, 2, b"\xaa\xbb\xcc"),
        c.DisplayImage(3, 0, 1),
    ]


@pytest.mark.parametrize("wire", ["20", "200700", "60070001785634", "b007"])
def test_a_cut_off_tlv_is_refused(wire: str) -> None:
    with pytest.raises(EslRefused):
        list(c.read_commands(bytes.fromhex(wire)))
    with pytest.raises(EslRefused):
        list(r.read_responses(bytes.fromhex(wire)))


@pytest.mark.parametrize(
    "command",
    [
        c.Ping(256),
        c.DisplayImage(1, 0, -1),
        c.DisplayTimedImage(1, 0, 0, 1 << 32),
        c.LedControl(1, 0, c.Flash(red=4)),
        c.LedControl(1, 0, c.Flash(repeats=1 << 15)),
        c.LedControl(1, 0, c.Flash(pattern=1 << 40)),
        c.OtherCommand(0x2F, 1, b"\x01"),
    ],
)
def test_what_has_no_place_in_the_bytes_is_refused(command: c.Command) -> None:
    with pytest.raises(EslRefused):
        c.write_command(command)


bytes_ = st.integers(0, 255)
flashes = st.builds(
    c.Flash,
    red=st.integers(0, 3),
    green=st.integers(0, 3),
    blue=st.integers(0, 3),
    brightness=st.integers(0, 3),
    pattern=st.integers(0, (1 << 40) - 1),
    off_2ms=bytes_,
    on_2ms=bytes_,
    in_seconds=st.booleans(),
    repeats=st.integers(0, (1 << 15) - 1),
)
times = st.integers(0, (1 << 32) - 1)
commands_ = st.one_of(
    st.builds(c.Ping, bytes_),
    st.builds(c.Unassociate, bytes_),
    st.builds(c.ReadSensor, bytes_, bytes_),
    st.builds(c.RefreshDisplay, bytes_, bytes_),
    st.builds(c.DisplayImage, bytes_, bytes_, bytes_),
    st.builds(c.DisplayTimedImage, bytes_, bytes_, bytes_, times),
    st.builds(c.LedControl, bytes_, bytes_, flashes),
    st.builds(c.LedTimedControl, bytes_, bytes_, flashes, times),
)


@given(st.lists(commands_, max_size=6))
def test_every_row_of_commands_comes_back(row: list[c.Command]) -> None:
    assert list(c.read_commands(b"".join(map(c.write_command, row)))) == row


@given(st.binary(max_size=48))
def test_any_bytes_are_read_or_refused_and_what_is_read_is_written_again(data: bytes) -> None:
    with contextlib.suppress(EslRefused):
        assert b"".join(map(c.write_command, list(c.read_commands(data)))) == data
    with contextlib.suppress(EslRefused):
        list(r.read_responses(data))
