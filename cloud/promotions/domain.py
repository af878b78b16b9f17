"""What a promotion at headquarters is, what may be done with it when, and what stores hold after a publication. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cloud.refusals import Conflict, FieldProblem, Forbidden, Invalid
from protocols.contract.feed_rows import PROMOTION_STORES_MAX
from protocols.promotions.bundle import Bundle, encode_promotion
from protocols.promotions.rules import Promotion

PROMOTION_ID = "^[a-z0-9][a-z0-9-]{0,39}$"
PROMOTIONS_MAX = 5_000
LIVE_MAX = 200
"""Promotions of one zone in its stores at the same time."""
REVISIONS_SIDE_BY_SIDE_MAX = 4
RULE_BYTES_MAX = 48_000
"""So that one fits into a feed delta with its stores."""
NAME_LENGTH_MAX = 80
REASON_LENGTH_MAX = 200
KEPT_AFTER_END_MS = 24 * 3600 * 1000
"""How long one that is over stays in the feed: a till whose clock is slow must still know it."""


class State(enum.StrEnum):
    """How far the present revision has come. One that was published before goes on in the stores meanwhile."""

    DRAFT = "draft"
    CHECKED = "checked"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    PUBLISHED = "published"
    RECALLED = "recalled"


class Severity(enum.StrEnum):
    """What a finding means for publishing."""

    ERROR = "error"
    APPROVE = "approve"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """Something a check found. `code` is stable; `detail` is English; `params` are the numbers and names it speaks of."""

    severity: Severity
    code: str
    detail: str
    params: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Placement:
    """A revision that stores hold. `stores` empty: all of the zone."""

    promotion_id: str
    revision: int
    rule: bytes
    stores: tuple[str, ...] = ()
    published_ms: int = 0
    published_by: str = ""

    def given_to(self, store_id: str) -> bool:
        """Whether this store may use it."""
        return not self.stores or store_id in self.stores


def bundle_of(placements: Iterable[Placement], store_id: str | None = None) -> Bundle:
    """What a store prices with: exactly what its box makes of the feed. `store_id` None: a store outside all trials."""
    return Bundle.of(each.rule for each in placements if (each.given_to(store_id) if store_id else not each.stores))


def after_publishing(held: Sequence[Placement], new: Placement) -> tuple[Placement, ...]:
    """What the stores hold of one promotion once `new` is published. Raises `Conflict`, `Invalid`.

    For all: nothing but it. For some: it beside the others, in these stores and those that have this revision already; an
    older trial in none but these stores goes.
    """
    if not new.stores:
        return (new,)
    same = next((each for each in held if each.revision == new.revision), None)
    if same is not None and not same.stores:
        raise Conflict("everywhere", "All stores have this revision already.", "Recall it, or change it first.")
    stores = tuple(sorted({*new.stores, *(same.stores if same else ())}))
    if len(stores) > PROMOTION_STORES_MAX:
        remedy = "Choose fewer stores, or publish to all of them."
        raise Invalid.field("stores", f"more than {PROMOTION_STORES_MAX} stores", remedy)
    kept = [each for each in held if each is not same and not (each.stores and set(each.stores) <= set(stores))]
    if len(kept) >= REVISIONS_SIDE_BY_SIDE_MAX:
        raise Conflict("too_many_trials", "Too many revisions are in stores already.", "Publish one to all stores.")
    placed = Placement(new.promotion_id, new.revision, new.rule, stores, new.published_ms, new.published_by)
    return (*kept, placed)


def check_shape(promotion: Promotion) -> bytes:
    """The rule's JSON, once its id, name and size can be. Raises `Invalid` with every problem."""
    problems: list[FieldProblem] = []
    if not re.fullmatch(PROMOTION_ID, promotion.promotion_id):
        remedy = "Use a short name, like full-300-40."
        problems.append(FieldProblem("promotion_id", "not 1 to 40 small letters, digits or -", remedy))
    for name in ("name", "name_zh"):
        given = getattr(promotion, name)
        if len(given) > NAME_LENGTH_MAX or (name == "name" and not given.strip()):
            problems.append(FieldProblem(name, "empty or too long", f"1 to {NAME_LENGTH_MAX} characters."))
    rule = encode_promotion(promotion)
    if len(rule) > RULE_BYTES_MAX:
        problems.append(FieldProblem("scope", "too many goods named", "Name styles, categories or brands instead."))
    if problems:
        raise Invalid.fields(problems)
    return rule


def need_valid(promotion: Promotion) -> None:
    """Raise `Invalid` for a rule no till would take."""
    for refused in Bundle.of([promotion]).refused:
        raise Invalid.field("rule", refused.reason, "Change it, then try again.")


def need_state(state: State, *allowed: State) -> None:
    """Raise `Conflict` when this cannot be done with a promotion in this state."""
    if state not in allowed:
        remedy = f"This can be done while it is {' or '.join(allowed)}."
        raise Conflict("wrong_state", f"The promotion is {state}.", remedy)


def need_second_person(authors: Iterable[str], asked_by: str, login: str) -> None:
    """Raise `Forbidden` for somebody who made it, changed it or asked."""
    if login in {*authors, asked_by}:
        raise Forbidden("own_promotion", "You made, changed or asked for this promotion.", "Somebody else approves it.")
