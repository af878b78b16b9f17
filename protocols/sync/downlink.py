"""All feeds a store follows: which ones, and one `FeedFollower` each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from protocols.clock import RandomSource
from protocols.sync.delta import Delta
from protocols.sync.effects import Effect, Follow
from protocols.sync.feed_follower import FeedFollower
from protocols.sync.messages import FeedHead, FeedState
from protocols.sync.store_state import SyncSettings


class Downlink:
    """Routes what comes about feeds to the follower of each; feeds nobody follows are ignored."""

    def __init__(self, feeds: Mapping[str, FeedState], settings: SyncSettings, rng: RandomSource, now_ms: int) -> None:
        self._settings = settings
        self._rng = rng
        self._followers = {feed: FeedFollower(feed, state, settings, rng, now_ms) for feed, state in feeds.items()}

    def states(self) -> dict[str, FeedState]:
        """What the store holds of each feed."""
        return {feed: follower.state() for feed, follower in self._followers.items()}

    def next_timer(self) -> int | None:
        return min((follower.next_timer() for follower in self._followers.values()), default=None)

    def tick(self, now_ms: int) -> list[Effect]:
        return [effect for follower in self._followers.values() for effect in follower.tick(now_ms)]

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
        return effects

    def hinted(self, head: FeedHead, now_ms: int) -> list[Effect]:
        follower = self._followers.get(head.feed_id)
        return follower.hinted(head, now_ms) if follower else []

    def delta(self, delta: Delta, now_ms: int) -> list[Effect]:
        follower = self._followers.get(delta.header.feed_id)
        return follower.delta(delta, now_ms) if follower else []

    def applied(self, feed_id: str, epoch: str, version: int, state_hash: str, now_ms: int) -> list[Effect]:
        follower = self._followers.get(feed_id)
        return follower.applied(epoch, version, state_hash, now_ms) if follower else []

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
