"""Which topics a store may use: every kind of topic the protocol knows, between every two stores, on both kinds of broker.

The topics are made by protocols/sync/topics.py from its own lists of channels, so that a new channel is tested as well; what
a store may do is written down here a second time.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools

import aiomqtt

from protocols.contract.feed_rows import CATALOGUE_FEED, price_feed, setup_feed, staff_feed
from protocols.sync.topics import Channel, FeedChannel, FeedTopic, StoreTopic, feed_topic, parse_topic, store_topic
from tests.support.hq_ground import Broker, HqPki

SHARDS = 16
SECONDS = 60
ZONE_OF = {"alder": "north", "birch": "south", "cedar": "north"}
UP = set(Channel) - {Channel.DOWN}
END = "the end"


def every_topic() -> list[str]:
    """Each channel of each store, head and delta of each feed."""
    feeds = [CATALOGUE_FEED, *map(price_feed, sorted(set(ZONE_OF.values())))]
    feeds += [feed(store_id) for store_id in ZONE_OF for feed in (setup_feed, staff_feed)]
    topics = [store_topic(store_id, channel, SHARDS) for store_id, channel in itertools.product(ZONE_OF, Channel)]
    return topics + [feed_topic(feed_id, channel) for feed_id, channel in itertools.product(feeds, FeedChannel)]


def may_write(store_id: str, topic: str) -> bool:
    """A store speaks on its own upward channels and nowhere else."""
    found = parse_topic(topic)
    return isinstance(found, StoreTopic) and found.store_id == store_id and found.channel in UP


def may_read(store_id: str, topic: str) -> bool:
    """It hears what is sent down to it, the global feeds, those of its price zone and its own."""
    found = parse_topic(topic)
    if isinstance(found, FeedTopic):
        kind, _, rest = found.feed_id.partition("/")
        return kind == "global" or rest.split("/")[0] == {"zone": ZONE_OF[store_id], "store": store_id}[kind]
    return found.store_id == store_id and found.channel is Channel.DOWN


async def heard_until_the_end(client: aiomqtt.Client) -> set[str]:
    """Topics of what arrives before the message that says it is the last."""
    heard: set[str] = set()
    async with asyncio.timeout(SECONDS):
        async for message in client.messages:
            if message.payload == END.encode():
                return heard
            heard.add(str(message.topic))
    raise AssertionError("the broker closed the connection")


async def test_a_store_hears_its_own_topics_and_no_other(hq_broker: Broker, hq_pki: HqPki) -> None:
    for store_id, zone in ZONE_OF.items():
        hq_pki.add_store(store_id, zone)
    hq_broker.reload()
    topics = every_topic()
    assert len(topics) == 3 * len(Channel) + 2 * 9

    async def listen(store_id: str, subscribed: asyncio.Event) -> set[str]:
        async with hq_broker.client(hq_pki.stores[store_id]) as client:
            for topic in ("#", "ts1/+/+/#", "ts1/feed/#", *topics):
                with contextlib.suppress(aiomqtt.MqttError):  # a broker may refuse what it would never deliver
                    await client.subscribe(topic, qos=1)
            subscribed.set()
            return await heard_until_the_end(client)

    async with hq_broker.client(hq_pki.hq) as hq, asyncio.TaskGroup() as group:
        ready = {store_id: asyncio.Event() for store_id in ZONE_OF}
        heard = {store_id: group.create_task(listen(store_id, ready[store_id])) for store_id in ZONE_OF}
        for event in ready.values():
            await event.wait()
        for topic in topics:
            await hq.publish(topic, b"secret", qos=1)
        for store_id in ZONE_OF:
            await hq.publish(store_topic(store_id, Channel.DOWN, SHARDS), END.encode(), qos=1)
    for store_id, task in heard.items():
        assert task.result() == {topic for topic in topics if may_read(store_id, topic)}, store_id


async def test_a_store_speaks_on_its_own_topics_and_on_no_other(hq_broker: Broker, hq_pki: HqPki) -> None:
    for store_id, zone in ZONE_OF.items():
        hq_pki.add_store(store_id, zone)
    hq_broker.reload()
    topics = every_topic()

    async def speak(store_id: str) -> None:
        """Each topic in the store's name; a broker may drop a connection that says what it may not (MQTT 3.1.1, 3.3.5.2)."""
        waiting = list(topics)
        while waiting:
            with contextlib.suppress(aiomqtt.MqttError):
                async with hq_broker.client(hq_pki.stores[store_id]) as client:
                    while waiting:
                        topic = waiting.pop()
                        await client.publish(topic, f"{store_id} on {topic}".encode(), qos=1, timeout=5)

    expected = {f"{store_id} on {topic}" for store_id in ZONE_OF for topic in topics if may_write(store_id, topic)}
    assert len(expected) == 3 * len(UP)
    async with hq_broker.client(hq_pki.hq) as hq:
        await hq.subscribe("ts1/#", qos=1)
        for store_id in ZONE_OF:
            await speak(store_id)
        async with hq_broker.client(hq_pki.hq, identifier="hq-last") as last:
            await last.publish("ts1/last", END.encode(), qos=1)
        said: set[str] = set()
        async with asyncio.timeout(SECONDS):
            async for message in hq.messages:
                assert isinstance(message.payload, bytes)
                if message.payload == END.encode():
                    break
                said.add(message.payload.decode())
    assert said == expected
