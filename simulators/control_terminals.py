"""Payment terminals on makers' wires in the bench's control API: what happens to the next payments, and their ledgers.

GET  /terminals
GET  /terminals/{id}/ledger
GET  /terminals/{id}/acquirer.csv
POST /terminals/{id}/plan         what happens to every payment; what is left out is in good order
POST /terminals/{id}/script       {"next": ["decline", "approve"]}   plans by name, one a payment
POST /terminals/{id}/plug         {"plugged_in": false}
POST /terminals/{id}/restart      {"down_ms": 500}
"""

from __future__ import annotations

from simulators.bench import Bench
from simulators.control_payments import LedgerView, TerminalRestart, ledger_view
from simulators.control_shapes import Order, Plug, View
from simulators.endpoints import Call, Endpoint, File, Refused, found
from simulators.payment_plans import PLANS, Plan
from simulators.settings import WireTerminalSettings
from simulators.wire_terminals import WIRE_TERMINALS, checked, ledger_of, plan_of, set_plan, under_way_of


class Script(Order, frozen=True, kw_only=True):
    """Plans by name for the next payments, one each."""

    next: tuple[str, ...] = ()


class TerminalView(View, frozen=True, kw_only=True):
    """A payment terminal. `kind`: what it speaks. `scripted`: plans that wait. `known`: names for a script."""

    kind: str
    port: int
    plugged_in: bool
    connected: bool
    under_way: str
    movements: int
    scripted: int
    faults: Plan
    known: tuple[str, ...] = tuple(PLANS)


def views(bench: Bench) -> tuple[TerminalView, ...]:
    """Every one."""
    found_views = []
    for name, each in bench.of(WIRE_TERMINALS).items():
        given = bench.settings.named("terminals", name)
        assert isinstance(given, WireTerminalSettings)
        found_views.append(
            TerminalView(
                id=name,
                kind=given.kind,
                port=each.port,
                plugged_in=each.plugged_in,
                connected=each.connected,
                under_way=under_way_of(each),
                movements=len(ledger_of(each).entries),
                scripted=each.plans.waiting,
                faults=plan_of(each),
            )
        )
    return tuple(found_views)


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Plans, plug, restart; the ledger and the acquirer's file."""
    devices = bench.of(WIRE_TERMINALS)

    def ledger(call: Call) -> LedgerView:
        return ledger_view(ledger_of(found(devices, call)))

    def acquirer_file(call: Call) -> File:
        return File(ledger_of(found(devices, call)).acquirer_file().encode(), "text/csv; charset=utf-8")

    def plan(call: Call) -> None:
        try:
            set_plan(found(devices, call), checked(call.body_as(Plan)))
        except ValueError as error:
            raise Refused(400, str(error)) from error

    def script(call: Call) -> None:
        names = call.body_as(Script).next
        if unknown := [name for name in names if name not in PLANS]:
            raise Refused(400, f"next: '{unknown[0]}' is none of {', '.join(PLANS)}")
        found(devices, call).plans.script(*(PLANS[name] for name in names))

    async def plug(call: Call) -> None:
        device = found(devices, call)
        await (device.plug_in() if call.body_as(Plug).plugged_in else device.unplug())

    async def restart(call: Call) -> None:
        await found(devices, call).restart(call.body_as(TerminalRestart).down_ms)

    at, many = "/terminals/{id}", tuple[TerminalView, ...]
    return (
        Endpoint(
            path="/terminals", summary="Every payment terminal on a maker's wire", act=lambda _: views(bench), gives=many
        ),
        Endpoint(path=f"{at}/ledger", summary="Its newest movements of money", act=ledger, gives=LedgerView),
        Endpoint(path=f"{at}/acquirer.csv", summary="What the acquirer sends", act=acquirer_file),
        Endpoint(path=f"{at}/plan", summary="What happens to payments", act=plan, takes=Plan),
        Endpoint(path=f"{at}/script", summary="What happens to the next payments", act=script, takes=Script),
        Endpoint(path=f"{at}/plug", summary="Pull the plug or put it in", act=plug, takes=Plug),
        Endpoint(path=f"{at}/restart", summary="Off and on again", act=restart, takes=TerminalRestart),
    )
