"""All feeds a store follows: which ones, one `FeedFollower` each, and the flip of what was released together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from protocols.clock import Clock, RandomSource
from protocols.contract.values import ClockQuality
from protocols.sync import limits
from protocols.sync.backoff import draw
from protocols.sync.delta import Delta
from protocols.sync.effects import Effect, Flip, Follow
from protocols.sync.feed_follower import FeedFollower
from protocols.sync.messages import FeedHead, FeedState
from protocols.sync.release import FlipStep, Staged, plan_flip
from protocols.sync.store_state import SyncSettings


class Downlink:
    """Routes what comes about feeds to the follower of each; feeds nobody follows are ignored."""

    def __init__(
        self,
        feeds: Mapping[str, FeedState],
        staged: Sequence[Staged],
        settings: SyncSettings,
        clock: Clock,
        rng: RandomSource,
        now_ms: int,
    ) -> None:
        """`clock` says when a release with an instant is due."""
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._flipping = False
        self._flip_ms: int | None = now_ms if staged else None
        self._followers = {
            feed: FeedFollower(feed, state, settings, rng, now_ms, [item for item in staged if item.feed_id == feed])
            for feed, state in feeds.items()
        }
        for item in staged:  # of a feed of which nothing is in force yet
            if item.feed_id not in self._followers:
                items = [each for each in staged if each.feed_id == item.feed_id]
                self._followers[item.feed_id] = FeedFollower(item.feed_id, FeedState(), settings, rng, now_ms, items)

    def states(self) -> dict[str, FeedState]:
        """What the store holds of each feed."""
        return {feed: follower.state() for feed, follower in self._followers.items()}

    def next_timer(self) -> int | None:
        timers = [follower.next_timer() for follower in self._followers.values()]
        if self._flip_ms is not None:
            timers.append(self._flip_ms)
        return min(timers, default=None)

    def tick(self, now_ms: int) -> list[Effect]:
        effects = [effect for follower in self._followers.values() for effect in follower.tick(now_ms)]
        if self._flip_ms is not None and now_ms >= self._flip_ms:
            effects += self._flip(now_ms)
        return effects

    def follow(self, heads: Sequence[FeedHead], now_ms: int, *, greeting: bool = True) -> list[Effect]:
        """HQ named the feeds of this store, with their heads."""
        wanted = {head.feed_id: head for head in heads}
        changed = set(wanted) != set(self._followers)
        self._followers = {
            feed: self._followers.get(feed) or FeedFollower(feed, FeedState(), self._settings, self._rng, now_ms)
            for feed in wanted
        }
        effects: list[Effect] = [Follow(tuple(wanted))] if changed else []
        for feed, head in wanted.items():
            effects += self._followers[feed].hinted(head, now_ms, greeting=greeting)
        return [*effects, *self._flip(now_ms)]

    def hinted(self, head: FeedHead, now_ms: int) -> list[Effect]:
        follower = self._followers.get(head.feed_id)
        return follower.hinted(head, now_ms) if follower else []

    def delta(self, delta: Delta, now_ms: int) -> list[Effect]:
        follower = self._followers.get(delta.header.feed_id)
        return follower.delta(delta, now_ms) if follower else []

    def applied(self, feed_id: str, epoch: str, version: int, state_hash: str, now_ms: int) -> list[Effect]:
        follower = self._followers.get(feed_id)
        effects = follower.applied(epoch, version, state_hash, now_ms) if follower else []
        return [*effects, *self._flip(now_ms)]

    def staged(self, item: Staged, now_ms: int) -> list[Effect]:
        follower = self._followers.get(item.feed_id)
        effects = follower.staged(item, now_ms) if follower else []
        return [*effects, *self._flip(now_ms)]

    def flipped(self, steps: Sequence[FlipStep], now_ms: int) -> list[Effect]:
        self._flipping = False
        effects: list[Effect] = []
        for step in steps:
            if (follower := self._followers.get(step.feed_id)) is not None:
                effects += follower.flipped(step, now_ms)
        return [*effects, *self._flip(now_ms)]

    def flip_failed(self, feed_id: str | None, reason: str, now_ms: int, *, hash_mismatch: bool) -> list[Effect]:
        """`feed_id` None: the database took nothing; the same is tried again."""
        self._flipping = False
        self._flip_ms = now_ms + draw(self._rng, limits.PULL_RETRY_FIRST_MS // 2, limits.PULL_RETRY_FIRST_MS)
        follower = None if feed_id is None else self._followers.get(feed_id)
        return follower.flip_failed(reason, now_ms, hash_mismatch=hash_mismatch) if follower else []

    def _flip(self, now_ms: int) -> list[Effect]:
        """Take up what is whole and due."""
        lines = {feed: follower.line() for feed, follower in self._followers.items()}
        if self._flipping or not any(line.staged for line in lines.values()):
            self._flip_ms = None
            return []
        wall_ms = None if self._clock.quality() is ClockQuality.UNSYNCED else self._clock.now_ms()
        plan = plan_flip(lines, wall_ms)
        for feed, follower in self._followers.items():
            follower.waits = plan.waits.get(feed, "")
        self._flip_ms = None
        if plan.due_ms is not None:
            wait_ms = limits.RELEASE_LOOK_MS if wall_ms is None else min(plan.due_ms - wall_ms, limits.RELEASE_LOOK_MS)
            self._flip_ms = now_ms + max(1, wait_ms)
        if not plan.steps:
            return []
        self._flipping = True
        return [Flip(plan.steps)]

    def failed(self, feed_id: str, reason: str, now_ms: int, *, hash_mismatch: bool) -> list[Effect]:
        follower = self._followers.get(feed_id)
        return follower.failed(reason, now_ms, hash_mismatch=hash_mismatch) if follower else []

    def head_fetched(self, head: FeedHead) -> list[Effect]:
        follower = self._followers.get(head.feed_id)
        return follower.head_fetched(head) if follower else []

    def deltas_fetched(self, feed_id: str, deltas: Sequence[Delta]) -> list[Effect]:
        follower = self._followers.get(feed_id)
        return follower.deltas_fetched(deltas) if follower else []

    def fetch_failed(self, feed_id: str, reason: str, now_ms: int, *, gone: bool) -> list[Effect]:
        follower = self._followers.get(feed_id)
        return follower.fetch_failed(reason, now_ms, gone=gone) if follower else []
