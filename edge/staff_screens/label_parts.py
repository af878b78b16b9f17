"""How one label stands on the screen: what it should show, what was sent, what is proven."""

from __future__ import annotations

from nicegui import ui

from edge.staff_screens import formats
from edge.staff_screens.answers import Label
from edge.staff_screens.audit_parts import where
from edge.staff_screens.parts import box, chip, text
from edge.staff_screens.visitor import Visitor

TONES = {"shown": "good", "pending": "info", "unreachable": "bad", "removed": "plain", "unbound": "plain"}


def label_card(visitor: Visitor, label: Label, currency: str, minor_digits: int) -> ui.element:
    """One label; returns the element, for buttons to be put below."""
    words, say = visitor.words, visitor.words.say

    def price(minor: int | None) -> str:
        return formats.money(minor, currency, minor_digits, words)

    with box("label") as element:
        element.props["data-label"] = label.label_id
        with box("alert-head"):
            ui.icon("sell")
            with box("grow"):
                text(words.either(label.item_name, label.item_name_zh) or say("bound to nothing"), "strong")
                text(label.label_id, "p", "code")
            chip(words.name("label_state", label.state), TONES.get(label.state, "plain"))
        if label.position is not None and label.position.aisle:
            text(where(label.position, words), "p", "hint")
        if label.item_id is None:
            _blank(visitor, label)
            return element
        with box("label-prices"):
            for title, minor, at_ms in (
                (say("should show"), label.wanted_price_minor, None),
                (say("sent"), label.sent_price_minor, label.sent_at_ms),
                (say("confirmed"), label.shown_price_minor, label.shown_at_ms),
            ):
                with box("figure small"):
                    text(price(minor), "strong")
                    text(title)
                    if at_ms:
                        text(formats.instant(at_ms, visitor.zone, words), "span", "hint")
        for each in label.more_items:
            with box("move"):
                text(words.either(each.name, each.name_zh), "span", "grow")
                text(price(each.price_minor), "strong", "number")
        _late(visitor, label)
    return element


def _late(visitor: Visitor, label: Label) -> None:
    words = visitor.words
    if label.behind_since_ms is not None and label.state in ("pending", "unreachable"):
        age = formats.age(max(0, visitor.now_ms - label.behind_since_ms), words)
        text(words.say("not proven for {age}", age=age), "p", "hint")
        if label.level:
            text(words.name("label_level", label.level), "p", "hint")
        if label.eta_ms is not None and label.state == "pending":
            text(words.say("done in about {age}", age=formats.age(label.eta_ms, words)), "p", "hint")
    if label.reason:
        text(words.heard(label.reason), "p", "device-reason")


def _blank(visitor: Visitor, label: Label) -> None:
    """A label that was unbound: whether its price is gone from the screen."""
    say = visitor.words.say
    if label.state == "unbound":
        text(say("Blank: the label confirmed that no price stands on it."), "p", "hint")
    elif label.state != "removed":
        text(
            say("The price is being wiped. Until the label confirms it, the till charges no more than it showed."),
            "p",
            "hint",
        )
        _late(visitor, label)
