"""Small automata: what an offer must remember while a basket is walked through unit by unit.

A machine has states 0 .. size - 1 and starts in 0. A *code* is a way to use one unit (as one that is paid, as the free one,
in a slot ...); `steps[code][state]` is the next state or -1 when that use is not allowed now. A walk is legal when it ends
in a final state. `counts[code]` says that this use stands for one application.
"""

from __future__ import annotations

from dataclasses import dataclass

NEVER = -1


@dataclass(frozen=True, slots=True)
class Machine:
    """See the module."""

    size: int
    steps: tuple[tuple[int, ...], ...]
    final: tuple[bool, ...]
    counts: tuple[bool, ...]

    def limited(self, applications_max: int) -> Machine:
        """The same, with at most so many applications: each state is doubled by the applications so far."""
        wide = applications_max + 1
        steps = tuple(
            tuple(self._limited_step(code, state, done, wide) for state in range(self.size) for done in range(wide))
            for code in range(len(self.steps))
        )
        return Machine(self.size * wide, steps, tuple(each for each in self.final for _ in range(wide)), self.counts)

    def _limited_step(self, code: int, state: int, done: int, wide: int) -> int:
        following = self.steps[code][state]
        done += self.counts[code]
        return NEVER if following == NEVER or done >= wide else following * wide + done


def per_unit() -> Machine:
    """Code 0 takes a unit; nothing to remember."""
    return Machine(1, ((0,),), (True,), (True,))


CREDIT, FREE, LAST_FREE = range(3)
"""Codes of a cheapest-free offer: paid for, reduced, and the reduced one that completes a group."""


def cheapest(take: int, pay: int) -> Machine:
    """Groups of `take` walked through from the dearest: `pay` are paid, the rest reduced. Exact for the least total, because
    consecutive groups are best when the reduction does not grow as prices fall. Paid ones left over cost nothing."""
    positions = range(take)
    return Machine(
        take,
        (
            tuple(at + 1 if at < pay else NEVER for at in positions),
            tuple(at + 1 if pay <= at < take - 1 else NEVER for at in positions),
            tuple(0 if at == take - 1 else NEVER for at in positions),
        ),
        tuple(at <= pay for at in positions),
        (False, False, True),
    )


