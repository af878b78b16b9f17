"""Receipt printers in the control API."""

from __future__ import annotations

from simulators import control_shapes as shapes
from simulators.bench import Bench
from simulators.endpoints import Call, Endpoint, File, Refused, found
from simulators.printer.device import SerialPrinter


def views(bench: Bench) -> tuple[shapes.PrinterView, ...]:
    """Every printer."""
    return tuple(
        shapes.PrinterView(
            id=name,
            port=0 if isinstance(printer, SerialPrinter) else printer.port,
            place=printer.place,
            plugged_in=printer.plugged_in,
            connected=printer.connected,
            paper_out=printer.condition.paper_out,
            paper_near_end=printer.condition.paper_near_end,
            cover_open=printer.condition.cover_open,
            offline=printer.condition.offline,
            cutter_error=printer.switches.cutter_error,
            broken=printer.switches.broken,
            drawer_jammed=printer.switches.drawer_jammed,
            display=None if printer.make.display is None else printer.make.display.text(),
            bytes_per_second=printer.bytes_per_second,
            drawer_open=printer.drawer_open,
            drawer_kicks=printer.drawer_kicks,
            receipts=printer.receipts()[-1].number if printer.receipts() else 0,
        )
        for name, printer in bench.printers.items()
    )


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Paper, cover, plug, drawer; what was printed as text and as pictures."""

    def switch(call: Call) -> None:
        printer, order = found(bench.printers, call), call.body_as(shapes.Switches)
        if order.bytes_per_second is not None:
            if order.bytes_per_second < 0:
                raise Refused(400, "bytes_per_second: 0 or more")
            printer.bytes_per_second = order.bytes_per_second
        printer.set_switches(
            paper_out=order.paper_out,
            paper_near_end=order.paper_near_end,
            cover_open=order.cover_open,
            offline=order.offline,
            cutter_error=order.cutter_error,
            broken=order.broken,
            drawer_jammed=order.drawer_jammed,
        )

    async def plug(call: Call) -> None:
        printer = found(bench.printers, call)
        await (printer.plug_in() if call.body_as(shapes.Plug).plugged_in else printer.unplug())

    def drawer(call: Call) -> None:
        printer = found(bench.printers, call)
        if call.body_as(shapes.Drawer).open:
            printer.open_drawer()
        else:
            printer.close_drawer()

    def receipts(call: Call) -> shapes.Receipts:
        printer = found(bench.printers, call)
        kept = tuple(shapes.ReceiptView(each.number, each.printed_at_ms, each.text) for each in printer.receipts())
        return shapes.Receipts(receipts=kept, hanging_out=printer.hanging_out())

    def receipt_file(call: Call) -> File:
        printer = found(bench.printers, call)
        number, _, kind = call.path["name"].partition(".")
        receipt = next((each for each in printer.receipts() if str(each.number) == number), None)
        if receipt is None or kind not in {"png", "txt"}:
            raise Refused(404, "no such receipt is kept")
        if kind == "txt":
            return File(receipt.text.encode(), "text/plain; charset=utf-8")
        return File(printer.png(receipt.number), "image/png")

    at, many = "/printers/{id}", tuple[shapes.PrinterView, ...]
    return (
        Endpoint(path="/printers", summary="Every printer", act=lambda _: views(bench), gives=many),
        Endpoint(path=f"{at}/receipts", summary="Receipts of a printer", act=receipts, gives=shapes.Receipts),
        Endpoint(path=f"{at}/receipts/{{name}}", summary="A receipt: 7.png or 7.txt", act=receipt_file),
        Endpoint(path=f"{at}/switches", summary="Paper, cover, line, speed", act=switch, takes=shapes.Switches),
        Endpoint(path=f"{at}/plug", summary="Pull its plug, or put it in", act=plug, takes=shapes.Plug),
        Endpoint(path=f"{at}/drawer", summary="Push the drawer shut, or open it by key", act=drawer, takes=shapes.Drawer),
    )
