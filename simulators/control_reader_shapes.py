"""What RFID readers look like in the bench's control API: orders in, views out."""

from __future__ import annotations

import msgspec

from simulators.control_shapes import Order
from simulators.llrp_reader.air import SPEED_MM_PER_S
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.walks import STAND_MS


class Tags(Order, frozen=True, kw_only=True):
    """Tags as hexadecimal EPCs or SGTIN URIs, or as a GTIN with serials, or both."""

    epcs: tuple[str, ...] = ()
    gtin: str = ""
    serials: tuple[int, ...] = ()


class Pass(Tags, frozen=True, kw_only=True):
    """Tags go through the door together, `in` or `out`."""

    direction: str
    speed_mm_per_s: int = SPEED_MM_PER_S


class WalkOrder(Tags, frozen=True, kw_only=True):
    """A scripted walk. `turn_mm`: where somebody turns back. `lasts_ms`: how long something stands."""

    walk: str
    speed_mm_per_s: int = SPEED_MM_PER_S
    turn_mm: int = 0
    lasts_ms: int = STAND_MS


class Standing(Tags, frozen=True, kw_only=True):
    """Tags beside the door; `x_mm` above 0 is inside, None takes them away."""

    x_mm: int | None = None


class AirOrder(Order, frozen=True, kw_only=True):
    """How well tags are read."""

    read_percent: int


class AntennaPlug(Order, frozen=True, kw_only=True):
    """An antenna's cable."""

    antenna: int
    connected: bool


class InputLevel(Order, frozen=True, kw_only=True):
    """The level of an input."""

    port: int
    high: bool


class PortView(msgspec.Struct, frozen=True, kw_only=True):
    """An input or output."""

    port: int
    high: bool


class AntennaView(msgspec.Struct, frozen=True, kw_only=True):
    """An antenna and its cable."""

    antenna: int
    connected: bool


class ReadView(msgspec.Struct, frozen=True, kw_only=True):
    """A tag as it was read last, and how often of late."""

    epc: str
    antenna: int
    rssi_dbm: int
    at_ms: int
    reads: int


class ReaderView(msgspec.Struct, frozen=True, kw_only=True):
    """A reader and what is near it. `walks`: what can be begun there."""

    id: str
    port: int
    plugged_in: bool
    connected: bool
    reading: bool
    tags_near: int
    tags_reported: int
    read_percent: int
    faults: ReaderFaults
    profile: str
    tls: bool
    rows_waiting: int
    rows_lost: int
    outputs: tuple[PortView, ...]
    inputs: tuple[PortView, ...]
    antennas: tuple[AntennaView, ...]
    walks: tuple[str, ...]


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """The tags that go through, and how long that takes."""

    epcs: tuple[str, ...]
    takes_ms: int
