"""The rows of price checks. Runs on the connection or in the transaction it is given."""

from __future__ import annotations

from edge.audits.domain import Audit, Line, Scope
from edge.audits.sample import Candidate, How, Position
from edge.store_db.connection import Connection, Row
from edge.store_db.database import Tx
from edge.store_db.queries import load
from protocols.audits import Finding
from protocols.contract.values import PriceKind

queries = load("edge.audits", "audits.sql")
Source = Connection | Tx


def candidates(source: Source, scope: Scope, now_ms: int) -> list[Candidate]:
    """Every price a sample may be drawn from."""
    return [_candidate(row) for row in source.execute(queries[scope.value], (now_ms,))]


def items_of_label(source: Source, label_id: str) -> list[str] | None:
    """What hangs on a label; None when no such label was ever bound here."""
    found = [str(row[0]) for row in source.execute(queries["items_of_label"], (label_id,))]
    if found or source.execute(queries["known_label"], (label_id,)).fetchone() is not None:
        return found
    return None


def candidate_of(source: Source, item_id: str, label_id: str, *, promotion: bool) -> Candidate:
    """A price a person adds by hand."""
    category = source.execute(queries["category_of"], (item_id,)).fetchone()
    place = source.execute(queries["position_of"], (label_id,)).fetchone()
    position = Position() if place is None else Position(*place)
    return Candidate(item_id, label_id, "" if category is None else str(category[0]), position, promotion)


def audit_of(source: Source, audit_id: str) -> Audit | None:
    """A check with its lines."""
    row = source.execute(queries["get"], (audit_id,)).fetchone()
    if row is None:
        return None
    lines = tuple(_line(each) for each in source.execute(queries["lines"], (audit_id,)))
    return _audit(row, lines)


def newest(source: Source, limit: int) -> list[Audit]:
    """The unfinished checks, then the newest finished ones; with their lines."""
    rows = source.execute(queries["newest"], (limit,)).fetchall()
    return [_audit(row, tuple(_line(each) for each in source.execute(queries["lines"], (row[0],)))) for row in rows]


def count_open(source: Source) -> int:
    """Unfinished checks."""
    return len(source.execute(queries["open_ones"]).fetchall())


def put(tx: Tx, audit: Audit) -> None:
    """Enter a new check."""
    values = (
        audit.audit_id,
        audit.how.value,
        audit.scope.value,
        audit.seed,
        audit.population,
        audit.currency,
        audit.opened_by,
        audit.opened_at_ms,
    )
    tx.execute(queries["put"], values)
    for line in audit.lines:
        put_line(tx, audit.audit_id, line)


def put_line(tx: Tx, audit_id: str, line: Line) -> None:
    """Write a line."""
    place = line.position
    values = (
        audit_id, line.line_no, line.item_id, line.label_id, line.stratum, place.aisle, place.shelf, place.slot,
        int(line.sampled), int(line.promotion), line.finding.value, line.seen_minor, line.till_minor, line.price_revision,
        line.at_ms, line.check_id,
    )  # fmt: skip
    tx.execute(queries["put_line"], values)


def end(tx: Tx, audit_id: str, state: str, staff_id: str, at_ms: int) -> None:
    """Finish a check: `posted` or `discarded`."""
    tx.execute(queries["end"], (audit_id, state, staff_id, at_ms))


def prune(tx: Tx, before_ms: int) -> None:
    """Forget checks that ended before this; headquarters keeps what was posted."""
    tx.execute(queries["prune"], (before_ms,))


def _candidate(row: Row) -> Candidate:
    item_id, label_id, category, aisle, shelf, slot, kind = row
    return Candidate(item_id, label_id, category, Position(aisle, shelf, slot), kind != PriceKind.REGULAR)


def _audit(row: Row, lines: tuple[Line, ...]) -> Audit:
    audit_id, how, scope, seed, population, currency, opened_by, opened_at_ms, state, ended_by, ended_at_ms = row
    return Audit(
        audit_id, How(how), Scope(scope), seed, population, currency, opened_by, opened_at_ms, state, ended_by, ended_at_ms,
        lines,
    )  # fmt: skip


def _line(row: Row) -> Line:
    (
        line_no, item_id, label_id, stratum, aisle, shelf, slot, sampled, promotion, finding, seen_minor, till_minor,
        price_revision, at_ms, check_id,
    ) = row  # fmt: skip
    return Line(
        line_no=line_no,
        item_id=item_id,
        label_id=label_id,
        stratum=stratum,
        position=Position(aisle, shelf, slot),
        sampled=bool(sampled),
        promotion=bool(promotion),
        finding=Finding(finding),
        seen_minor=seen_minor,
        till_minor=till_minor,
        price_revision=price_revision,
        at_ms=at_ms,
        check_id=check_id,
    )
