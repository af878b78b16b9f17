"""RFID readers in the bench's control API: see them, push tags through their doors, leave tags beside them, break them.

GET  /readers
POST /readers/{id}/passes      {"epcs": ["3034..."], "direction": "in"} or {"gtin": "...", "serials": [1, 2], ...}
POST /readers/{id}/standing    {"epcs": [...], "x_mm": 800} stands tags there; without x_mm they are taken away
POST /readers/{id}/faults      what is left out is healed
POST /readers/{id}/antennas    {"antenna": 1, "connected": false}
POST /readers/{id}/plug        {"plugged_in": false}
"""

from __future__ import annotations

import msgspec

from simulators.bench import Bench
from simulators.control_shapes import Order, Plug
from simulators.endpoints import Call, Endpoint, Refused, found
from simulators.llrp_reader.air import SPEED_MM_PER_S
from simulators.llrp_reader.device import ReaderFaults
from simulators.llrp_reader.server import LlrpReaderSimulator, tags_of_gtin


class _Tags(Order, frozen=True, kw_only=True):
    """Tags as hexadecimal EPCs or SGTIN URIs, or as a GTIN with serials, or both."""

    epcs: tuple[str, ...] = ()
    gtin: str = ""
    serials: tuple[int, ...] = ()


class Pass(_Tags, frozen=True, kw_only=True):
    """Tags go through the door together, `in` or `out`."""

    direction: str
    speed_mm_per_s: int = SPEED_MM_PER_S


class Standing(_Tags, frozen=True, kw_only=True):
    """Tags beside the door; `x_mm` above 0 is inside, None takes them away."""

    x_mm: int | None = None


class AntennaPlug(Order, frozen=True, kw_only=True):
    """An antenna's cable."""

    antenna: int
    connected: bool


class ReaderView(msgspec.Struct, frozen=True, kw_only=True):
    """A reader and what is near it."""

    id: str
    port: int
    plugged_in: bool
    connected: bool
    reading: bool
    tags_near: int
    tags_reported: int
    faults: ReaderFaults


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """The tags that go through, and how long that takes."""

    epcs: tuple[str, ...]
    takes_ms: int


def views(bench: Bench) -> tuple[ReaderView, ...]:
    """Every reader."""
    return tuple(reader_view(name, reader) for name, reader in bench.readers.items())


def reader_view(device_id: str, reader: LlrpReaderSimulator) -> ReaderView:
    """A reader as it is now."""
    return ReaderView(
        id=device_id,
        port=reader.port,
        plugged_in=reader.plugged_in,
        connected=reader.connected,
        reading=reader.device.book.active is not None,
        tags_near=reader.device.air.tags,
        tags_reported=reader.device.tags_reported,
        faults=reader.faults,
    )


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Push tags through, leave some beside the door, break it."""
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
        try:
            takes_ms = reader.push(epcs, order.direction, speed_mm_per_s=order.speed_mm_per_s)
        except ValueError as error:
            raise Refused(400, str(error)) from error
        return Passed(epcs=tuple(epcs), takes_ms=takes_ms)

    def let_stand(call: Call) -> ReaderView:
        reader, order = found(bench.readers, call), call.body_as(Standing)
        epcs = epcs_of(call, order)
        try:
            if order.x_mm is None:
                reader.take_away(epcs)
            else:
                reader.stand(epcs, order.x_mm)
        except ValueError as error:
            raise Refused(400, str(error)) from error
        return reader_view(call.path["id"], reader)

    def spoil(call: Call) -> ReaderView:
        reader, order = found(bench.readers, call), call.body_as(ReaderFaults)
        for name in ReaderFaults.__struct_fields__:
            setattr(reader.faults, name, getattr(order, name))
        return reader_view(call.path["id"], reader)

    def plug_antenna(call: Call) -> ReaderView:
        reader, order = found(bench.readers, call), call.body_as(AntennaPlug)
        try:
            reader.connect_antenna(order.antenna, connected=order.connected)
        except ValueError as error:
            raise Refused(400, str(error)) from error
        return reader_view(call.path["id"], reader)

    async def plug(call: Call) -> ReaderView:
        reader, plugged_in = found(bench.readers, call), call.body_as(Plug).plugged_in
        if plugged_in and not reader.plugged_in:
            await reader.start()
        elif not plugged_in:
            await reader.stop()
        return reader_view(call.path["id"], reader)

    at, one = "/readers/{id}", ReaderView
    return (
        Endpoint(path="/readers", summary="Every RFID reader", act=lambda _: views(bench), gives=tuple[ReaderView, ...]),
        Endpoint(path=f"{at}/passes", summary="Push tags through the door", act=let_pass, takes=Pass, gives=Passed),
        Endpoint(path=f"{at}/standing", summary="Leave tags beside the door", act=let_stand, takes=Standing, gives=one),
        Endpoint(path=f"{at}/faults", summary="What is wrong with the reader", act=spoil, takes=ReaderFaults, gives=one),
        Endpoint(path=f"{at}/antennas", summary="An antenna's cable", act=plug_antenna, takes=AntennaPlug, gives=one),
        Endpoint(path=f"{at}/plug", summary="Pull its plug, or put it in", act=plug, takes=Plug, gives=one),
    )
