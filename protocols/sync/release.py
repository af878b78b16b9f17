"""Releases: versions of several feeds that a store takes up in one transaction, or none of them (docs/protocol.md §7).

The delta of each feed carries the whole manifest; a snapshot carries what it must stand with. A store holds back (stages)
such a version, and every later one of that feed, until all it needs is there too; `plan_flip` says what may be taken up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

RELEASE_FEEDS_MAX = 48
"""Feeds of one release: the manifest must fit a header line."""
STAGED_MAX = 64
"""Versions of one feed held back. Policy when reached: later ones are pulled once these were taken up."""


class Release(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A manifest. Versions are of the epoch of the message that carries it."""

    release_id: str
    feeds: dict[str, int]
    """Feed id -> the version it reaches with this release. In a snapshot: the lowest version each other feed must have."""
    effective_at_ms: int | None = None
    """Not before this instant of the store's clock; None: at once."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A version of a feed that was received and verified, and is held back."""

    feed_id: str
    epoch: str
    version: int
    state_hash: str
    release: Release | None = None
    """None: an ordinary version behind one of a release."""
    snapshot: bool = False


@dataclass(frozen=True, slots=True)
class FlipStep:
    """Take a feed up to this staged version."""

    feed_id: str
    epoch: str
    version: int
    state_hash: str


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One followed feed as the plan sees it: what is in force, and what is held back, in order."""

    epoch: str
    version: int
    staged: Sequence[Staged]

    def reach(self, count: int) -> tuple[str, int]:
        """Epoch and version after the first `count` held-back versions."""
        return (self.staged[count - 1].epoch, self.staged[count - 1].version) if count else (self.epoch, self.version)


@dataclass(frozen=True, slots=True)
class FlipPlan:
    """`steps` are to be carried out in one transaction. `due_ms`: the next instant (wall clock) something may become due.

    `waits`: by feed that stays behind, why.
    """

    steps: tuple[FlipStep, ...]
    due_ms: int | None
    waits: dict[str, str]


def plan_flip(lines: Mapping[str, FeedLine], now_ms: int | None) -> FlipPlan:
    """The largest set of held-back versions that is whole: each with everything its release names. Pure.

    `now_ms` None: the clock cannot be trusted, nothing with an instant becomes due. A feed without any version yet has no
    old state to keep, so no instant holds it back. Feeds that are not followed are not waited for.
    """
    superseded = _superseded(lines, now_ms)
    counts: dict[str, int] = {}
    waits: dict[str, str] = {}
    due_ms: int | None = None
    for feed_id, line in lines.items():
        counts[feed_id] = len(line.staged)
        for place, item in enumerate(line.staged):
            if line.version and not _is_due(item.release, now_ms, superseded):
                assert item.release is not None
                counts[feed_id] = place
                waits[feed_id] = f"release {item.release.release_id} is not due yet"
                due_ms = min(due_ms or item.release.effective_at_ms or 0, item.release.effective_at_ms or 0)
                break
    while _shorten(lines, counts, waits):
        pass
    steps = tuple(
        FlipStep(feed_id, last.epoch, last.version, last.state_hash)
        for feed_id, line in lines.items()
        if counts[feed_id]
        for last in (line.staged[counts[feed_id] - 1],)
    )
    return FlipPlan(steps, due_ms, {feed: why for feed, why in waits.items() if counts[feed] < len(lines[feed].staged)})


def _shorten(lines: Mapping[str, FeedLine], counts: dict[str, int], waits: dict[str, str]) -> bool:
    """Take back what lacks company; True when anything was."""
    for feed_id, line in lines.items():
        for place in range(counts[feed_id]):
            item = line.staged[place]
            if lacking := _lacking(item, lines, counts):
                counts[feed_id] = place
                waits[feed_id] = f"release {item.release.release_id if item.release else ''} waits for {lacking}"
                return True
    return False


def _lacking(item: Staged, lines: Mapping[str, FeedLine], counts: Mapping[str, int]) -> str:
    """The first followed feed that does not come along, with the version needed; "" when all do."""
    for feed_id, version in item.release.feeds.items() if item.release else ():
        line = lines.get(feed_id)
        if line is None or feed_id == item.feed_id:
            continue
        epoch, reached = line.reach(counts[feed_id])
        if epoch != item.epoch or reached < version:
            return f"{feed_id} {version}"
    return ""


def _is_due(release: Release | None, now_ms: int | None, superseded: set[str]) -> bool:
    if release is None or release.effective_at_ms is None or release.release_id in superseded:
        return True
    return now_ms is not None and release.effective_at_ms <= now_ms


def _superseded(lines: Mapping[str, FeedLine], now_ms: int | None) -> set[str]:
    """Releases behind which, in some feed, a later one is due already: versions have no gaps, so they go with it."""
    found: set[str] = set()
    for line in lines.values():
        passed: list[str] = []
        for item in line.staged:
            if item.release is None:
                continue
            if _is_due(item.release, now_ms, set()):
                found.update(passed)
            passed.append(item.release.release_id)
    return found
