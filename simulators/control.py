"""The bench's control API and page: see every device, move it, break it. For loopback only; JSON in, JSON out.

`/` is a page for people, `/openapi.json` describes the API, `/state` is everything at once. Commands are POSTs with a JSON
object, so that no other web page can send them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from simulators import (
    control_ble,
    control_cards,
    control_displays,
    control_faults,
    control_labels,
    control_lines,
    control_payments,
    control_printers,
    control_readers,
    control_scales,
    control_scanners,
    control_sensors,
    control_terminals,
    locale,
)
from simulators import control_shapes as shapes
from simulators.bench import Bench
from simulators.chaos import Chaos
from simulators.endpoints import Call, Endpoint, Refused, ask, describe, route

PAGE = Path(__file__).with_name("bench_page")
KINDS = (
    control_scales,
    control_scanners,
    control_printers,
    control_displays,
    control_payments,
    control_terminals,
    control_labels,
    control_ble,
    control_readers,
    control_cards,
    control_sensors,
    control_lines,
)
"""Every kind of device in the API: a module with `endpoints(bench)`."""

MORE: Mapping[str, Callable[[Bench], Sequence[msgspec.Struct]]] = {
    "displays": control_displays.views,
    "card_readers": control_cards.views,
    "terminals": control_terminals.views,
    "modbus_buses": control_sensors.buses,
    "mqtt_sensors": control_sensors.mqtt_sensors,
    "people_counters": control_sensors.counters,
}
"""Further kinds in `/state`, by the name of the kind: what shows every device of it."""


class Control:
    """The routes over one bench."""

    def __init__(self, bench: Bench, *, stop: Callable[[], None] | None = None) -> None:
        """`stop`: ends the bench, for whoever posts to `/stop`."""
        self._bench = bench
        self.chaos = Chaos(bench)
        ending = (
            (Endpoint(path="/stop", summary="End the bench", act=lambda _: stop(), takes=shapes.Nothing),) if stop else ()
        )
        self._endpoints = (
            Endpoint(
                path="/state",
                summary="Everything at once",
                act=lambda _: state(bench, chaos=self.chaos.on),
                gives=shapes.State,
            ),
            Endpoint(path="/heal", summary="Put everything in order", act=lambda _: self._heal(), takes=shapes.Nothing),
            Endpoint(path="/locale/{language}", summary="The page's words", act=_words, gives=shapes.Catalogue),
            *(endpoint for kind in KINDS for endpoint in kind.endpoints(bench)),
            *control_faults.endpoints(bench, self.chaos),
            *ending,
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

    async def _heal(self) -> None:
        await self.chaos.stop()
        await self._bench.heal()

    async def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The API without a web: what a request would be answered. Raises `Refused`."""
        return await ask(self._endpoints, method, path, body)

    async def _page(self, request: Request) -> Response:
        if "application/json" in request.headers.get("accept", ""):
            return await self._description(request)
        return FileResponse(PAGE / "index.html", headers={"cache-control": "no-cache"})

    async def _description(self, _request: Request) -> Response:
        return Response(msgspec.json.encode(describe(self._endpoints)), media_type="application/json")


def state(bench: Bench, *, chaos: bool = False) -> shapes.State:
    """Everything at once."""
    scales, scanners = control_scales.views(bench), control_scanners.views(bench)
    printers, points = control_printers.views(bench), control_labels.views(bench)
    ble_points = control_ble.views(bench)
    terminals = control_payments.views(bench)
    lines = control_lines.views(bench)
    return shapes.State(
        mode=bench.mode,
        seed=bench.settings.seed,
        goods=len(bench.goods),
        tills=tuple(
            shapes.TillView(
                id=each.id,
                scale=each.scale,
                printer=each.printer,
                scanner=each.scanner,
                terminal=each.terminal,
                card_reader=each.card_reader,
                codes=each.codes,
                display=each.display,
            )
            for each in bench.settings.tills
        ),
        scales=scales,
        scanners=scanners,
        printers=printers,
        access_points=points,
        ble_points=ble_points,
        proxies=lines,
        payment_terminals=terminals,
        faults=tuple(bench.active_faults()),
        chaos=chaos,
        more={name: tuple(msgspec.Raw(msgspec.json.encode(each)) for each in views(bench)) for name, views in MORE.items()},
    )


def _words(call: Call) -> shapes.Catalogue:
    try:
        return shapes.Catalogue(language=call.path["language"], messages=locale.messages(call.path["language"]))
    except locale.UnknownLanguage as unknown:
        raise Refused(404, f"there is no language '{unknown}'") from unknown
