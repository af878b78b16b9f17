"""Bad lines in front of devices, in the control API."""

from __future__ import annotations

from simulators import control_shapes as shapes
from simulators.bench import Bench, Proxy
from simulators.endpoints import Call, Endpoint, Refused, found
from simulators.link_proxy import LinkFaults, LinkProxy, Way
from simulators.serial_proxy import SerialProxy


def views(bench: Bench) -> tuple[shapes.ProxyView, ...]:
    """Every bad line."""
    return tuple(
        shapes.ProxyView(
            id=name,
            serial=isinstance(proxy, SerialProxy),
            connections=proxy.connections,
            to_target=_told(proxy, Way.TO_TARGET),
            to_client=_told(proxy, Way.TO_CLIENT),
        )
        for name, proxy in bench.proxies.items()
    )


def _told(proxy: Proxy, way: Way) -> shapes.LineFaults:
    faults = proxy.faults(way)
    return shapes.LineFaults(
        **{name: getattr(faults, name) for name in LinkFaults.__struct_fields__},
        refuse=isinstance(proxy, LinkProxy) and proxy.refusing,
        way=way.value,
    )


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """What a line does to the bytes; cut it once."""

    def spoil(call: Call) -> None:
        proxy, order = found(bench.proxies, call), call.body_as(shapes.LineFaults)
        try:
            way = Way(order.way)
            faults = LinkFaults(**{name: getattr(order, name) for name in LinkFaults.__struct_fields__})
        except ValueError as error:
            raise Refused(400, str(error)) from error
        if isinstance(proxy, LinkProxy):
            proxy.refuse(order.refuse)
        elif order.refuse:
            raise Refused(400, "a serial line cannot refuse: nobody connects to it")
        proxy.set_faults(faults, way)

    def cut(call: Call) -> None:
        found(bench.proxies, call).disconnect_now()

    many = tuple[shapes.ProxyView, ...]
    return (
        Endpoint(path="/proxies", summary="Every bad line", act=lambda _: views(bench), gives=many),
        Endpoint(path="/proxies/{id}/faults", summary="What the line does", act=spoil, takes=shapes.LineFaults),
        Endpoint(path="/proxies/{id}/cut", summary="Cut every connection once", act=cut, takes=shapes.Nothing),
    )
