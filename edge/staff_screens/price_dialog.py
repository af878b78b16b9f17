"""Asks for the price a shelf shows, before the till's price is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from edge.staff_screens import formats
from edge.staff_screens.frame import Frame
from edge.staff_screens.parts import big_button, text

Read = Callable[[int | None], Awaitable[None]]
"""Takes minor units, or None when no price can be read."""


def ask_price(frame: Frame, name: str, read: Read, *, digits: int, currency: str, weighed: bool, drawn: bool) -> None:
    """Open the dialog. Enter takes the price; a barcode scanned into it is not taken for one."""
    say = frame.visitor.words.say
    with ui.dialog() as dialog, ui.card().classes("dialog"):
        text(name, "h2")
        if not drawn:
            text(say("This one was not drawn: it is kept, but not counted in the score."), "p", "hint")
        title = say("Price on the shelf, per kg ({currency})", currency=currency) if weighed else ""
        field = ui.input(title or say("Price on the shelf ({currency})", currency=currency))
        field.props('outlined autofocus inputmode="decimal" autocomplete="off"').classes("wide price-field")

        async def keep() -> None:
            try:
                seen_minor = formats.read_money(str(field.value or ""), digits)
            except formats.NotAnAmount:
                frame.notice(
                    say("Type the price as it stands on the shelf, for example {example}.", example=_example(digits)),
                    "negative",
                )
                field.set_value("")
                return
            dialog.close()
            await read(seen_minor)

        async def nothing() -> None:
            dialog.close()
            await read(None)

        field.on("keydown.enter", keep)
        big_button(say("Compare with the till"), keep, "compare_arrows")
        big_button(say("No price to read"), nothing, "visibility_off", "second")
        big_button(say("Cancel"), dialog.close, kind="second")
    dialog.open()


def _example(digits: int) -> str:
    return "129" if not digits else "1." + "29".ljust(digits, "0")[:digits]
