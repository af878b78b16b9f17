"""RFID readers in the bench's control API: see them, let tags walk past their antennas, break them.

GET  /readers
GET  /readers/{id}/reads       the newest reads, one line a tag
POST /readers/{id}/passes      {"epcs": ["3034..."], "direction": "in"} or {"gtin": "...", "serials": [1, 2], ...}
POST /readers/{id}/walks       {"walk": "tail_gate", "epcs": [...], "speed_mm_per_s": 1500}
POST /readers/{id}/standing    {"epcs": [...], "x_mm": 800} stands tags there; without x_mm they are taken away
POST /readers/{id}/clear       nothing is near any more
POST /readers/{id}/air         {"read_percent": 60}: how many of a hundred chances to read a near tag succeed
POST /readers/{id}/inputs      {"port": 1, "high": true}: a light beam, a door contact
POST /readers/{id}/faults      what is left out is healed
POST /readers/{id}/antennas    {"antenna": 1, "connected": false}
POST /readers/{id}/plug        {"plugged_in": false}
POST /readers/{id}/reboot      all ROSpecs and settings are lost
POST /readers/{id}/cut         its connection breaks once
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from simulators.bench import Bench
from simulators.control_shapes import Nothing, Order, Plug
from simulators.endpoints import Call, Endpoint, Refused, found
from simulators.llrp_reader.air import SPEED_MM_PER_S
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.server import LlrpReaderSimulator, tags_of_gtin
from simulators.llrp_reader.walks import STAND_MS, Walk

READS_SHOWN = 20
Answer = TypeVar("Answer")


class _Tags(Order, frozen=True, kw_only=True):
    """Tags as hexadecimal EPCs or SGTIN URIs, or as a GTIN with serials, or both."""

    epcs: tuple[str, ...] = ()
    gtin: str = ""
    serials: tuple[int, ...] = ()


class Pass(_Tags, frozen=True, kw_only=True):
    """Tags go through the door together, `in` or `out`."""

    direction: str
    speed_mm_per_s: int = SPEED_MM_PER_S


class WalkOrder(_Tags, frozen=True, kw_only=True):
    """A scripted walk. `turn_mm`: where somebody turns back. `lasts_ms`: how long something stands."""

    walk: str
    speed_mm_per_s: int = SPEED_MM_PER_S
    turn_mm: int = 0
    lasts_ms: int = STAND_MS


class Standing(_Tags, frozen=True, kw_only=True):
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


def views(bench: Bench) -> tuple[ReaderView, ...]:
    """Every reader."""
    return tuple(reader_view(name, reader) for name, reader in bench.readers.items())


def reader_view(device_id: str, reader: LlrpReaderSimulator) -> ReaderView:
    """A reader as it is now."""
    device = reader.device
    return ReaderView(
        id=device_id,
        port=reader.port,
        plugged_in=reader.plugged_in,
        connected=reader.connected,
        reading=device.book.active is not None,
        tags_near=device.air.tags,
        tags_reported=device.tags_reported,
        read_percent=device.air.read_percent,
        faults=reader.faults,
        profile=device.profile.name,
        tls=reader.tls,
        rows_waiting=len(device.running.buffer.rows),
        rows_lost=device.running.buffer.lost,
        outputs=tuple(PortView(port=port, high=high) for port, high in reader.outputs.items()),
        inputs=tuple(PortView(port=port, high=high) for port, high in device.config.input_levels.items()),
        antennas=tuple(AntennaView(antenna=number, connected=on) for number, on in device.config.connected.items()),
        walks=tuple(each.value for each in Walk),
    )


def reads(reader: LlrpReaderSimulator) -> tuple[ReadView, ...]:
    """The newest reads, newest tag first."""
    seen: dict[bytes, ReadView] = {}
    for each in reversed(reader.device.running.recent):
        before = seen.get(each.tag.epc)
        if before is not None:
            seen[each.tag.epc] = msgspec.structs.replace(before, reads=before.reads + 1)
        elif len(seen) < READS_SHOWN:
            seen[each.tag.epc] = ReadView(
                epc=each.tag.epc.hex().upper(), antenna=each.antenna, rssi_dbm=each.rssi_dbm, at_ms=each.at_ms, reads=1
            )
    return tuple(seen.values())


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Let tags walk, leave some beside the door, break it."""
    prefix_digits = {each.id: each.company_prefix_digits for each in bench.settings.readers}

    def epcs_of(call: Call, tags: _Tags) -> list[str]:
        digits = prefix_digits[call.path["id"]]
        try:
            made = tags_of_gtin(tags.gtin, tags.serials, company_prefix_digits=digits) if tags.gtin else []
        except ValueError as error:
            raise Refused(400, str(error)) from error
        if not tags.epcs and not made:
            raise Refused(400, "name tags: epcs, or gtin and serials")
        return [*tags.epcs, *made]

    def let_pass(call: Call) -> Passed:
        reader, order = found(bench.readers, call), call.body_as(Pass)
        epcs = epcs_of(call, order)
        takes_ms = _or_refused(lambda: reader.push(epcs, order.direction, speed_mm_per_s=order.speed_mm_per_s))
        return Passed(epcs=tuple(epcs), takes_ms=takes_ms)

    def let_walk(call: Call) -> Passed:
        reader, order = found(bench.readers, call), call.body_as(WalkOrder)
        epcs = epcs_of(call, order)
        takes_ms = _or_refused(
            lambda: reader.walk(
                order.walk, epcs, speed_mm_per_s=order.speed_mm_per_s, turn_mm=order.turn_mm, lasts_ms=order.lasts_ms
            )
        )
        return Passed(epcs=tuple(epcs), takes_ms=takes_ms)

    def let_stand(call: Call) -> ReaderView:
        reader, order = found(bench.readers, call), call.body_as(Standing)
        epcs, x_mm = epcs_of(call, order), order.x_mm
        _or_refused(lambda: reader.take_away(epcs) if x_mm is None else reader.stand(epcs, x_mm))
        return reader_view(call.path["id"], reader)

    def spoil(call: Call) -> ReaderView:
        reader, order = found(bench.readers, call), call.body_as(ReaderFaults)
        for name in ReaderFaults.__struct_fields__:
            setattr(reader.faults, name, getattr(order, name))
        return reader_view(call.path["id"], reader)

    def plug_antenna(call: Call) -> ReaderView:
        reader, order = found(bench.readers, call), call.body_as(AntennaPlug)
        _or_refused(lambda: reader.connect_antenna(order.antenna, connected=order.connected))
        return reader_view(call.path["id"], reader)

    def set_input(call: Call) -> ReaderView:
        reader, order = found(bench.readers, call), call.body_as(InputLevel)
        _or_refused(lambda: reader.set_input(order.port, high=order.high))
        return reader_view(call.path["id"], reader)

    def set_air(call: Call) -> ReaderView:
        reader, percent = found(bench.readers, call), call.body_as(AirOrder).read_percent
        if not 1 <= percent <= 100:
            raise Refused(400, "read_percent: 1 to 100")
        reader.device.air.read_percent = percent
        return reader_view(call.path["id"], reader)

    def at_once(act: Callable[[LlrpReaderSimulator], None]) -> Callable[[Call], ReaderView]:
        def do(call: Call) -> ReaderView:
            reader = found(bench.readers, call)
            act(reader)
            return reader_view(call.path["id"], reader)

        return do

    async def plug(call: Call) -> ReaderView:
        reader, plugged_in = found(bench.readers, call), call.body_as(Plug).plugged_in
        if plugged_in and not reader.plugged_in:
            await reader.start()
        elif not plugged_in:
            await reader.stop()
        return reader_view(call.path["id"], reader)

    def tell_reads(call: Call) -> tuple[ReadView, ...]:
        return reads(found(bench.readers, call))

    at, one = "/readers/{id}", ReaderView
    clear = at_once(lambda reader: reader.device.air.clear())
    reboot, cut = at_once(LlrpReaderSimulator.reboot), at_once(LlrpReaderSimulator.drop)
    return (
        Endpoint(path="/readers", summary="Every RFID reader", act=lambda _: views(bench), gives=tuple[ReaderView, ...]),
        Endpoint(path=f"{at}/reads", summary="The newest reads", act=tell_reads, gives=tuple[ReadView, ...]),
        Endpoint(path=f"{at}/passes", summary="Push tags through the door", act=let_pass, takes=Pass, gives=Passed),
        Endpoint(path=f"{at}/walks", summary="Begin a scripted walk", act=let_walk, takes=WalkOrder, gives=Passed),
        Endpoint(path=f"{at}/standing", summary="Leave tags beside the door", act=let_stand, takes=Standing, gives=one),
        Endpoint(path=f"{at}/clear", summary="Take all tags away", act=clear, takes=Nothing, gives=one),
        Endpoint(path=f"{at}/air", summary="How well tags are read", act=set_air, takes=AirOrder, gives=one),
        Endpoint(path=f"{at}/inputs", summary="The level of an input", act=set_input, takes=InputLevel, gives=one),
        Endpoint(path=f"{at}/faults", summary="What is wrong with the reader", act=spoil, takes=ReaderFaults, gives=one),
        Endpoint(path=f"{at}/antennas", summary="An antenna's cable", act=plug_antenna, takes=AntennaPlug, gives=one),
        Endpoint(path=f"{at}/plug", summary="Pull its plug, or put it in", act=plug, takes=Plug, gives=one),
        Endpoint(path=f"{at}/reboot", summary="Restart it: all is lost", act=reboot, takes=Nothing, gives=one),
        Endpoint(path=f"{at}/cut", summary="Break its connection once", act=cut, takes=Nothing, gives=one),
    )


def _or_refused(act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except ValueError as error:
        raise Refused(400, str(error)) from error
