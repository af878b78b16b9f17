"""Access points and their shelf labels in the control API."""

from __future__ import annotations

from simulators import control_shapes as shapes
from simulators.bench import Bench
from simulators.endpoints import Call, Endpoint, File, Refused, found


def views(bench: Bench) -> tuple[shapes.PointView, ...]:
    """Every access point."""
    return tuple(
        shapes.PointView(
            id=name,
            url=simulator.url,
            up=simulator.point.up,
            labels=len(simulator.point.tags),
            waiting=sum(len(known.queue) + (known.staged is not None) for known in simulator.point.known.values()),
            faults=shapes.PointFaults(
                **{field: getattr(simulator.point.faults, field) for field in shapes.PointFaults.__struct_fields__}
            ),
        )
        for name, simulator in bench.access_points.items()
    )


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Restart it, break it, look at its labels, take one out of reach."""

    def restart(call: Call) -> None:
        order = call.body_as(shapes.Restart)
        found(bench.access_points, call).restart(down_ms=order.down_ms, orderly=order.orderly)

    def spoil(call: Call) -> None:
        faults, order = found(bench.access_points, call).point.faults, call.body_as(shapes.PointFaults)
        for name in shapes.PointFaults.__struct_fields__:
            setattr(faults, name, getattr(order, name))

    def labels(call: Call) -> tuple[shapes.LabelPicture, ...]:
        return tuple(
            shapes.LabelPicture(
                mac=view.mac,
                width=view.width,
                height=view.height,
                silent=view.silent,
                pending=view.pending,
                since_ms=view.since_ms,
                picture=view.planes_hash,
            )
            for view in found(bench.access_points, call).views(brief=True).labels
        )

    def picture(call: Call) -> File:
        mac, _, kind = call.path["name"].partition(".")
        content = found(bench.access_points, call).png(mac) if kind == "png" else None
        if content is None:
            raise Refused(404, f"there is no picture {call.path['name']}")
        return File(content, "image/png")

    def reach(call: Call) -> None:
        point, mac = found(bench.access_points, call).point, call.path["mac"].upper()
        if mac not in point.tags:
            raise Refused(404, f"there is no label {mac}")
        point.set_silent(mac, silent=call.body_as(shapes.Reach).silent)

    at, many = "/access_points/{id}", tuple[shapes.PointView, ...]
    pictures = tuple[shapes.LabelPicture, ...]
    return (
        Endpoint(path="/access_points", summary="Every access point", act=lambda _: views(bench), gives=many),
        Endpoint(path=f"{at}/labels", summary="What its labels show", act=labels, gives=pictures),
        Endpoint(path=f"{at}/labels/{{name}}", summary="A label's picture: 0000021A00000001.png", act=picture),
        Endpoint(path=f"{at}/labels/{{mac}}", summary="Take a label out of reach", act=reach, takes=shapes.Reach),
        Endpoint(path=f"{at}/restart", summary="Restart it, or cut its power", act=restart, takes=shapes.Restart),
        Endpoint(path=f"{at}/faults", summary="What goes wrong at it", act=spoil, takes=shapes.PointFaults),
    )
