"""Members, clashes, coupons and cards beside each other."""

from __future__ import annotations

from nicegui import ui

from cloud.console.parts import box
from cloud.console.visitor import Visitor


def tabs(visitor: Visitor, here: str) -> None:
    """Links to the pages of members and stored value."""
    say = visitor.words.say
    entries = [
        ("members", "/members", say("Members")),
        ("clashes", "/stored-value", say("Clashes")),
        ("coupons", "/stored-value/coupons", say("Coupons")),
        ("cards", "/stored-value/cards", say("Gift cards")),
    ]
    with box("tabs", "nav"):
        for name, address, title in entries:
            entry = ui.link(title, address).classes("tab" + (" here" if name == here else ""))
            if name == here:
                entry.props["aria-current"] = "page"
