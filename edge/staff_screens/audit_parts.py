"""How a price check stands on the screen: its score against what is wanted, and one line of it."""

from __future__ import annotations

from nicegui import ui

from edge.staff_screens import formats
from edge.staff_screens.answers import Position
from edge.staff_screens.audit_answers import Audit, AuditLine, Score
from edge.staff_screens.parts import box, chip, text
from edge.staff_screens.words import Words

TONES = {"correct": "good", "overcharge": "bad", "undercharge": "warn", "missing": "warn", "unchecked": "plain"}
ICONS = {"correct": "check", "overcharge": "trending_up", "undercharge": "trending_down", "missing": "visibility_off"}


def audit_style() -> None:
    """The style of these pages, on top of the common one."""
    ui.add_head_html('<link rel="stylesheet" href="/look/audit.css">')


def where(position: Position, words: Words) -> str:
    """A position in words; empty when nobody said."""
    if not position.aisle:
        return ""
    return words.say(
        "aisle {aisle}, board {board}, place {place}", aisle=position.aisle, board=position.shelf, place=position.slot
    )


def percent(accuracy_bp: int | None, words: Words) -> str:
    """An accuracy with one digit, rounded down: 97.99 % never looks like a pass."""
    if accuracy_bp is None:
        return formats.DASH
    tenths = accuracy_bp // 10
    return words.say("{n} %", n=f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10))


def tone_of(score: Score) -> str:
    """Good, bad, or nothing while nothing is checked."""
    return "" if not score.checked else "good" if score.passed else "bad"


def score_card(score: Score, words: Words) -> ui.element:
    """The score so far, and how far the check is."""
    say = words.say
    with box("card score") as card:
        with box("alert-head"):
            text(percent(score.accuracy_bp, words), "strong", "score-figure " + tone_of(score))
            with box("grow"):
                text(say("{checked} of {drawn} checked", checked=score.checked + score.missing, drawn=score.drawn), "strong")
                text(say("{wanted} right are wanted", wanted=percent(score.wanted_bp, words)), "p", "hint")
            if score.checked:
                chip(say("passes") if score.passed else say("fails"), "good" if score.passed else "bad")
        with box("score-bar") as bar:
            bar.props["role"] = "img"
            bar.props["aria-label"] = say(
                "{checked} of {drawn} checked", checked=score.checked + score.missing, drawn=score.drawn
            )
            for tone, count in _parts(score):
                if count:
                    part = box(f"score-part tone-{tone}")
                    part.style(f"flex-grow: {count}")
        with box("chips"):
            for code, count in (
                ("overcharge", score.overcharges),
                ("undercharge", score.undercharges),
                ("missing", score.missing),
            ):
                chip(f"{words.name('audit_finding', code)} {count}", TONES[code] if count else "plain")
    return card


def _parts(score: Score) -> tuple[tuple[str, int], ...]:
    return (
        ("good", score.correct),
        ("bad", score.overcharges),
        ("warn", score.undercharges),
        ("plain", score.missing),
        ("open", score.unchecked),
    )


def comparison(line: AuditLine, audit: Audit, words: Words) -> str:
    """What a line says: shelf against till."""
    shelf = formats.money(line.seen_minor, audit.currency, audit.minor_digits, words)
    till = formats.money(line.till_minor, audit.currency, audit.minor_digits, words)
    match line.finding:
        case "correct":
            return words.say("shelf and till say {price}", price=shelf)
        case "overcharge" | "undercharge":
            return words.say("shelf {shelf}, till {till}", shelf=shelf, till=till)
        case "missing":
            return words.say("no price to be read; the till asks {till}", till=till)
        case _:
            return ""
