"""A small component settled by itself: every pair of amounts it can come to that is not worse in all of them.

Labels then cross it in one step, instead of unit by unit with all its states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from protocols.promotions.components import Option
from protocols.promotions.machine import NEVER
from protocols.promotions.problem import Nodes
from protocols.promotions.walk import Walk

FRONT_MAX = 300
"""Ways kept open at any unit of the walk; a component that needs more is walked through by labels."""
EFFORT_MAX = 6_000
"""Nodes one front may take."""


class Way(NamedTuple):
    """What a component comes to: its total, the tracked amounts (clipped), and the uses of its units."""

    amount: int
    amounts: tuple[int, ...]
    options: tuple[Option, ...]


def front_of(walk: Walk, clips: Sequence[int], *, total_matters: bool, nodes: Nodes) -> list[Way] | None:
    """All ways that matter, cheapest first; None when there are too many.

    `total_matters`: an amount of the whole basket is asked for, so a cheaper way is not better in itself.
    """
    open_ways = {(0, (0,) * len(clips)): Way(0, (0,) * len(clips), ())}
    spent = 0
    for place, options in enumerate(walk.part.options):
        spent += len(open_ways) * len(options)
        nodes.spend(len(open_ways) * len(options))
        if len(open_ways) > FRONT_MAX or spent > EFFORT_MAX:
            return None
        following: dict[tuple[int, tuple[int, ...]], Way] = {}
        inside = walk.inside[place]
        for (state, amounts), way in open_ways.items():
            for option in options:
                then = state if option.table < 0 else walk.next(state, option.table)
                if then == NEVER:
                    continue
                changed = list(amounts)
                for at in inside:
                    changed[at] = min(clips[at], changed[at] + option.net_minor)
                more = tuple(changed)
                held = following.get((then, more))
                if held is None or way.amount + option.net_minor < held.amount:
                    following[then, more] = Way(way.amount + option.net_minor, more, (*way.options, option))
        open_ways = following if total_matters else _undominated(following)
    ended: dict[tuple[int, ...], Way] = {}
    for (state, amounts), way in open_ways.items():
        if walk.final(state) and (amounts not in ended or way.amount < ended[amounts].amount):
            ended[amounts] = way
    ways = sorted(ended.values(), key=lambda way: way[:2])
    if not total_matters:
        ways = _best(ways)
    return ways if len(ways) <= FRONT_MAX else None


def _undominated(ways: dict[tuple[int, tuple[int, ...]], Way]) -> dict[tuple[int, tuple[int, ...]], Way]:
    """By state, without those that another one beats in everything."""
    by_state: dict[int, list[Way]] = {}
    for (state, _), way in ways.items():
        by_state.setdefault(state, []).append(way)
    return {
        (state, way.amounts): way
        for state, several in by_state.items()
        for way in _best(sorted(several, key=lambda each: each[:2]))
    }


def _best(ordered: list[Way]) -> list[Way]:
    """Of ways in the order of their totals, those with more of some amount than every cheaper one."""
    kept: list[Way] = []
    for way in ordered:
        if not any(all(old >= new for old, new in zip(each.amounts, way.amounts, strict=True)) for each in kept):
            kept.append(way)
    return kept
