"""When a former price stops binding: its hold is over, and the access point has told since that the label did not lose it.

A label that says it holds a new image draws it a little later. Should its power fail in between, its panel keeps the former
picture, and the only word of that is the label's own when it is switched on again. A box that was away, or whose access
point was, has not heard that word yet: so time alone ends no hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from edge.labels.hearing import Hearing
from edge.labels.keeper import Change, LabelKeeper
from edge.labels.ledger import LabelBook, LabelImage, expire, in_set
from edge.labels.proof import booted
from edge.labels.store import LabelAim
from edge.labels.times import AskTimes
from protocols.clock import Clock
from protocols.contract.values import EvidenceLevel


class Holds:
    """See the module. `points`: the access points that are set up; one that was taken out is not waited for."""

    def __init__(
        self, keeper: LabelKeeper, hearing: Hearing, points: Collection[str], clock: Clock, times: AskTimes
    ) -> None:
        self._keeper = keeper
        self._hearing = hearing
        self._points = points
        self._clock = clock
        self._times = times

    async def end(self) -> list[str]:
        """End those that may end; the labels concerned. Raises `StoreDbError`."""
        mono_ms = self._clock.monotonic_ms()
        due = [label_id for label_id, until in self._keeper.dwelling.items() if until <= mono_ms]
        changes = await asyncio.gather(*(self._keeper.change(label_id, self._decide) for label_id in due))
        return [label_id for label_id, change in zip(due, changes, strict=True) if change is not None]

    def _decide(self, book: LabelBook | None, _aim: LabelAim) -> Change | None:
        if book is None or book.removed:
            return None
        mono_ms = self._clock.monotonic_ms()
        until = [image.until_mono_ms for image in book.images if not image.retired and image.until_mono_ms is not None]
        due = [each for each in until if each <= mono_ms]
        current = book.current
        if not due or (current is not None and not self._is_told(book, current, max(due))):
            return None
        if current is not None and self._is_lost(book, current):
            book = booted(book, first_no=self._keeper.new_image_no(len(in_set(book))), mono_ms=mono_ms)
        after, gone = expire(book, mono_ms)
        return Change(book=after) if gone else None

    def _is_told(self, book: LabelBook, current: LabelImage, until_mono_ms: int) -> bool:
        """Whether the current image's access point has told of the label since its panel must have drawn."""
        if current.evidence is EvidenceLevel.SHOWN or current.access_point not in self._points:
            return True
        told = self._hearing.by(book.label_id).get(current.access_point)
        if told is None or told.told_mono_ms < until_mono_ms - self._times().dwell_ms:
            return False
        # While a later image is on its way some tell nothing of the current one; the proof of that later one will do.
        return told.image_hash == current.image_hash or book.latest is current

    def _is_lost(self, book: LabelBook, current: LabelImage) -> bool:
        """Whether the label holds its current image no more, with nothing on its way: it was switched on unheard."""
        if current.evidence is EvidenceLevel.SHOWN:
            return False
        told = self._hearing.by(book.label_id).get(current.access_point)
        return told is not None and told.image_hash != current.image_hash
