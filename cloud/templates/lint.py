"""Whether a template may go to stores: it is drawn for every kind of label in use with what is hard to draw of any catalogue
(`protocols/labels/lint.py`) and of this one.

Whatever a store's box would refuse for one item is refused here for all, naming the place: the element, the kind of label
and the goods. It takes seconds of computing, so callers run it in a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.refusals import FieldProblem, Invalid
from cloud.templates.drawing import Drawer
from protocols.esl.tag_types import TAG_TYPES, TagType
from protocols.labels import lint
from protocols.labels.lint import Sample, Severity, samples_for
from protocols.labels.template import Template

FINDINGS_MAX = 50
"""Told at once; the rest is likely more of the same."""
REFUSED_MAX = 8
"""Told when a publication is refused."""


@dataclass(frozen=True)
class Finding:
    """What stands in the way (`error`) or should be known (`warning`), once an element and kind of label, with its goods."""

    severity: str
    element: str
    panel: str
    sample: str
    detail: str


@dataclass(frozen=True)
class Report:
    """What a check found, and how many labels it drew."""

    findings: tuple[Finding, ...]
    drawn_count: int

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.severity == Severity.ERROR)


def check(template: Template, panels: Sequence[TagType], samples: Sequence[Sample], drawer: Drawer) -> Report:
    """Draw everything; errors first."""
    types = [panel.hardware_type for panel in panels]
    findings: dict[tuple[str, int, str], Finding] = {}
    for found in sorted(drawer.lint(template, samples, types), key=lambda each: each.severity is Severity.WARNING):
        findings.setdefault((found.element, found.hardware_type, found.severity), _finding(found))
    drawn = (len(samples) + len(samples_for(template.purpose))) * len(panels)
    return Report(tuple(findings.values())[:FINDINGS_MAX], drawn)


def _finding(found: lint.Finding) -> Finding:
    kind = TAG_TYPES.get(found.hardware_type)
    return Finding(found.severity.value, found.element, "" if kind is None else kind.name, found.sample, found.text)


def refuse(report: Report) -> None:
    """Raise `Invalid` with the first errors; nothing happens when there are none."""
    if report.errors:
        raise Invalid.fields([_problem(each) for each in report.errors[:REFUSED_MAX]])


def _problem(finding: Finding) -> FieldProblem:
    place = "/".join(part for part in ("template", finding.panel, finding.element) if part)
    goods = f" ({finding.sample})" if finding.sample else ""
    return FieldProblem(place, f"{finding.detail}{goods}", "Change the template, save it and publish the new version.")
