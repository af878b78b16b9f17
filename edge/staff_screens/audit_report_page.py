"""The report of a finished price check, as a page that prints on A4: what was drawn and how, the score, what was wrong."""

from __future__ import annotations

from collections.abc import Iterable

from nicegui import ui
from starlette.responses import Response

from edge.staff_screens import formats
from edge.staff_screens.audit_answers import Audit, AuditLine
from edge.staff_screens.audit_parts import audit_style, percent, tone_of, where
from edge.staff_screens.frame import Frame, page
from edge.staff_screens.parts import big_button, box, chip, text
from edge.staff_screens.visitor import Screens, Visitor, to_login

_BAD = ("overcharge", "undercharge", "missing")


def install(screens: Screens) -> None:
    """Add the page `/audit/{audit_id}/report`."""

    @ui.page("/audit/{audit_id}/report")
    def report(audit_id: str) -> Response | None:
        visitor = Visitor(screens)
        if visitor.person is None:
            return to_login()
        with page(visitor, visitor.words.say("Report"), back="/audits") as frame:
            audit_style()
            _Report(frame, audit_id)
        return None


class _Report:
    def __init__(self, frame: Frame, audit_id: str) -> None:
        self._frame, self._visitor, self._audit_id = frame, frame.visitor, audit_id
        with box("no-print actions"):
            button = big_button(self._visitor.words.say("Print"), lambda: None, "print")
            button.on("click", js_handler="() => window.print()")
        self._paper = box("report")
        self._shown: Audit | None = None
        frame.load(self._load)

    async def _load(self) -> None:
        found = await self._visitor.get(f"/v1/audits/{self._audit_id}", Audit)
        if found == self._shown:
            return
        self._shown = found
        self._paper.clear()
        with self._paper:
            self._head(found)
            self._result(found)
            self._strata(found)
            wrong = [line for line in found.lines if line.finding in _BAD]
            self._table(self._visitor.words.say("What was wrong"), wrong, found)
            rest = [line for line in found.lines if line.finding not in _BAD]
            self._table(self._visitor.words.say("All other prices"), rest, found)
            self._foot(found)

    def _head(self, audit: Audit) -> None:
        words, say = self._visitor.words, self._visitor.words.say
        zone = self._visitor.zone
        text(say("Price check: shelf against till"), "h2", "report-title")
        when = formats.full_instant(audit.ended_at_ms or audit.opened_at_ms, zone, words)
        with box("report-facts", "dl"):
            self._fact(say("Store"), f"{audit.store_name} ({audit.store_id})" if audit.store_name else audit.store_id)
            self._fact(say("Finished"), when if audit.state == "posted" else say("not finished"))
            self._fact(say("Begun"), formats.full_instant(audit.opened_at_ms, zone, words))
            self._fact(say("Checked by"), audit.ended_by or audit.opened_by)
            self._fact(say("Sample"), words.name("audit_how", audit.how))
            self._fact(say("Drawn from"), f"{words.name('audit_scope', audit.scope)}: {audit.population}")
            self._fact(say("Seed"), audit.seed)

    def _fact(self, title: str, said: str) -> None:
        with box("report-fact"):
            text(title, "dt")
            text(said, "dd")

    def _result(self, audit: Audit) -> None:
        words, say, score = self._visitor.words, self._visitor.words.say, audit.score

        def money(minor: int) -> str:
            return formats.money(minor, audit.currency, audit.minor_digits, words)

        with box("report-score"):
            with box("report-accuracy"):
                text(percent(score.accuracy_bp, words), "strong", "score-figure " + tone_of(score))
                text(say("{wanted} right are wanted", wanted=percent(score.wanted_bp, words)), "span", "hint")
                if score.checked:
                    chip(say("passed") if score.passed else say("failed"), "good" if score.passed else "bad")
            with box("report-figures"):
                for title, figure in (
                    (say("drawn"), str(score.drawn)),
                    (say("compared"), str(score.checked)),
                    (say("right"), str(score.correct)),
                    (say("overcharges"), f"{score.overcharges} ({money(score.overcharge_minor)})"),
                    (say("undercharges"), f"{score.undercharges} ({money(score.undercharge_minor)})"),
                    (say("no price to read"), str(score.missing)),
                    (say("not checked"), str(score.unchecked)),
                ):
                    self._fact(title, figure)

    def _strata(self, audit: Audit) -> None:
        say = self._visitor.words.say
        parts: dict[str, list[AuditLine]] = {}
        for line in audit.lines:
            if line.sampled:
                parts.setdefault(line.stratum, []).append(line)
        if len(parts) < 2:
            return
        text(say("By part of the store"), "h2", "section")
        heads = (
            say("Aisle or category"),
            say("drawn"),
            say("right"),
            say("wrong"),
            say("no price to read"),
            say("not checked"),
        )
        with box("report-scroll"), box("report-table", "table"):
            self._heads(heads, numbers=5)
            with box("", "tbody"):
                for name, lines in parts.items():
                    counts = [sum(line.finding in wanted for line in lines) for wanted in _COLUMNS]
                    self._row((name or formats.DASH, str(len(lines)), *(str(count) for count in counts)), numbers=5)

    def _table(self, title: str, lines: list[AuditLine], audit: Audit) -> None:
        words, say = self._visitor.words, self._visitor.words.say
        if not lines:
            return
        text(f"{title} ({len(lines)})", "h2", "section")
        with box("report-scroll"), box("report-table", "table"):
            self._heads((say("Item"), say("Where"), say("Finding"), say("Shelf"), say("Till")), numbers=2)
            with box("", "tbody"):
                for line in lines:
                    name = words.either(line.name, line.name_zh)
                    finding = words.name("audit_finding", line.finding)
                    if not line.sampled:
                        finding = f"{finding}, {say('added, not scored')}"
                    self._row(
                        (
                            f"{name} ({line.item_id})",
                            where(line.position, words) or line.stratum or formats.DASH,
                            finding,
                            formats.money(line.seen_minor, audit.currency, audit.minor_digits, words),
                            formats.money(line.till_minor, audit.currency, audit.minor_digits, words),
                        ),
                        numbers=2,
                    )

    def _heads(self, titles: Iterable[str], *, numbers: int) -> None:
        with box("", "thead"):
            self._row(titles, numbers=numbers, tag="th")

    def _row(self, cells: Iterable[str], *, numbers: int, tag: str = "td") -> None:
        said = list(cells)
        with box("", "tr"):
            for place, each in enumerate(said):
                text(each, tag, "number" if place >= len(said) - numbers else "")

    def _foot(self, audit: Audit) -> None:
        say = self._visitor.words.say
        text(
            say(
                "Both kinds of error count. The till's price is what it would have charged when the shelf was read. "
                "The same seed over the same prices draws the same sample."
            ),
            "p",
            "hint",
        )
        with box("report-sign"):
            text(say("Date, signature"), "span")
            text(audit.audit_id, "span", "code")


_COLUMNS = (("correct",), ("overcharge", "undercharge"), ("missing",), ("unchecked",))
"""Findings of the columns of the table by part of the store."""
