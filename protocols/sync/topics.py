"""Topic grammar `ts1/...`: building, parsing and the subscriptions of each role. Plain MQTT 3.1.1 and 5.

    ts1/{shard}/{store}/hello | up/txn | up/ops | up/bulk | report     store -> HQ
    ts1/{shard}/{store}/state                                          store -> HQ, retained birth; also the last will
    ts1/{shard}/{store}/device/{device}                                store -> HQ, retained; {device} percent-encoded
    ts1/{shard}/{store}/down                                           HQ -> store
    ts1/feed/{feed}/head (retained) | ts1/feed/{feed}/delta            HQ -> stores; {feed} contains slashes

`{shard}` is decimal digits, so it never collides with the word `feed`.
"""

from __future__ import annotations

import enum
import hashlib
import re
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass

from protocols.contract.values import Stream

ROOT = "ts1"
DEVICE = "device"


class Channel(enum.StrEnum):
    """What a message on a store's own topics is; also the last part of the HTTPS twin's path."""

    HELLO = "hello"
    UP_TXN = "up/txn"
    UP_OPS = "up/ops"
    UP_BULK = "up/bulk"
    REPORT = "report"
    STATE = "state"
    DOWN = "down"


class FeedChannel(enum.StrEnum):
    """What a message about a feed is."""

    HEAD = "head"
    DELTA = "delta"


UP_CHANNEL: dict[Stream, Channel] = {Stream.TXN: Channel.UP_TXN, Stream.OPS: Channel.UP_OPS, Stream.BULK: Channel.UP_BULK}
POSTABLE = frozenset({Channel.HELLO, Channel.UP_TXN, Channel.UP_OPS, Channel.UP_BULK, Channel.REPORT})
"""Channels of the HTTPS twin: `POST /v1/edge/{store}/messages/{channel}`."""

_STREAM_OF_CHANNEL = {channel: stream for stream, channel in UP_CHANNEL.items()}
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FEED = re.compile(r"[a-z]+(/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){1,3}")


class TopicError(ValueError):
    """Not a topic of this protocol; the text says which part is wrong."""


@dataclass(frozen=True, slots=True)
class StoreTopic:
    """A topic of one store."""

    shard: int
    store_id: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class FeedTopic:
    """A topic of one feed."""

    feed_id: str
    channel: FeedChannel


def shard_of(store_id: str, shards: int) -> int:
    """The shard of a store, 0 <= shard < shards: first four bytes of SHA-256 of the id, big endian, modulo `shards`."""
    if shards < 1:
        raise TopicError("shards must be at least 1")
    return int.from_bytes(hashlib.sha256(store_id.encode()).digest()[:4], "big") % shards


def store_topic(store_id: str, channel: Channel, shards: int) -> str:
    """The topic text of a store's channel. Raises `TopicError` for an id that cannot be a topic level."""
    if not _WORD.fullmatch(store_id):
        raise TopicError(
            f"store id {store_id!r}: use 1-64 letters, digits, '.', '_' or '-', starting with a letter or digit"
        )
    return f"{ROOT}/{shard_of(store_id, shards)}/{store_id}/{channel.value}"


def device_topic(store_id: str, device_id: str, shards: int) -> str:
    """Where the availability of one device of a store is retained. Raises `TopicError` as `store_topic` does."""
    state = store_topic(store_id, Channel.STATE, shards)
    return f"{state.removesuffix(Channel.STATE.value)}{DEVICE}/{urllib.parse.quote(device_id, safe='')}"


def feed_topic(feed_id: str, channel: FeedChannel) -> str:
    """The topic text of a feed. Raises `TopicError` for an id that is not like `global/catalogue`."""
    check_feed_id(feed_id)
    return f"{ROOT}/feed/{feed_id}/{channel.value}"


def check_feed_id(feed_id: str) -> None:
    """Raise `TopicError` unless `feed_id` is two to four words with slashes between (`zone/north/price`)."""
    if not _FEED.fullmatch(feed_id):
        raise TopicError(f"feed id {feed_id!r}: expected two to four words like 'zone/north/price'")


def parse_topic(topic: str) -> StoreTopic | FeedTopic:
    """Read a topic. Raises `TopicError` for anything that `store_topic` and `feed_topic` do not make."""
    root, _, rest = topic.partition("/")
    if root != ROOT:
        raise TopicError(f"topic {topic!r} does not start with {ROOT}/")
    first, _, rest = rest.partition("/")
    if first == "feed":
        feed_id, _, last = rest.rpartition("/")
        check_feed_id(feed_id)
        if last not in {FeedChannel.HEAD.value, FeedChannel.DELTA.value}:
            raise TopicError(f"topic {topic!r} ends in {last!r}, expected head or delta")
        return FeedTopic(feed_id=feed_id, channel=FeedChannel(last))
    store_id, _, channel = rest.partition("/")
    if not (first.isascii() and first.isdigit() and len(first) <= 6) or not _WORD.fullmatch(store_id):
        raise TopicError(f"topic {topic!r} is neither of a store nor of a feed")
    try:
        return StoreTopic(shard=int(first), store_id=store_id, channel=Channel(channel))
    except ValueError as error:
        raise TopicError(f"topic {topic!r}: unknown channel {channel!r}") from error


def stream_of(channel: Channel) -> Stream:
    """The journal stream of an `up/...` channel. Raises `TopicError` for the other channels."""
    try:
        return _STREAM_OF_CHANNEL[channel]
    except KeyError:
        raise TopicError(f"channel {channel.value!r} carries no journal batch") from None


def store_subscriptions(store_id: str, feed_ids: Iterable[str], shards: int) -> list[str]:
    """What a store subscribes to, QoS 1: its own `down`, and head and delta of each feed it follows."""
    topics = [store_topic(store_id, Channel.DOWN, shards)]
    for feed_id in feed_ids:
        topics += [feed_topic(feed_id, FeedChannel.HEAD), feed_topic(feed_id, FeedChannel.DELTA)]
    return topics


def hq_subscriptions(shard: int) -> list[str]:
    """What the HQ worker of one shard subscribes to, QoS 1."""
    return [f"{ROOT}/{shard}/+/{tail}" for tail in ("hello", "up/+", "report", "state")]
