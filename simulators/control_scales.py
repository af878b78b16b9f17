"""Scales in the control API."""

from __future__ import annotations

from protocols.device_events import WeightState
from simulators import control_shapes as shapes
from simulators.bench import Bench
from simulators.endpoints import Call, Endpoint, Refused, found
from simulators.mouth import SpeechFaults


def views(bench: Bench) -> tuple[shapes.ScaleView, ...]:
    """Every scale."""
    return tuple(
        shapes.ScaleView(
            id=name,
            kind=scale.protocol.name,
            port=scale.cable.place,
            plugged_in=scale.plugged_in,
            state=scale.state().value,
            held=scale.cell.held is not None,
            load_grams=scale.load_grams,
            tare_grams=scale.cell.tare_grams,
            faults=scale.faults,
        )
        for name, scale in bench.scales.items()
    )


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Load it, hold it in a state, press its keys, break it."""

    def weigh(call: Call) -> None:
        order = call.body_as(shapes.Weight)
        found(bench.scales, call).set_weight(order.grams, settle_ms=order.settle_ms)

    def hold(call: Call) -> None:
        scale, wanted = found(bench.scales, call), call.body_as(shapes.ForcedState).state
        try:
            scale.set_state(WeightState(wanted))
        except ValueError as error:
            raise Refused(400, f"'{wanted}' is no state: {', '.join(each.value for each in WeightState)}") from error

    def press(call: Call) -> None:
        cell, key = found(bench.scales, call).cell, call.body_as(shapes.ScaleKey).key
        keys = {"zero": cell.zero, "tare": cell.tare, "clear_tare": cell.clear_tare}
        if key not in keys:
            raise Refused(400, f"'{key}' is no key: {', '.join(keys)}")
        if not keys[key]():
            raise Refused(409, "the scale cannot do that now: it moves, or what lies on it is out of range")

    def spoil(call: Call) -> None:
        found(bench.scales, call).faults = call.body_as(SpeechFaults)

    async def plug(call: Call) -> None:
        scale = found(bench.scales, call)
        await (scale.plug_in() if call.body_as(shapes.Plug).plugged_in else scale.unplug())

    at = "/scales/{id}"
    return (
        Endpoint(path="/scales", summary="Every scale", act=lambda _: views(bench), gives=tuple[shapes.ScaleView, ...]),
        Endpoint(path=f"{at}/weight", summary="Put goods on the platter", act=weigh, takes=shapes.Weight),
        Endpoint(path=f"{at}/state", summary="Hold the scale in a state", act=hold, takes=shapes.ForcedState),
        Endpoint(path=f"{at}/keys", summary="Press a key of the scale", act=press, takes=shapes.ScaleKey),
        Endpoint(path=f"{at}/faults", summary="What is wrong with the scale", act=spoil, takes=SpeechFaults),
        Endpoint(path=f"{at}/plug", summary="Pull its cable, or put it in", act=plug, takes=shapes.Plug),
    )
