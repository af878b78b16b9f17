"""The steps of a long count: how far its booking has come, and what the next step books. Reading only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from edge.stock import tags_here
from edge.stock.counting import Tally
from edge.stock.draft_rows import SERIAL, Draft, draft_of, lines_of_item, need, queries
from edge.stock.rules import Source
from protocols.contract.facts import COUNTED_EPCS_MAX, CountedLine

STEP_ITEMS = 100
"""Items, and about as many lines, of one step: some 15 ms of a small server's core. An item is never split."""
STEP_EPCS = 2_000
"""Tags a step names in its fact; the item that reaches it is the step's last."""
LISTED, UNFOUND = 0, 1
"""The phases: what is on the list; what the book has and nobody found (whole counts)."""

Tags = tuple[tuple[str, ...], tuple[str, ...]]
"""Tags of an item that make the difference: those that should be there and were not heard, those heard that should not."""


@dataclass(frozen=True, slots=True)
class Booking:
    """Who decided a count, and how far it is booked: all items up to `after_item_id` of the phase, in `facts` facts."""

    staff_id: str
    approver_id: str
    blind: bool
    phase: int = LISTED
    after_item_id: str = ""
    facts: int = 0


@dataclass(frozen=True, slots=True)
class StepItem:
    """An item of a step; no tallies: nobody found it."""

    item_id: str
    tallies: tuple[Tally, ...]
    tags: Tags = field(default=((), ()))


@dataclass(frozen=True, slots=True)
class Step:
    """What one step books, and where the booking stands after it; `ends`: nothing follows."""

    begins: Booking
    items: tuple[StepItem, ...]
    phase: int
    after_item_id: str
    ends: bool


def booking_of(source: Source, draft_id: str) -> Booking | None:
    """The booking of a list that is on its way; None when there is none."""
    row = source.execute(queries["posting"], (draft_id,)).fetchone()
    if row is None:
        return None
    staff_id, approver_id, blind, phase, after_item_id, facts = row
    return Booking(staff_id, approver_id, bool(blind), phase, after_item_id, facts)


def next_step(source: Source, draft_id: str) -> Step | None:
    """What is to be booked next; None when the booking is over."""
    begins = booking_of(source, draft_id)
    if begins is None:
        return None
    draft = need(draft_of(source, draft_id, lines_max=0))
    waiting = _items_after(source, draft, begins)
    items: list[StepItem] = []
    for item_id in waiting:
        tallies = () if begins.phase == UNFOUND else tuple(line.tally() for line in lines_of_item(source, draft_id, item_id))
        items.append(StepItem(item_id, tallies, tags_of(source, draft, item_id)))
        if _is_full(items):
            break
    if len(items) < len(waiting) or len(waiting) == STEP_ITEMS:
        return Step(begins, tuple(items), begins.phase, items[-1].item_id, ends=False)
    return Step(begins, tuple(items), begins.phase + 1, "", ends=begins.phase == UNFOUND or not draft.whole)


def tags_of(source: Source, draft: Draft, item_id: str) -> Tags:
    """The tags of an item that make the difference; none when no tags were read into the list."""
    if not draft.swept:
        return (), ()
    codes = (str(row[0]) for row in source.execute(queries["pieces_of_item"], (draft.draft_id, item_id)))
    heard = {code for code in codes if not code.startswith(SERIAL)}
    here = tags_here.of_item(source, item_id, draft.place)
    return tuple(sorted(here - heard)[:COUNTED_EPCS_MAX]), tuple(sorted(heard - here)[:COUNTED_EPCS_MAX])


def told(lines: Sequence[CountedLine], tags: Mapping[str, Tags]) -> list[CountedLine]:
    """The lines with their tags: an item's stand on its first line."""
    left, found = dict(tags), []
    for line in lines:
        missing, extra = left.pop(line.item_id, ((), ()))
        found.append(msgspec.structs.replace(line, missing_epcs=missing, found_epcs=extra) if missing or extra else line)
    return found


def _items_after(source: Source, draft: Draft, at: Booking) -> list[str]:
    if at.phase == UNFOUND:
        values = (draft.draft_id, draft.place.value, at.after_item_id, STEP_ITEMS)
        return [str(row[0]) for row in source.execute(queries["unfound_after"], values)]
    return [str(row[0]) for row in source.execute(queries["items_after"], (draft.draft_id, at.after_item_id, STEP_ITEMS))]


def _is_full(items: Sequence[StepItem]) -> bool:
    lines = sum(max(1, len(item.tallies)) for item in items)
    epcs = sum(len(tags) for item in items for tags in item.tags)
    return lines >= STEP_ITEMS or epcs >= STEP_EPCS
