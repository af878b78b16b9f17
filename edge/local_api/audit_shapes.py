"""What price checks take and give. Money in minor units, per piece or per kilogram; accuracy in basis points."""

from __future__ import annotations

from edge.audits.domain import Scope
from edge.audits.sample import How
from edge.local_api.shapes import PositionView, Shape


class OpenAudit(Shape, frozen=True, kw_only=True):
    """`seed` left out: made from the id. The same seed over the same prices draws the same sample."""

    how: How = How.STRATIFIED
    scope: Scope = Scope.LABELS
    size: int = 50
    seed: str = ""


class AuditLineView(Shape, frozen=True, kw_only=True):
    """One price to check. The till's price is null until the person has said what the shelf shows."""

    line_no: int
    item_id: str
    name: str
    name_zh: str
    weighed: bool
    label_id: str
    stratum: str
    position: PositionView
    sampled: bool
    promotion: bool
    finding: str
    seen_minor: int | None
    till_minor: int | None
    at_ms: int


class ScoreView(Shape, frozen=True, kw_only=True):
    """Of the drawn lines. `accuracy_bp` null: nothing checked. `wanted_bp`: from where on it passes."""

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


class AuditView(Shape, frozen=True, kw_only=True):
    """A price check; `lines` in walking order, then those added by hand (empty in a list)."""

    audit_id: str
    how: How
    scope: Scope
    seed: str
    population: int
    currency: str
    minor_digits: int
    opened_by: str
    opened_at_ms: int
    state: str
    ended_by: str
    ended_at_ms: int | None
    score: ScoreView
    store_id: str
    store_name: str
    lines: tuple[AuditLineView, ...] = ()


class AuditList(Shape, frozen=True, kw_only=True):
    """`labelled` False: no label is bound, so a check of electronic labels has nothing to draw from."""

    audits: tuple[AuditView, ...]
    labelled: bool


class AuditFound(Shape, frozen=True, kw_only=True):
    """What a scan meant. `line_no` null: it was not drawn; checked anyway it is added, and not scored."""

    item_id: str
    name: str
    name_zh: str
    weighed: bool
    label_id: str
    line_no: int | None
    finding: str


class CheckPrice(Shape, frozen=True, kw_only=True):
    """What a person read. `check_id` (UUID text) makes it count once; `seen_minor` null: no price can be read there."""

    check_id: str
    item_id: str
    label_id: str = ""
    seen_minor: int | None = None


class PriceChecked(Shape, frozen=True, kw_only=True):
    """The line as it stands now, with the till's price, and the score so far."""

    line: AuditLineView
    score: ScoreView
