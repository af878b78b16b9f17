"""A price check as it stands on the box, and the fact it becomes."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from edge.audits.sample import Candidate, How, Position
from protocols.audits import Finding
from protocols.contract.facts import AuditedLine, ShelfAudited


class Scope(enum.StrEnum):
    """What a sample is drawn from."""

    LABELS = "labels"
    """Every electronic label with a price."""
    ITEMS = "items"
    """Everything that has a price, printed labels too."""


@dataclass(frozen=True, slots=True)
class Line:
    """One price to check. `sampled` False: a person added it. Money in minor units, per piece or per kilogram."""

    line_no: int
    item_id: str
    label_id: str
    stratum: str
    position: Position
    sampled: bool
    promotion: bool
    finding: Finding = Finding.UNCHECKED
    seen_minor: int | None = None
    till_minor: int | None = None
    price_revision: int = 0
    at_ms: int = 0
    check_id: str = ""
    """Of the check that said so: sent again, it changes nothing."""

    @classmethod
    def of(cls, line_no: int, candidate: Candidate, *, sampled: bool) -> Line:
        """A line nobody has read yet."""
        return cls(
            line_no=line_no,
            item_id=candidate.item_id,
            label_id=candidate.label_id,
            stratum=candidate.stratum,
            position=candidate.position,
            sampled=sampled,
            promotion=candidate.promotion,
        )


@dataclass(frozen=True, slots=True)
class Audit:
    """A price check; lines in the order a person walks, then those added. `state`: `open`, `posted` or `discarded`."""

    audit_id: str
    how: How
    scope: Scope
    seed: str
    population: int
    currency: str
    opened_by: str
    opened_at_ms: int
    state: str
    ended_by: str
    ended_at_ms: int | None
    lines: tuple[Line, ...] = ()


def line_for(lines: Sequence[Line], item_id: str, label_id: str) -> Line | None:
    """The line a scan means: of this very label, else the item's first one that nobody has read, else its first."""
    mine = [line for line in lines if line.item_id == item_id]
    exact = next((line for line in mine if label_id and line.label_id == label_id), None)
    if exact is not None or label_id:
        return exact or next((line for line in mine if not line.label_id), None)
    return next((line for line in mine if line.finding is Finding.UNCHECKED), mine[0] if mine else None)


def fact_of(audit: Audit, staff_id: str) -> ShelfAudited:
    """What is journalled when a person finishes a check."""
    return ShelfAudited(
        audit_id=audit.audit_id,
        how=audit.how,
        scope=audit.scope,
        seed=audit.seed,
        population=audit.population,
        currency=audit.currency,
        opened_at_ms=audit.opened_at_ms,
        staff_id=staff_id,
        lines=tuple(
            AuditedLine(
                line_no=line.line_no,
                item_id=line.item_id,
                label_id=line.label_id,
                stratum=line.stratum,
                sampled=line.sampled,
                promotion=line.promotion,
                finding=line.finding,
                seen_minor=line.seen_minor,
                till_minor=line.till_minor,
                price_revision=line.price_revision,
                at_ms=line.at_ms,
            )
            for line in audit.lines
        ),
    )
