"""Dialogs over a list: how much of a line and of which batch, and whether one is sure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from edge.staff_screens import formats
from edge.staff_screens.answers import Command, DraftLine, Remove, SetLot, SetQuantity
from edge.staff_screens.frame import Frame
from edge.staff_screens.parts import big_button, box, new_dialog, text

Order = Callable[[Command], None]


def ask_quantity(frame: Frame, line: DraftLine, order: Order, *, with_lot: bool) -> None:
    """How much there is of a line, and of which batch and date."""
    words = frame.visitor.words
    with new_dialog() as dialog, ui.card().classes("dialog"):
        text(words.either(line.name, line.name_zh), "h2")
        field = ui.input(words.say("Kilograms") if line.weighed else words.say("Pieces"))
        field.set_value(formats.typed(line.quantity_thousandths) if line.quantity_thousandths else "")
        field.props('outlined autofocus inputmode="decimal"').classes("wide huge")
        batch = expires = None
        if with_lot:
            batch = ui.input(words.say("Batch (if there is one)"), value=line.batch)
            batch.props('outlined autocomplete="off" maxlength=40').classes("wide")
            expires = ui.input(words.say("Good until"), value=line.expires).props('outlined type="date" stack-label')
            expires.classes("wide")

        def keep() -> None:
            try:
                quantity = formats.read_amount(str(field.value or ""), weighed=line.weighed)
            except formats.NotAnAmount:
                frame.notice(words.say("Type a number."), "negative")
                return
            dialog.close()
            new_batch = line.batch if batch is None else str(batch.value or "").strip()
            new_expires = line.expires if expires is None else str(expires.value or "")
            if (new_batch, new_expires) != (line.batch, line.expires):
                moved = SetLot(
                    item_id=line.item_id,
                    batch=line.batch,
                    expires=line.expires,
                    new_batch=new_batch,
                    new_expires=new_expires,
                )
                order(moved)
            if quantity != line.quantity_thousandths or (new_batch, new_expires) == (line.batch, line.expires):
                order(SetQuantity(item_id=line.item_id, quantity_thousandths=quantity, batch=new_batch, expires=new_expires))

        def remove() -> None:
            dialog.close()
            order(Remove(item_id=line.item_id, batch=line.batch, expires=line.expires))

        field.on("keydown.enter", keep)
        with box("actions"):
            big_button(words.say("Remove"), remove, "delete", "second")
            big_button(words.say("Keep"), keep)
    dialog.open()


def confirm(frame: Frame, title: str, said: str, do_it: Callable[[], object], *, danger: bool = False) -> None:
    """Whether one is sure."""
    say = frame.visitor.words.say
    with new_dialog() as dialog, ui.card().classes("dialog"):
        text(title, "h2")
        text(said, "p")

        def go() -> None:
            dialog.close()
            do_it()

        with box("actions"):
            big_button(say("Cancel"), dialog.close, kind="second")
            big_button(title, go, kind="danger" if danger else "primary")
    dialog.open()


def ask_second_person(frame: Frame, said: str, allow: Callable[[str, str], Awaitable[None]]) -> None:
    """A second person types number and PIN; `allow(staff_id, pin)` hears them. The PIN is never kept."""
    say = frame.visitor.words.say
    with new_dialog().props("persistent") as dialog, ui.card().classes("dialog"):
        text(say("A second person, please"), "h2")
        text(said, "p")
        number = ui.input(say("Staff number")).props('outlined autofocus autocomplete="off"').classes("wide")
        pin = ui.input(say("PIN"), password=True).props('outlined inputmode="numeric" autocomplete="off"').classes("wide")

        async def go() -> None:
            staff_id, secret = str(number.value or "").strip(), str(pin.value or "")
            pin.set_value("")
            dialog.close()
            await allow(staff_id, secret)

        pin.on("keydown.enter", go)
        with box("actions"):
            big_button(say("Cancel"), dialog.close, kind="second")
            big_button(say("Allow"), go)
    dialog.open()
