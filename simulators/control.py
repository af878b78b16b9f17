"""The bench's control API and page: see every device, move it, break it. For loopback only; JSON in, JSON out.

`/` is a page for people, `/openapi.json` describes the API, `/state` is everything at once. Commands are POSTs with a JSON
object, so that no other web page can send them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from simulators import (
    control_ble,
    control_labels,
    control_lines,
    control_payments,
    control_printers,
    control_readers,
    control_scales,
    control_scanners,
    locale,
)
from simulators import control_shapes as shapes
from simulators.bench import MODE, Bench
from simulators.control_reader_shapes import ReaderView
from simulators.endpoints import Call, Endpoint, Refused, describe, route

PAGE = Path(__file__).with_name("bench_page")
KINDS = (
    control_scales,
    control_scanners,
    control_printers,
    control_payments,
    control_labels,
    control_ble,
    control_readers,
    control_lines,
)
"""Every kind of device in the API: a module with `endpoints(bench)`."""


class Control:
    """The routes over one bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._endpoints = (
            Endpoint(path="/state", summary="Everything at once", act=lambda _: state(bench), gives=shapes.State),
            Endpoint(path="/heal", summary="Put everything in order", act=lambda _: bench.heal(), takes=shapes.Nothing),
            Endpoint(path="/locale/{language}", summary="The page's words", act=_words, gives=shapes.Catalogue),
            *(endpoint for kind in KINDS for endpoint in kind.endpoints(bench)),
        )

    def app(self) -> Starlette:
        """The application to serve."""
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/openapi.json", self._description),
                *(route(endpoint) for endpoint in self._endpoints),
                Mount("/bench_page", StaticFiles(directory=PAGE)),
            ]
        )

    async def _page(self, request: Request) -> Response:
        if "application/json" in request.headers.get("accept", ""):
            return await self._description(request)
        return FileResponse(PAGE / "index.html", headers={"cache-control": "no-cache"})

    async def _description(self, _request: Request) -> Response:
        return Response(msgspec.json.encode(describe(self._endpoints)), media_type="application/json")


def state(bench: Bench) -> shapes.State:
    """Everything at once."""
    scales, scanners = control_scales.views(bench), control_scanners.views(bench)
    printers, points = control_printers.views(bench), control_labels.views(bench)
    ble_points = control_ble.views(bench)
    terminals = control_payments.views(bench)
    lines, readers = control_lines.views(bench), control_readers.views(bench)
    return shapes.State(
        mode=MODE,
        seed=bench.settings.seed,
        goods=len(bench.goods),
        tills=tuple(
            shapes.TillView(id=each.id, scale=each.scale, printer=each.printer, scanner=each.scanner, terminal=each.terminal)
            for each in bench.settings.tills
        ),
        scales=scales,
        scanners=scanners,
        printers=printers,
        access_points=points,
        ble_points=ble_points,
        proxies=lines,
        payment_terminals=terminals,
        faults=(
            *_unplugged("scale", scales),
            *_unplugged("scanner", scanners),
            *_unplugged("printer", printers),
            *_unplugged("reader", readers),
            *_unplugged("payment_terminal", terminals),
            *(fault for view in terminals for fault in _wrong("payment_terminal", view.id, view.faults)),
            *(shapes.ActiveFault(kind="scale", id=view.id, fault="held", value=view.state) for view in scales if view.held),
            *(fault for view in scales for fault in _wrong("scale", view.id, view.faults)),
            *(fault for view in scanners for fault in _wrong("scanner", view.id, view.faults)),
            *(fault for view in points for fault in _wrong("access_point", view.id, view.faults)),
            *(fault for view in ble_points for fault in _wrong("ble_point", view.id, view.faults)),
            *(fault for view in readers for fault in _wrong("reader", view.id, view.faults)),
            *(fault for view in printers for fault in _printer_faults(view)),
            *(fault for view in lines for fault in _line_faults(view)),
        ),
    )


def _unplugged(
    kind: str,
    views: Iterable[shapes.ScaleView | shapes.ScannerView | shapes.PrinterView | shapes.PaymentTerminalView | ReaderView],
) -> Iterable[shapes.ActiveFault]:
    for view in views:
        if not view.plugged_in:
            yield shapes.ActiveFault(kind=kind, id=view.id, fault="unplugged", value="true")


def _wrong(kind: str, device_id: str, faults: msgspec.Struct) -> Iterable[shapes.ActiveFault]:
    """Every field that is not as in good order."""
    for field in msgspec.structs.fields(faults):
        value = getattr(faults, field.name)
        if value != field.default and field.name != "way":
            told = str(value).lower() if isinstance(value, bool) else str(value)
            yield shapes.ActiveFault(kind=kind, id=device_id, fault=field.name, value=told)


def _printer_faults(view: shapes.PrinterView) -> Iterable[shapes.ActiveFault]:
    stopped = view.paper_out or view.cover_open
    hidden = {"paper_near_end": view.paper_out, "offline": stopped}  # they follow from the others
    for name in ("paper_out", "paper_near_end", "cover_open", "offline"):
        if getattr(view, name) and not hidden.get(name, False):
            yield shapes.ActiveFault(kind="printer", id=view.id, fault=name, value="true")
    if view.bytes_per_second:
        yield shapes.ActiveFault(kind="printer", id=view.id, fault="bytes_per_second", value=str(view.bytes_per_second))


def _line_faults(view: shapes.ProxyView) -> Iterable[shapes.ActiveFault]:
    seen: set[tuple[str, str]] = set()
    for faults in (view.to_target, view.to_client):
        for fault in _wrong("line", view.id, faults):
            if (fault.fault, fault.value) not in seen:
                seen.add((fault.fault, fault.value))
                yield fault


def _words(call: Call) -> shapes.Catalogue:
    try:
        return shapes.Catalogue(language=call.path["language"], messages=locale.messages(call.path["language"]))
    except locale.UnknownLanguage as unknown:
        raise Refused(404, f"there is no language '{unknown}'") from unknown
