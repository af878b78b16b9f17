"""The fault menu in the control API: what can go wrong where, and one door to switch any of it on and off.

GET  /faults           what is wrong now
GET  /faults/menu      everything that can be, with a word on each
POST /faults           {"device": "printer-1", "fault": "paper_out", "value": true}; "line": true for the line before it,
                       "lasts_ms" for one that heals itself
POST /chaos            {"on": true}: faults come and go by themselves
"""

from __future__ import annotations

from simulators import control_shapes as shapes
from simulators.bench import Bench, UnknownFault
from simulators.chaos import Chaos
from simulators.device_kind import WrongValue
from simulators.endpoints import Call, Endpoint, Refused
from simulators.fault_menu import FAULTS, Fault

LEAST_MS = 50


def menu(bench: Bench) -> tuple[shapes.FaultMenu, ...]:
    """Every kind that this bench has, and its lines."""
    found = [
        shapes.FaultMenu(
            kind=kind.name,
            devices=tuple(each.id for each in bench.every() if each.kind is kind),
            faults=tuple(map(_entry, FAULTS[kind.name])),
        )
        for kind in bench.kinds
    ]
    lines = shapes.FaultMenu(kind="line", devices=tuple(bench.proxies), faults=tuple(map(_entry, FAULTS["line"])))
    return tuple(each for each in (*found, lines) if each.devices)


def _entry(fault: Fault) -> shapes.FaultEntry:
    return shapes.FaultEntry(name=fault.name, sort=fault.sort.value, about=fault.about, default=fault.default)


def endpoints(bench: Bench, chaos: Chaos) -> tuple[Endpoint, ...]:
    """Look, and switch."""

    async def switch(call: Call) -> None:
        order = call.body_as(shapes.FaultOrder)
        if order.device in {"clock", "disk"}:
            raise Refused(409, f"the box's {order.device} is its machine's: this fault is for replay mode")
        try:
            await bench.set_fault(order.device, order.fault, order.value, line=order.line)
            if order.lasts_ms > 0:
                chaos.heal_after(order.lasts_ms, order.device, order.fault, line=order.line)
        except UnknownFault as unknown:
            raise Refused(404, str(unknown)) from unknown
        except WrongValue as wrong:
            raise Refused(400, str(wrong)) from wrong

    async def let_loose(call: Call) -> None:
        order = call.body_as(shapes.ChaosOrder)
        if min(order.every_ms, order.lasts_ms) < LEAST_MS:
            raise Refused(400, f"every_ms and lasts_ms: {LEAST_MS} or more")
        await chaos.stop()
        if order.on:
            chaos.start(order.every_ms, order.lasts_ms)

    now, every = tuple[shapes.ActiveFault, ...], tuple[shapes.FaultMenu, ...]
    return (
        Endpoint(path="/faults", summary="What is wrong now", act=lambda _: tuple(bench.active_faults()), gives=now),
        Endpoint(path="/faults/menu", summary="What can be wrong", act=lambda _: menu(bench), gives=every),
        Endpoint(path="/chaos", summary="Faults by themselves", act=let_loose, takes=shapes.ChaosOrder),
        Endpoint(path="/faults", summary="Switch a fault on or off", act=switch, takes=shapes.FaultOrder),
    )
