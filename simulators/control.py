"""The bench's control API and page: see every device, move it, break it. For loopback only; JSON in, JSON out.

`/` is a page for people, `/openapi.json` describes the API, `/state` is everything at once. Commands are POSTs with a JSON
object, so that no other web page can send them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from protocols.device_events import WeightState
from simulators import control_shapes as shapes
from simulators.bench import Bench
from simulators.control_readers import reader_routes
from simulators.link_proxy import LinkFaults, LinkProxy, Way
from simulators.printer.device import Receipt
from simulators.scale import ToledoScale

PAGE = Path(__file__).with_name("bench.html")
BODY_BYTES_MAX = 64 * 1024
Shape = TypeVar("Shape", bound=msgspec.Struct)
Device = TypeVar("Device")


class _Refused(Exception):
    """Answered as it stands."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """The routes over one bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def app(self) -> Starlette:
        """The application to serve."""
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/openapi.json", self._description),
                Route("/state", self._read(self._state)),
                Route("/scales/{id}/weight", self._do(shapes.Weight, self._weigh), methods=["POST"]),
                Route("/scales/{id}/state", self._do(shapes.ForcedState, self._force), methods=["POST"]),
                Route("/scales/{id}/faults", self._do(shapes.ScaleFaults, self._break_scale), methods=["POST"]),
                Route("/scales/{id}/plug", self._do(shapes.Plug, self._plug_scale), methods=["POST"]),
                Route("/printers/{id}/switches", self._do(shapes.Switches, self._switch), methods=["POST"]),
                Route("/printers/{id}/plug", self._do(shapes.Plug, self._plug_printer), methods=["POST"]),
                Route("/printers/{id}/drawer", self._do(shapes.Drawer, self._drawer), methods=["POST"]),
                Route("/printers/{id}/receipts", self._read(self._receipts)),
                Route("/printers/{id}/receipts/{name}", self._receipt_file),
                Route("/access_points/{id}/restart", self._do(shapes.Restart, self._restart), methods=["POST"]),
                Route("/access_points/{id}/faults", self._do(shapes.PointFaults, self._break_point), methods=["POST"]),
                Route("/access_points/{id}/labels/{mac}", self._do(shapes.Reach, self._reach), methods=["POST"]),
                Route("/proxies/{id}/faults", self._do(shapes.LineFaults, self._break_line), methods=["POST"]),
                Route("/proxies/{id}/cut", self._do(shapes.Cut, self._cut), methods=["POST"]),
                *reader_routes(self._bench),
            ]
        )

    # Reading.

    def _state(self, _request: Request) -> shapes.State:
        bench = self._bench
        return shapes.State(
            seed=bench.settings.seed,
            scales=tuple(_scale_view(str(each.port), each.id, bench.scales[each.id]) for each in bench.settings.scales),
            printers=tuple(self._printer_view(device_id) for device_id in bench.printers),
            access_points=tuple(self._point_view(device_id) for device_id in bench.access_points),
            proxies=tuple(shapes.ProxyView(name, proxy.connections) for name, proxy in bench.proxies.items()),
        )

    def _printer_view(self, device_id: str) -> shapes.PrinterView:
        printer = self._bench.printers[device_id]
        condition = printer.condition
        return shapes.PrinterView(
            id=device_id,
            port=printer.port,
            plugged_in=printer.plugged_in,
            connected=printer.connected,
            paper_out=condition.paper_out,
            paper_near_end=condition.paper_near_end,
            cover_open=condition.cover_open,
            drawer_open=printer.drawer_open,
            drawer_kicks=printer.drawer_kicks,
            receipts=printer.receipts()[-1].number if printer.receipts() else 0,
        )

    def _point_view(self, device_id: str) -> shapes.PointView:
        simulator = self._bench.access_points[device_id]
        waiting = sum(len(known.queue) + (known.staged is not None) for known in simulator.point.known.values())
        return shapes.PointView(
            id=device_id,
            url=simulator.url,
            up=simulator.point.up,
            labels=len(simulator.point.tags),
            waiting=waiting,
            faults=shapes.PointFaults(
                **{name: getattr(simulator.point.faults, name) for name in shapes.PointFaults.__struct_fields__}
            ),
        )

    def _receipts(self, request: Request) -> shapes.Receipts:
        printer = _found(self._bench.printers, request)
        return shapes.Receipts(
            receipts=tuple(shapes.ReceiptView(each.number, each.printed_at_ms, each.text) for each in printer.receipts()),
            hanging_out=printer.hanging_out(),
        )

    async def _receipt_file(self, request: Request) -> Response:
        number, _, kind = request.path_params["name"].partition(".")
        printer = self._bench.printers.get(request.path_params["id"])
        receipts: list[Receipt] = printer.receipts() if printer is not None else []
        receipt = next((each for each in receipts if str(each.number) == number), None)
        if printer is None or receipt is None or kind not in {"png", "txt"}:
            return Response("no such receipt is kept", 404)
        if kind == "txt":
            return Response(receipt.text, media_type="text/plain")
        return Response(printer.png(receipt.number), media_type="image/png")

    # Doing.

    def _weigh(self, request: Request, order: shapes.Weight) -> None:
        _found(self._bench.scales, request).set_weight(order.grams, settle_ms=order.settle_ms)

    def _force(self, request: Request, order: shapes.ForcedState) -> None:
        try:
            state = WeightState(order.state)
        except ValueError as error:
            raise _Refused(400, f"'{order.state}' is no state: {', '.join(each.value for each in WeightState)}") from error
        _found(self._bench.scales, request).set_state(state)

    def _break_scale(self, request: Request, order: shapes.ScaleFaults) -> None:
        fault = _found(self._bench.scales, request).fault
        fault.silent, fault.garbage, fault.split = order.silent, order.garbage, order.split

    def _plug_scale(self, request: Request, order: shapes.Plug) -> None:
        scale = _found(self._bench.scales, request)
        if order.plugged_in:
            scale.plug_in()
        else:
            scale.unplug()

    def _switch(self, request: Request, order: shapes.Switches) -> None:
        _found(self._bench.printers, request).set_switches(
            paper_out=order.paper_out,
            paper_near_end=order.paper_near_end,
            cover_open=order.cover_open,
            offline=order.offline,
        )

    async def _plug_printer(self, request: Request, order: shapes.Plug) -> None:
        printer = _found(self._bench.printers, request)
        await (printer.plug_in() if order.plugged_in else printer.unplug())

    def _drawer(self, request: Request, order: shapes.Drawer) -> None:
        if not order.open:
            _found(self._bench.printers, request).close_drawer()

    def _restart(self, request: Request, order: shapes.Restart) -> None:
        _found(self._bench.access_points, request).restart(down_ms=order.down_ms, orderly=order.orderly)

    def _break_point(self, request: Request, order: shapes.PointFaults) -> None:
        faults = _found(self._bench.access_points, request).point.faults
        for name in shapes.PointFaults.__struct_fields__:
            setattr(faults, name, getattr(order, name))

    def _reach(self, request: Request, order: shapes.Reach) -> None:
        point = _found(self._bench.access_points, request).point
        mac = request.path_params["mac"].upper()
        if mac not in point.tags:
            raise _Refused(404, f"there is no label {mac}")
        point.set_silent(mac, silent=order.silent)

    def _break_line(self, request: Request, order: shapes.LineFaults) -> None:
        proxy = _found(self._bench.proxies, request)
        try:
            way = Way(order.way)
            faults = LinkFaults(**{name: getattr(order, name) for name in LinkFaults.__struct_fields__})
        except ValueError as error:
            raise _Refused(400, str(error)) from error
        proxy.set_faults(faults, way)
        if isinstance(proxy, LinkProxy):
            proxy.refuse(order.refuse)

    def _cut(self, request: Request, _order: shapes.Cut) -> None:
        _found(self._bench.proxies, request).disconnect_now()

    # Shell.

    async def _page(self, request: Request) -> Response:
        if "application/json" in request.headers.get("accept", ""):
            return await self._description(request)
        return FileResponse(PAGE)

    async def _description(self, _request: Request) -> Response:
        return Response(msgspec.json.encode(shapes.openapi()), media_type="application/json")

    def _read(self, read: Callable[[Request], msgspec.Struct]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                return Response(msgspec.json.encode(read(request)), media_type="application/json")
            except _Refused as refused:
                return Response(str(refused), refused.status)

        return answer

    def _do(
        self, shape: type[Shape], act: Callable[[Request, Shape], Awaitable[None] | None]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if not request.headers.get("content-type", "").startswith("application/json"):
                return Response("send a JSON object with content-type application/json", 415)
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    return Response(f"at most {BODY_BYTES_MAX} bytes", 413)
            try:
                done = act(request, msgspec.json.decode(bytes(body) or b"{}", type=shape))
                if done is not None:
                    await done
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                return Response(str(error), 400)
            except _Refused as refused:
                return Response(str(refused), refused.status)
            return Response(status_code=204)

        return answer


def _scale_view(port: str, device_id: str, scale: ToledoScale) -> shapes.ScaleView:
    return shapes.ScaleView(device_id, port, scale.plugged_in, scale.state().value, scale.load_grams)


def _found(devices: Mapping[str, Device], request: Request) -> Device:
    device_id = request.path_params["id"]
    if device_id not in devices:
        raise _Refused(404, f"there is no '{device_id}' here; here are: {', '.join(devices) or 'none'}")
    return devices[device_id]
