"""Dates: what goes first, what reaches its date, and the price cuts the store proposes for it.

A proposal is of an item, batch, place and step, and is made once; headquarters decides. A step holds from its day on: a
batch found late gets the step of today, not those it has missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.stock import batches
from edge.stock.batches import Expiring
from edge.stock.rules import SELLABLE, Source, rules
from edge.store_db.database import Tx
from edge.store_db.journal import Journal
from edge.store_db.queries import load
from protocols.contract.feed_stock import MarkdownStep
from protocols.contract.stock_facts import MarkdownProposed

queries = load("edge.stock", "expiry.sql")


def expiring(source: Source, today: str) -> list[Expiring]:
    """What is near its date by the store's rules, or past it."""
    held = rules(source)
    days = max([held.expiry_warn_days, *(step.days_left for step in held.markdown_steps)])
    return batches.expiring(source, today, days)


def step_of(days_left: int, steps: Sequence[MarkdownStep]) -> MarkdownStep | None:
    """The step that holds so many days before the date; None before the first, and once the date is over."""
    fitting = [step for step in steps if 0 <= days_left <= step.days_left]
    return min(fitting, key=lambda step: step.days_left, default=None)


def proposal_id(each: Expiring, step: MarkdownStep) -> str:
    """The same for the same item, batch, place and step."""
    standing = each.standing
    parts = (standing.item_id, standing.place.value, standing.lot.batch, standing.lot.expires, str(step.days_left))
    return "/".join(parts)


def is_proposed(source: Source, each: Expiring, step: MarkdownStep) -> bool:
    """Whether headquarters was told."""
    return source.execute(queries["proposed"], (proposal_id(each, step),)).fetchone() is not None


def propose(tx: Tx, journal: Journal, today: str, at_ms: int) -> int:
    """Propose what is due and was not proposed yet; returns how many."""
    held = rules(tx)
    facts = []
    for each in expiring(tx, today):
        step = step_of(each.days_left, held.markdown_steps)
        if step is None or each.standing.place not in SELLABLE or is_proposed(tx, each, step):
            continue
        tx.execute(queries["put"], (proposal_id(each, step), at_ms))
        facts.append(
            MarkdownProposed(
                proposal_id=proposal_id(each, step),
                item_id=each.standing.item_id,
                place=each.standing.place,
                batch=each.standing.lot.batch,
                expires=each.standing.lot.expires,
                quantity_thousandths=each.standing.on_hand_thousandths,
                off_bp=step.off_bp,
            )
        )
    if facts:
        journal.append_many(tx, facts)
    return len(facts)


def prune(tx: Tx, before_ms: int) -> None:
    """Forget proposals made before this whose batch is gone."""
    tx.execute(queries["prune"], (before_ms,))
