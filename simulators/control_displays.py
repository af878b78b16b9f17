"""Customer displays in the control API."""

from __future__ import annotations

from simulators import control_shapes as shapes
from simulators.bench import Bench
from simulators.endpoints import Call, Endpoint, found


def views(bench: Bench) -> tuple[shapes.DisplayView, ...]:
    """Every display."""
    return tuple(
        shapes.DisplayView(
            id=name,
            port=display.cable.place,
            plugged_in=display.plugged_in,
            upper=display.lines()[0],
            lower=display.lines()[1],
            charset=display.screen.charset,
            strange=display.screen.strange,
        )
        for name, display in bench.displays.items()
    )


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Look at it, unplug it, let its power fail."""

    async def plug(call: Call) -> None:
        display = found(bench.displays, call)
        await (display.plug_in() if call.body_as(shapes.Plug).plugged_in else display.unplug())

    def power_cut(call: Call) -> None:
        found(bench.displays, call).power_cut()

    at, many = "/displays/{id}", tuple[shapes.DisplayView, ...]
    return (
        Endpoint(path="/displays", summary="Every customer display", act=lambda _: views(bench), gives=many),
        Endpoint(path=f"{at}/plug", summary="Pull its cable, or put it in", act=plug, takes=shapes.Plug),
        Endpoint(path=f"{at}/power_cut", summary="Its power fails for a moment", act=power_cut, takes=shapes.Nothing),
    )
