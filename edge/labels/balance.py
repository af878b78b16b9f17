"""Who serves which label: labels are followed to the access point that hears them, and idle ones relieve busy ones."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from edge.labels.hearing import Hearing
from edge.labels.keeper import Change, LabelKeeper
from edge.labels.lane import IN_FLIGHT_MAX, Lane
from edge.labels.ledger import LabelBook
from edge.labels.store import LabelAim

FOLLOW_EVERY_MS = 10_000
RELIEVE_FROM_MS = 30_000
"""A lane is relieved when its last label would wait longer than this."""
LOOKED_AT_MAX = 500
TAKEN_AT_ONCE = 32
LONG_LINE_MS = 360_000
"""What an access point may send again binds for about as long: a label that leaves something there is not taken from a line
shorter than that."""


class Balance:
    """See the module. One per box."""

    def __init__(self, keeper: LabelKeeper, lanes: Mapping[str, Lane], hearing: Hearing) -> None:
        self._keeper = keeper
        self._lanes = lanes
        self._hearing = hearing
        self._followed_mono_ms = 0

    def point_for(self, book: LabelBook) -> str:
        """Through which access point a label is to be reached now."""
        return self._hearing.followed(book.label_id, book.access_point, self._lanes)

    async def move(self, label_id: str, to: str) -> bool:
        """Serve a label through another access point from now on. Raises `StoreDbError`."""

        def decide(book: LabelBook | None, _aim: LabelAim) -> Change | None:
            if book is None or book.removed or book.access_point == to:
                return None
            return Change(book=replace(book, access_point=to), bound=True)

        before = self._keeper.books[label_id].access_point
        if await self._keeper.change(label_id, decide) is None:
            return False
        if (former := self._lanes.get(before)) is not None:
            former.give_away(label_id)
        return True

    def lost(self, mono_ms: int) -> list[tuple[str, str]]:
        """(label, access point) of those under way that another access point hears and their own does not; now and then."""
        if mono_ms - self._followed_mono_ms < FOLLOW_EVERY_MS or len(self._lanes) < 2:
            return []
        self._followed_mono_ms = mono_ms
        found = []
        for name, lane in self._lanes.items():
            for label_id in dict.fromkeys((*lane.unproven(), *lane.waiting_ids())):
                point = self._hearing.followed(label_id, name, self._lanes)
                if point != name:
                    found.append((label_id, point))
        return found

    def relief(self) -> list[tuple[str, str]]:
        """(label, access point) that idle access points take from the busiest one."""
        idle = [
            lane for lane in self._lanes.values() if lane.up and not lane.waiting and lane.in_flight < IN_FLIGHT_MAX // 4
        ]
        found: list[tuple[str, str]] = []
        for taker in idle:
            giver = max(self._lanes.values(), key=lambda lane: lane.eta_ms)
            if giver.waiting <= TAKEN_AT_ONCE or giver.eta_ms < RELIEVE_FROM_MS:
                break
            looked_at = list(giver.waiting_ids())[-LOOKED_AT_MAX:]
            heard = [
                label_id
                for label_id in looked_at
                if self._hearing.hears_well(taker.access_point, label_id)
                and (giver.eta_ms >= LONG_LINE_MS or not self._leaves_something(giver, label_id))
            ]
            found += [(label_id, taker.access_point) for label_id in heard[-TAKEN_AT_ONCE:]]
        return found

    def _leaves_something(self, giver: Lane, label_id: str) -> bool:
        """Whether the access point may send it an image of now once it is served elsewhere."""
        images = self._keeper.books[label_id].images
        given = any(image.access_point == giver.access_point and not (image.superseded or image.retired) for image in images)
        return given and giver.may_send_again(label_id)

    async def carry_out(self, moves: list[tuple[str, str]]) -> list[str]:
        """Move; returns the labels to be planned anew. Raises `StoreDbError`."""
        wanted = dict(moves)
        done = await asyncio.gather(*(self.move(label_id, to) for label_id, to in wanted.items()))
        return [label_id for label_id, moved in zip(wanted, done, strict=True) if moved]
