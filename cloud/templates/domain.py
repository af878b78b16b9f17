"""Which template versions stores hold, and what a publication or a rollback makes of that. Pure.

A store uses, per purpose, the placement given to it that was published last (`protocols/contract/feed_rows.py`). So what
is published last simply wins where it applies, and taking it out of the feed brings back what held before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cloud.refusals import Conflict, FieldProblem, Invalid
from protocols.contract.feed_rows import TEMPLATE_STORES_MAX

TEMPLATE_ID_PATTERN = "^[a-z0-9][a-z0-9-]{0,39}$"
TEMPLATES_MAX = 200
VERSIONS_MAX = 999
NAME_LENGTH_MAX = 80
NOTE_LENGTH_MAX = 200
PROBLEMS_MAX = 20
"""Of a template, told at once."""
PLACEMENTS_MAX = 12
"""Of one purpose at the same time: more trials side by side nobody keeps apart."""


@dataclass(frozen=True)
class Placement:
    """A version that stores hold. `stores` empty: all of them. `published_ms` is different for each of a purpose."""

    template_id: str
    version: int
    published_ms: int
    stores: tuple[str, ...] = ()

    def given_to(self, store_id: str) -> bool:
        """Whether this store may use it."""
        return not self.stores or store_id in self.stores


def in_use(placements: Sequence[Placement], store_id: str) -> Placement | None:
    """What a store draws with; None: what is built in. The same rule as the box's."""
    given = (each for each in placements if each.given_to(store_id))
    return max(given, key=lambda each: (each.published_ms, each.version), default=None)


def after_publishing(held: Sequence[Placement], new: Placement) -> tuple[Placement, ...]:
    """What stores hold once `new` is published; it is the latest. Raises `Conflict` for too many side by side.

    For all stores: it and the former one for all (what a box too old to draw the new one falls back to). For some: it
    beside everything else, but for earlier trials in none but these stores.
    """
    if not new.stores:
        former = max((each for each in held if not each.stores), key=lambda each: each.published_ms, default=None)
        return (new,) if former is None else (former, new)
    kept = tuple(each for each in held if not each.stores or not set(each.stores) <= set(new.stores))
    if len(kept) >= PLACEMENTS_MAX:
        raise Conflict(
            "too_many_trials",
            f"{PLACEMENTS_MAX} versions are in stores for this purpose already.",
            "Publish one to all stores, or roll trials back.",
        )
    return (*kept, new)


def check_template_id(template_id: str) -> list[FieldProblem]:
    """Problems of a short name."""
    if re.fullmatch(TEMPLATE_ID_PATTERN, template_id):
        return []
    return [
        FieldProblem("template_id", "not 1 to 40 small letters, digits or -", "Use a short name, like summer-promotion.")
    ]


def checked_stores(stores: Sequence[str]) -> tuple[str, ...]:
    """Store ids, each once, sorted. Raises `Invalid` when they are too many for one row."""
    wanted = tuple(sorted(set(stores)))
    if len(wanted) > TEMPLATE_STORES_MAX:
        raise Invalid.field(
            "stores", f"more than {TEMPLATE_STORES_MAX} stores", "Choose fewer stores, or publish to all of them."
        )
    return wanted
