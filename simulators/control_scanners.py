"""Serial barcode scanners in the control API, and the goods there are to scan."""

from __future__ import annotations

from protocols.device_events import Symbology
from simulators import control_shapes as shapes
from simulators.bench import Bench
from simulators.endpoints import Call, Endpoint, Refused, found
from simulators.mouth import SpeechFaults
from simulators.settings import GoodsTable


def views(bench: Bench) -> tuple[shapes.ScannerView, ...]:
    """Every scanner."""
    return tuple(
        shapes.ScannerView(
            id=name,
            port=scanner.cable.place,
            plugged_in=scanner.plugged_in,
            scans=scanner.scans,
            faults=scanner.faults,
        )
        for name, scanner in bench.scanners.items()
    )


def goods(bench: Bench) -> tuple[shapes.GoodsView, ...]:
    """What is offered now."""
    return tuple(
        shapes.GoodsView(code=each.code, name=each.name, name_zh=each.name_zh, symbology=each.symbology, grams=each.grams)
        for each in bench.goods
    )


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Pull the trigger, break it."""

    def scan(call: Call) -> None:
        scanner, order = found(bench.scanners, call), call.body_as(shapes.ScanOrder)
        if not scanner.plugged_in:
            raise Refused(409, "the scanner is unplugged")
        try:
            scanner.scan(order.code, Symbology(order.symbology))
        except ValueError as error:
            raise Refused(400, str(error)) from error

    def offer(call: Call) -> None:
        wanted = call.body_as(shapes.Offer).goods
        known = {each.value for each in Symbology}
        if strange := [each.symbology for each in wanted if each.symbology not in known]:
            raise Refused(400, f"'{strange[0]}' is none of {', '.join(sorted(known))}")
        bench.goods = tuple(
            GoodsTable(code=each.code, name=each.name, name_zh=each.name_zh, symbology=each.symbology, grams=each.grams)
            for each in wanted
        )

    def spoil(call: Call) -> None:
        found(bench.scanners, call).faults = call.body_as(SpeechFaults)

    async def plug(call: Call) -> None:
        scanner = found(bench.scanners, call)
        await (scanner.plug_in() if call.body_as(shapes.Plug).plugged_in else scanner.unplug())

    at, many = "/scanners/{id}", tuple[shapes.ScannerView, ...]
    return (
        Endpoint(path="/scanners", summary="Every serial scanner", act=lambda _: views(bench), gives=many),
        Endpoint(path="/goods", summary="Goods to scan", act=lambda _: goods(bench), gives=tuple[shapes.GoodsView, ...]),
        Endpoint(path="/goods", summary="Offer other goods", act=offer, takes=shapes.Offer),
        Endpoint(path=f"{at}/scans", summary="Hold a code before the scanner", act=scan, takes=shapes.ScanOrder),
        Endpoint(path=f"{at}/faults", summary="What is wrong with the scanner", act=spoil, takes=SpeechFaults),
        Endpoint(path=f"{at}/plug", summary="Pull its cable, or put it in", act=plug, takes=shapes.Plug),
    )