def cheapest_any(take: int, pay: int, units: int) -> Machine:
    """The same offer with groups formed at will; to reach an amount a worse grouping can be right.

    The state is open * (take - pay) + due: paid units not in a group yet, reduced ones a begun group still needs.
    """
    free = take - pay
    open_max = pay * (units // take)
    steps: tuple[list[int], list[int], list[int]] = ([], [], [])
    for at_open in range(open_max + 1):
        for due in range(free):
            state = at_open * free + due
            steps[CREDIT].append(state + free if at_open < open_max else NEVER)
            reduced = state - 1 if due else (at_open - pay) * free + free - 1 if at_open >= pay else NEVER
            last = due == 1 or (due == 0 and free == 1)
            steps[FREE].append(NEVER if last else reduced)
            steps[LAST_FREE].append(reduced if last else NEVER)
    size = (open_max + 1) * free
    final = tuple(state % free == 0 for state in range(size))
    return Machine(size, (tuple(steps[0]), tuple(steps[1]), tuple(steps[2])), final, (False, False, True))


FREE_AT_MOST, LAST_FREE_AT_MOST = range(3, 5)
"""Further codes of `cheapest_up_to`."""


def cheapest_up_to(take: int, pay: int, open_most: int) -> Machine:
    """`cheapest_any` with no more than so many (at least `pay`) open paid units; good for a lower bound.

    Where a paid unit would be one too many, it is reduced instead (codes 3 and 4, for when all places are taken) by at least
    what any later unit could be, and the next reduced one is paid: an exchange that never costs more.
    """
    free = take - pay
    size = (open_most + 1) * free
    steps: list[list[int]] = [[NEVER] * size for _ in range(5)]
    for state in range(size):
        at_open, due = divmod(state, free)
        if at_open < open_most:
            steps[CREDIT][state] = state + free
        if due:
            reduced = state - 1
        elif at_open >= pay:
            reduced = (at_open - pay) * free + free - 1
        else:
            continue
        last = reduced % free == 0
        steps[LAST_FREE if last else FREE][state] = reduced
        if at_open == open_most:
            steps[LAST_FREE_AT_MOST if last else FREE_AT_MOST][state] = reduced
    final = tuple(state % free == 0 for state in range(size))
    return Machine(size, tuple(tuple(each) for each in steps), final, (False, False, True, False, True))


def balance(gain: int, cost: int, uses_max: int) -> Machine:
    """Code 0 adds `gain`, code 1 takes `cost`, in any order; legal when the balance is not negative at the end.

    State 0 is balance 0, so states are rotated: 0 .. top, then the negative ones.
    """
    top = cost * uses_max
    values = [*range(top + 1), *range(-top, 0)]
    place = {value: at for at, value in enumerate(values)}
    add = tuple(place[min(top, value + gain)] if value < top else NEVER for value in values)
    take = tuple(place.get(value - cost, NEVER) for value in values)
    return Machine(len(values), (add, take), tuple(value >= 0 for value in values), (False, True))


def group(count: int, extra: int) -> Machine:
    """Groups of exactly `count`. Codes: the first unit, a later one among the first `extra`, any other."""
    positions = range(count)
    following = tuple((at + 1) % count for at in positions)
    return Machine(
        count,
        (
            tuple(following[at] if at == 0 else NEVER for at in positions),
            tuple(following[at] if 0 < at < extra else NEVER for at in positions),
            tuple(following[at] if at >= max(1, extra) else NEVER for at in positions),
        ),
        tuple(at == 0 for at in positions),
        (True, False, False),
    )


def at_least(count: int) -> Machine:
    """One group of `count` units or more. Codes: the first unit, any other."""
    states = range(count + 1)
    return Machine(
        count + 1,
        (
            tuple(1 if at == 0 else NEVER for at in states),
            tuple(NEVER if at == 0 else min(count, at + 1) for at in states),
        ),
        tuple(at in {0, count} for at in states),
        (True, False),
    )


def slots(quantities: tuple[int, ...], bundles_max: int) -> Machine:
    """A bundle: slot s takes `quantities[s]` units of each bundle, in any order.

    Code s fills slot s; the last code begins slot 0 of a further bundle, code 0 goes on in it.
    """
    begin = len(quantities)
    places: dict[tuple[int, ...], int] = {(0,) * begin: 0}
    edges: list[tuple[int, int, tuple[int, ...]]] = []
    queue = list(places)
    for filled in queue:
        for slot, quantity in enumerate(quantities):
            if filled[slot] >= quantity * bundles_max:
                continue
            code = begin if slot == 0 and filled[0] % quantity == 0 else slot
            following = _less_whole(tuple(each + (at == slot) for at, each in enumerate(filled)), quantities)
            edges.append((code, places[filled], following))
            if following not in places:
                places[following] = len(places)
                queue.append(following)
    steps = [[NEVER] * len(places) for _ in range(begin + 1)]
    for code, state, following in edges:
        steps[code][state] = places[following]
    return Machine(
        len(places),
        tuple(tuple(each) for each in steps),
        tuple(not any(filled) for filled in places),
        tuple(code == begin for code in range(begin + 1)),
    )


def _less_whole(filled: tuple[int, ...], quantities: tuple[int, ...]) -> tuple[int, ...]:
    whole = min(each // quantity for each, quantity in zip(filled, quantities, strict=True))
    return tuple(each - whole * quantity for each, quantity in zip(filled, quantities, strict=True))


def free_of(machine: Machine) -> Machine:
    """A machine that forgets: every use is always allowed. Good for a lower bound only."""
    return Machine(1, tuple((0,) for _ in machine.steps), (True,), machine.counts)
