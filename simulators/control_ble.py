"""Bluetooth access points and their shelf labels in the control API."""

from __future__ import annotations

from protocols.ble_esl.label import LabelState
from simulators import control_shapes as shapes
from simulators.bench import Bench
from simulators.endpoints import Call, Endpoint, File, Refused, found


def views(bench: Bench) -> tuple[shapes.BlePointView, ...]:
    """Every one."""
    return tuple(
        shapes.BlePointView(
            id=name,
            url=simulator.place,
            up=simulator.up,
            labels=len(simulator.air.tags),
            waiting=len(simulator.air.each(lambda tag: tag.label.waiting_at is not None)),
            joined=len(simulator.air.each(lambda tag: tag.label.state is not LabelState.UNASSOCIATED)),
            faults=shapes.BleFaults(
                **{field: getattr(simulator.air.faults, field) for field in shapes.BleFaults.__struct_fields__}
            ),
        )
        for name, simulator in bench.ble_points.items()
    )


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Cut its power, spoil its air, look at its labels, take one out of reach."""

    def restart(call: Call) -> None:
        found(bench.ble_points, call).restart(down_ms=call.body_as(shapes.Restart).down_ms)

    def spoil(call: Call) -> None:
        faults, order = found(bench.ble_points, call).air.faults, call.body_as(shapes.BleFaults)
        for name in shapes.BleFaults.__struct_fields__:
            setattr(faults, name, getattr(order, name))

    def labels(call: Call) -> tuple[shapes.LabelPicture, ...]:
        return tuple(
            shapes.LabelPicture(
                mac=tag.label_id,
                width=tag.kind.display.width,
                height=tag.kind.display.height,
                silent=tag.silent,
                pending=int(tag.label.waiting_at is not None),
                since_ms=tag.shown.since_ms,
                picture=tag.shown.digest,
            )
            for tag in found(bench.ble_points, call).air.tags.values()
        )

    def picture(call: Call) -> File:
        label_id, _, kind = call.path["name"].partition(".")
        content = found(bench.ble_points, call).png(label_id) if kind == "png" else None
        if content is None:
            raise Refused(404, f"there is no picture {call.path['name']}")
        return File(content, "image/png")

    def reach(call: Call) -> None:
        tag = found(bench.ble_points, call).tag(call.path["mac"])
        if tag is None:
            raise Refused(404, f"there is no label {call.path['mac']}")
        tag.silent = call.body_as(shapes.Reach).silent

    at, many = "/ble_points/{id}", tuple[shapes.BlePointView, ...]
    pictures = tuple[shapes.LabelPicture, ...]
    return (
        Endpoint(path="/ble_points", summary="Every Bluetooth access point", act=lambda _: views(bench), gives=many),
        Endpoint(path=f"{at}/labels", summary="What its labels show", act=labels, gives=pictures),
        Endpoint(path=f"{at}/labels/{{name}}", summary="A label's picture: 0000C01E5E000001.png", act=picture),
        Endpoint(path=f"{at}/labels/{{mac}}", summary="Take a label out of reach", act=reach, takes=shapes.Reach),
        Endpoint(path=f"{at}/restart", summary="Cut its power", act=restart, takes=shapes.Restart),
        Endpoint(path=f"{at}/faults", summary="What goes wrong on its air", act=spoil, takes=shapes.BleFaults),
    )
