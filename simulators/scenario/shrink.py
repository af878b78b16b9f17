"""Makes a failing list of steps small: delta debugging (Zeller's ddmin), then one step at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
RUNS_MAX = 2_000


class Shrinker:
    """Counts the runs it takes and stops at `runs_max`: what it has then still fails, it is only not the smallest."""

    def __init__(self, *, runs_max: int = RUNS_MAX) -> None:
        self.runs = 0
        self._runs_max = runs_max

    def shrink(self, items: Sequence[Item], fails: Callable[[Sequence[Item]], bool]) -> list[Item]:
        """The smallest part of `items`, in order, that still fails, as far as the runs reach.

        `fails(part)` plays it; the whole is taken to fail. Removing any one of what is returned makes it pass, when the
        runs reached.
        """
        found, pieces = list(items), 2
        while len(found) > 1 and self.runs < self._runs_max:
            smaller = self._without_a_piece(found, pieces, fails)
            if smaller is not None:
                found, pieces = smaller, max(2, pieces - 1)
            elif pieces >= len(found):
                break
            else:
                pieces = min(len(found), pieces * 2)
        return found

    def _without_a_piece(self, items: list[Item], pieces: int, fails: Callable[[Sequence[Item]], bool]) -> list[Item] | None:
        bounds = [len(items) * number // pieces for number in range(pieces + 1)]
        spans = list(itertools.pairwise(bounds))
        if pieces == 2:  # half of it alone is the quickest way down
            for start, end in spans:
                if self._run(items[start:end], fails):
                    return items[start:end]
            return None if len(items) > 2 else self._each(items, spans, fails)
        return self._each(items, spans, fails)

    def _each(
        self, items: list[Item], spans: list[tuple[int, int]], fails: Callable[[Sequence[Item]], bool]
    ) -> list[Item] | None:
        for start, end in reversed(spans):  # the end of a run is most often not needed
            rest = items[:start] + items[end:]
            if rest and self._run(rest, fails):
                return rest
        return None

    def _run(self, items: list[Item], fails: Callable[[Sequence[Item]], bool]) -> bool:
        if self.runs >= self._runs_max:
            return False
        self.runs += 1
        return fails(items)
