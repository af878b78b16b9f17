"""Smart shelves: which tags lie on which shelf, what is missing and what lies wrong. Pure; time comes with the reads.

SMURF says whether a tag still lies there, the mobility profile on which of neighbouring shelves. Both tell edges only. What
should lie where is the shelf plan of headquarters; goods that are fewer than the plan's minimum for a while are below it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.rfid.loudness import GARMENTS
from edge.rfid.presence import LATE_MS, Ear, Presence, PresenceSetup, TagKey
from edge.rfid.quiet import QuietQueue
from edge.rfid.smurf import WINDOW_MAX, Smurf
from protocols.device_events import TagRead

EPOCH_MS = 2_000
BELOW_MS = 60_000
"""So long below the minimum before anybody is told: customers put things back."""
PIECES_MAX = 20_000
"""Tags on all shelves. Policy when reached: a further one is not counted, and `refused` says so."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What should lie on a shelf: so many pieces of each item."""

    shelf: str
    item_ids: frozenset[str]
    minimum_pieces: int


@dataclass(frozen=True, slots=True)
class ShelfLine:
    """One item on one shelf. `planned` False: it lies wrong."""

    item_id: str
    pieces: int
    planned: bool
    minimum_pieces: int = 0


class Shelves:
    """All smart shelves. `spots`: which shelf each antenna looks at."""

    def __init__(self, spots: Mapping[Ear, str], *, epoch_ms: int = EPOCH_MS) -> None:
        self._epoch_ms = epoch_ms
        depart_ms = (WINDOW_MAX + 2) * epoch_ms
        self._where = Presence(PresenceSetup(spots, GARMENTS, depart_ms=depart_ms))
        self._ears = frozenset(spots)
        self._lies: dict[TagKey, Smurf] = {}
        self._heard: dict[TagKey, int] = {}
        """The last epoch each tag was heard in."""
        self._unheard: QuietQueue[TagKey] = QuietQueue(self._heard.get)
        self.refused = 0

    def take(self, device_id: str, reads: Iterable[TagRead]) -> bool:
        """Reads of any reader. True: a tag came or changed its shelf."""
        changed = False
        for read in reads:
            if (device_id, read.antenna) not in self._ears:
                continue
            key, epoch = (read.epc, read.epc_bits), read.last_seen_ms // self._epoch_ms
            smurf = self._lies.get(key)
            if smurf is None:
                if len(self._lies) >= PIECES_MAX:
                    self.refused += 1
                    continue
                smurf = self._lies[key] = Smurf()
                self._heard[key] = epoch
                self._unheard.add(key, epoch)
                changed = True
            smurf.heard(epoch)
            self._heard[key] = max(self._heard[key], epoch)
            changed |= bool(self._where.take(device_id, (read,)))
        return changed

    def advance(self, now_ms: int) -> bool:
        """Time passes. True: a tag has gone. Looks only at tags that were not heard in the last epoch."""
        epoch = (now_ms - LATE_MS) // self._epoch_ms - 1
        gone = False
        for key in self._unheard.quiet_since(epoch):
            if self._lies[key].advance(epoch):
                self._unheard.add(key, epoch)
            else:
                del self._lies[key], self._heard[key]
                gone = True
        self._where.advance(now_ms)
        return gone

    def lying(self) -> dict[str, list[TagKey]]:
        """The tags on each shelf."""
        found: dict[str, list[TagKey]] = {}
        for key in self._lies:
            where = self._where.where(key)
            if where is not None:
                found.setdefault(where.spot, []).append(key)
        return found


def lines_of(plan: Plan | None, item_ids: Iterable[str]) -> tuple[ShelfLine, ...]:
    """A shelf held against its plan: planned items first, missing ones with 0 pieces; then what lies wrong."""
    counts = Counter(item_ids)
    planned = frozenset() if plan is None else plan.item_ids
    minimum = 0 if plan is None else plan.minimum_pieces
    right = (ShelfLine(item_id, counts[item_id], True, minimum) for item_id in sorted(planned))
    wrong = (ShelfLine(item_id, counts[item_id], False) for item_id in sorted(counts.keys() - planned - {""}))
    return (*right, *wrong)


class Below:
    """Since when items have been below their shelf's minimum."""

    def __init__(self) -> None:
        self._since_ms: dict[tuple[str, str], int] = {}

    def look(self, shelves: Mapping[str, tuple[ShelfLine, ...]], now_ms: int) -> list[tuple[str, str]]:
        """(shelf, item) pairs that have been below for `BELOW_MS`."""
        low = {
            (shelf, line.item_id)
            for shelf, lines in shelves.items()
            for line in lines
            if line.planned and line.pieces < line.minimum_pieces
        }
        self._since_ms = {pair: self._since_ms.get(pair, now_ms) for pair in low}
        return sorted(pair for pair, since_ms in self._since_ms.items() if now_ms - since_ms >= BELOW_MS)
