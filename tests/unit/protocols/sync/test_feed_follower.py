"""What makes a store ask headquarters for a feed, and what does not."""

from __future__ import annotations

from protocols.clock import SeededRandom
from protocols.sync.effects import FetchHead
from protocols.sync.feed_follower import FeedFollower
from protocols.sync.messages import FeedHead, FeedState
from protocols.sync.store_state import SyncSettings

FEED = "store/s1/price"
NOTHING = FeedState(epoch="", version=0, state_hash="0" * 64, status="ok")
SPREAD_MS = 2_000


def follower(held: FeedState) -> FeedFollower:
    return FeedFollower(FEED, held, SyncSettings(), SeededRandom(1), now_ms=0)


def head(version: int) -> FeedHead:
    return FeedHead(feed_id=FEED, epoch="e1", version=version, state_hash="0" * 64, pull_spread_ms=SPREAD_MS)


def test_a_feed_never_published_is_not_asked_for() -> None:
    """Every store follows feeds that are empty; a thousand stores that connect must not ask for each of them."""
    fresh = follower(NOTHING)
    assert fresh.hinted(head(0), now_ms=0, greeting=True) == []
    assert fresh.tick(SPREAD_MS) == []


def test_a_feed_with_something_in_it_is_asked_for_within_the_spread() -> None:
    fresh = follower(NOTHING)
    assert fresh.hinted(head(1), now_ms=0, greeting=True) == []
    assert fresh.tick(SPREAD_MS) == [FetchHead(FEED)]


def test_a_feed_that_went_back_to_nothing_is_asked_for() -> None:
    """Headquarters was restored from before the feed: the store's rows must not stay without a word."""
    holding = follower(FeedState(epoch="e1", version=3, state_hash="a" * 64, status="ok"))
    assert holding.hinted(head(0), now_ms=0, greeting=True) == []
    assert holding.tick(SPREAD_MS) == [FetchHead(FEED)]
