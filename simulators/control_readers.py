"""RFID readers in the bench's control API: see them, push tags through their doors, leave tags beside them, break them.

GET  /readers
POST /readers/{id}/passes      {"epcs": ["3034..."], "direction": "in"} or {"gtin": "...", "serials": [1, 2], ...}
POST /readers/{id}/standing    {"epcs": [...], "x_mm": 800} stands tags there; without x_mm they are taken away
POST /readers/{id}/faults      what is left out is healed
POST /readers/{id}/antennas    {"antenna": 1, "connected": false}
POST /readers/{id}/plug        {"plugged_in": false}
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.bench import Bench
from simulators.control_shapes import Order, Plug
from simulators.llrp_reader.air import SPEED_MM_PER_S
from simulators.llrp_reader.device import ReaderFaults
from simulators.llrp_reader.server import LlrpReaderSimulator, tags_of_gtin

BODY_BYTES_MAX = 1024 * 1024
Shape = TypeVar("Shape", bound=msgspec.Struct)


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


class _Refused(Exception):
    """Answered as it stands."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


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


def reader_routes(bench: Bench) -> list[Route]:
    """The routes of this module over one bench."""
    control = _Readers(bench)
    post = ["POST"]
    return [
        Route("/readers", control.all),
        Route("/readers/{id}/passes", control.door(Pass, control.let_pass), methods=post),
        Route("/readers/{id}/standing", control.door(Standing, control.let_stand), methods=post),
        Route("/readers/{id}/faults", control.door(ReaderFaults, control.set_faults), methods=post),
        Route("/readers/{id}/antennas", control.door(AntennaPlug, control.plug_antenna), methods=post),
        Route("/readers/{id}/plug", control.door(Plug, control.plug), methods=post),
    ]


class _Readers:
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._prefix_digits = {each.id: each.company_prefix_digits for each in bench.settings.readers}

    async def all(self, _request: Request) -> Response:
        views = [reader_view(name, reader) for name, reader in self._bench.readers.items()]
        return Response(msgspec.json.encode(views), media_type="application/json")

    async def let_pass(self, device_id: str, order: Pass) -> Passed:
        epcs = self._epcs(device_id, order)
        takes_ms = self._bench.readers[device_id].push(epcs, order.direction, speed_mm_per_s=order.speed_mm_per_s)
        return Passed(epcs=tuple(epcs), takes_ms=takes_ms)

    async def let_stand(self, device_id: str, order: Standing) -> ReaderView:
        reader, epcs = self._bench.readers[device_id], self._epcs(device_id, order)
        if order.x_mm is None:
            reader.take_away(epcs)
        else:
            reader.stand(epcs, order.x_mm)
        return reader_view(device_id, reader)

    async def set_faults(self, device_id: str, order: ReaderFaults) -> ReaderView:
        reader = self._bench.readers[device_id]
        for name in ReaderFaults.__struct_fields__:
            setattr(reader.faults, name, getattr(order, name))
        return reader_view(device_id, reader)

    async def plug_antenna(self, device_id: str, order: AntennaPlug) -> ReaderView:
        reader = self._bench.readers[device_id]
        reader.connect_antenna(order.antenna, connected=order.connected)
        return reader_view(device_id, reader)

    async def plug(self, device_id: str, order: Plug) -> ReaderView:
        reader = self._bench.readers[device_id]
        if order.plugged_in and not reader.plugged_in:
            await reader.start()
        elif not order.plugged_in:
            await reader.stop()
        return reader_view(device_id, reader)

    def _epcs(self, device_id: str, tags: _Tags) -> list[str]:
        made = (
            tags_of_gtin(tags.gtin, tags.serials, company_prefix_digits=self._prefix_digits[device_id]) if tags.gtin else []
        )
        if not tags.epcs and not made:
            raise _Refused(400, "name tags: epcs, or gtin and serials")
        return [*tags.epcs, *made]

    def door(
        self, shape: type[Shape], act: Callable[[str, Shape], Awaitable[msgspec.Struct]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Check a request, do it, answer with JSON."""

        async def answer(request: Request) -> Response:
            device_id = request.path_params["id"]
            try:
                if device_id not in self._bench.readers:
                    known = ", ".join(self._bench.readers) or "none"
                    raise _Refused(404, f"there is no '{device_id}' here; here are: {known}")
                done = await act(device_id, await _body(request, shape))
            except _Refused as refused:
                return Response(str(refused), refused.status)
            except (msgspec.DecodeError, ValueError) as error:
                return Response(str(error), 400)
            return Response(msgspec.json.encode(done), media_type="application/json")

        return answer


async def _body(request: Request, shape: type[Shape]) -> Shape:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise _Refused(415, "send a JSON object with content-type application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise _Refused(413, f"at most {BODY_BYTES_MAX} bytes")
    return msgspec.json.decode(bytes(body) or b"{}", type=shape)
