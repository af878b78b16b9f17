"""Tills, return clashes and invoices beside each other."""

from __future__ import annotations

from nicegui import ui

from cloud.console.parts import box
from cloud.console.visitor import Visitor


def tabs(visitor: Visitor, here: str) -> None:
    """Links to the pages of what comes after a sale."""
    say = visitor.words.say
    entries = [
        ("tills", "/tills", say("Tills")),
        ("return_clashes", "/return-clashes", say("Return clashes")),
        ("invoices", "/invoices", say("Invoices")),
    ]
    with box("tabs", "nav"):
        for name, address, title in entries:
            entry = ui.link(title, address).classes("tab" + (" here" if name == here else ""))
            if name == here:
                entry.props["aria-current"] = "page"
