"""Whether a template may go to stores: it is drawn for every kind of label in use with everything that is hard to draw.

Whatever the store's box would refuse for one item is refused here for all, naming the place: the element, the kind of
label and the goods. Pure; it takes seconds of computing, so callers run it in a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloud.refusals import FieldProblem, Invalid
from cloud.templates.drawing import Drawer, Trouble
from cloud.templates.samples import Sample
from protocols.esl.tag_types import TagType
from protocols.labels.template import Template

FINDINGS_MAX = 50
"""Told at once; the rest is likely more of the same."""
REFUSED_MAX = 8
"""Told when a publication is refused."""


@dataclass(frozen=True)
class Finding:
    """What stands in the way. `code`: `no_layout` or `cannot_draw`."""

    code: str
    element: str
    panel: str
    sample: str
    detail: str


@dataclass(frozen=True)
class Report:
    """What a check found, and how many labels it drew."""

    findings: tuple[Finding, ...]
    drawn_count: int


def check(template: Template, panels: Sequence[TagType], samples: Sequence[Sample], drawer: Drawer) -> Report:
    """Draw everything; an element that fails on a kind of label is told once, with the first goods it failed for."""
    findings: dict[tuple[str, str], Finding] = {}
    drawn = 0
    for panel in panels:
        if template.layout_for(panel.hardware_type, panel.width, panel.height) is None:
            findings["", panel.name] = Finding("no_layout", "", panel.name, "", "no layout serves this kind of label")
            continue
        for sample in samples:
            drawn += 1
            found = drawer.trouble(template, sample.content, panel.hardware_type)
            if found is not None:
                findings.setdefault((found.element, panel.name), _finding(found, panel, sample))
    return Report(tuple(findings.values())[:FINDINGS_MAX], drawn)


def _finding(found: Trouble, panel: TagType, sample: Sample) -> Finding:
    return Finding("cannot_draw", found.element, panel.name, sample.name, found.problem)


def refuse(findings: Sequence[Finding]) -> None:
    """Raise `Invalid` with the first of them; nothing happens when there are none."""
    if findings:
        raise Invalid.fields([_problem(each) for each in findings[:REFUSED_MAX]])


def _problem(finding: Finding) -> FieldProblem:
    place = "/".join(part for part in ("template", finding.panel, finding.element) if part)
    goods = f" ({finding.sample})" if finding.sample else ""
    return FieldProblem(place, f"{finding.detail}{goods}", "Change the template, save it and publish the new version.")
