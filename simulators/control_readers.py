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
from simulators.control_reader_shapes import (
    AirOrder,
    AntennaPlug,
    AntennaView,
    InputLevel,
    Pass,
    Passed,
    PortView,
    ReaderView,
    ReadView,
    Standing,
    Tags,
    WalkOrder,
)
from simulators.control_shapes import Nothing, Plug
from simulators.endpoints import Call, Endpoint, Refused, found
from simulators.llrp_reader.faults import ReaderFaults
from simulators.llrp_reader.server import LlrpReaderSimulator, tags_of_gtin
from simulators.llrp_reader.walks import Walk

READS_SHOWN = 20
Answer = TypeVar("Answer")


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


class _Hands:
    """What people do at the doors."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._prefix_digits = {each.id: each.company_prefix_digits for each in bench.settings.readers}

    def let_pass(self, call: Call) -> Passed:
        """Straight through."""
        reader, order = found(self._bench.readers, call), call.body_as(Pass)
        epcs = self._epcs_of(call, order)
        takes_ms = _or_refused(lambda: reader.push(epcs, order.direction, speed_mm_per_s=order.speed_mm_per_s))
        return Passed(epcs=tuple(epcs), takes_ms=takes_ms)

    def let_walk(self, call: Call) -> Passed:
        """A scripted walk."""
        reader, order = found(self._bench.readers, call), call.body_as(WalkOrder)
        epcs = self._epcs_of(call, order)
        takes_ms = _or_refused(
            lambda: reader.walk(
                order.walk, epcs, speed_mm_per_s=order.speed_mm_per_s, turn_mm=order.turn_mm, lasts_ms=order.lasts_ms
            )
        )
        return Passed(epcs=tuple(epcs), takes_ms=takes_ms)

    def let_stand(self, call: Call) -> ReaderView:
        """Tags beside the door, or no more."""
        order = call.body_as(Standing)
        epcs, x_mm = self._epcs_of(call, order), order.x_mm
        return self._do(call, lambda reader: reader.take_away(epcs) if x_mm is None else reader.stand(epcs, x_mm))

    def spoil(self, call: Call) -> ReaderView:
        """All faults at once; what is left out is healed."""
        order = call.body_as(ReaderFaults)

        def act(reader: LlrpReaderSimulator) -> None:
            for name in ReaderFaults.__struct_fields__:
                setattr(reader.faults, name, getattr(order, name))

        return self._do(call, act)

    def plug_antenna(self, call: Call) -> ReaderView:
        """An antenna's cable."""
        order = call.body_as(AntennaPlug)
        return self._do(call, lambda reader: reader.connect_antenna(order.antenna, connected=order.connected))

    def set_input(self, call: Call) -> ReaderView:
        """The level of an input."""
        order = call.body_as(InputLevel)
        return self._do(call, lambda reader: reader.set_input(order.port, high=order.high))

    def set_air(self, call: Call) -> ReaderView:
        """How well tags are read."""
        percent = call.body_as(AirOrder).read_percent
        if not 1 <= percent <= 100:
            raise Refused(400, "read_percent: 1 to 100")

        def act(reader: LlrpReaderSimulator) -> None:
            reader.device.air.read_percent = percent

        return self._do(call, act)

    async def plug(self, call: Call) -> ReaderView:
        """Its plug."""
        reader, plugged_in = found(self._bench.readers, call), call.body_as(Plug).plugged_in
        if plugged_in and not reader.plugged_in:
            await reader.start()
        elif not plugged_in:
            await reader.stop()
        return reader_view(call.path["id"], reader)

    def clear(self, call: Call) -> ReaderView:
        """All tags away."""
        return self._do(call, lambda reader: reader.device.air.clear())

    def reboot(self, call: Call) -> ReaderView:
        """Restart it."""
        return self._do(call, LlrpReaderSimulator.reboot)

    def cut(self, call: Call) -> ReaderView:
        """Break its connection."""
        return self._do(call, LlrpReaderSimulator.drop)

    def reads(self, call: Call) -> tuple[ReadView, ...]:
        """The newest reads."""
        return reads(found(self._bench.readers, call))

    def _do(self, call: Call, act: Callable[[LlrpReaderSimulator], None]) -> ReaderView:
        reader = found(self._bench.readers, call)
        _or_refused(lambda: act(reader))
        return reader_view(call.path["id"], reader)

    def _epcs_of(self, call: Call, tags: Tags) -> list[str]:
        found(self._bench.readers, call)
        digits = self._prefix_digits[call.path["id"]]
        made = _or_refused(lambda: tags_of_gtin(tags.gtin, tags.serials, company_prefix_digits=digits) if tags.gtin else [])
        if not tags.epcs and not made:
            raise Refused(400, "name tags: epcs, or gtin and serials")
        return [*tags.epcs, *made]


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Let tags walk, leave some beside the door, break it."""
    hands, at, one = _Hands(bench), "/readers/{id}", ReaderView
    every, newest = tuple[ReaderView, ...], tuple[ReadView, ...]
    return (
        Endpoint(path="/readers", summary="Every RFID reader", act=lambda _: views(bench), gives=every),
        Endpoint(path=f"{at}/reads", summary="The newest reads", act=hands.reads, gives=newest),
        Endpoint(path=f"{at}/passes", summary="Push tags through the door", act=hands.let_pass, takes=Pass, gives=Passed),
        Endpoint(path=f"{at}/walks", summary="Begin a scripted walk", act=hands.let_walk, takes=WalkOrder, gives=Passed),
        Endpoint(
            path=f"{at}/standing", summary="Leave tags beside the door", act=hands.let_stand, takes=Standing, gives=one
        ),
        Endpoint(path=f"{at}/clear", summary="Take all tags away", act=hands.clear, takes=Nothing, gives=one),
        Endpoint(path=f"{at}/air", summary="How well tags are read", act=hands.set_air, takes=AirOrder, gives=one),
        Endpoint(path=f"{at}/inputs", summary="The level of an input", act=hands.set_input, takes=InputLevel, gives=one),
        Endpoint(
            path=f"{at}/faults", summary="What is wrong with the reader", act=hands.spoil, takes=ReaderFaults, gives=one
        ),
        Endpoint(path=f"{at}/antennas", summary="An antenna's cable", act=hands.plug_antenna, takes=AntennaPlug, gives=one),
        Endpoint(path=f"{at}/plug", summary="Pull its plug, or put it in", act=hands.plug, takes=Plug, gives=one),
        Endpoint(path=f"{at}/reboot", summary="Restart it: all is lost", act=hands.reboot, takes=Nothing, gives=one),
        Endpoint(path=f"{at}/cut", summary="Break its connection once", act=hands.cut, takes=Nothing, gives=one),
    )


def _or_refused(act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except ValueError as error:
        raise Refused(400, str(error)) from error
