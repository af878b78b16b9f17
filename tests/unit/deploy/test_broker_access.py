"""The access list as HQ writes it and as the embedded broker reads it; what a filter covers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.stores.broker_access import access_list
from deploy.broker_access import AccessList, AccessListError, covers, parse
from protocols.sync.topics import (
    Channel,
    FeedChannel,
    feed_topic,
    hq_subscriptions,
    parse_topic,
    store_subscriptions,
    store_topic,
)

SHARDS = 16
LEVELS = st.sampled_from(["a", "b", "ts1", "+", "#", ""])
FILTERS = st.lists(LEVELS, min_size=1, max_size=5).map(
    lambda levels: "/".join([*(level for level in levels[:-1] if level != "#"), levels[-1]])
)
TOPICS = st.lists(st.sampled_from(["a", "b", "ts1", ""]), min_size=1, max_size=5).map("/".join)


@pytest.fixture
def access(tmp_path: Path) -> AccessList:
    path = tmp_path / "access.acl"
    path.write_text(access_list([("S001", "north"), ("S002", "south"), ("S0012", "north")]))
    return AccessList(path)


def matches(topic_filter: str, topic: str) -> bool:
    """MQTT 3.1.1 section 4.7, written a second time."""
    have, levels = topic_filter.split("/"), topic.split("/")
    for index, level in enumerate(have):
        if level == "#":
            return True
        if index >= len(levels) or level not in {"+", levels[index]}:
            return False
    return len(have) == len(levels)


@given(FILTERS, FILTERS, TOPICS)
def test_what_is_covered_never_matches_more(allowed: str, wanted: str, topic: str) -> None:
    if covers(allowed, wanted) and matches(wanted, topic):
        assert matches(allowed, topic)


@given(FILTERS, TOPICS)
def test_a_topic_is_covered_exactly_when_it_matches(allowed: str, topic: str) -> None:
    assert covers(allowed, topic) == matches(allowed, topic)


def test_a_store_may_what_the_protocol_lets_it(access: AccessList) -> None:
    for channel in Channel:
        topic = store_topic("S001", channel, SHARDS)
        assert access.may_write("S001", topic) == (channel is not Channel.DOWN)
        assert access.may_read("S001", topic) == (channel is Channel.DOWN)
        assert access.may_write("hq", topic)
    feeds = ["global/catalogue", "zone/north/price", "store/S001/setup", "store/S001/staff"]
    for topic in store_subscriptions("S001", feeds, SHARDS):
        assert access.may_read("S001", topic)
        parse_topic(topic)
    for shard in range(SHARDS):
        assert all(access.may_read("hq", topic) for topic in hq_subscriptions(shard))


@pytest.mark.parametrize("user", ["S001", "S0012", "S00", "", "+", "#", "S001/..", "nobody"])
def test_nobody_may_what_is_anothers(access: AccessList, user: str) -> None:
    for channel in Channel:
        topic = store_topic("S002", channel, SHARDS)
        assert not access.may_write(user, topic)
        assert not access.may_read(user, topic)
    for feed in ("zone/south/price", "store/S002/setup"):
        for kind in FeedChannel:
            assert not access.may_read(user, feed_topic(feed, kind))
            assert not access.may_write(user, feed_topic(feed, kind))
    for wide in ("#", "ts1/#", "+/+/+/down", "ts1/feed/#", "ts1/+/+/down", "ts1/feed/zone/+/price/head"):
        assert not access.may_read(user, wide)


def test_a_changed_file_counts_at_once_and_a_broken_one_never(access: AccessList, tmp_path: Path) -> None:
    north, south = feed_topic("zone/north/price", FeedChannel.HEAD), feed_topic("zone/south/price", FeedChannel.HEAD)
    assert access.may_read("S001", north)
    (tmp_path / "access.acl").write_text(access_list([("S001", "south")]))
    assert access.may_read("S001", south)
    assert not access.may_read("S001", north)
    assert not access.may_read("S002", south)
    (tmp_path / "access.acl").write_text("user S001\ntopic everything #\n")
    assert access.may_read("S001", south)
    assert not access.may_read("S001", north)


@pytest.mark.parametrize("line", ["topic read a/b", "user", "pattern read", "user a b", "allow all"])
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(AccessListError, match="line 2"):
        parse(f"# first\n{line}\n")


def test_patterns_stand_for_every_user() -> None:
    patterns, users = parse("pattern write ts1/+/%u/hello\nuser a\ntopic readwrite x/#\n")
    assert patterns.write == ["ts1/+/%u/hello"]
    assert (users["a"].read, users["a"].write) == (["x/#"], ["x/#"])
