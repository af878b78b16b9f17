"""How a store's feeds and line stand, as chips the pages of stores share."""

from __future__ import annotations

from cloud.console import formats
from cloud.console.answers import Store, StoreFeed
from cloud.console.parts import chip
from cloud.console.visitor import Visitor
from cloud.locale.catalogue import Words


def feed_name(feed_id: str, words: Words) -> str:
    """What a feed carries, in words."""
    owner, _, rest = feed_id.partition("/")
    kind = rest.rpartition("/")[2]
    return words.name("feed", "store-price" if (owner, kind) == ("store", "price") else kind)


def feed_chip(feed: StoreFeed, words: Words) -> None:
    """How far a feed is behind, in words."""
    name = feed_name(feed.feed_id, words)
    if feed.status.startswith("failed"):
        chip(words.say("{feed}: cannot be applied", feed=name), "bad")
    elif feed.applied_version is None:
        chip(words.say("{feed}: never received", feed=name), "warn")
    else:
        chip(words.say_many("{feed}: {n} version behind", "{feed}: {n} versions behind", feed.behind, feed=name), "warn")


def line_chip(store: Store, visitor: Visitor) -> None:
    """Online, or since when not."""
    words = visitor.words
    if store.online:
        chip(words.say("online"), "good")
    elif store.heard_at_ms == 0:
        chip(words.say("never seen"), "plain")
    else:
        away = formats.age(visitor.now_ms - store.heard_at_ms, words)
        chip(words.say("silent for {age}", age=away) if store.silent else words.say("offline for {age}", age=away), "bad")
