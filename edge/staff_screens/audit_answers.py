"""Price checks as the screens read and send them. A tolerant reader, as `answers`."""

from __future__ import annotations

from edge.staff_screens.answers import Body, Position


class OpenAudit(Body, frozen=True, kw_only=True):
    how: str
    scope: str
    size: int
    seed: str = ""


class AuditLine(Body, frozen=True, kw_only=True):
    line_no: int
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    label_id: str
    stratum: str
    position: Position
    sampled: bool
    promotion: bool
    finding: str
    seen_minor: int | None
    till_minor: int | None
    at_ms: int


class Score(Body, frozen=True, kw_only=True):
    drawn: int
    checked: int
    correct: int
    overcharges: int
    undercharges: int
    missing: int
    unchecked: int
    overcharge_minor: int
    undercharge_minor: int
    accuracy_bp: int | None
    passed: bool
    wanted_bp: int


class Audit(Body, frozen=True, kw_only=True):
    audit_id: str
    how: str
    scope: str
    seed: str
    population: int
    currency: str
    minor_digits: int
    opened_by: str
    opened_at_ms: int
    state: str
    ended_by: str
    ended_at_ms: int | None
    score: Score
    store_id: str
    store_name: str
    lines: tuple[AuditLine, ...] = ()


class AuditList(Body, frozen=True, kw_only=True):
    audits: tuple[Audit, ...]
    labelled: bool


class AuditFound(Body, frozen=True, kw_only=True):
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    label_id: str
    line_no: int | None
    finding: str


class CheckPrice(Body, frozen=True, kw_only=True):
    check_id: str
    item_id: str
    label_id: str
    seen_minor: int | None


class PriceChecked(Body, frozen=True, kw_only=True):
    line: AuditLine
    score: Score
